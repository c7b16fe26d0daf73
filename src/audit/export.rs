//! Writes rows as JSON lines that verify without the database: each with its number and hash, the newest signed head and a seal
//! over the whole file at the end.

use super::chain::{Head, hex};
use super::keys::Keys;
use super::seal::{Seal, Sealing};
use super::statement::{Entry, Heading};
use crate::store::{connect, failed};
use postern_api::{OrganisationId, Result, TenantId};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// Which rows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this tenant's.
    pub tenant: Option<TenantId>,
    /// Only this organisation's.
    pub organisation: Option<OrganisationId>,
    /// Only at or after this time, milliseconds since 1970.
    pub since: Option<i64>,
    /// Only before this time, milliseconds since 1970.
    pub until: Option<i64>,
    /// Only of this tool.
    pub tool: Option<String>,
    /// Only with this decision.
    pub decision: Option<String>,
    /// Only of this action request, by its id.
    pub action: Option<String>,
}

/// One exported line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A row: its hash is over the one before it, its number and its text.
    Row {
        /// Its number.
        seq: i64,
        /// The hash before it, hexadecimal.
        previous: String,
        /// Its hash, hexadecimal.
        hash: String,
        /// Its text.
        body: String,
    },
    /// The newest signed head.
    Head(Head),
    /// The first line of what one organisation was told.
    Heading(Heading),
    /// What one organisation was told of a row.
    Entry(Entry),
    /// The last line: what was signed about all before it.
    Seal(Seal),
}

/// Exports; answers how many rows. An unfiltered export also proves by its numbers that no row is missing.
pub fn export(dir: &Path, filter: &Filter, out: &mut dyn Write) -> Result<u64> {
    let connection = connect(&dir.join("audit.db"))?;
    let mut sealing = Sealing::new(out);
    let mut statement = connection
        .prepare(
            "SELECT it.seq, it.body, it.hash, coalesce(CASE WHEN before.hash IS NOT NULL THEN hex(before.hash) END,
                    (SELECT hash FROM checkpoint WHERE seq = it.seq - 1), ?5)
             FROM row it LEFT JOIN row before ON before.seq = it.seq - 1
             WHERE (?1 IS NULL OR it.tenant = ?1) AND (?2 IS NULL OR it.organisation = ?2)
               AND (?3 IS NULL OR it.at >= ?3) AND (?4 IS NULL OR it.at < ?4)
               AND (?6 IS NULL OR it.body ->> 'tool' = ?6) AND (?7 IS NULL OR it.body ->> 'decision' = ?7)
               AND (?8 IS NULL OR it.body ->> 'action' = ?8)
             ORDER BY it.seq",
        )
        .map_err(failed)?;
    let (tenant, organisation) =
        (filter.tenant.as_ref().map(|it| it.as_str()), filter.organisation.as_ref().map(|it| it.as_str()));
    let genesis = hex(&super::chain::GENESIS);
    let asked =
        params![tenant, organisation, filter.since, filter.until, genesis, filter.tool, filter.decision, filter.action];
    let mut rows = statement.query(asked).map_err(failed)?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        let hash: Vec<u8> = row.get(2).map_err(failed)?;
        let previous: String = row.get(3).map_err(failed)?;
        let line = Line::Row {
            seq: row.get(0).map_err(failed)?,
            previous: previous.to_ascii_lowercase(),
            hash: hex(&hash),
            body: row.get(1).map_err(failed)?,
        };
        sealing.line(&line)?;
        count += 1;
    }
    let head: Option<Head> = connection
        .query_row("SELECT writer, seq, hash, at, signature FROM head ORDER BY seq DESC LIMIT 1", [], |row| {
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
    if let Some(head) = head {
        sealing.line(&Line::Head(head))?;
    }
    sealing.seal(writer_of(&connection)?, &Keys::of(dir)?)?;
    Ok(count)
}

/// Which log this is; empty before anything was written to it.
pub(super) fn writer_of(connection: &Connection) -> Result<String> {
    let found = connection.query_row("SELECT value FROM meta WHERE key = 'writer'", [], |row| row.get(0));
    found.optional().map(Option::unwrap_or_default).map_err(failed)
}
