//! Time, as the edge reads it.

pub use crate::clock::{Clock, SystemClock};
