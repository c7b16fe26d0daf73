//! One SQLite file: a writer, a few readers, migrations.

use super::flush::Flush;
use crate::disk::Disk;
use parking_lot::{Mutex, MutexGuard};
use postern_api::{Error, ErrorKind, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const READERS: usize = 4;

/// A database.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Opened when so many read at once for the first time: each keeps the schema and a page cache of its own.
    readers: [OnceLock<Mutex<Connection>>; READERS],
    next: AtomicUsize,
    flush: Arc<Flush>,
    disk: Disk,
    durable: AtomicU64,
}

/// What SQLite said, as an error for the log; nobody else learns of it.
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the gateway's own store cannot be used at the moment").because(error)
}

impl Database {
    /// Opens a file, checks it, and brings its schema up to date. Refuses a file that a newer version wrote.
    pub fn open(path: &Path, migrations: &[&str]) -> Result<Self> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(|e| Error::internal("data directory").because(e))?;
        }
        let mut writer = connect(path)?;
        migrate(&mut writer, migrations)?;
        let disk = Disk::default();
        let flush = Arc::new(Flush::of(path, disk.clone()));
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: [const { OnceLock::new() }; READERS],
            next: AtomicUsize::new(0),
            flush,
            disk,
            durable: AtomicU64::new(0),
        })
    }

    /// The writer, once it is free.
    pub fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock()
    }

    /// Some reader: a free one, else a new one, else the next in turn.
    pub fn reader(&self) -> MutexGuard<'_, Connection> {
        for reader in &self.readers {
            match reader.get() {
                Some(reader) => {
                    if let Some(free) = reader.try_lock() {
                        return free;
                    }
                }
                None => match connect(&self.path) {
                    Ok(opened) => return reader.get_or_init(|| Mutex::new(opened)).lock(),
                    // Those that are open, or the writer, serve as well.
                    Err(_) => break,
                },
            }
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % READERS;
        self.readers.get(turn).and_then(OnceLock::get).map_or_else(|| self.writer.lock(), Mutex::lock)
    }

    /// Runs a change in one transaction: all of it or nothing.
    pub fn change<T>(&self, change: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let value = change(&transaction).map_err(failed)?;
        self.disk.heed(transaction.commit()).map_err(failed)?;
        self.durable.fetch_add(1, Ordering::Relaxed);
        Ok(value)
    }

    /// Waits until all that was changed before is on the disk. Many who wait at once share one flush.
    pub async fn lasting(&self) -> Result<()> {
        self.flush.wait().await
    }

    /// What is known of the disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// How often somebody waited for the disk since this was opened: changes that did, and flushes.
    pub fn durable(&self) -> u64 {
        self.durable.load(Ordering::Relaxed) + self.flush.count()
    }

    /// The same, answered before it is on the disk: a power cut may lose it, and nothing before it, until [`Self::lasting`] answered.
    pub fn change_soon<T>(&self, change: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut writer = self.writer();
        writer.execute_batch("PRAGMA synchronous=NORMAL").map_err(failed)?;
        let value = (|| {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })();
        writer.execute_batch("PRAGMA synchronous=FULL").map_err(failed)?;
        self.disk.heed(value).map_err(failed)
    }
}

/// A connection with the settings that every one of them has.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    // One plan for a statement whatever is bound to it: without this SQLite may prepare it anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-2048;",
        )
        .map_err(|error| failed(error).with("file", path.display().to_string()))?;
    Ok(connection)
}

/// Brings a schema up to date; refuses a newer one.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(Error::internal(format!("the database is of version {version}, this program knows {known}")));
    }
    for (next, sql) in (1_i64..).zip(migrations).filter(|(next, _)| *next > version) {
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(sql).map_err(failed)?;
        transaction.pragma_update(None, "user_version", next).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_version_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.db");
        let one = "CREATE TABLE a (x INTEGER) STRICT;";
        drop(Database::open(&path, &[one, "CREATE TABLE b (x INTEGER) STRICT;"]).expect("opens"));
        assert!(Database::open(&path, &[one]).is_err());
    }

    #[test]
    fn a_change_that_fails_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("a directory");
        let database =
            Database::open(&dir.path().join("x.db"), &["CREATE TABLE a (x INTEGER UNIQUE) STRICT;"]).expect("opens");
        let twice = database.change(|tx| {
            tx.execute("INSERT INTO a VALUES (1)", [])?;
            tx.execute("INSERT INTO a VALUES (1)", [])
        });
        assert!(twice.is_err());
        let rows: i64 = database.reader().query_row("SELECT count(*) FROM a", [], |row| row.get(0)).expect("counts");
        assert_eq!(rows, 0);
    }
}
