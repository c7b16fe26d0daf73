//! What people agreed to and withdrew.
//!
//! **Invariant:** rows are added and never changed or deleted; the schema refuses both.

use crate::adapter::required_organisation;
use crate::convert::{micros, named, owner, some_id, time, word};
use crate::fail::{Result, refuse};
use crate::once;
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, c.id, n.kind, n.granted, n.version, n.source, n.address, n.device, n.reason, n.by, n.at
             FROM consent n JOIN organisation o ON o.key = n.organisation LEFT JOIN contact c ON c.key = n.contact
             WHERE n.tenant = :tenant",
            $rest
        )
    };
}

pub(super) fn list(rows: &Rows<'_>, organisation: i64) -> Result<Vec<Owned<ConsentRecord>>> {
    let sql = select!(" AND n.organisation = :organisation ORDER BY n.at, n.key");
    rows.all(sql, &[(":organisation", &organisation)], consent)
}

fn consent(row: &Row<'_>) -> Result<Owned<ConsentRecord>> {
    let record = ConsentRecord {
        contact: some_id(row, 1, ContactId::new)?,
        kind: named(row, 2)?,
        granted: row.get(3)?,
        version: row.get(4)?,
        source: row.get(5)?,
        address: row.get(6)?,
        device: row.get(7)?,
        reason: row.get(8)?,
        by: row.get(9)?,
        at: time(row, 10)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

fn stored(rows: &Rows<'_>, key: i64) -> Result<Owned<ConsentRecord>> {
    let found = rows.one(select!(" AND n.key = :key"), &[(":key", &key)], consent)?;
    found.ok_or_else(|| Error::internal("a consent is gone").into())
}

pub(super) fn record(
    rows: &Rows<'_>,
    cx: &CallCx,
    organisation: &ExternalId,
    new: &ConsentRecord,
) -> Result<Owned<ConsentRecord>> {
    let organisation = required_organisation(rows, &cx.reach, organisation)?;
    if let Some(earlier) = once::earlier(rows, cx, Op::ConsentRecord, organisation)? {
        let key = earlier.parse().map_err(|e| Error::internal("a consent's key").because(e))?;
        return stored(rows, key);
    }
    let contact: Option<i64> = match &new.contact {
        Some(contact) => {
            let key = rows.one(
                "SELECT key FROM contact WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
                &[(":id", &contact.as_str()), (":organisation", &organisation)],
                |row| Ok(row.get(0)?),
            )?;
            if key.is_none() {
                return refuse(ErrorKind::InvalidArgument, "the person is no contact of the organisation");
            }
            key
        }
        None => None,
    };
    let key = keep(rows, organisation, contact, new)?;
    once::keep(rows, cx, Op::ConsentRecord, organisation, &key.to_string())?;
    stored(rows, key)
}

/// Adds a consent and gives its key.
pub(crate) fn keep(rows: &Rows<'_>, organisation: i64, contact: Option<i64>, new: &ConsentRecord) -> Result<i64> {
    rows.insert(
        "INSERT INTO consent (tenant, organisation, contact, kind, granted, version, source, address, device, reason,
         by, at) VALUES (:tenant, :organisation, :contact, :kind, :granted, :version, :source, :address, :device,
         :reason, :by, :at)",
        &[
            (":organisation", &organisation),
            (":contact", &contact),
            (":kind", &word(&new.kind)?),
            (":granted", &new.granted),
            (":version", &new.version),
            (":source", &new.source),
            (":address", &new.address),
            (":device", &new.device),
            (":reason", &new.reason),
            (":by", &new.by),
            (":at", &micros(new.at)),
        ],
    )
}
