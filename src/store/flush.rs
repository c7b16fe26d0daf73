//! Waits for the disk, once for all who wait.
//!
//! **Invariant:** whoever is answered `Ok` has on the disk what they had committed before they asked. After a flush that failed
//! nobody is, until the database is opened again: what the system dropped then does not come back by asking again.

use postern_api::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Mutex;

/// The flushes of one database, whose log a commit is in before it is in the file itself.
#[derive(Debug)]
pub(super) struct Flush {
    log: PathBuf,
    asked: AtomicU64,
    /// The last of those who asked before the newest flush began.
    covered: Mutex<u64>,
    broken: AtomicBool,
    count: AtomicU64,
}

impl Flush {
    pub(super) fn of(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self {
            log: log.into(),
            asked: AtomicU64::new(0),
            covered: Mutex::new(0),
            broken: AtomicBool::new(false),
            count: AtomicU64::new(0),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) async fn wait(self: &Arc<Self>) -> Result<()> {
        let mine = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut covered = self.covered.lock().await;
        if self.broken.load(Ordering::SeqCst) {
            return Err(lost());
        }
        if *covered >= mine {
            return Ok(());
        }
        let all = self.asked.load(Ordering::SeqCst);
        let flush = self.clone();
        let flushed = tokio::task::spawn_blocking(move || File::open(&flush.log)?.sync_data()).await;
        match flushed {
            Ok(Ok(())) => {
                *covered = all;
                self.count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Ok(Err(error)) => {
                self.broken.store(true, Ordering::SeqCst);
                tracing::error!(error = %error, "the store cannot be flushed to its disk; writes are refused from now on");
                Err(lost().because(error))
            }
            Err(error) => Err(lost().because(error)),
        }
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
        let flush = Arc::new(Flush::of(&path));
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
        let flush = Arc::new(Flush::of(&dir.path().join("a.db")));
        assert!(flush.wait().await.is_err(), "there is no log");
        std::fs::write(dir.path().join("a.db-wal"), "x").expect("writes");
        assert!(flush.wait().await.is_err());
    }
}
