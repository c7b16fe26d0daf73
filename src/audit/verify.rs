//! Proves that a log is whole, or names the first row that is not.

use super::chain::{GENESIS, Hash, Head, hash, hex, unhash, unhex};
use super::export::Line;
use super::keys::signed_by;
use super::seal::Lines;
use super::statement::Heading;
use crate::store::{connect, failed};
use postern_api::{Error, Result};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

/// A log that verifies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows checked.
    pub rows: u64,
    /// The first and last row, where there is one.
    pub range: Option<(i64, i64)>,
    /// Signed heads checked.
    pub heads: u64,
    /// Rows after the newest signed head: true as far as the chain goes, not yet signed.
    pub unsigned: u64,
    /// For whom, where the file is one organisation's statement.
    pub statement: Option<Heading>,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A row's text, number or order does not give its hash.
    #[error("row {0} was changed, or does not follow the row before it")]
    Changed(i64),
    /// Numbers are missing.
    #[error("row {0} is missing")]
    Missing(i64),
    /// The columns for searching do not say what the row says.
    #[error("row {0} is filed under what it does not say")]
    Misfiled(i64),
    /// A head's signature is not the key's.
    #[error("the head at row {0} is not signed by this key")]
    Unsigned(i64),
    /// A head says another hash.
    #[error("row {0} is not the row that was signed")]
    Rewritten(i64),
    /// A head is past the last row.
    #[error("row {0} was signed, but the log ends before it")]
    Truncated(i64),
    /// A file without its last line, or with lines after it.
    #[error("the file does not end with its seal: it was cut short, or something was added")]
    Unsealed,
    /// The seal is not this key's.
    #[error("the seal is not signed by this key")]
    Forged,
    /// The seal is about other lines.
    #[error("the seal is about other lines: one was changed, added or taken away")]
    Altered,
    /// One organisation's file with rows of the whole log in it.
    #[error("the file is neither an export nor one organisation's statement")]
    Mixed,
}

/// What came of verifying: a whole log, or its first fault.
pub type Verdict = std::result::Result<Report, Fault>;

/// Verifies a data directory's log with the public key; `heads` are signed heads kept elsewhere, one JSON object a line.
pub fn verify(dir: &Path, public: &[u8], heads: Option<&mut dyn BufRead>) -> Result<Verdict> {
    let connection = connect(&dir.join("audit.db"))?;
    let mut signed: BTreeMap<i64, Vec<Head>> = BTreeMap::new();
    let mut keep = |head: Head| signed.entry(head.seq).or_default().push(head);
    {
        let mut statement = connection.prepare("SELECT writer, seq, hash, at, signature FROM head").map_err(failed)?;
        let rows = statement
            .query_map([], |row| {
                Ok(Head {
                    writer: row.get(0)?,
                    seq: row.get(1)?,
                    hash: row.get(2)?,
                    at: row.get(3)?,
                    signature: row.get(4)?,
                })
            })
            .map_err(failed)?;
        for head in rows {
            keep(head.map_err(failed)?);
        }
    }
    if let Some(lines) = heads {
        for line in lines.lines() {
            let line = line.map_err(|e| Error::internal("heads file").because(e))?;
            let head = serde_json::from_str(&line);
            keep(head.map_err(|_| {
                Error::new(postern_api::ErrorKind::InvalidArgument, "the heads file holds what is not a head")
            })?);
        }
    }
    let checkpoint: Option<Head> = connection
        .query_row("SELECT writer, seq, hash, at, signature FROM checkpoint ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok(Head {
                writer: row.get(0)?,
                seq: row.get(1)?,
                hash: row.get(2)?,
                at: row.get(3)?,
                signature: row.get(4)?,
            })
        })
        .optional()
        .map_err(failed)?;
    let mut chain = match &checkpoint {
        None => Chain::new(0, GENESIS),
        Some(head) if !signed_by(public, head) => return Ok(Err(Fault::Unsigned(head.seq))),
        Some(head) => match unhash(&head.hash) {
            Some(hash) => Chain::new(head.seq, hash),
            None => return Ok(Err(Fault::Unsigned(head.seq))),
        },
    };
    // Heads of dropped days stay true, but nothing is left to hold them against.
    let first = chain.seq;
    let signed: BTreeMap<_, _> = signed.into_iter().filter(|(seq, _)| *seq > first).collect();
    let mut statement = connection
        .prepare("SELECT seq, at, tenant, organisation, principal, body, hash FROM row ORDER BY seq")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut report = Report::default();
    while let Some(row) = rows.next().map_err(failed)? {
        let (seq, body): (i64, String) = (row.get(0).map_err(failed)?, row.get(5).map_err(failed)?);
        let stored: Vec<u8> = row.get(6).map_err(failed)?;
        if let Err(fault) = chain.follow(seq, &body, &stored) {
            return Ok(Err(fault));
        }
        let filed = Filed {
            at: row.get(1).map_err(failed)?,
            tenant: row.get(2).map_err(failed)?,
            organisation: row.get(3).map_err(failed)?,
            principal: row.get(4).map_err(failed)?,
        };
        if !filed.agrees(&body) {
            return Ok(Err(Fault::Misfiled(seq)));
        }
        for head in signed.get(&seq).into_iter().flatten() {
            if !signed_by(public, head) {
                return Ok(Err(Fault::Unsigned(seq)));
            }
            if head.hash != hex(&chain.last) {
                return Ok(Err(Fault::Rewritten(seq)));
            }
            report.heads += 1;
        }
        report.rows += 1;
        report.range = Some((report.range.map_or(seq, |(first, _)| first), seq));
    }
    if let Some((&seq, _)) = signed.range(chain.seq + 1..).next() {
        return Ok(Err(Fault::Truncated(seq)));
    }
    let newest = signed.keys().next_back().copied().unwrap_or(first);
    report.unsigned = u64::try_from(chain.seq - newest).unwrap_or(0);
    Ok(Ok(report))
}

/// Verifies a file that left the log, an export or one organisation's statement: its seal over every line, and of an export each
/// row's hash, and its place where the row before it is there too.
pub fn verify_export(lines: &mut dyn BufRead, public: &[u8]) -> Result<Verdict> {
    let mut file = ExportedFile::default();
    let (mut read, mut sealed) = (Lines::new(), None);
    for line in lines.lines() {
        let line = line.map_err(|e| Error::internal("export").because(e))?;
        if sealed.is_some() {
            return Ok(Err(Fault::Unsealed));
        }
        let parsed = serde_json::from_str::<Line>(&line);
        let unreadable =
            |_| Error::new(postern_api::ErrorKind::InvalidArgument, "the file holds what is not a line of an export");
        match parsed.map_err(unreadable)? {
            Line::Seal(seal) => sealed = Some(seal),
            other @ (Line::Row { .. } | Line::Head(_) | Line::Heading(_) | Line::Entry(_)) => {
                read.add(&line);
                if let Err(fault) = file.take(other, public) {
                    return Ok(Err(fault));
                }
            }
        }
    }
    Ok(match sealed {
        None => Err(Fault::Unsealed),
        Some(seal) if !seal.is_signed_by(public) => Err(Fault::Forged),
        Some(seal) if !read.are_of(&seal) => Err(Fault::Altered),
        Some(_) => Ok(file.report),
    })
}

/// A file as far as it was read.
#[derive(Default)]
struct ExportedFile {
    report: Report,
    before: Option<(i64, Hash)>,
}

impl ExportedFile {
    fn take(&mut self, line: Line, public: &[u8]) -> std::result::Result<(), Fault> {
        let report = &mut self.report;
        match line {
            Line::Row { seq, previous, hash: told, body } => {
                let (Some(previous), Some(told)) = (unhash(&previous), unhash(&told)) else {
                    return Err(Fault::Changed(seq));
                };
                let follows = self.before.is_none_or(|(at, last)| seq > at && (seq > at + 1 || previous == last));
                if !follows || hash(&previous, seq, &body) != told {
                    return Err(Fault::Changed(seq));
                }
                if report.statement.is_some() {
                    return Err(Fault::Mixed);
                }
                self.before = Some((seq, told));
                report.rows += 1;
                report.range = Some((report.range.map_or(seq, |(first, _)| first), seq));
            }
            Line::Head(head) => {
                if !signed_by(public, &head) {
                    return Err(Fault::Unsigned(head.seq));
                }
                if self.before.is_some_and(|(seq, last)| seq == head.seq && hex(&last) != head.hash) {
                    return Err(Fault::Rewritten(head.seq));
                }
                report.heads += 1;
                let last = self.before.map_or(head.seq, |(seq, _)| seq);
                report.unsigned = u64::try_from(last - head.seq).unwrap_or(0);
            }
            Line::Heading(heading) if *report == Report::default() => report.statement = Some(heading),
            Line::Entry(_) if report.statement.is_some() => report.rows += 1,
            // A second heading, an entry without one, or a seal that its reader kept for itself.
            Line::Heading(_) | Line::Entry(_) | Line::Seal(_) => return Err(Fault::Mixed),
        }
        Ok(())
    }
}

/// Reads the public key that the gateway wrote.
pub fn public_key(path: &Path) -> Result<Vec<u8>> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::internal(format!("the public key {} cannot be read; `--public-key` names another", path.display()))
            .because(e)
    })?;
    let key = unhex(text.trim()).filter(|it| it.len() == 32);
    key.ok_or_else(|| {
        Error::new(postern_api::ErrorKind::InvalidArgument, "the public key is not 64 hexadecimal digits")
    })
}

/// The chain as far as it was followed.
struct Chain {
    seq: i64,
    last: Hash,
}

impl Chain {
    fn new(seq: i64, last: Hash) -> Self {
        Self { seq, last }
    }

    fn follow(&mut self, seq: i64, body: &str, stored: &[u8]) -> std::result::Result<(), Fault> {
        if seq != self.seq + 1 {
            return Err(Fault::Missing(self.seq + 1));
        }
        let computed = hash(&self.last, seq, body);
        if stored != computed {
            return Err(Fault::Changed(seq));
        }
        (self.seq, self.last) = (seq, computed);
        Ok(())
    }
}

/// What a row is filed under.
struct Filed {
    at: i64,
    tenant: String,
    organisation: Option<String>,
    principal: String,
}

impl Filed {
    fn agrees(&self, body: &str) -> bool {
        #[derive(serde::Deserialize)]
        struct Said<'a> {
            at: jiff::Timestamp,
            tenant: &'a str,
            organisation: Option<&'a str>,
            principal: &'a str,
        }
        serde_json::from_str::<Said<'_>>(body).is_ok_and(|said| {
            said.at.as_millisecond() == self.at
                && said.tenant == self.tenant
                && said.organisation == self.organisation.as_deref()
                && said.principal == self.principal
        })
    }
}
