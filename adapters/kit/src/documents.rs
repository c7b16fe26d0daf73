//! Documents: lists, visibility, reach, publishing and taking back.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::{Fixture, Side};
use crate::trial::{Group, Trial, Verdict};
use Group::{Scope as InScope, Shape, Visibility, Writes};
use postern_api::*;
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(Shape, "paging reaches every document once", "the last changed first", &[DocumentList], |f| {
            Box::pin(paging(f))
        }),
        Trial::new(
            Shape,
            "a document is found with its versions",
            "oldest first, never none, as it is listed; missing: `NotFound`",
            &[DocumentList, DocumentGet],
            |f| Box::pin(whole(f)),
        ),
        Trial::new(
            Visibility,
            "a list of what is published hints at nothing else",
            "no internal document, no version that is not published; rows, total and order",
            &[DocumentList],
            |f| Box::pin(published(f)),
        ),
        Trial::new(
            InScope,
            "foreign documents do not open",
            "not listed, not opened, not published and not taken back",
            &[DocumentList, DocumentGet, DocumentPublish, DocumentRevoke],
            |f| Box::pin(foreign(f)),
        ),
        Trial::new(
            Writes,
            "only the newest approved version of a public document is published",
            "`Conflict`: internal, old or not approved; nothing changes",
            &[DocumentList, DocumentPublish],
            |f| Box::pin(refused(f)),
        ),
        Trial::new(
            Writes,
            "an internal or unknown role sees no publication",
            "`InvalidArgument`, and nothing changes",
            &[DocumentList, DocumentPublish, AccessRoleList],
            |f| Box::pin(roles(f)),
        ),
        Trial::new(
            Writes,
            "a version is published once and taken back",
            "the same reference has one effect; the same again is `Conflict`; saving is taken back alone or with seeing",
            &[DocumentList, DocumentGet, DocumentPublish, DocumentRevoke],
            |f| Box::pin(publish(f)),
        ),
        Trial::new(
            Writes,
            "a publication is taken back from one user alone",
            "everybody else goes on; again: `Conflict`; the same reference has one effect; published anew it is everybody's",
            &[DocumentList, DocumentGet, DocumentPublish, DocumentRevoke, DocumentWithdraw],
            |f| Box::pin(withdraw(f)),
        ),
    ]
}

fn port(f: &Fixture) -> Result<&dyn Documents, String> {
    f.adapter.documents().ok_or_else(|| "the adapter has no documents".to_owned())
}

pub(crate) fn query(side: &Side) -> DocumentQuery {
    let organisation = Some(side.external.clone());
    DocumentQuery { organisation, published_only: false, kind: None, offset: 0, limit: 200 }
}

async fn list(f: &Fixture, side: &Side, query: &DocumentQuery) -> Result<(Vec<Document>, u64), String> {
    let page = said("documents", port(f)?.documents(&f.both_cx(), query).await)?;
    Ok((f.open_all(side, page.rows)?, page.total))
}

pub(crate) async fn all(f: &Fixture) -> Result<Vec<Document>, String> {
    Ok(list(f, &f.own, &query(&f.own)).await?.0)
}

async fn paging(f: &Fixture) -> Verdict {
    let (all, total) = list(f, &f.own, &query(&f.own)).await?;
    ensure(!all.is_empty(), || "no documents".into())?;
    equal("total", &total, &(all.len() as u64))?;
    ensure(all.is_sorted_by(|a, b| a.updated_at >= b.updated_at), || "not the last changed first".into())?;
    let mut seen = BTreeSet::new();
    for offset in 0..=all.len() {
        let offset = u32::try_from(offset).map_err(|e| e.to_string())?;
        let (rows, total) = list(f, &f.own, &DocumentQuery { offset, limit: 1, ..query(&f.own) }).await?;
        equal("total of a page", &total, &(all.len() as u64))?;
        for row in rows {
            ensure(seen.insert(row.id.clone()), || format!("document {} came twice", row.id))?;
        }
    }
    equal("documents on the pages", &seen.len(), &all.len())?;
    for kind in all.iter().map(|it| it.kind.clone()) {
        let expected = all.iter().filter(|it| kind.is_none() || it.kind == kind).count();
        let (rows, total) = list(f, &f.own, &DocumentQuery { kind, ..query(&f.own) }).await?;
        equal("documents of a kind", &(rows.len(), total), &(expected, expected as u64))?;
    }
    Ok(())
}

pub(crate) async fn open(f: &Fixture, id: &DocumentId) -> Result<Document, String> {
    f.open(&f.own, said("document", port(f)?.document(&f.own_cx(), id).await)?)
}

async fn whole(f: &Fixture) -> Verdict {
    for listed in all(f).await? {
        let whole = open(f, &listed.id).await?;
        equal("document", &format!("{whole:?}"), &format!("{listed:?}"))?;
        ensure(!whole.versions.is_empty(), || "a document without versions".into())?;
        ensure(whole.versions.is_sorted_by(|a, b| a.number < b.number), || "versions are not oldest first".into())?;
    }
    let missing = DocumentId::new(&word()).map_err(|e| e.to_string())?;
    failed("document", port(f)?.document(&f.own_cx(), &missing).await, &[ErrorKind::NotFound])
}

fn is_public(it: &Document) -> bool {
    !it.internal && it.versions.iter().any(|version| version.publication.is_some())
}

async fn published(f: &Fixture) -> Verdict {
    let all = all(f).await?;
    let expected: BTreeSet<_> = all.iter().filter(|it| is_public(it)).map(|it| it.id.clone()).collect();
    ensure(!expected.is_empty() && expected.len() < all.len(), || "a public and another one are expected".into())?;
    let (rows, total) = list(f, &f.own, &DocumentQuery { published_only: true, ..query(&f.own) }).await?;
    equal("documents", &rows.iter().map(|it| it.id.clone()).collect(), &expected)?;
    equal("total", &total, &(expected.len() as u64))?;
    for row in &rows {
        ensure(!row.internal, || "an internal document is listed".into())?;
        let bare = row.versions.iter().any(|it| it.publication.is_none());
        ensure(!bare && !row.versions.is_empty(), || "a version that is not published is listed".into())?;
        let last = row.versions.iter().filter_map(|it| it.publication.as_ref()).map(|it| it.at).max();
        equal("updated_at", &Some(row.updated_at), &last)?;
    }
    ensure(rows.is_sorted_by(|a, b| a.updated_at >= b.updated_at), || "not the last published first".into())
}

pub(crate) fn publication(organisation: &ExternalId, document: &Document, version: &DocumentVersion) -> NewPublication {
    NewPublication {
        organisation: organisation.clone(),
        document: document.id.clone(),
        version: version.id.clone(),
        roles: vec![],
        download: true,
        expires_at: None,
        by: "Kit".into(),
    }
}

fn revocation(organisation: &ExternalId, document: &DocumentId) -> Revocation {
    Revocation {
        organisation: organisation.clone(),
        document: document.clone(),
        version: None,
        download_only: false,
        reason: "a trial".into(),
        by: "Kit".into(),
    }
}

async fn foreign(f: &Fixture) -> Verdict {
    let documents = port(f)?;
    let (theirs, _) = list(f, &f.foreign, &query(&f.foreign)).await?;
    ensure(!theirs.is_empty(), || "the other organisation has no documents".into())?;
    for query in [query(&f.foreign), DocumentQuery { organisation: None, ..query(&f.foreign) }] {
        match documents.documents(&f.own_cx(), &query).await {
            Ok(page) => {
                let own = f.open_all(&f.own, page.rows)?;
                let expected = if query.organisation.is_some() { 0 } else { own.len() as u64 };
                equal("total", &page.total, &expected)?;
            }
            Err(e) => equal("documents", &e.kind(), &ErrorKind::NotFound)?,
        }
    }
    for other in &theirs {
        crate::scope::closed(f, "document", documents.document(&f.own_cx(), &other.id).await)?;
        for (cx, organisation) in [(f.own_cx(), &f.foreign.external), (f.both_cx(), &f.own.external)] {
            for version in &other.versions {
                let answer = documents.publish(&cx, &publication(organisation, other, version)).await;
                failed("publish", answer, &[ErrorKind::NotFound])?;
            }
            let answer = documents.revoke(&cx, &revocation(organisation, &other.id)).await;
            failed("revoke", answer, &[ErrorKind::NotFound])?;
        }
    }
    let after = list(f, &f.foreign, &query(&f.foreign)).await?.0;
    equal("the other organisation's documents", &format!("{after:?}"), &format!("{theirs:?}"))
}

async fn refused(f: &Fixture) -> Verdict {
    let before = all(f).await?;
    let mut seen = (0, 0, 0);
    for document in &before {
        for version in &document.versions {
            let old = document.latest().is_some_and(|it| it.id != version.id);
            let waits = version.state != VersionState::Approved;
            if document.internal || old || waits {
                seen.0 += usize::from(document.internal);
                seen.1 += usize::from(old && !document.internal);
                seen.2 += usize::from(waits && !old && !document.internal);
                let answer = port(f)?.publish(&f.own_cx(), &publication(&f.own.external, document, version)).await;
                failed("publish", answer, &[ErrorKind::Conflict])?;
            }
        }
    }
    let (internal, old, waits) = seen;
    ensure(internal > 0 && old > 0 && waits > 0, || format!("one of each kind is expected, there are {seen:?}"))?;
    equal("the documents", &format!("{:?}", all(f).await?), &format!("{before:?}"))
}

/// A document whose newest version may be published and is not.
pub(crate) async fn ready(f: &Fixture) -> Result<(Document, DocumentVersion), String> {
    let fits = |it: &Document| {
        !it.internal && !is_public(it) && it.latest().is_some_and(|it| it.state == VersionState::Approved)
    };
    let document = all(f).await?.into_iter().find(fits).ok_or("no approved version that waits to be published")?;
    let version = document.latest().cloned().ok_or("no version")?;
    Ok((document, version))
}

async fn roles(f: &Fixture) -> Verdict {
    let (document, version) = ready(f).await?;
    let roles = said("access_roles", f.identity()?.access_roles(&f.own_cx()).await)?;
    let unknown = AccessRoleId::new(&word()).map_err(|e| e.to_string())?;
    for bad in roles.into_iter().filter(|it| it.internal).map(|it| it.id).chain([unknown]) {
        let new = NewPublication { roles: vec![bad], ..publication(&f.own.external, &document, &version) };
        failed("publish", port(f)?.publish(&f.own_cx(), &new).await, &[ErrorKind::InvalidArgument])?;
    }
    equal("the document", &format!("{:?}", open(f, &document.id).await?), &format!("{document:?}"))
}

async fn publish(f: &Fixture) -> Verdict {
    let documents = port(f)?;
    let (document, version) = ready(f).await?;
    let shown = |document: &Document| {
        document.version(&version.id).and_then(|it| it.publication.as_ref()).map(|it| (it.download, it.by.clone()))
    };
    let public = async || -> Result<bool, String> {
        let query = DocumentQuery { published_only: true, ..query(&f.own) };
        Ok(list(f, &f.own, &query).await?.0.iter().any(|it| it.id == document.id))
    };
    let new = publication(&f.own.external, &document, &version);
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    let mut times = BTreeSet::new();
    for _ in 0..2 {
        let now = f.open(&f.own, said("publish", documents.publish(&cx, &new).await)?)?;
        equal("the publication", &shown(&now), &Some((true, "Kit".to_owned())))?;
        times.insert(now.updated_at);
    }
    equal("publications", &times.len(), &1)?;
    ensure(public().await?, || "it is not listed for customers".into())?;
    failed("the same again", documents.publish(&f.own_cx(), &new).await, &[ErrorKind::Conflict])?;
    let saving = Revocation { download_only: true, ..revocation(&f.own.external, &document.id) };
    let now = f.open(&f.own, said("revoke", documents.revoke(&f.own_cx(), &saving).await)?)?;
    equal("the publication", &shown(&now), &Some((false, "Kit".to_owned())))?;
    failed("saving again", documents.revoke(&f.own_cx(), &saving).await, &[ErrorKind::Conflict])?;
    let whole = revocation(&f.own.external, &document.id);
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    for _ in 0..2 {
        let now = f.open(&f.own, said("revoke", documents.revoke(&cx, &whole).await)?)?;
        equal("the publication", &shown(&now), &None)?;
        equal("versions", &now.versions.len(), &document.versions.len())?;
    }
    ensure(!public().await?, || "it is still listed for customers".into())?;
    failed("taking back again", documents.revoke(&f.own_cx(), &whole).await, &[ErrorKind::Conflict])
}

async fn withdraw(f: &Fixture) -> Verdict {
    let documents = port(f)?;
    let (document, version) = ready(f).await?;
    let user = |it: &str| ContactId::new(it).map_err(|e| e.to_string());
    let (one, other) = (user("kit-one")?, user("kit-other")?);
    let new = publication(&f.own.external, &document, &version);
    said("publish", documents.publish(&f.own_cx(), &new).await)?;
    let back = |user: &ContactId, download_only| Withdrawal {
        organisation: f.own.external.clone(),
        document: document.id.clone(),
        version: None,
        user: user.clone(),
        download_only,
        reason: "a trial".into(),
        by: "Kit".into(),
    };
    let may = |document: &Document, user: &ContactId| {
        let published = document.version(&version.id).and_then(|it| it.publication.as_ref());
        published.map(|it| (it.shown_to(user), it.saved_by(user)))
    };
    let away = Withdrawal { organisation: f.foreign.external.clone(), ..back(&one, false) };
    failed("withdraw", documents.withdraw(&f.both_cx(), &away).await, &[ErrorKind::NotFound])?;
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    for (order, left) in [(back(&one, true), (true, false)), (back(&one, false), (false, false))] {
        let now = f.open(&f.own, said("withdraw", documents.withdraw(&f.own_cx(), &order).await)?)?;
        equal("one", &may(&now, &one), &Some(left))?;
        equal("the other", &may(&now, &other), &Some((true, true)))?;
        failed("again", documents.withdraw(&f.own_cx(), &order).await, &[ErrorKind::Conflict])?;
    }
    for _ in 0..2 {
        let now = f.open(&f.own, said("withdraw", documents.withdraw(&cx, &back(&other, true)).await)?)?;
        equal("the other", &may(&now, &other), &Some((true, false)))?;
    }
    let now = f.open(&f.own, said("publish", documents.publish(&f.own_cx(), &new).await)?)?;
    equal("one, published anew", &may(&now, &one), &Some((true, true)))?;
    said("revoke", documents.revoke(&f.own_cx(), &revocation(&f.own.external, &document.id)).await).map(drop)
}
