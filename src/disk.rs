//! Whether what is written down is on the disk.
//!
//! **Invariant:** once the system said that a flush failed, nothing lasts until the files are opened again. The pages that did not
//! reach the disk are dropped or called clean by then, so a later flush that succeeds says nothing about them; opening anew reads
//! the log from its beginning, checks it, and goes on from what is really there.

use crate::telemetry;
use rusqlite::ffi;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is known of the disk under one database. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<AtomicBool>);

impl Disk {
    /// Whether what was flushed has lasted so far.
    pub fn lasts(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }

    /// A flush failed.
    pub fn lost(&self, error: &dyn std::error::Error) {
        telemetry::disk_lost();
        if !self.0.swap(true, Ordering::SeqCst) {
            tracing::error!(
                %error,
                "the disk did not keep what was written down: changes of connected systems are refused until Postern is started \
                 again; look at the disk before: {error}"
            );
        }
    }

    /// Heeds what SQLite says when it is told to flush by itself.
    pub(crate) fn heed<T>(&self, outcome: rusqlite::Result<T>) -> rusqlite::Result<T> {
        if let Err(error) = &outcome
            && is_flush(error)
        {
            self.lost(error);
        }
        outcome
    }
}

fn is_flush(error: &rusqlite::Error) -> bool {
    let flushes = [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC];
    matches!(error, rusqlite::Error::SqliteFailure(it, _) if flushes.contains(&it.extended_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(code: std::ffi::c_int) -> rusqlite::Result<()> {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_failed_flush_is_told_from_a_full_disk_and_a_lock_and_stays_known() {
        let disk = Disk::default();
        for passing in [ffi::SQLITE_BUSY, ffi::SQLITE_FULL, ffi::SQLITE_IOERR_READ, ffi::SQLITE_CONSTRAINT_UNIQUE] {
            disk.heed(failing(passing)).expect_err("as it was");
            assert!(disk.lasts(), "{passing}");
        }
        for lost in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC] {
            let disk = Disk::default();
            disk.heed(failing(lost)).expect_err("as it was");
            assert!(!disk.lasts(), "{lost}");
            assert!(telemetry::render().contains("postern_disk_up 0"));
            disk.heed(Ok(())).expect("goes on");
            assert!(!disk.lasts(), "a later success does not bring back what was dropped");
        }
    }
}
