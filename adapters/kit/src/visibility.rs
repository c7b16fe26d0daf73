//! A viewer's query tells nothing about what only employees may read: not in rows, counts, hits or order.

use crate::check::{ensure, equal, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::Visibility as Seen, Trial, Verdict};
use postern_api::*;
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            Seen,
            "an internal note is marked as one",
            "the note's text stands in an internal comment and nowhere else",
            &[TicketGet],
            |f| Box::pin(marked(f)),
        ),
        Trial::new(
            Seen,
            "a viewer's search does not find internal notes",
            "with a viewer, notes are neither searched nor counted",
            &[TicketList],
            |f| Box::pin(not_searched(f)),
        ),
        Trial::new(
            Seen,
            "an employee's search finds internal notes",
            "without a viewer, notes are searched",
            &[TicketList],
            |f| Box::pin(searched(f)),
        )
        .when(|f| f.caps.searches_notes),
        Trial::new(
            Seen,
            "an internal note moves nothing for a viewer",
            "neither public_updated_at nor the viewer's order changes",
            &[TicketList, TicketGet, TicketCreate, TicketComment],
            |f| Box::pin(not_moved(f)),
        )
        .when(|f| f.caps.sorts.contains(&TicketSort::UpdatedAt)),
        Trial::new(Seen, "a basic viewer sees only their own", "rows and total: the viewer's", &[TicketList], |f| {
            Box::pin(own_only(f))
        }),
        Trial::new(
            Seen,
            "a lead viewer sees the organisation's",
            "rows and total: the viewer's own and those that are not private",
            &[TicketList],
            |f| Box::pin(organisation_wide(f)),
        ),
        Trial::new(
            Seen,
            "a private ticket is its requester's alone",
            "a private ticket is listed for its requester and for no other viewer",
            &[TicketList, TicketCreate],
            |f| Box::pin(private_is_own(f)),
        )
        .when(|f| f.caps.private_tickets),
        Trial::new(
            Seen,
            "an internal article stays internal",
            "`public_only` does not search it",
            &[ArticleSearch],
            |f| Box::pin(articles(f)),
        )
        .when(|f| f.articles.is_some()),
    ]
}

async fn marked(f: &Fixture) -> Verdict {
    let ticket = f.ticket(&f.own.ticket).await?;
    let canary = f.own.note_canary.as_str();
    let holds = |text: &Text| text.expose().contains(canary);
    ensure(ticket.comments.iter().any(|it| it.internal && holds(&it.body)), || "the note is missing".into())?;
    ensure(!ticket.comments.iter().any(|it| !it.internal && holds(&it.body)), || "the note is public".into())?;
    let elsewhere =
        holds(&ticket.subject) || holds(&ticket.description) || ticket.resolution.as_ref().is_some_and(holds);
    ensure(!elsewhere, || "the note's text stands in a field that customers read".into())
}

async fn not_searched(f: &Fixture) -> Verdict {
    for wide in [false, true] {
        let text = Some(f.own.note_canary.clone());
        let (rows, total) = f.list(&TicketQuery { viewer: f.viewer(wide), text, ..TicketQuery::default() }).await?;
        equal("rows and total", &(rows.len(), total), &(0, 0))?;
    }
    Ok(())
}

async fn searched(f: &Fixture) -> Verdict {
    let (rows, _) = f.list(&TicketQuery { text: Some(f.own.note_canary.clone()), ..TicketQuery::default() }).await?;
    let ids: Vec<_> = rows.into_iter().map(|it| it.id).collect();
    equal("rows", &ids, &vec![f.own.ticket.clone()])
}

async fn not_moved(f: &Fixture) -> Verdict {
    let mark = word();
    let older = f.create(&f.new_ticket(&mark)).await?.id;
    let before = f.ticket(&older).await?.public_updated_at;
    let viewer_order = async || -> Result<Vec<TicketId>, String> {
        let query = TicketQuery {
            viewer: f.viewer(true),
            text: Some(mark.clone()),
            sort: TicketSort::UpdatedAt,
            ..TicketQuery::default()
        };
        Ok(f.list(&query).await?.0.into_iter().map(|it| it.id).collect())
    };
    f.create(&f.new_ticket(&mark)).await?;
    let order = viewer_order().await?;
    equal("tickets", &order.len(), &2)?;
    let note = NewComment { author: f.staff_author(), body: format!("note {}", word()), internal: true };
    f.comment(&older, &note).await?;
    equal("the viewer's order", &viewer_order().await?, &order)?;
    let after = f.ticket(&older).await?;
    equal("public_updated_at", &after.public_updated_at, &before)?;
    equal("public_comments", &after.public_comments, &0)
}

async fn ids(f: &Fixture, viewer: Option<Viewer>) -> Result<BTreeSet<TicketId>, String> {
    let (rows, total) = f.list(&TicketQuery { viewer, limit: 200, ..TicketQuery::default() }).await?;
    if f.caps.exact_total && rows.len() < 200 {
        equal("total", &total, &(rows.len() as u64))?;
    }
    Ok(rows.into_iter().map(|it| it.id).collect())
}

async fn own_only(f: &Fixture) -> Verdict {
    let query = TicketQuery { viewer: f.viewer(false), limit: 200, ..TicketQuery::default() };
    let (rows, _) = f.list(&query).await?;
    let own = |it: &Ticket| it.requester.contact.as_ref() == Some(&f.own.requester);
    ensure(rows.iter().all(own), || "somebody else's ticket is listed".into())?;
    let seen = ids(f, f.viewer(false)).await?;
    ensure(seen.contains(&f.own.ticket), || "the viewer's own ticket is missing".into())
}

async fn organisation_wide(f: &Fixture) -> Verdict {
    let seen = ids(f, f.viewer(true)).await?;
    ensure(seen.contains(&f.own.ticket), || "the viewer's own ticket is missing".into())?;
    let colleagues = f.own.colleagues_ticket.as_ref().is_none_or(|it| seen.contains(it));
    ensure(colleagues, || "a colleague's ticket is missing".into())?;
    let private = f.own.private_ticket.as_ref().is_some_and(|it| seen.contains(it));
    ensure(!private, || "a colleague's private ticket is listed".into())
}

async fn private_is_own(f: &Fixture) -> Verdict {
    let new = NewTicket { visibility: Visibility::Private, ..f.new_ticket(&word()) };
    let mine = f.create(&new).await?;
    equal("visibility", &mine.visibility, &Visibility::Private)?;
    for wide in [false, true] {
        ensure(ids(f, f.viewer(wide)).await?.contains(&mine.id), || "the requester does not see it".into())?;
    }
    let Some(contact) = colleague(f).await? else { return Ok(()) };
    for organisation_wide in [false, true] {
        let other = Some(Viewer { contact: contact.clone(), organisation_wide });
        ensure(!ids(f, other).await?.contains(&mine.id), || "a colleague sees it".into())?;
    }
    Ok(())
}

/// Somebody else here: the lead, or whoever asked the colleague's ticket where there is no directory.
pub(crate) async fn colleague(f: &Fixture) -> Result<Option<ContactId>, String> {
    match (&f.own.lead, &f.own.colleagues_ticket) {
        (Some(lead), _) => Ok(Some(lead.clone())),
        (None, Some(ticket)) => Ok(f.ticket(ticket).await?.requester.contact.filter(|it| *it != f.own.requester)),
        (None, None) => Ok(None),
    }
}

async fn articles(f: &Fixture) -> Verdict {
    let known = f.articles()?;
    let search = async |text: &str, public_only| {
        let query = ArticleQuery { text: text.to_owned(), category: None, public_only, limit: 50 };
        let page = said("search", f.knowledge()?.search(&f.own_cx(), &query).await)?;
        let rows = page.rows.into_iter().map(|row| f.open_shared(row)).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, String>((rows, page.total))
    };
    let (rows, total) = search(&known.internal_canary, true).await?;
    equal("rows and total", &(rows.len(), total), &(0, 0))?;
    let (rows, total) = search(&known.word, true).await?;
    ensure(rows.iter().all(|it| it.public), || "an internal article is listed".into())?;
    equal("total", &total, &(rows.len() as u64))?;
    let (rows, _) = search(&known.internal_canary, false).await?;
    ensure(rows.iter().any(|it| it.id == known.internal), || "employees do not find it either".into())
}
