//! The shape of tickets and their lists.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::Shape, Trial, Verdict};
use postern_api::*;
use std::collections::BTreeSet;

pub(super) fn trials() -> Vec<Trial> {
    use Op::{TicketGet, TicketList};
    vec![
        Trial::new(Shape, "the probe passes", "`probe` works with good credentials", &[], |f| Box::pin(probe(f))),
        Trial::new(
            Shape,
            "a known ticket is found whole",
            "`ticket` carries comments, oldest first",
            &[TicketGet],
            |f| Box::pin(found(f)),
        ),
        Trial::new(Shape, "a missing ticket is not found", "missing: `NotFound`", &[TicketGet], |f| {
            Box::pin(missing(f))
        }),
        Trial::new(Shape, "a list carries no comments", "in lists the nested rows are empty", &[TicketList], |f| {
            Box::pin(lean(f))
        }),
        Trial::new(Shape, "words that nobody wrote find nothing", "no match: no rows, total 0", &[TicketList], |f| {
            Box::pin(empty(f))
        }),
        Trial::new(Shape, "paging reaches every ticket once", "pages do not overlap or skip", &[TicketList], |f| {
            Box::pin(paging(f))
        }),
        Trial::new(Shape, "each sort order sorts", "rows come in the order asked for", &[TicketList], |f| {
            Box::pin(sorting(f))
        }),
        Trial::new(Shape, "each filter filters", "every row matches the query", &[TicketList], |f| {
            Box::pin(filtering(f))
        }),
    ]
}

async fn probe(f: &Fixture) -> Verdict {
    said("probe", f.adapter.probe(&f.own_cx()).await)
}

async fn found(f: &Fixture) -> Verdict {
    let ticket = f.ticket(&f.own.ticket).await?;
    equal("id", &ticket.id, &f.own.ticket)?;
    equal("status", &ticket.status, &TicketStatus::Open)?;
    equal("requester", &ticket.requester.contact, &Some(f.own.requester.clone()))?;
    ensure(!ticket.subject.expose().is_empty(), || "the subject is empty".into())?;
    let internal = ticket.comments.iter().filter(|it| it.internal).count();
    equal("internal_comments", &(ticket.internal_comments as usize), &internal)?;
    equal("public_comments", &(ticket.public_comments as usize), &(ticket.comments.len() - internal))?;
    ensure(internal > 0 && internal < ticket.comments.len(), || "a comment and a note are expected".into())?;
    ensure(ticket.comments.is_sorted_by_key(|it| it.created_at), || "comments are not oldest first".into())?;
    ensure(ticket.public_updated_at <= ticket.updated_at, || "public_updated_at is after updated_at".into())
}

async fn missing(f: &Fixture) -> Verdict {
    failed("ticket", f.desk()?.ticket(&f.own_cx(), &f.missing.ticket).await, &[ErrorKind::NotFound])
}

async fn lean(f: &Fixture) -> Verdict {
    let (rows, _) = f.list(&TicketQuery::default()).await?;
    ensure(!rows.is_empty(), || "no rows".into())?;
    ensure(
        rows.iter().all(|it| it.comments.is_empty() && it.escalations.is_empty() && it.attachments.is_empty()),
        || "a row carries nested rows".into(),
    )
}

async fn empty(f: &Fixture) -> Verdict {
    let (rows, total) = f.list(&TicketQuery { text: Some(word()), ..TicketQuery::default() }).await?;
    equal("rows", &rows.len(), &0)?;
    equal("total", &total, &0)
}

async fn paging(f: &Fixture) -> Verdict {
    let mut seen = BTreeSet::new();
    let mut query = TicketQuery { limit: 2, ..TicketQuery::default() };
    loop {
        let (rows, total) = f.list(&query).await?;
        ensure(rows.len() <= 2, || format!("{} rows on a page of 2", rows.len()))?;
        for row in &rows {
            ensure(seen.insert(row.id.clone()), || format!("ticket {} came twice", row.id))?;
        }
        if rows.len() < 2 {
            ensure(seen.contains(&f.own.ticket), || "the known ticket is on no page".into())?;
            return if f.caps.exact_total { equal("total", &total, &(seen.len() as u64)) } else { Ok(()) };
        }
        query.offset += 2;
    }
}

async fn sorting(f: &Fixture) -> Verdict {
    for &sort in f.caps.sorts {
        for descending in [false, true] {
            let (mut rows, _) = f.list(&TicketQuery { sort, descending, limit: 50, ..TicketQuery::default() }).await?;
            if descending {
                rows.reverse();
            }
            let sorted = match sort {
                TicketSort::CreatedAt => rows.is_sorted_by_key(|it| it.created_at),
                TicketSort::UpdatedAt => rows.is_sorted_by_key(|it| it.updated_at),
                TicketSort::Priority => rows.is_sorted_by_key(|it| it.priority),
            };
            ensure(sorted && rows.len() > 1, || format!("{sort:?}, descending {descending}: not sorted"))?;
        }
    }
    Ok(())
}

async fn filtering(f: &Fixture) -> Verdict {
    let all = TicketQuery { limit: 200, ..TicketQuery::default() };
    let known =
        f.list(&all).await?.0.into_iter().find(|it| it.id == f.own.ticket).ok_or("the known ticket is missing")?;
    let check = async |query: TicketQuery, name: &str, fits: &(dyn Fn(&Ticket) -> bool + Sync)| -> Verdict {
        let (rows, _) = f.list(&query).await?;
        ensure(rows.iter().all(fits), || format!("{name}: a row does not match"))?;
        ensure(rows.iter().any(|it| it.id == f.own.ticket), || format!("{name}: the known ticket is missing"))
    };
    let since = known.created_at;
    let statuses = vec![TicketStatus::Open];
    let fits = |it: &Ticket| it.status == TicketStatus::Open;
    check(TicketQuery { statuses, ..all.clone() }, "status", &fits).await?;
    let fits = |it: &Ticket| it.priority == known.priority;
    check(TicketQuery { priority: Some(known.priority), ..all.clone() }, "priority", &fits).await?;
    let requester = Some(f.own.requester.clone());
    let fits = |it: &Ticket| it.requester.contact == requester;
    check(TicketQuery { requester: requester.clone(), ..all.clone() }, "requester", &fits).await?;
    let fits = |it: &Ticket| it.created_at >= since;
    check(TicketQuery { created_since: Some(since), ..all.clone() }, "created_since", &fits).await
}
