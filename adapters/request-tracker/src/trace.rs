//! Finding a write again by its reference: a ticket by the field of the configuration, a message by the note on it.
//!
//! Of a closing and an escalation the message is the second of two steps: where it is, both are done. A search that finds nothing
//! proves nothing: the database behind it may be a replica, and a write may still be held up.

use crate::RequestTracker;
use crate::entry::{Entry, Kind};
use crate::map;
use crate::query::{all, any, custom_equals, equals, number, queues, row_number};
use crate::wire::{Ticket, value};
use postern_api::{CallCx, Error, ErrorKind, Op, Owned, Owner, Reach, Result, Sought, TicketId, Trace, Traceable};

pub(crate) fn traceable(op: Op) -> Traceable {
    let is_kept = matches!(op, Op::TicketCreate | Op::TicketComment | Op::TicketClose | Op::TicketEscalate);
    if is_kept { Traceable::Later } else { Traceable::No }
}

pub(crate) async fn find(rt: &RequestTracker, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if sought.op == Op::TicketCreate {
        return created(rt, cx, sought).await;
    }
    let kinds = [
        (Op::TicketComment, Kind::Comment),
        (Op::TicketClose, Kind::Resolution),
        (Op::TicketEscalate, Kind::Escalation),
    ];
    let kind = kinds.into_iter().find(|(op, _)| *op == sought.op).map(|(_, kind)| kind);
    let kind = kind.ok_or_else(|| Error::unsupported(sought.op))?;
    let ticket = sought.record.as_deref().and_then(|it| TicketId::new(it).ok());
    let ticket = ticket.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a write on no ticket"))?;
    let row = rt.row(cx, &ticket).await?;
    let owner = map::owner(&row);
    if !matches!(&owner, Owner::Organisation(it) if cx.reach.contains(it)) {
        return Err(Error::not_found("ticket"));
    }
    let kinds = any(["Correspond", "Comment"].map(|it| equals("Type", it)));
    let filter = all([number("TicketId", "=", row.id.0)].into_iter().chain(kinds));
    let filter = filter.ok_or_else(|| Error::internal("an empty filter"))?;
    let ours = |it: &crate::wire::Transaction| {
        let note = Entry::of(it, &rt.config.entry_field, &rt.config.username);
        let is_it = |note: Entry| note.kind == kind && note.reference.as_deref() == Some(&*sought.reference);
        it.object_id == row.id && note.is_some_and(is_it)
    };
    let found = rt.client.transactions(cx, &filter).await?.into_iter().find(ours);
    let record = |message: i64| if kind == Kind::Comment { message.to_string() } else { row.id.to_string() };
    Ok(found.map(|it| Owned::new(owner, Trace { record: record(it.id.0) })))
}

async fn created(rt: &RequestTracker, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    let missing = || Error::not_found("organisation");
    let of = match (&sought.organisation, &cx.reach) {
        (Some(organisation), reach) => {
            let queue = row_number(organisation.as_str()).filter(|_| reach.contains(organisation));
            Some(number("Queue", "=", queue.ok_or_else(missing)?))
        }
        (None, Reach::Tenant) => None,
        (None, Reach::Organisations(some)) => Some(queues("Queue", some).ok_or_else(missing)?),
    };
    let field = &rt.config.reference_field;
    let filter = all([custom_equals(field, &sought.reference)].into_iter().chain(of));
    let filter = filter.ok_or_else(|| Error::internal("an empty filter"))?;
    let page = rt.client.tickets(cx, &filter, ("id", false), (2, 1)).await?;
    // A comparison upstream does not tell upper and lower case apart.
    let same = |it: &&Ticket| value(&it.custom_fields, field) == Some(&*sought.reference);
    let mut found = page.items.iter().filter(same);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Error::bad_reply("several tickets carry our reference")),
        (Some(row), None) => {
            let owner = map::owner(row);
            let meant = sought.organisation.as_ref().is_none_or(|it| owner == Owner::Organisation(it.clone()));
            Ok(meant.then(|| Owned::new(owner, Trace { record: row.id.to_string() })))
        }
    }
}
