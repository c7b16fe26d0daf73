//! The customer portal: reads, previews of governed writes, and the writes. One file a noun below.

use super::Entry;

pub(super) const TOOLS: &[Entry] = &[];
