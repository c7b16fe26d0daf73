//! Drops whole days that are older than the retention, and leaves a signed checkpoint so that the rest still verifies.

use super::chain::{Hash, Head, hex};
use super::journal::{Journal, stored_hash};
use crate::store::failed;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use postern_api::{Error, Result};
use rusqlite::{Connection, OptionalExtension, params};

/// Where the last dropped day ended.
pub(super) fn last_checkpoint(connection: &Connection) -> Result<Option<(i64, Hash)>> {
    let found: Option<(i64, String)> = connection
        .query_row("SELECT seq, hash FROM checkpoint ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(failed)?;
    found.map(|(seq, hash)| Ok((seq, stored_hash(&hash)?))).transpose()
}

impl Journal {
    /// Drops the days before the retention, counted from `now` in UTC, unless there is a legal hold. Answers how many rows.
    pub fn drop_old_days(&self, now: Timestamp) -> Result<usize> {
        if self.settings().legal_hold {
            return Ok(0);
        }
        let kept = SignedDuration::from_hours(24 * i64::from(self.settings().retention_days));
        let first = now.checked_sub(kept).map_err(|e| Error::internal("retention").because(e))?;
        let first =
            first.to_zoned(TimeZone::UTC).start_of_day().map_err(|e| Error::internal("retention").because(e))?;
        let before = first.timestamp().as_millisecond();
        let keys = self.keys();
        self.with_writer(|connection| {
            let transaction = connection.transaction().map_err(failed)?;
            // Rows are dropped up to the first one that is kept: the chain has no holes, also where a clock went back.
            let last: Option<(i64, Vec<u8>)> = transaction
                .query_row(
                    "SELECT seq, hash FROM row WHERE seq < coalesce((SELECT min(seq) FROM row WHERE at >= ?1), 1 + (SELECT max(seq) FROM row))
                     ORDER BY seq DESC LIMIT 1",
                    params![before],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
                .map_err(failed)?;
            let Some((seq, hash)) = last else { return Ok(0) };
            let writer = transaction.query_row("SELECT value FROM meta WHERE key = 'writer'", [], |row| row.get(0)).map_err(failed)?;
            let head = Head { writer, seq, hash: hex(&hash), at: now.as_millisecond(), signature: String::new() };
            let head = keys.sign(head);
            transaction
                .execute(
                    "INSERT OR REPLACE INTO checkpoint (seq, writer, hash, at, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![head.seq, head.writer, head.hash, head.at, head.signature],
                )
                .map_err(failed)?;
            let dropped = transaction.execute("DELETE FROM row WHERE seq <= ?1", params![seq]).map_err(failed)?;
            transaction.execute("DELETE FROM head WHERE seq <= ?1", params![seq]).map_err(failed)?;
            transaction.execute("DELETE FROM checkpoint WHERE seq < ?1", params![seq]).map_err(failed)?;
            transaction.commit().map_err(failed)?;
            tracing::info!(rows = dropped, "audit rows past their retention were dropped");
            Ok(dropped)
        })
    }
}
