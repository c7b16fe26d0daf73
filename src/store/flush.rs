//! Waits for the disk, once for all who wait.
//!
//! **Invariant:** whoever is answered `Ok` has on the disk what they had committed before they asked. After a flush that failed
//! nobody is, until the database is opened again: what the system dropped then does not come back by asking again. The log is kept
//! open, since a file that is opened later is not told of an error that somebody else has heard of.

use crate::disk::Disk;
use postern_api::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;

/// The flushes of one database, whose log a commit is in before it is in the file itself.
#[derive(Debug)]
pub(super) struct Flush {
    log: PathBuf,
    open: OnceLock<File>,
    asked: AtomicU64,
    /// The last of those who asked before the newest flush began.
    covered: Mutex<u64>,
    disk: Disk,
    count: AtomicU64,
}

impl Flush {
    pub(super) fn of(database: &Path, disk: Disk) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self {
            log: log.into(),
            open: OnceLock::new(),
            asked: AtomicU64::new(0),
            covered: Mutex::new(0),
            disk,
            count: AtomicU64::new(0),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) async fn wait(self: &Arc<Self>) -> Result<()> {
        let mine = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut covered = self.covered.lock().await;
        if !self.disk.lasts() {
            return Err(lost());
        }
        if *covered >= mine {
            return Ok(());
        }
        let all = self.asked.load(Ordering::SeqCst);
        let flush = self.clone();
        let flushed = tokio::task::spawn_blocking(move || flush.now()).await;
        match flushed {
            Ok(Ok(())) => {
                *covered = all;
                self.count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Ok(Err(error)) => {
                self.disk.lost(&error);
                Err(lost().because(error))
            }
            Err(error) => Err(lost().because(error)),
        }
    }

    fn now(&self) -> std::io::Result<()> {
        let log = match self.open.get() {
            Some(log) => log,
            None => {
                let log = File::open(&self.log)?;
                self.open.get_or_init(|| log)
            }
        };
        log.sync_data()
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Unavailable, "the gateway's own store cannot be used at the moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_who_wait_share_flushes_and_each_is_covered_by_one_that_began_after_it_asked() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.db");
        std::fs::write(dir.path().join("a.db-wal"), "x").expect("writes");
        let flush = Arc::new(Flush::of(&path, Disk::default()));
        flush.wait().await.expect("flushes");
        flush.wait().await.expect("flushes again");
        assert_eq!(flush.count(), 2, "one after the other, each waits itself");
        let held = flush.covered.lock().await;
        let waits: Vec<_> = (0..100)
            .map(|_| {
                tokio::spawn({
                    let flush = flush.clone();
                    async move { flush.wait().await }
                })
            })
            .collect();
        while flush.asked.load(Ordering::SeqCst) < 102 {
            tokio::task::yield_now().await;
        }
        drop(held);
        for wait in waits {
            wait.await.expect("ends").expect("flushes");
        }
        assert_eq!(flush.count(), 3, "a hundred at once share one");
    }

    #[tokio::test]
    async fn after_a_flush_that_failed_nobody_is_told_that_anything_lasts() {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = Disk::default();
        let flush = Arc::new(Flush::of(&dir.path().join("a.db"), disk.clone()));
        assert!(flush.wait().await.is_err(), "there is no log");
        std::fs::write(dir.path().join("a.db-wal"), "x").expect("writes");
        assert!(flush.wait().await.is_err());
        assert!(!disk.lasts());
        // Also where SQLite was the one who heard of it.
        let other = Arc::new(Flush::of(&dir.path().join("a.db"), disk));
        assert!(other.wait().await.is_err());
    }
}
