//! The customer portal: reads, previews of governed writes, and the writes. One file a noun below.

mod access;
mod activation;
mod figures;
mod governed;
mod handing_in;
mod looks;
mod paying;
mod publishing;
mod records;
mod replying;
mod requesting;
mod telling;
mod told;
mod writes;

pub(super) use writes::WRITES;

use super::Entry;

pub(super) const TOOLS: &[Entry] = &[];
