//! Finding a write again by its reference: a ticket by the marker in its first comment, everything that is said on one by the marker
//! in the subject. What else belongs to the write, a status or a technician, has to stand too.
//!
//! Nothing searches for a marker, so the tickets of the time in which the write began are read. How soon a list shows what was
//! written is not published, so a search that finds nothing proves nothing here.

use super::comments;
use super::write::{acted_before, reachable, target};
use crate::adapter::{Syncro, in_reach};
use crate::marker;
use crate::wire::{CommentRow, TicketRow, owner};
use jiff::SignedDuration;
use postern_api::{
    CallCx, Error, ErrorKind, Op, Owned, Reach, Result, Sought, TicketId, TicketStatus, Trace, Traceable,
};

/// How far the vendor's clock and the gateway's may be apart.
const FAR: SignedDuration = SignedDuration::from_hours(26);
/// How many tickets are read one by one, whose list row came without its first comment.
const ONE_BY_ONE: usize = 50;

pub(crate) fn traceable(op: Op) -> Traceable {
    let is_kept = matches!(op, Op::TicketCreate | Op::TicketComment | Op::TicketClose | Op::TicketEscalate);
    if is_kept { Traceable::Later } else { Traceable::No }
}

pub(crate) async fn find(syncro: &Syncro, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { reference: Some(sought.reference.clone()), looking: true, ..cx.clone() };
    if sought.op == Op::TicketCreate {
        return created(syncro, &cx, sought).await;
    }
    let ticket = sought.record.as_deref().and_then(|it| TicketId::new(it).ok());
    let ticket = ticket.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no ticket"))?;
    let (number, row) = reachable(syncro, &cx, &ticket).await?;
    let Some(said) = acted_before(syncro, &cx, number).await? else { return Ok(None) };
    let record = if sought.op == Op::TicketClose {
        (syncro.status(&row) == TicketStatus::Closed).then_some(number)
    } else if sought.op == Op::TicketEscalate {
        let Some(escalation) = comments::escalation(&said) else { return Ok(None) };
        let (user, _) = target(syncro, &cx, &escalation.target).await?;
        (row.user_id.id() == Some(user)).then_some(number)
    } else {
        said.id.id()
    };
    Ok(record.map(|it| Owned::new(owner(row.customer_id), Trace { record: it.to_string() })))
}

async fn created(syncro: &Syncro, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    let customer = match (&sought.organisation, &cx.reach) {
        (Some(organisation), _) => Some(in_reach(cx, organisation).ok_or_else(|| Error::not_found("organisation"))?),
        (None, Reach::Tenant) => None,
        (None, Reach::Organisations(_)) => return Err(Error::not_found("organisation")),
    };
    let (from, to) = sought.window(FAR);
    let mut query =
        vec![("created_after", from.strftime("%Y-%m-%d").to_string()), ("comment_format", "plaintext".to_owned())];
    query.extend(customer.map(|it| ("customer_id", it.to_string())));
    let read = syncro.client.paged::<TicketRow>(cx, &["tickets"], "tickets", &query).await?;
    let of = |row: &TicketRow| customer.is_none_or(|it| row.customer_id.id() == Some(it));
    let marked = |it: &CommentRow| marker::split(it.body.or_empty()).1 == Some(&*sought.reference);
    let is_of_then = |row: &TicketRow| row.created_at.0.is_none_or(|at| from <= at && at <= to);
    let traced = |row: &TicketRow| Some(Owned::new(owner(row.customer_id), Trace { record: row.id.id()?.to_string() }));
    let rows: Vec<&TicketRow> = read.rows.iter().filter(|row| of(row)).collect();
    if let Some(row) = rows.iter().find(|row| row.comments.0.iter().any(marked)) {
        return Ok(traced(row));
    }
    let first = |row: &TicketRow| row.comments.0.iter().any(|it| comments::description(it).is_some());
    let bare: Vec<&TicketRow> = rows.into_iter().filter(|row| is_of_then(row) && !first(row)).collect();
    for row in bare.iter().take(ONE_BY_ONE) {
        let Some(id) = row.id.id() else { continue };
        if syncro.comment_rows(cx, id).await?.iter().any(marked) {
            return Ok(traced(row));
        }
    }
    if read.truncated || bare.len() > ONE_BY_ONE {
        return Err(Error::bad_reply("more tickets of that time than can be read; raise `max_rows`"));
    }
    Ok(None)
}
