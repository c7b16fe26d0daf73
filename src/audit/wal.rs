//! Moves rows from SQLite's write-ahead log into the database, beside whoever appends.
//!
//! Left to itself SQLite does so within the commit that finds the log long, and that call and all behind it wait for the disk
//! twice. Here the bulk is moved over a connection of its own while rows are appended; what came meanwhile is little, and is
//! moved between two commits, after which the log begins anew.

use super::journal::Journal;
use crate::store::{Disk, connect, failed};
use postern_api::Result;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use tokio::sync::Notify;

/// Pages (of 4 KB) after which the log is moved. A start after a crash reads what is in it.
pub(super) const PAGES: i32 = 4_000;

/// So many times that without anybody who moves it, a commit does so itself.
const AT_THE_LATEST: i32 = 4;

/// How long the log is, and whom to call.
#[derive(Debug)]
pub(super) struct Wal {
    pages: i32,
    due: AtomicI32,
    /// Rung when it is to be moved.
    pub(super) full: Notify,
}

impl Wal {
    /// Looks after the log of the writer's connection: calls once it has so many pages, and again after as many more.
    pub(super) fn watch(writer: &mut Connection, disk: &Disk, pages: i32) -> Result<Arc<Self>> {
        let wal = Arc::new(Self { pages, due: AtomicI32::new(pages), full: Notify::new() });
        let (watched, disk) = (wal.clone(), disk.clone());
        let hook = move |log: &mut rusqlite::hooks::Wal, now: i32| {
            if now >= watched.due.load(Ordering::Relaxed) {
                watched.due.store(now.saturating_add(watched.pages), Ordering::Relaxed);
                watched.full.notify_one();
            }
            if now >= watched.pages.saturating_mul(AT_THE_LATEST) {
                // The rows are written, so an error here is not the commit's.
                let _ = disk.heed(log.checkpoint());
            }
            Ok(())
        };
        writer.wal_hook(Some(hook)).map_err(failed)?;
        Ok(wal)
    }
}

impl Journal {
    /// Moves what is in the log into the database. Waits for the disk, so it is called where that is allowed.
    pub(super) fn shorten(&self) -> Result<()> {
        moved(&connect(&self.dir().join("audit.db"))?, self.disk())?;
        let whole = self.with_writer(|writer| moved(writer, self.disk()))?;
        // Somebody who reads an older state keeps the log as it is; then it is due again after as much more.
        if whole {
            self.wal().due.store(self.wal().pages, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Moves what no reader needs any more; whether that was all.
fn moved(connection: &Connection, disk: &Disk) -> Result<bool> {
    let outcome = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        let (busy, log, moved): (i32, i32, i32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && log == moved)
    });
    disk.heed(outcome).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;
    use crate::audit::journal::Refused;

    fn refuse(journal: &Journal, rows: u32) {
        for _ in 0..rows {
            journal.refused(&Refused { code: "no_token", request_id: "r", ..Refused::default() });
        }
    }

    /// Pages in the log.
    fn log(journal: &Journal) -> i32 {
        let connection = connect(&journal.dir().join("audit.db")).expect("opens");
        connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1)).expect("counts")
    }

    fn rows(journal: &Journal) -> i64 {
        let connection = connect(&journal.dir().join("audit.db")).expect("opens");
        connection.query_row("SELECT count(*) FROM row", [], |row| row.get(0)).expect("counts")
    }

    #[test]
    fn a_log_that_was_moved_begins_anew_and_no_row_is_lost() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Journal::open(dir.path(), Settings::default()).expect("opens");
        refuse(&journal, 50);
        assert!(log(&journal) >= 50);
        journal.shorten().expect("moves");
        refuse(&journal, 1);
        assert!(log(&journal) < 10, "{}", log(&journal));
        assert_eq!(rows(&journal), 51);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_tends_the_journal_comes_when_it_is_called() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Arc::new(Journal::open(dir.path(), Settings::default()).expect("opens"));
        let stop = tokio_util::sync::CancellationToken::new();
        let tending = tokio::spawn(journal.clone().tend(stop.clone()));
        refuse(&journal, 50);
        journal.wal().full.notify_one();
        let moved = async {
            while log(&journal) >= 50 {
                tokio::task::yield_now().await;
                refuse(&journal, 1);
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), moved).await.expect("is moved");
        stop.cancel();
        tending.await.expect("ends");
    }

    #[test]
    fn somebody_who_reads_an_older_state_keeps_it_and_nobody_waits() {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = Journal::open(dir.path(), Settings::default()).expect("opens");
        refuse(&journal, 5);
        let mut reader = connect(&dir.path().join("audit.db")).expect("opens");
        let reading = reader.transaction().expect("begins");
        let count = "SELECT count(*) FROM row";
        let before: i64 = reading.query_row(count, [], |row| row.get(0)).expect("counts");
        refuse(&journal, 5);
        journal.shorten().expect("moves what it may");
        let after: i64 = reading.query_row(count, [], |row| row.get(0)).expect("counts");
        assert_eq!((before, after, rows(&journal)), (5, 5, 10));
    }

    #[test]
    fn it_calls_once_when_it_is_long_and_moves_itself_when_nobody_comes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.db");
        let mut writer = connect(&path).expect("opens");
        let wal = Wal::watch(&mut writer, &Disk::default(), 10).expect("watches");
        writer.execute_batch("CREATE TABLE a (x INTEGER)").expect("makes");
        let mut longest = 0;
        let mut calls = 0;
        for _ in 0..200 {
            writer.execute("INSERT INTO a VALUES (1)", []).expect("writes");
            let pages = writer.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1)).expect("counts");
            longest = longest.max(pages);
            if futures::FutureExt::now_or_never(wal.full.notified()).is_some() {
                calls += 1;
            }
        }
        assert!((40..60).contains(&longest), "{longest}");
        assert_eq!(calls, 4, "after 10, 20, 30 and 40 pages");
    }
}
