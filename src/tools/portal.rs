//! The customer portal: reads, previews of governed writes, and the writes. One file a noun below.

mod activation;
mod paying;
mod publishing;
mod told;
mod whose;
mod writes;

pub(super) use writes::WRITES;

use super::Entry;

pub(super) const TOOLS: &[Entry] = &[];
