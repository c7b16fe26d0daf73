//! Finding a write again by its reference: a ticket by `externalXRef`, an escalation by its note, and where `mark_notes` is set, a
//! comment and a closing by the marker at the end of their notes.
//!
//! How soon a query shows what was written is not published, so a search that finds nothing proves nothing here, unless
//! `search_sees_writes` says that it was seen. That is for new tickets, which are one request; what is done on a ticket may be two.

use super::marker;
use super::notes::is_escalation;
use super::write::{carrying, reachable};
use crate::adapter::{ConnectWise, in_reach};
use crate::error;
use crate::wire::{Flag, owner};
use postern_api::{
    CallCx, Error, ErrorKind, Op, Owned, Owner, Reach, Result, Sought, TicketId, TicketStatus, Trace, Traceable,
};

pub(crate) fn traceable(psa: &ConnectWise, op: Op) -> Traceable {
    if op == Op::TicketCreate && psa.config.search_sees_writes {
        return Traceable::AtOnce;
    }
    let is_kept = matches!(op, Op::TicketCreate | Op::TicketEscalate)
        || psa.config.mark_notes && matches!(op, Op::TicketComment | Op::TicketClose);
    if is_kept { Traceable::Later } else { Traceable::No }
}

pub(crate) async fn find(psa: &ConnectWise, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(psa, sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { looking: true, ..cx.clone() };
    if sought.op == Op::TicketCreate {
        return created(psa, &cx, sought).await;
    }
    let ticket = sought.record.as_deref().and_then(|it| TicketId::new(it).ok());
    let ticket = ticket.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no ticket"))?;
    let (number, row) = reachable(psa, &cx, &ticket).await?;
    let notes = psa.note_rows(&cx, number).await?;
    let marked = |resolution: bool| {
        let mut ours = notes.iter().filter(|it| marker::split(it.text.or_empty()).1 == Some(&*sought.reference));
        ours.find(|it| (it.resolution_flag == Flag::Yes) == resolution).and_then(|it| it.id.id())
    };
    let record = if sought.op == Op::TicketEscalate {
        // The note is the second of two steps.
        notes.iter().any(|it| is_escalation(it, &sought.reference)).then(|| ticket.to_string())
    } else if sought.op == Op::TicketClose {
        // The status is.
        let closed = psa.meanings(&cx).await?.status(&row) == TicketStatus::Closed;
        marked(true).filter(|_| closed).map(|_| ticket.to_string())
    } else {
        marked(false).map(|it| it.to_string())
    };
    Ok(record.map(|record| Owned::new(owner(row.company.id), Trace { record })))
}

/// The ticket with the reference, on whichever board it is by now.
async fn created(psa: &ConnectWise, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    let company = match (&sought.organisation, &cx.reach) {
        (Some(organisation), _) => Some(in_reach(cx, organisation).ok_or_else(|| Error::not_found("organisation"))?),
        (None, Reach::Tenant) => None,
        (None, Reach::Organisations(_)) => return Err(Error::not_found("organisation")),
    };
    let mut rows = carrying(psa, cx, company, &sought.reference).await?;
    match (rows.pop(), rows.is_empty()) {
        (None, _) => Ok(None),
        (Some(_), false) => Err(error::unknown().with("detail", "several tickets carry our reference")),
        (Some(row), true) => {
            let owner = owner(row.company.id);
            let record = row.id.id().ok_or_else(|| Error::bad_reply("a ticket without a number"))?.to_string();
            Ok((owner != Owner::Unknown).then(|| Owned::new(owner, Trace { record })))
        }
    }
}
