//! Finding a write again by its reference: a ticket by `externalID`, a comment and an escalation by the title of their note.
//!
//! Closing and changing have no place for it. How soon a query shows what was written is not published, so a search that finds
//! nothing proves nothing here.

use super::write::{noted_before, reachable};
use crate::adapter::{Autotask, in_reach};
use crate::filter::Filter;
use crate::wire::{TicketRow, owner};
use postern_api::{CallCx, Error, ErrorKind, Op, Owned, Reach, Result, Sought, TicketId, Trace, Traceable};

/// How many tickets one query may answer; more than one with the same reference is one too many.
const MOST: u32 = 10;

pub(crate) fn traceable(op: Op) -> Traceable {
    let is_kept = matches!(op, Op::TicketCreate | Op::TicketComment | Op::TicketEscalate);
    if is_kept { Traceable::Later } else { Traceable::No }
}

pub(crate) async fn find(autotask: &Autotask, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { reference: Some(sought.reference.clone()), looking: true, ..cx.clone() };
    if sought.op == Op::TicketCreate {
        return created(autotask, &cx, sought).await;
    }
    let ticket = sought.record.as_deref().and_then(|it| TicketId::new(it).ok());
    let ticket = ticket.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no ticket"))?;
    let (number, row) = reachable(autotask, &cx, &ticket).await?;
    // Of an escalation the note is the second of two steps: where it is, both are done.
    let found = noted_before(autotask, &cx, number).await?.and_then(|it| it.id.id());
    let record = |note: i64| if sought.op == Op::TicketEscalate { number.to_string() } else { note.to_string() };
    Ok(found.map(|it| Owned::new(owner(row.company), Trace { record: record(it) })))
}

async fn created(autotask: &Autotask, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    let company = match (&sought.organisation, &cx.reach) {
        (Some(organisation), _) => Some(in_reach(cx, organisation).ok_or_else(|| Error::not_found("organisation"))?),
        (None, Reach::Tenant) => None,
        (None, Reach::Organisations(_)) => return Err(Error::not_found("organisation")),
    };
    let of = company.map(|it| Filter::number("companyID", it));
    let filter = Filter::every(of.into_iter().chain([Filter::text("externalID", &sought.reference)]).collect());
    let mut rows = autotask.client.rows::<TicketRow>(cx, "Tickets", &filter, None, MOST).await?.rows;
    let of = |row: &TicketRow| company.is_none_or(|it| row.company.id() == Some(it));
    rows.retain(|row| of(row) && row.external.get() == Some(&*sought.reference));
    match (rows.pop(), rows.is_empty()) {
        (None, _) => Ok(None),
        (Some(_), false) => Err(crate::error::unknown().with("detail", "several tickets carry our reference")),
        (Some(row), true) => {
            let record = row.id.id().ok_or_else(|| Error::bad_reply("a ticket without a number"))?.to_string();
            Ok(Some(Owned::new(owner(row.company), Trace { record })))
        }
    }
}
