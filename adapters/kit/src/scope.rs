//! Rows name their owner, and a call does not reach further than it says.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::Scope as InScope, Trial, Verdict};
use postern_api::*;

/// What a refusal may be called: the foreign record must look like a missing one, or like a bad argument.
const REFUSED: &[ErrorKind] = &[ErrorKind::NotFound, ErrorKind::InvalidArgument];

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(InScope, "every listed row names its owner", "rows of both, each its own", &[TicketList], |f| {
            Box::pin(owners(f))
        }),
        Trial::new(InScope, "a list stays in reach", "no row of another organisation comes back", &[TicketList], |f| {
            Box::pin(list_in_reach(f))
        }),
        Trial::new(
            InScope,
            "a filter does not widen the reach",
            "an organisation out of reach: nothing",
            &[TicketList],
            |f| Box::pin(filter_in_reach(f)),
        ),
        Trial::new(InScope, "an empty reach reaches nothing", "no organisation: no rows", &[TicketList], |f| {
            Box::pin(empty_reach(f))
        }),
        Trial::new(InScope, "a ticket names its owner", "`ticket` names the row's own owner", &[TicketGet], |f| {
            Box::pin(ticket_owner(f))
        }),
        Trial::new(InScope, "a foreign ticket does not open", "missing, or owned by the other", &[TicketGet], |f| {
            Box::pin(foreign_ticket(f))
        }),
        Trial::new(InScope, "an id stays one segment", "any allowed character: `NotFound`", &[TicketGet], |f| {
            Box::pin(one_segment(f))
        }),
        Trial::new(
            InScope,
            "a foreign ticket takes no comment",
            "refused and unchanged",
            &[TicketGet, TicketComment],
            |f| Box::pin(foreign_comment(f)),
        ),
        Trial::new(
            InScope,
            "a foreign ticket is not closed",
            "refused and unchanged",
            &[TicketGet, TicketClose],
            |f| Box::pin(foreign_close(f)),
        ),
        Trial::new(
            InScope,
            "a foreign ticket is not escalated",
            "refused and unchanged",
            &[TicketGet, TicketEscalate],
            |f| Box::pin(foreign_escalate(f)),
        ),
        Trial::new(
            InScope,
            "no ticket is created out of reach",
            "refused, nothing created",
            &[TicketCreate, TicketList],
            |f| Box::pin(foreign_create(f)),
        ),
        Trial::new(InScope, "a foreign requester is nobody here", "`None` or refused", &[RequesterFind], |f| {
            Box::pin(foreign_requester(f))
        }),
        Trial::new(
            InScope,
            "a foreign organisation does not open",
            "missing, or owned by the other",
            &[OrganisationGet],
            |f| Box::pin(foreign_organisation(f)),
        ),
        Trial::new(InScope, "a foreign contact does not open", "missing, or owned by the other", &[ContactGet], |f| {
            Box::pin(foreign_contact(f))
        })
        .when(|f| f.foreign.contact.is_some()),
        Trial::new(InScope, "foreign contacts are not listed", "no row, or refused", &[ContactList], |f| {
            Box::pin(foreign_contacts(f))
        }),
        Trial::new(InScope, "foreign logins are not listed", "no row, or refused", &[LoginList], |f| {
            Box::pin(foreign_logins(f))
        }),
        Trial::new(
            InScope,
            "nobody is invited out of reach",
            "refused, nobody added",
            &[LoginInvite, LoginList],
            |f| Box::pin(foreign_invite(f)),
        ),
        Trial::new(InScope, "the lead does not move across organisations", "`InvalidArgument`", &[LeadTransfer], |f| {
            Box::pin(foreign_lead(f))
        })
        .when(|f| f.own.lead.is_some() && f.foreign.member.is_some()),
    ]
}

async fn owners(f: &Fixture) -> Verdict {
    let desk = f.desk()?;
    for side in [&f.own, &f.foreign] {
        let query = TicketQuery { organisation: Some(side.external.clone()), limit: 200, ..TicketQuery::default() };
        let rows = f.open_all(side, said("tickets", desk.tickets(&f.both_cx(), &query).await)?.rows)?;
        ensure(rows.iter().any(|it| it.id == side.ticket), || format!("{} is not listed", side.ticket))?;
    }
    Ok(())
}

async fn list_in_reach(f: &Fixture) -> Verdict {
    let (rows, total) = f.list(&TicketQuery { limit: 200, ..TicketQuery::default() }).await?;
    ensure(rows.iter().all(|it| it.id != f.foreign.ticket), || "the foreign ticket is listed".into())?;
    let query = TicketQuery { organisation: Some(f.own.external.clone()), limit: 1, ..TicketQuery::default() };
    let (_, alone) = f.list(&query).await?;
    if f.caps.exact_total { equal("total", &total, &alone) } else { Ok(()) }
}

/// Either refused, or an empty page.
fn nothing(what: &str, answer: Result<Page<Owned<Ticket>>>) -> Verdict {
    match answer {
        Ok(page) => equal(what, &(page.rows.len(), page.total), &(0, 0)),
        Err(e) if REFUSED.contains(&e.kind()) => Ok(()),
        Err(e) => Err(format!("{what}: {:?}", e.kind())),
    }
}

async fn filter_in_reach(f: &Fixture) -> Verdict {
    let query = TicketQuery { organisation: Some(f.foreign.external.clone()), ..TicketQuery::default() };
    nothing("rows and total", f.desk()?.tickets(&f.own_cx(), &query).await)
}

async fn empty_reach(f: &Fixture) -> Verdict {
    let cx = CallCx { reach: Reach::Organisations(vec![]), ..f.own_cx() };
    nothing("rows and total", f.desk()?.tickets(&cx, &TicketQuery::default()).await)
}

async fn ticket_owner(f: &Fixture) -> Verdict {
    for side in [&f.own, &f.foreign] {
        let row = said("ticket", f.desk()?.ticket(&f.both_cx(), &side.ticket).await)?;
        equal("id", &f.open(side, row)?.id, &side.ticket)?;
    }
    Ok(())
}

/// A foreign record: not found, or a row that the gateway drops.
pub(crate) fn closed<T>(f: &Fixture, what: &str, answer: Result<Owned<T>>) -> Verdict {
    match answer {
        Ok(row) => ensure(f.open_shared(row).is_err(), || format!("{what}: the foreign record opens")),
        Err(e) => equal(what, &e.kind(), &ErrorKind::NotFound),
    }
}

async fn foreign_ticket(f: &Fixture) -> Verdict {
    closed(f, "ticket", f.desk()?.ticket(&f.own_cx(), &f.foreign.ticket).await)
}

async fn one_segment(f: &Fixture) -> Verdict {
    for text in ["0.x_y:z@w+v-u", "1.json", "1@2", "1:2"] {
        let id = TicketId::new(text).map_err(|e| e.to_string())?;
        failed(text, f.desk()?.ticket(&f.own_cx(), &id).await, REFUSED)?;
    }
    for text in ["../1", "1/../2", "1?x=y", "1#2", "1%2f2", "1\r\n2", ""] {
        ensure(TicketId::new(text).is_err(), || format!("`{text}` is an id"))?;
    }
    Ok(())
}

/// What could have changed on the foreign ticket.
async fn state(f: &Fixture) -> Result<(TicketStatus, usize, usize), String> {
    let row = said("ticket", f.desk()?.ticket(&f.both_cx(), &f.foreign.ticket).await)?;
    let ticket = f.open(&f.foreign, row)?;
    Ok((ticket.status, ticket.comments.len(), ticket.escalations.len()))
}

async fn foreign_comment(f: &Fixture) -> Verdict {
    let before = state(f).await?;
    for (author, internal) in [(f.customer_author(), false), (f.staff_author(), true)] {
        let new = NewComment { author, body: word(), internal };
        failed("comment", f.desk()?.comment(&f.own_cx(), &f.foreign.ticket, &new).await, REFUSED)?;
    }
    equal("the foreign ticket", &state(f).await?, &before)
}

async fn foreign_close(f: &Fixture) -> Verdict {
    let before = state(f).await?;
    let closure = Closure { resolution: word(), by: f.staff.clone() };
    failed("close", f.desk()?.close(&f.own_cx(), &f.foreign.ticket, &closure).await, REFUSED)?;
    equal("the foreign ticket", &state(f).await?, &before)
}

async fn foreign_escalate(f: &Fixture) -> Verdict {
    let before = state(f).await?;
    let new = NewEscalation { target: f.escalation_target.clone(), reason: word(), by: f.staff.clone() };
    failed("escalate", f.desk()?.escalate(&f.own_cx(), &f.foreign.ticket, &new).await, REFUSED)?;
    equal("the foreign ticket", &state(f).await?, &before)
}

async fn foreign_create(f: &Fixture) -> Verdict {
    let mark = word();
    let there = NewTicket {
        organisation: f.foreign.external.clone(),
        requester: f.foreign.requester.clone(),
        ..f.new_ticket(&mark)
    };
    failed("create out of reach", f.desk()?.create(&f.own_cx(), &there).await, REFUSED)?;
    let mixed = NewTicket { requester: f.foreign.requester.clone(), ..f.new_ticket(&mark) };
    failed("create for a foreign requester", f.desk()?.create(&f.own_cx(), &mixed).await, REFUSED)?;
    let query = TicketQuery { text: Some(mark), ..TicketQuery::default() };
    nothing("tickets created all the same", f.desk()?.tickets(&f.both_cx(), &query).await)
}

async fn foreign_requester(f: &Fixture) -> Verdict {
    let desk = f.desk()?;
    let row = said("requester", desk.requester(&f.own_cx(), &f.own.external, &f.foreign.email).await)?;
    ensure(row.is_none(), || "a foreign address is somebody here".into())?;
    match desk.requester(&f.own_cx(), &f.foreign.external, &f.foreign.email).await {
        Ok(row) => ensure(row.is_none(), || "a person out of reach was found".into()),
        Err(e) => ensure(REFUSED.contains(&e.kind()), || format!("{:?}", e.kind())),
    }
}

async fn foreign_organisation(f: &Fixture) -> Verdict {
    closed(f, "organisation", f.crm()?.organisation(&f.own_cx(), &f.foreign.external).await)
}

async fn foreign_contact(f: &Fixture) -> Verdict {
    let Some(id) = &f.foreign.contact else { return Ok(()) };
    closed(f, "contact", f.crm()?.contact(&f.own_cx(), id).await)
}

pub(crate) fn no_rows<T>(answer: Result<Vec<T>>) -> Verdict {
    match answer {
        Ok(rows) => equal("rows", &rows.len(), &0),
        Err(e) => ensure(REFUSED.contains(&e.kind()), || format!("{:?}", e.kind())),
    }
}

async fn foreign_contacts(f: &Fixture) -> Verdict {
    no_rows(f.crm()?.contacts(&f.own_cx(), &f.foreign.external).await)
}

async fn foreign_logins(f: &Fixture) -> Verdict {
    no_rows(f.identity()?.logins(&f.own_cx(), &f.foreign.external).await)
}

async fn foreign_invite(f: &Fixture) -> Verdict {
    let count =
        async || said("logins", f.identity()?.logins(&f.both_cx(), &f.foreign.external).await).map(|it| it.len());
    let before = count().await?;
    let invitation = crate::people::invitation(f.foreign.external.clone());
    failed("invite", f.identity()?.invite(&f.own_cx(), &invitation).await, REFUSED)?;
    equal("logins", &count().await?, &before)
}

async fn foreign_lead(f: &Fixture) -> Verdict {
    let (Some(from), Some(to)) = (f.own.lead.clone(), f.foreign.member.clone()) else { return Ok(()) };
    let transfer = LeadTransfer { organisation: f.own.external.clone(), from, to, reason: None };
    let answer = f.identity()?.transfer_lead(&f.both_cx(), &transfer).await;
    failed("transfer_lead", answer, &[ErrorKind::InvalidArgument])
}
