//! Telemetry.
use crate::call::audit::Row;
use std::time::Duration;
/// A call ended.
pub fn called(_row: &Row, _took: Duration) {}
