//! Connections: one that writes, a few that read, migrations when it opens.
//!
//! Reads run on the calling thread: from a warm page cache they cost less than handing them to another one. Writes wait
//! for the disk, so callers hand them to a blocking thread.

use crate::fail::Result;
use crate::rows::Rows;
use parking_lot::{Mutex, MutexGuard};
use postern_api::{Error, TenantId};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// One script per schema version, never changed once released.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema/2-access.sql"),
    include_str!("schema/3-portal.sql"),
    include_str!("schema/4-billing.sql"),
    include_str!("schema/5-documents.sql"),
    include_str!("schema/6-notices.sql"),
    include_str!("schema/7-work.sql"),
    include_str!("schema/8-settled.sql"),
    include_str!("schema/9-single.sql"),
];

/// Readers that may work at the same time.
const READERS: usize = 8;

/// How long a write waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Database {
    /// None in memory, where the writer reads too.
    path: Option<PathBuf>,
    /// Opened when so many read at once for the first time: each keeps the schema and a page cache of its own.
    readers: [OnceLock<Mutex<Connection>>; READERS],
    turn: AtomicUsize,
    /// Closed last, since one that only reads cannot move what is in the log into the file.
    writer: Mutex<Connection>,
}

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut writer = Connection::open(path)?;
        // Write-ahead log: readers never wait. FULL: what was answered survives a power cut.
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        prepare(&writer)?;
        migrate(&mut writer)?;
        Ok(Self::of(Some(path.to_owned()), writer))
    }

    pub(crate) fn in_memory() -> Result<Self> {
        let mut writer = Connection::open_in_memory()?;
        prepare(&writer)?;
        migrate(&mut writer)?;
        Ok(Self::of(None, writer))
    }

    fn of(path: Option<PathBuf>, writer: Connection) -> Self {
        let readers = [const { OnceLock::new() }; READERS];
        Self { path, readers, turn: AtomicUsize::new(0), writer: Mutex::new(writer) }
    }

    /// Reads in one transaction, so that everything read belongs together.
    pub(crate) fn read<T>(&self, tenant: &TenantId, work: impl FnOnce(&Rows<'_>) -> Result<T>) -> Result<T> {
        let connection = self.reader();
        connection.prepare_cached("BEGIN")?.raw_execute()?;
        let open = Open(&connection);
        let answer = work(&Rows::new(&connection, tenant));
        open.end("COMMIT").and(answer)
    }

    /// Writes in one transaction: all of it or nothing.
    pub(crate) fn write<T>(&self, tenant: &TenantId, work: impl FnOnce(&Rows<'_>) -> Result<T>) -> Result<T> {
        let connection = self.writer.lock();
        connection.prepare_cached("BEGIN IMMEDIATE")?.raw_execute()?;
        let open = Open(&connection);
        let answer = work(&Rows::new(&connection, tenant))?;
        open.end("COMMIT")?;
        Ok(answer)
    }

    /// A reader that is free, a new one, or the next one's turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        let Some(path) = &self.path else { return self.writer.lock() };
        for slot in &self.readers {
            match slot.get() {
                Some(opened) => {
                    if let Some(free) = opened.try_lock() {
                        return free;
                    }
                }
                None => match reader(path) {
                    Ok(opened) => return slot.get_or_init(|| opened).lock(),
                    // Those that are open, or the writer, serve as well.
                    Err(_) => break,
                },
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % READERS;
        self.readers.get(turn).and_then(OnceLock::get).unwrap_or(&self.writer).lock()
    }
}

/// An open transaction: rolled back when it is dropped, so that an early return or a panic leaves nothing half done.
struct Open<'a>(&'a Connection);

impl Open<'_> {
    fn end(self, statement: &str) -> Result<()> {
        self.0.prepare_cached(statement)?.raw_execute()?;
        Ok(())
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // A failing rollback means that there is nothing left to roll back.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

fn reader(path: &Path) -> Result<Mutex<Connection>> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection)?;
    Ok(Mutex::new(connection))
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // One plan for a statement whatever is bound to it: without this SQLite looks at the values and prepares it anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > MIGRATIONS.len() {
        return Err(Error::internal(format!("the file has schema {version}, newer than this program")).into());
    }
    for script in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fail::refuse;
    use postern_api::ErrorKind;

    fn tenant() -> TenantId {
        TenantId::new("msp").expect("an id")
    }

    #[test]
    fn a_failed_write_leaves_nothing_and_the_next_one_works() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(&folder.path().join("a.db")).expect("a database");
        let failed: Result<()> = database.write(&tenant(), |rows| {
            rows.next("x")?;
            refuse(ErrorKind::Conflict, "no")
        });
        assert!(failed.is_err());
        assert_eq!(database.write(&tenant(), |rows| rows.next("x")).expect("a number"), 1);
    }

    #[test]
    fn a_file_opens_again_as_it_was_and_a_newer_one_does_not_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let database = Database::open(&path).expect("a database");
        database.write(&tenant(), |rows| rows.next("x")).expect("a number");
        drop(database);
        let database = Database::open(&path).expect("the same file");
        assert_eq!(database.write(&tenant(), |rows| rows.next("x")).expect("a number"), 2);
        drop(database);
        let newer = Connection::open(&path).expect("the file");
        newer.pragma_update(None, "user_version", 99).expect("a version");
        drop(newer);
        assert!(Database::open(&path).is_err());
    }

    /// A data directory of the first version, with the demo of then: it opens, keeps what it had and gets the rest.
    #[test]
    fn a_file_of_the_first_version_opens_and_its_demo_gets_what_came_since() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let now = jiff::Timestamp::now();
        let old = Connection::open(&path).expect("a file");
        old.execute_batch(MIGRATIONS.first().expect("a first version")).expect("a schema");
        old.pragma_update(None, "user_version", 1).expect("a version");
        old.execute_batch("BEGIN").expect("a transaction");
        crate::demo::customers(&Rows::new(&old, &tenant()), now).expect("the demo of then");
        old.execute_batch("COMMIT").expect("a transaction");
        let count = |sql: &str| old.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
        let logins = count("SELECT count(*) FROM login");
        assert!(logins > 0);

        let embedded = crate::Embedded::open(&path).expect("the same file");
        assert_eq!(count("SELECT count(*) FROM login"), logins);
        assert_eq!(count("SELECT count(*) FROM access_role"), 0);
        crate::demo::seed(&embedded, &tenant(), now).expect("the rest of the demo");
        assert_eq!(count("SELECT count(*) FROM login"), logins);
        for table in ["login_role", "portal_config", "invoice", "document", "notice", "project", "time_entry"] {
            assert!(count(&format!("SELECT count(*) FROM {table}")) > 0, "{table}");
        }
    }

    #[test]
    fn what_was_agreed_published_or_done_is_neither_changed_nor_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let embedded = crate::Embedded::open(&path).expect("a database");
        crate::demo::seed(&embedded, &tenant(), jiff::Timestamp::now()).expect("a demo");
        let file = Connection::open(&path).expect("the file");
        file.execute(
            "INSERT INTO profile_change (tenant, organisation, field, source, by, at)
             SELECT tenant, key, 'website', 'form', 'Jane', 0 FROM organisation LIMIT 1",
            [],
        )
        .expect("a change");
        for table in ["consent", "publication", "access_event", "profile_change"] {
            assert!(file.execute(&format!("UPDATE {table} SET at = at + 1"), []).is_err(), "{table} changes");
            assert!(file.execute(&format!("DELETE FROM {table}"), []).is_err(), "{table} is deleted");
            let rows: i64 =
                file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("rows");
            assert!(rows > 0, "{table} is empty");
        }
    }
}
