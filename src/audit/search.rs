//! Reading the log for the web pages: one tenant's rows, newest first, and never more of them at once than a page needs.
//!
//! Rows have no index beside their number, so a search looks through a bounded stretch and says where it stopped.

use super::journal::{BLOCK, Journal};
use crate::caller::Principal;
use crate::store::{connect, failed};
use jiff::Timestamp;
use postern_api::{Error, Result, TenantId};
use rusqlite::{Connection, params};
use serde::Deserialize;

/// Rows that one search looks at.
const STRETCH: i64 = 100_000;
/// Blocks that one search for a person's own rows looks at.
const BLOCKS: u32 = 16;

/// Which rows of a tenant.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only at or after this time.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
    /// Only of this tool, by its name.
    pub tool: Option<String>,
    /// Only with this decision.
    pub decision: Option<String>,
    /// Only of this organisation.
    pub organisation: Option<String>,
    /// Only of this action request, by its id.
    pub action: Option<String>,
    /// Only rows with a lower number.
    pub before: Option<i64>,
    /// How many rows.
    pub limit: u32,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The rows, newest first.
    pub rows: Vec<Seen>,
    /// Where older rows begin, where there may be any: the next [`Search::before`].
    pub older: Option<i64>,
}

/// One row, as its text says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Seen {
    /// Its number.
    #[serde(skip)]
    pub seq: i64,
    /// When, milliseconds since 1970.
    #[serde(skip)]
    pub at: i64,
    /// Which of a call's rows: `single`, `attempt`, `outcome`; `edge` for a request that never became a call.
    #[serde(default)]
    pub phase: String,
    /// The tool.
    #[serde(default)]
    pub tool: String,
    /// What was decided.
    #[serde(default)]
    pub decision: String,
    /// The code.
    #[serde(default)]
    pub code: String,
    /// The organisation that it was about.
    pub organisation: Option<String>,
    /// The action request that it belongs to.
    pub action: Option<String>,
    /// The client.
    pub client: Option<String>,
    /// In which realm.
    #[serde(default)]
    pub realm: String,
    /// Who, as a keyed digest.
    #[serde(default)]
    pub principal: String,
    /// The connected system.
    pub system: Option<String>,
    /// The request's id.
    #[serde(default)]
    pub request_id: String,
}

impl Journal {
    /// A tenant's rows. `tenant` comes from who is signed in, never from what was asked.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn search(&self, tenant: &TenantId, search: &Search) -> Result<Found> {
        let connection = self.connection()?;
        let top = match search.before {
            Some(before) => before,
            None => newest(&connection)? + 1,
        };
        let bottom = (top - STRETCH).max(0);
        let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
        let mut statement = connection
            .prepare(
                "SELECT seq, at, body FROM row WHERE seq >= ?1 AND seq < ?2 AND tenant = ?3
                   AND (?4 IS NULL OR organisation = ?4) AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR at < ?6)
                   AND (?7 IS NULL OR body ->> 'tool' = ?7) AND (?8 IS NULL OR body ->> 'decision' = ?8)
                   AND (?10 IS NULL OR body ->> 'action' = ?10)
                 ORDER BY seq DESC LIMIT ?9",
            )
            .map_err(failed)?;
        let found = statement
            .query_map(
                params![
                    bottom,
                    top,
                    tenant.as_str(),
                    search.organisation,
                    millis(search.since),
                    millis(search.until),
                    search.tool,
                    search.decision,
                    search.limit,
                    search.action
                ],
                raw,
            )
            .map_err(failed)?;
        let rows = found.map(|row| seen(row.map_err(failed)?)).collect::<Result<Vec<_>>>()?;
        let full = rows.len() >= usize::try_from(search.limit).unwrap_or(usize::MAX);
        let older = if full { rows.last().map(|it| it.seq) } else { Some(bottom) };
        // A stretch that ends before the first time of interest is the last one; the clock may jump, but not a stretch far.
        let past = match search.since {
            Some(since) if !full => lowest_time(&connection, bottom)?.is_none_or(|at| at < since.as_millisecond()),
            Some(_) | None => false,
        };
        let older = older.filter(|seq| !past && *seq > 0);
        let older = match older {
            Some(seq) if lowest_number(&connection)?.is_some_and(|first| first < seq) => Some(seq),
            Some(_) | None => None,
        };
        Ok(Found { rows, older })
    }

    /// One person's own rows, without those that say that a write began.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn own(&self, tenant: &TenantId, principal: &Principal, before: Option<i64>, limit: u32) -> Result<Found> {
        let connection = self.connection()?;
        let digest = self.keys().principal(tenant, principal);
        let top = before.unwrap_or(i64::MAX);
        let mut blocks = connection
            .prepare("SELECT block FROM seen WHERE principal = ?1 AND block <= ?2 ORDER BY block DESC LIMIT ?3")
            .map_err(failed)?;
        let blocks = blocks
            .query_map(params![digest, top / BLOCK, BLOCKS + 1], |row| row.get::<_, i64>(0))
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(failed)?;
        let mut statement = connection
            .prepare(
                "SELECT seq, at, body FROM row WHERE seq BETWEEN ?1 * ?2 AND ?1 * ?2 + ?2 - 1 AND seq < ?3
                   AND principal = ?4 AND tenant = ?5 AND body ->> 'phase' IS NOT 'attempt' ORDER BY seq DESC LIMIT ?6",
            )
            .map_err(failed)?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        for (nth, block) in blocks.iter().enumerate() {
            if nth >= usize::try_from(BLOCKS).unwrap_or(usize::MAX) {
                // Enough looked at; the rest is asked for by its own click.
                return Ok(Found { rows, older: Some((block + 1) * BLOCK) });
            }
            let left = u32::try_from(wanted - rows.len()).unwrap_or(limit);
            let found =
                statement.query_map(params![block, BLOCK, top, digest, tenant.as_str(), left], raw).map_err(failed)?;
            for row in found {
                rows.push(seen(row.map_err(failed)?)?);
            }
            if rows.len() >= wanted {
                let older = rows.last().map(|it| it.seq);
                return Ok(Found { rows, older });
            }
        }
        Ok(Found { rows, older: None })
    }

    /// A connection of its own, so that a long search keeps nobody else from reading.
    fn connection(&self) -> Result<Connection> {
        connect(&self.dir().join("audit.db"))
    }
}

fn newest(connection: &Connection) -> Result<i64> {
    connection.query_row("SELECT coalesce(max(seq), 0) FROM row", [], |row| row.get(0)).map_err(failed)
}

fn lowest_number(connection: &Connection) -> Result<Option<i64>> {
    connection.query_row("SELECT min(seq) FROM row", [], |row| row.get(0)).map_err(failed)
}

fn lowest_time(connection: &Connection, from: i64) -> Result<Option<i64>> {
    let sql = "SELECT at FROM row WHERE seq >= ?1 ORDER BY seq LIMIT 1";
    let found = connection.query_row(sql, params![from], |row| row.get(0));
    rusqlite::OptionalExtension::optional(found).map_err(failed)
}

type Raw = (i64, i64, String);

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn seen((seq, at, body): Raw) -> Result<Seen> {
    let row: Seen = serde_json::from_str(&body).map_err(|e| Error::internal("audit row").because(e))?;
    Ok(Seen { seq, at, ..row })
}
