//! Appends rows. Whoever gets the writer commits everything that waits, its own row and the others', in one transaction: one
//! caller alone pays one short commit on its own worker, and many share one.

use super::chain::{GENESIS, Hash, Head, hash, hex, unhash};
use super::company::Company;
use super::keys::Keys;
use super::record::Stored;
use super::wal::{PAGES, Wal};
use crate::call::audit::{Ledger, Phase, Row};
use crate::caller::Principal;
use crate::store::{Disk, connect, failed, migrate};
use crate::tools::{History, PastCall, Used};
use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use postern_api::{Error, ErrorKind, Result, TenantId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const MIGRATIONS: &[&str] = &[include_str!("001.sql")];

/// How the log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Days that rows are kept.
    pub retention_days: u32,
    /// Keep everything, whatever the days.
    pub legal_hold: bool,
    /// Rows that may wait for the writer; more are refused.
    pub queue: usize,
    /// Rows after which a head is signed at the latest.
    pub head_every_rows: u32,
    /// Seconds after which a head is signed at the latest.
    pub head_every_secs: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { retention_days: 90, legal_hold: false, queue: 10_000, head_every_rows: 1_000, head_every_secs: 60 }
    }
}

/// The log.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    keys: Keys,
    settings: Settings,
    waiting: Mutex<Vec<Waiting>>,
    company: Company,
    writer: Mutex<Writer>,
    wal: Arc<Wal>,
    reader: Mutex<Connection>,
    started: Instant,
    /// Groups that waited for the disk.
    durable: AtomicU64,
    disk: Disk,
    /// Held as long as this process may append: the chain has one writer.
    _lock: std::fs::File,
}

/// Rows in a block of the table `seen`.
pub(super) const BLOCK: i64 = 16_384;

#[derive(Debug)]
struct Writer {
    connection: Connection,
    writer: String,
    seq: i64,
    last: Hash,
    signed: i64,
    /// Principals that the block under way is known to hold.
    seen: (i64, HashSet<String>),
}

/// An open transaction, of statements that are prepared once. Rolled back when it is dropped, so that an early return or a
/// panic leaves nothing half done.
#[derive(Debug)]
struct Open<'a>(&'a Connection);

impl<'a> Open<'a> {
    fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN")?.raw_execute()?;
        Ok(Self(connection))
    }

    fn commit(self) -> rusqlite::Result<()> {
        self.0.prepare_cached("COMMIT")?.raw_execute().map(drop)
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

/// Commits what waits when it is dropped: also where whoever had it left before their turn.
struct Due<'a>(&'a Journal);

impl Drop for Due<'_> {
    fn drop(&mut self) {
        self.0.commit_waiting();
    }
}

#[derive(Debug)]
struct Waiting {
    row: Stored,
    durable: bool,
    done: oneshot::Sender<Result<()>>,
}

/// What a request that never became a call leaves in the log.
#[derive(Debug, Clone, Default)]
pub struct Refused<'a> {
    /// The tenant that its token names, if that is one of ours.
    pub tenant: Option<&'a TenantId>,
    /// Who, where the token was good.
    pub principal: Option<&'a Principal>,
    /// Which part of Postern says so: `edge` where it is empty.
    pub phase: &'static str,
    /// Whether it was allowed after all: then `code` says what.
    pub allowed: bool,
    /// Why.
    pub code: &'a str,
    /// The request's id.
    pub request_id: &'a str,
}

/// What happened at the authority, or was refused there.
#[derive(Debug, Clone, Default)]
pub struct Event<'a> {
    /// Whose tenant, where it is known.
    pub tenant: Option<&'a TenantId>,
    /// Who, where it is known.
    pub principal: Option<&'a Principal>,
    /// The client, where it is one that we know.
    pub client: Option<&'a str>,
    /// What, in a word of ours.
    pub code: &'a str,
    /// Whether it was refused.
    pub refused: bool,
    /// The request's id; empty where no request was behind it.
    pub request_id: &'a str,
}

impl Journal {
    /// Opens the log of a data directory and checks its end.
    pub fn open(dir: &Path, settings: Settings) -> Result<Self> {
        let lock = lock(dir)?;
        let keys = Keys::of(dir)?;
        let path = dir.join("audit.db");
        let mut connection = connect(&path)?;
        migrate(&mut connection, MIGRATIONS)?;
        connection.execute_batch("PRAGMA synchronous=NORMAL").map_err(failed)?;
        let disk = Disk::default();
        let wal = Wal::watch(&mut connection, &disk, PAGES)?;
        let writer = writer_id(&connection)?;
        let (seq, last) = tail(&connection)?;
        let signed =
            connection.query_row("SELECT coalesce(max(seq), 0) FROM head", [], |row| row.get(0)).map_err(failed)?;
        if signed > seq {
            return Err(Error::internal(format!("the audit log ends at row {seq}, but row {signed} was signed")));
        }
        Ok(Self {
            dir: dir.to_owned(),
            keys,
            settings,
            waiting: Mutex::default(),
            company: Company::default(),
            writer: Mutex::new(Writer { connection, writer, seq, last, signed, seen: (-1, HashSet::new()) }),
            wal,
            reader: Mutex::new(connect(&path)?),
            started: Instant::now(),
            durable: AtomicU64::new(0),
            disk,
            _lock: lock,
        })
    }

    /// The directory of its files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How many groups of rows waited for the disk since it was opened.
    pub fn durable_commits(&self) -> u64 {
        self.durable.load(Ordering::Relaxed)
    }

    /// How long SQLite's own log is.
    pub(super) fn wal(&self) -> &Wal {
        &self.wal
    }

    /// What is known of its disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// How it is kept.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs something on the writer's connection, between two commits.
    pub(super) fn with_writer<T>(&self, run: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let outcome = run(&mut self.writer.lock().connection);
        // Whoever came meanwhile found the writer taken and relies on its holder to look again.
        self.commit_waiting();
        outcome
    }

    /// Writes down what happened at the authority. As [`Journal::refused`].
    pub fn event(&self, event: &Event<'_>) {
        let row = Stored::event(event, &self.keys);
        let (done, _) = oneshot::channel();
        match self.enqueue(Waiting { row, durable: false, done }) {
            Ok(()) => self.commit_waiting(),
            Err(error) => tracing::error!(error = %error, "an event of the authority could not be audited"),
        }
    }

    /// Writes down a request that was refused before it became a call. Called on the request's way; waits for nothing but a
    /// short commit, and a row that cannot be written is told in the log.
    pub fn refused(&self, refused: &Refused<'_>) {
        let row = Stored::refused(refused, &self.keys);
        let (done, _) = oneshot::channel();
        match self.enqueue(Waiting { row, durable: false, done }) {
            Ok(()) => self.commit_waiting(),
            Err(error) => tracing::error!(error = %error, "a refused request could not be audited"),
        }
    }

    fn enqueue(&self, waiting: Waiting) -> Result<()> {
        let mut queue = self.waiting.lock();
        if queue.len() >= self.settings.queue {
            return Err(Error::new(ErrorKind::Unavailable, "the audit log is too far behind"));
        }
        queue.push(waiting);
        Ok(())
    }

    /// Commits what waits, unless somebody is at it: who is at it looks again before leaving.
    fn commit_waiting(&self) {
        while !self.waiting.lock().is_empty() {
            let Some(mut writer) = self.writer.try_lock() else { return };
            let batch = std::mem::take(&mut *self.waiting.lock());
            if batch.is_empty() {
                continue;
            }
            self.company.seen(batch.len());
            let outcome = self.commit(&mut writer, &batch);
            let signed = outcome.is_ok() && writer.seq - writer.signed >= i64::from(self.settings.head_every_rows);
            if signed && let Err(error) = self.sign(&mut writer) {
                tracing::error!(error = %error, "the audit head could not be signed");
            }
            drop(writer);
            if let Err(error) = &outcome {
                let source = std::error::Error::source(error).map(ToString::to_string);
                tracing::error!(error = %error, source, rows = batch.len(), "audit rows could not be written");
            }
            for waiting in batch {
                let told = match &outcome {
                    Ok(()) => Ok(()),
                    Err(error) => Err(Error::new(error.kind(), error.message().to_owned())),
                };
                // Whoever no longer listens has left; the row is written all the same.
                let _ = waiting.done.send(told);
            }
        }
    }

    fn commit(&self, writer: &mut Writer, batch: &[Waiting]) -> Result<()> {
        let durable = batch.iter().any(|it| it.durable);
        if durable {
            writer.connection.execute_batch("PRAGMA synchronous=FULL").map_err(failed)?;
        }
        let (mut seq, mut last) = (writer.seq, writer.last);
        let Writer { connection, seen, .. } = writer;
        let result = (|| {
            // One row of somebody whom the block holds already is a transaction by itself.
            let known = |row: &Stored| {
                row.principal.is_empty() || (seen.0 == (seq + 1) / BLOCK && seen.1.contains(&row.principal))
            };
            let alone = matches!(batch, [only] if known(&only.row));
            let open = (!alone).then(|| Open::begin(connection)).transpose()?;
            {
                let mut insert = connection.prepare_cached(
                    "INSERT INTO row (seq, at, tenant, organisation, principal, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?;
                for Waiting { row, .. } in batch {
                    seq += 1;
                    if seen.0 != seq / BLOCK {
                        *seen = (seq / BLOCK, HashSet::new());
                    }
                    if !row.principal.is_empty() && seen.1.insert(row.principal.clone()) {
                        let mut found = connection
                            .prepare_cached("INSERT OR IGNORE INTO seen (principal, block) VALUES (?1, ?2)")?;
                        found.execute(params![row.principal, seen.0])?;
                    }
                    last = hash(&last, seq, &row.body);
                    insert.execute(params![
                        seq,
                        row.at,
                        row.tenant,
                        row.organisation,
                        row.principal,
                        row.body,
                        last.as_slice()
                    ])?;
                }
            }
            open.map_or(Ok(()), Open::commit)
        })();
        if durable {
            writer.connection.execute_batch("PRAGMA synchronous=NORMAL").map_err(failed)?;
        }
        if result.is_err() {
            // What was noted in the transaction is gone with it.
            writer.seen = (-1, HashSet::new());
        }
        self.disk.heed(result).map_err(failed)?;
        self.durable.fetch_add(durable.into(), Ordering::Relaxed);
        (writer.seq, writer.last) = (seq, last);
        Ok(())
    }

    /// Signs the newest row into a head, unless it is signed already.
    pub fn sign_head(&self) -> Result<()> {
        let outcome = self.sign(&mut self.writer.lock());
        self.commit_waiting();
        outcome
    }

    fn sign(&self, writer: &mut Writer) -> Result<()> {
        if writer.seq == writer.signed {
            return Ok(());
        }
        let head = Head {
            writer: writer.writer.clone(),
            seq: writer.seq,
            hash: hex(&writer.last),
            at: Timestamp::now().as_millisecond(),
            signature: String::new(),
        };
        let head = self.keys.sign(head);
        writer
            .connection
            .execute(
                "INSERT OR REPLACE INTO head (seq, writer, hash, at, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![head.seq, head.writer, head.hash, head.at, head.signature],
            )
            .map_err(failed)?;
        let line = serde_json::to_string(&head).map_err(|e| Error::internal("audit head").because(e))? + "\n";
        let file = std::fs::OpenOptions::new().create(true).append(true).open(self.dir.join("audit-heads.jsonl"));
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_data()));
        written.map_err(|e| Error::internal("audit heads file").because(e))?;
        writer.signed = writer.seq;
        Ok(())
    }

    /// Signs heads, drops old days and keeps SQLite's log short, until the process stops.
    pub async fn tend(self: Arc<Self>, stop: tokio_util::sync::CancellationToken) {
        let mut tick = tokio::time::interval(Duration::from_secs(self.settings.head_every_secs.max(1)));
        let mut day = None;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = self.wal.full.notified() => {
                    let journal = self.clone();
                    match tokio::task::spawn_blocking(move || journal.shorten()).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => tracing::error!(error = %error, "the audit log could not be moved into its file"),
                        Err(error) => tracing::error!(error = %error, "moving the audit log into its file panicked"),
                    }
                    continue;
                }
                () = stop.cancelled() => break,
            }
            let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            let journal = self.clone();
            let purge = day != Some(today);
            let done = tokio::task::spawn_blocking(move || {
                journal.sign_head()?;
                if purge { journal.drop_old_days(Timestamp::now()).map(drop) } else { Ok(()) }
            });
            match done.await {
                Ok(Ok(())) => day = Some(today),
                Ok(Err(error)) => tracing::error!(error = %error, "the audit log could not be tended"),
                Err(error) => tracing::error!(error = %error, "tending the audit log panicked"),
            }
        }
        if let Err(error) = self.sign_head() {
            tracing::error!(error = %error, "the last audit head could not be signed");
        }
    }
}

#[async_trait]
impl Ledger for Arc<Journal> {
    async fn append(&self, row: Row) -> Result<()> {
        let durable = row.phase == Phase::Attempt;
        if durable && !self.disk.lasts() {
            return Err(Error::new(ErrorKind::Unavailable, "the audit log's disk did not keep what was written"));
        }
        let (done, told) = oneshot::channel();
        self.enqueue(Waiting { row: Stored::of(&row, &self.keys, self.started.elapsed())?, durable, done })?;
        if durable {
            // The disk is waited for on a thread that may wait.
            let journal = self.clone();
            tokio::task::spawn_blocking(move || journal.commit_waiting());
        } else {
            let due = Due(self);
            self.company.wait(|| self.waiting.lock().len()).await;
            drop(due);
        }
        told.await.map_err(|_| Error::internal("the audit writer went away"))?
    }
}

impl History for Arc<Journal> {
    fn calls(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<Vec<PastCall>> {
        let digest = self.keys.principal(tenant, principal);
        let reader = self.reader.lock();
        let mut statement = reader
            .prepare_cached(
                "SELECT row.at, row.body ->> 'tool', row.body ->> 'decision', row.body ->> 'code'
                 FROM seen JOIN row ON row.seq BETWEEN seen.block * ?4 AND seen.block * ?4 + ?4 - 1
                 WHERE seen.principal = ?2 AND row.principal = ?2 AND row.tenant = ?1 AND row.body ->> 'phase' IN ('single', 'outcome')
                 ORDER BY seen.block DESC, row.seq DESC LIMIT ?3",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map(params![tenant.as_str(), digest, limit, BLOCK], |row| {
                let (at, tool, decision, code): (i64, Option<String>, String, Option<String>) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                let outcome = code.map_or(decision.clone(), |code| format!("{decision}: {code}"));
                Ok((at, PastCall { at: Timestamp::UNIX_EPOCH, tool: tool.unwrap_or_default(), outcome }))
            })
            .map_err(failed)?;
        let mut calls = Vec::new();
        for row in rows {
            let (at, call) = row.map_err(failed)?;
            let at = Timestamp::from_millisecond(at).map_err(|e| Error::internal("audit time").because(e))?;
            calls.push(PastCall { at, ..call });
        }
        Ok(calls)
    }

    fn uses(&self, used: &Used<'_>) -> Result<Option<BTreeMap<String, u32>>> {
        self.counted(used)
    }

    fn person(&self, tenant: &TenantId, principal: &Principal) -> String {
        self.keys.principal(tenant, principal)
    }
}

/// Takes the data directory for this process; the operating system gives it back when the process ends, however it ends.
fn lock(dir: &Path) -> Result<std::fs::File> {
    std::fs::create_dir_all(dir).map_err(|e| Error::internal("data directory").because(e))?;
    let file = std::fs::File::create(dir.join("postern.lock")).map_err(|e| Error::internal("lock file").because(e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Conflict,
            format!("another process serves the data directory `{}`", dir.display()),
        )),
        Err(std::fs::TryLockError::Error(e)) => Err(Error::internal("lock file").because(e)),
    }
}

fn writer_id(connection: &Connection) -> Result<String> {
    let new = uuid::Uuid::new_v4().simple().to_string();
    connection
        .execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('writer', ?1)", params![new])
        .and_then(|_| connection.query_row("SELECT value FROM meta WHERE key = 'writer'", [], |row| row.get(0)))
        .map_err(failed)
}

/// The last row's number and hash, after checking that hash; without rows, the last checkpoint's.
fn tail(connection: &Connection) -> Result<(i64, Hash)> {
    let broken = || Error::internal("the end of the audit log does not verify; run `postern audit verify`");
    let last: Option<(i64, String, Vec<u8>)> = connection
        .query_row("SELECT seq, body, hash FROM row ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()
        .map_err(failed)?;
    let checkpoint = super::retention::last_checkpoint(connection)?;
    let Some((seq, body, stored)) = last else { return Ok(checkpoint.unwrap_or((0, GENESIS))) };
    let before: Option<Vec<u8>> = connection
        .query_row("SELECT hash FROM row WHERE seq = ?1", params![seq - 1], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let before = match before {
        Some(before) => Hash::try_from(before).map_err(|_| broken())?,
        None => checkpoint.filter(|(at, _)| *at == seq - 1).map_or(GENESIS, |(_, hash)| hash),
    };
    let computed = hash(&before, seq, &body);
    if stored == computed { Ok((seq, computed)) } else { Err(broken()) }
}

/// Reads a stored hexadecimal hash.
pub(super) fn stored_hash(text: &str) -> Result<Hash> {
    unhash(text).ok_or_else(|| Error::internal("the audit log holds what is not a hash"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
