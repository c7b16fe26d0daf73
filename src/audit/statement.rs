//! What one organisation is told of the log: what AI clients read and changed of its records, without anything of others. Made
//! for its lead to keep: signed, and believed without the log.
//!
//! An entry shows less than its row. No number and no hash, since the gaps between numbers would tell how much others do; no
//! policies, systems and digests of arguments, which are the provider's. The request's id finds the row in the log.

use super::export::writer_of;
use super::journal::Journal;
use super::seal::Sealing;
use crate::store::{connect, failed};
use jiff::Timestamp;
use postern_api::{Error, OrganisationId, Result, TenantId};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// Whose records, and which time.
#[derive(Debug, Clone)]
pub struct Period {
    /// The provider.
    pub tenant: TenantId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Only at or after this time.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
}

/// The first line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// The provider.
    pub statement_of: String,
    /// The organisation.
    pub organisation: String,
    /// From when, where that was asked.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The tool that was called, or what was done on the provider's pages.
    pub tool: String,
    /// Which of a call's rows: `single`, or `attempt` and `outcome` of a change.
    pub phase: String,
    /// What was decided: `allowed`, `denied`, `failed`, `pending`, `unknown`.
    pub decision: String,
    /// The published code, where there was one; of a denial there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Whose: `customer` for the organisation's own people, `employee` for the provider's.
    pub realm: String,
    /// Who, as a digest that is the same for the same person.
    pub principal: String,
    /// Through which client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Whether the answer was about several organisations: then this one's records may have been among them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub among_others: bool,
    /// The change's reference in the connected system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The action request that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The request's id, by which the provider finds the row.
    pub request_id: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_false(it: &bool) -> bool {
    !it
}

/// The rows about an organisation, and those about several.
const ROWS: &str = "SELECT body, organisation IS NULL FROM row WHERE tenant = ?1
    AND (organisation = ?2 OR (organisation IS NULL AND body ->> 'organisations' > 1))
    AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4) AND length(body ->> 'tool') > 0";

impl Journal {
    /// The newest entries of a period, at most `limit`, newest first.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn newest_entries(&self, period: &Period, limit: u32) -> Result<Vec<Entry>> {
        let connection = connect(&self.dir().join("audit.db"))?;
        let mut entries = Vec::new();
        let order = format!("ORDER BY seq DESC LIMIT {limit}");
        each(&connection, period, &order, |entry| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }

    /// Writes a period's entries as JSON lines, oldest first, with a heading and a seal; answers how many.
    ///
    /// # Errors
    /// Where the log cannot be read or the file cannot be written.
    pub fn statement(&self, period: &Period, out: &mut dyn Write) -> Result<u64> {
        let connection = connect(&self.dir().join("audit.db"))?;
        let mut sealing = Sealing::new(out);
        sealing.line(&Heading {
            statement_of: period.tenant.to_string(),
            organisation: period.organisation.to_string(),
            since: period.since,
            until: period.until.unwrap_or_else(Timestamp::now),
        })?;
        let mut count = 0;
        each(&connection, period, "ORDER BY seq", |entry| {
            count += 1;
            sealing.line(&entry)
        })?;
        sealing.seal(writer_of(&connection)?, self.keys())?;
        Ok(count)
    }
}

fn each(
    connection: &Connection,
    period: &Period,
    order: &str,
    mut take: impl FnMut(Entry) -> Result<()>,
) -> Result<()> {
    let mut statement = connection.prepare(&format!("{ROWS} {order}")).map_err(failed)?;
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let asked =
        params![period.tenant.as_str(), period.organisation.as_str(), millis(period.since), millis(period.until)];
    let mut rows = statement.query(asked).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        take(entry(row)?)?;
    }
    Ok(())
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    let (body, among_others): (String, bool) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
    // What a row says and an entry does not name is left behind here.
    let entry: Entry = serde_json::from_str(&body).map_err(|e| Error::internal("audit row").because(e))?;
    // Why something is hidden from somebody is the provider's to know.
    let code = if entry.decision == "denied" { String::new() } else { entry.code.clone() };
    Ok(Entry { among_others, code, ..entry })
}
