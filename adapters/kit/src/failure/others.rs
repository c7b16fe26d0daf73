//! The same trouble for an adapter without a service desk: documents, bookings, articles.

use super::{PATIENCE, READS, Side, Trouble, WRITES, discreet, patient};
use crate::check::{ensure, equal, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group, Outcome, Report, Verdict};
use crate::{Fault, documents};
use postern_api::*;
use std::time::{Duration, Instant};

type Misbehave<'a> = &'a (dyn Fn(Option<Trouble>) + Sync);

/// What is asked again and again.
struct Asked {
    document: Option<DocumentId>,
    /// A document that may be published, and the version.
    ready: Option<(Document, DocumentVersion)>,
}

pub(super) async fn run(f: &Fixture, misbehave: Misbehave<'_>) -> Report {
    let mut outcomes = Vec::new();
    let mut add = |name: String, rule: &'static str, verdict| {
        outcomes.push(Outcome { group: Group::Failure, name, rule, verdict });
    };
    let begun = Instant::now();
    let asked = asked(f).await;
    let usual = begun.elapsed();
    let verdict = match &asked {
        Ok(asked) => well(f, asked).await,
        Err(seen) => Err(seen.clone()),
    };
    add("all is well before".into(), "without trouble there is an answer", verdict);
    if let Ok(asked) = &asked {
        for &(fault, kind) in READS {
            misbehave(Some(Trouble { fault, side: Side::Reads }));
            let verdict = read(f, asked, (fault, kind), usual).await;
            misbehave(None);
            let rule = "a read says what is wrong, in no word of the backend's";
            add(format!("a read meets {fault:?}"), rule, verdict);
        }
        if let Some(ready) = &asked.ready {
            for &(fault, kind) in WRITES {
                let verdict = write(f, ready, (fault, kind), (usual, misbehave)).await;
                let rule = "a write is refused, unknown, or proven; never guessed";
                add(format!("a write meets {fault:?}"), rule, verdict);
            }
        }
        add("all is well afterwards".into(), "nothing of the trouble stays", well(f, asked).await);
    }
    Report::new(outcomes)
}

async fn asked(f: &Fixture) -> Result<Asked, String> {
    let supports = |op| f.adapter.supports().contains(&op);
    let document = match f.adapter.documents().filter(|_| supports(Op::DocumentList)) {
        Some(_) => documents::all(f).await?.into_iter().next().map(|it| it.id),
        None => None,
    };
    let ready = if supports(Op::DocumentPublish) { Some(documents::ready(f).await?) } else { None };
    Ok(Asked { document, ready })
}

/// Every read that the adapter has; whether it is of a list, of which a part may be missing.
async fn reads(f: &Fixture, asked: &Asked, cx: impl Fn() -> CallCx) -> Vec<(&'static str, bool, Result<()>)> {
    let (mut answers, supports) = (Vec::new(), |op| f.adapter.supports().contains(&op));
    if let Some(port) = f.adapter.documents().filter(|_| supports(Op::DocumentList)) {
        answers.push(("documents", true, port.documents(&cx(), &documents::query(&f.own)).await.map(drop)));
        if let Some(id) = &asked.document {
            answers.push(("document", false, port.document(&cx(), id).await.map(drop)));
        }
    }
    if let Some(port) = f.adapter.bookings().filter(|_| supports(Op::BookingList)) {
        let query = crate::work::booking_query(&f.own);
        answers.push(("bookings", true, port.bookings(&cx(), &query).await.map(drop)));
    }
    if let Some(port) = f.adapter.knowledge().filter(|_| supports(Op::ArticleSearch)) {
        let query = ArticleQuery { text: word(), category: None, public_only: false, limit: 1 };
        answers.push(("search", true, port.search(&cx(), &query).await.map(drop)));
        if let Some(articles) = &f.articles {
            answers.push(("article", false, port.article(&cx(), &articles.public).await.map(drop)));
        }
    }
    answers
}

async fn well(f: &Fixture, asked: &Asked) -> Verdict {
    let answers = reads(f, asked, || f.own_cx()).await;
    ensure(!answers.is_empty(), || "nothing that reads".into())?;
    answers.into_iter().try_for_each(|(call, _, answer)| said(call, answer))
}

async fn read(f: &Fixture, asked: &Asked, (fault, kind): (Fault, ErrorKind), usual: Duration) -> Verdict {
    for (call, list, answer) in reads(f, asked, || patient(f, fault, usual)).await {
        match answer {
            // What is not there has nothing in it.
            Ok(()) if list && fault == Fault::NotFound => {}
            Ok(()) => return Err(format!("{call} worked, expected {kind:?}")),
            Err(error) => {
                discreet(fault, &error)?;
                let missing = list && fault == Fault::NotFound;
                ensure(missing || error.kind() == kind, || format!("{call}: {:?}, expected {kind:?}", error.kind()))?;
            }
        }
    }
    Ok(())
}

async fn write(
    f: &Fixture,
    (document, version): &(Document, DocumentVersion),
    (fault, kind): (Fault, ErrorKind),
    (usual, misbehave): (Duration, Misbehave<'_>),
) -> Verdict {
    let port = f.adapter.documents().ok_or("no documents")?;
    let new = documents::publication(&f.own.external, document, version);
    misbehave(Some(Trouble { fault, side: Side::Writes }));
    let answer = port.publish(&patient(f, fault, usual.max(PATIENCE / 4)), &new).await;
    misbehave(None);
    let after = documents::open(f, &document.id).await?;
    match answer {
        Ok(_) => {
            let published = after.version(&version.id).is_some_and(|it| it.publication.is_some());
            ensure(published, || format!("a success that is none, expected {kind:?}"))
        }
        Err(error) => {
            discreet(fault, &error)?;
            equal("the document", &format!("{after:?}"), &format!("{document:?}"))?;
            // What goes before the write, a lock for example, failed: then it is certain that nothing was changed.
            let before = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::BadReply);
            let known = before && kind == ErrorKind::OutcomeUnknown;
            ensure(known || error.kind() == kind, || format!("{:?}, expected {kind:?}", error.kind()))
        }
    }
}
