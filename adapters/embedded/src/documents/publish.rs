//! Publishing a version, and taking publications back.
//!
//! **Invariant:** what was published stays written: each step adds a row, and the last row of a version counts. At most
//! one version of a document is published after a publication.

use super::{one, versions};
use crate::adapter::required_organisation;
use crate::convert::{json, micros, some_micros};
use crate::fail::{Result, refuse};
use crate::once;
use crate::people::users;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;

/// The key of a document of an organisation, and whether it is internal. Another organisation's is as if it were not there.
fn find(rows: &Rows<'_>, organisation: i64, document: &DocumentId) -> Result<(i64, bool)> {
    let found = rows.one(
        "SELECT key, internal FROM document WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
        &[(":id", &document.as_str()), (":organisation", &organisation)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    found.ok_or_else(|| Error::not_found("document").into())
}

pub(super) fn publish(rows: &Rows<'_>, cx: &CallCx, new: &NewPublication) -> Result<Owned<Document>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    let (key, internal) = find(rows, organisation, &new.document)?;
    let earlier = once::earlier(rows, cx, Op::DocumentPublish, organisation)?;
    if earlier.is_some_and(|it| it == new.version.as_str()) {
        return one(rows, &cx.reach, &new.document);
    }
    if internal {
        return refuse(ErrorKind::Conflict, "the document is internal and cannot be published");
    }
    let there = versions(rows, key)?;
    let version = there.iter().find(|it| it.id == new.version).ok_or_else(|| Error::not_found("version"))?;
    if there.last().is_none_or(|it| it.id != new.version) {
        return refuse(ErrorKind::Conflict, "there is a newer version; publish that one");
    }
    if version.state != VersionState::Approved {
        return refuse(ErrorKind::Conflict, "the version is not approved");
    }
    users::grantable(rows, &new.roles)?;
    let now = Timestamp::now();
    if new.expires_at.is_some_and(|it| it <= now) {
        return refuse(ErrorKind::InvalidArgument, "the publication would end before it begins; give a later time");
    }
    let mut roles = new.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    // Compared and kept to the microsecond.
    let ends = |at: Option<Timestamp>| some_micros(at);
    let same = |it: &Publication| {
        it.except.is_empty()
            && it.roles == roles
            && it.download == new.download
            && ends(it.expires_at) == ends(new.expires_at)
    };
    if version.publication.as_ref().is_some_and(same) {
        return refuse(ErrorKind::Conflict, "the version is published like this already");
    }
    for older in there.iter().filter(|it| it.id != new.version) {
        if let Some(publication) = &older.publication {
            let step = Step { published: false, by: &new.by, reason: Some("a newer version was published"), now };
            add(rows, older, publication, &step)?;
        }
    }
    let publication = Publication {
        roles,
        download: new.download,
        expires_at: new.expires_at,
        at: now,
        by: new.by.clone(),
        except: vec![],
    };
    add(rows, version, &publication, &Step { published: true, by: &new.by, reason: None, now })?;
    touched(rows, key, now)?;
    once::keep(rows, cx, Op::DocumentPublish, organisation, new.version.as_str())?;
    one(rows, &cx.reach, &new.document)
}

pub(super) fn revoke(rows: &Rows<'_>, cx: &CallCx, revocation: &Revocation) -> Result<Owned<Document>> {
    let organisation = required_organisation(rows, &cx.reach, &revocation.organisation)?;
    let (key, _) = find(rows, organisation, &revocation.document)?;
    let earlier = once::earlier(rows, cx, Op::DocumentRevoke, organisation)?;
    if earlier.is_some_and(|it| it == revocation.document.as_str()) {
        return one(rows, &cx.reach, &revocation.document);
    }
    let there = versions(rows, key)?;
    if let Some(wanted) = &revocation.version
        && there.iter().all(|it| it.id != *wanted)
    {
        return Err(Error::not_found("version").into());
    }
    let now = Timestamp::now();
    let mut taken = 0;
    for version in there.iter().filter(|it| revocation.version.as_ref().is_none_or(|wanted| it.id == *wanted)) {
        let Some(publication) = &version.publication else { continue };
        if revocation.download_only && !publication.download {
            continue;
        }
        let left = Publication { download: false, ..publication.clone() };
        let reason = Some(revocation.reason.as_str());
        let step = Step { published: revocation.download_only, by: &revocation.by, reason, now };
        add(rows, version, &left, &step)?;
        taken += 1;
    }
    if taken == 0 {
        return refuse(ErrorKind::Conflict, "there is nothing to take back; read the document again");
    }
    touched(rows, key, now)?;
    once::keep(rows, cx, Op::DocumentRevoke, organisation, revocation.document.as_str())?;
    one(rows, &cx.reach, &revocation.document)
}

pub(super) fn withdraw(rows: &Rows<'_>, cx: &CallCx, withdrawal: &Withdrawal) -> Result<Owned<Document>> {
    let organisation = required_organisation(rows, &cx.reach, &withdrawal.organisation)?;
    let (key, _) = find(rows, organisation, &withdrawal.document)?;
    let earlier = once::earlier(rows, cx, Op::DocumentWithdraw, organisation)?;
    if earlier.is_some_and(|it| it == withdrawal.document.as_str()) {
        return one(rows, &cx.reach, &withdrawal.document);
    }
    let there = versions(rows, key)?;
    if let Some(wanted) = &withdrawal.version
        && there.iter().all(|it| it.id != *wanted)
    {
        return Err(Error::not_found("version").into());
    }
    let now = Timestamp::now();
    let mut taken = 0;
    for version in there.iter().filter(|it| withdrawal.version.as_ref().is_none_or(|wanted| it.id == *wanted)) {
        let Some(publication) = &version.publication else { continue };
        let has = if withdrawal.download_only {
            publication.shown_to(&withdrawal.user) && publication.saved_by(&withdrawal.user)
        } else {
            publication.shown_to(&withdrawal.user)
        };
        if !has {
            continue;
        }
        let mut left = publication.clone();
        left.except.retain(|it| it.user != withdrawal.user);
        left.except.push(Exception { user: withdrawal.user.clone(), download_only: withdrawal.download_only });
        left.except.sort_unstable();
        let reason = Some(withdrawal.reason.as_str());
        add(rows, version, &left, &Step { published: true, by: &withdrawal.by, reason, now })?;
        taken += 1;
    }
    if taken == 0 {
        return refuse(ErrorKind::Conflict, "there is nothing to take back from this user; read the document again");
    }
    touched(rows, key, now)?;
    once::keep(rows, cx, Op::DocumentWithdraw, organisation, withdrawal.document.as_str())?;
    one(rows, &cx.reach, &withdrawal.document)
}

/// What happens to a publication.
struct Step<'a> {
    published: bool,
    by: &'a str,
    reason: Option<&'a str>,
    now: Timestamp,
}

/// Adds what holds for a version since now.
fn add(rows: &Rows<'_>, version: &DocumentVersion, publication: &Publication, step: &Step<'_>) -> Result<()> {
    let added = rows.change(
        "INSERT INTO publication (tenant, version, published, roles, download, expires_at, since, publisher, by, reason,
         at, exceptions)
         SELECT tenant, key, :published, :roles, :download, :expires, :since, :publisher, :by, :reason, :now, :exceptions
         FROM document_version WHERE tenant = :tenant AND id = :version",
        &[
            (":published", &step.published),
            (":roles", &json(&publication.roles)?),
            (":download", &publication.download),
            (":expires", &some_micros(publication.expires_at)),
            (":since", &micros(publication.at)),
            (":publisher", &publication.by),
            (":by", &step.by),
            (":reason", &step.reason),
            (":now", &micros(step.now)),
            (":exceptions", &json(&publication.except)?),
            (":version", &version.id.as_str()),
        ],
    )?;
    if added == 1 { Ok(()) } else { Err(Error::internal("a version is gone").into()) }
}

fn touched(rows: &Rows<'_>, document: i64, now: Timestamp) -> Result<()> {
    rows.change(
        "UPDATE document SET updated_at = max(updated_at, :now) WHERE tenant = :tenant AND key = :key",
        &[(":now", &micros(now)), (":key", &document)],
    )?;
    Ok(())
}
