//! Documents: listing, opening. Publishing is beside.
//!
//! **Invariant:** a list of what is published touches no internal document, no version that is not published, and no time
//! at which something else changed.

mod publish;

use crate::adapter::Tenant;
use crate::convert::{from_json, id, micros, named, owner, some_time, text, time};
use crate::fail::Result as Inner;
use crate::filter::{Filter, Listing, nothing};
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use rusqlite::Row;

const ALL: Listing = Listing {
    columns: "o.id, d.key, d.id, d.name, d.kind, d.internal, d.updated_at",
    from: "FROM document d JOIN organisation o ON o.key = d.organisation WHERE d.tenant = :tenant",
    order: "d.updated_at DESC, d.key DESC",
};

/// `live` holds, by document, when the newest of its publications that hold now was made.
const PUBLISHED: Listing = Listing {
    columns: "o.id, d.key, d.id, d.name, d.kind, d.internal, live.at",
    from: "FROM document d JOIN organisation o ON o.key = d.organisation JOIN (
             SELECT v.document, max(p.since) AS at FROM document_version v JOIN publication p ON p.version = v.key
             WHERE p.published = 1 AND (p.expires_at IS NULL OR p.expires_at > :now)
             AND p.key = (SELECT max(key) FROM publication WHERE version = v.key) GROUP BY v.document
           ) live ON live.document = d.key
           WHERE d.tenant = :tenant AND d.internal = 0",
    order: "live.at DESC, d.key DESC",
};

#[async_trait]
impl Documents for Tenant {
    async fn documents(&self, cx: &CallCx, query: &DocumentQuery) -> Result<Page<Owned<Document>>> {
        self.read(cx, |rows| list(rows, &cx.reach, query))
    }

    async fn document(&self, cx: &CallCx, id: &DocumentId) -> Result<Owned<Document>> {
        self.read(cx, |rows| one(rows, &cx.reach, id))
    }

    async fn publish(&self, cx: &CallCx, new: &NewPublication) -> Result<Owned<Document>> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| publish::publish(rows, &call, &new)).await
    }

    async fn revoke(&self, cx: &CallCx, revocation: &Revocation) -> Result<Owned<Document>> {
        let (call, revocation) = (cx.clone(), revocation.clone());
        self.write(cx, move |rows| publish::revoke(rows, &call, &revocation)).await
    }

    async fn withdraw(&self, cx: &CallCx, withdrawal: &Withdrawal) -> Result<Owned<Document>> {
        let (call, withdrawal) = (cx.clone(), withdrawal.clone());
        self.write(cx, move |rows| publish::withdraw(rows, &call, &withdrawal)).await
    }
}

fn list(rows: &Rows<'_>, reach: &Reach, query: &DocumentQuery) -> Inner<Page<Owned<Document>>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "d.organisation")? {
        return Ok(nothing());
    }
    filter.only("d.kind COLLATE NOCASE", ":kind", query.kind.clone());
    let listing = if query.published_only { PUBLISHED } else { ALL };
    if query.published_only {
        filter.bind(":now", micros(Timestamp::now()));
    }
    let page = listing.page(rows, filter, (query.offset, query.limit), head)?;
    let mut found = Vec::with_capacity(page.rows.len());
    for (key, owner, mut document) in page.rows {
        document.versions = versions(rows, key)?;
        if query.published_only {
            document.versions.retain(|it| it.publication.is_some());
        }
        found.push(Owned::new(owner, document));
    }
    Ok(Page { rows: found, total: page.total, truncated: false })
}

/// One document with its versions. Out of reach is as if it were not there.
fn one(rows: &Rows<'_>, reach: &Reach, id: &DocumentId) -> Inner<Owned<Document>> {
    let sql = format!("SELECT {} {} AND d.id = :id", ALL.columns, ALL.from);
    match rows.one(&sql, &[(":id", &id.as_str())], head)? {
        Some((key, Owner::Organisation(organisation), mut document)) if reach.contains(&organisation) => {
            document.versions = versions(rows, key)?;
            Ok(Owned::new(Owner::Organisation(organisation), document))
        }
        Some(_) | None => Err(Error::not_found("document").into()),
    }
}

/// A document's row without its versions: its key, its owner, the rest.
fn head(row: &Row<'_>) -> Inner<(i64, Owner, Document)> {
    let record = Document {
        id: id(row, 2, DocumentId::new)?,
        name: text(row, 3)?,
        kind: row.get(4)?,
        internal: row.get(5)?,
        versions: vec![],
        updated_at: time(row, 6)?,
    };
    Ok((row.get(1)?, owner(row, 0)?, record))
}

/// The versions of a document, oldest first, each with the publication that holds now.
fn versions(rows: &Rows<'_>, document: i64) -> Inner<Vec<DocumentVersion>> {
    let now = Timestamp::now();
    rows.all(
        "SELECT v.id, v.number, v.state, v.source, v.author, v.created_at, v.size, v.content_type, v.sign_off,
         p.published, p.roles, p.download, p.expires_at, p.since, p.publisher, p.exceptions
         FROM document_version v
         LEFT JOIN publication p ON p.key = (SELECT max(key) FROM publication WHERE version = v.key)
         WHERE v.tenant = :tenant AND v.document = :document ORDER BY v.number",
        &[(":document", &document)],
        |row| {
            let size: Option<i64> = row.get(6)?;
            Ok(DocumentVersion {
                id: id(row, 0, VersionId::new)?,
                number: row.get(1)?,
                state: named(row, 2)?,
                source: row.get(3)?,
                author: row.get(4)?,
                created_at: time(row, 5)?,
                size: size.and_then(|it| u64::try_from(it).ok()),
                content_type: row.get(7)?,
                sign_off: named(row, 8)?,
                publication: publication(row)?.filter(|it| it.expires_at.is_none_or(|end| end > now)),
            })
        },
    )
}

fn publication(row: &Row<'_>) -> Inner<Option<Publication>> {
    if !row.get::<_, Option<bool>>(9)?.unwrap_or(false) {
        return Ok(None);
    }
    Ok(Some(Publication {
        roles: from_json(row, 10)?,
        download: row.get(11)?,
        expires_at: some_time(row, 12)?,
        at: time(row, 13)?,
        by: row.get(14)?,
        except: from_json(row, 15)?,
    }))
}
