//! Changing state, urgency and assignment; time that was worked; the words that there are for tickets.

use super::one;
use super::write::{find, not_closed};
use crate::convert::{
    id, micros, owner, priority_number, some_agent, some_micros, some_text, status_number, time, visibility_number,
};
use crate::fail::{Result, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;

pub(super) fn change(rows: &Rows<'_>, cx: &CallCx, ticket: &TicketId, change: &TicketChange) -> Result<Owned<Ticket>> {
    let found = find(rows, &cx.reach, ticket)?;
    if once::earlier(rows, cx, Op::TicketChange, found.organisation)?.is_some_and(|it| it == ticket.as_str()) {
        return one::whole(rows, &cx.reach, ticket);
    }
    not_closed(&found)?;
    match change.status {
        Some(TicketStatus::Closed) => {
            return refuse(ErrorKind::InvalidArgument, "a ticket is closed with its resolution; close it instead");
        }
        Some(TicketStatus::Other) => {
            return refuse(ErrorKind::InvalidArgument, "there is no such state; use open, pending or resolved");
        }
        Some(TicketStatus::Open | TicketStatus::Pending | TicketStatus::Resolved) | None => {}
    }
    let agent: Option<i64> = match &change.assignee {
        Some(email) => Some(assignee(rows, email)?),
        None => None,
    };
    let now = micros(Timestamp::now());
    let changed = rows.change(
        "UPDATE ticket SET status = coalesce(:status, status), priority = coalesce(:priority, priority),
         agent = coalesce(:agent, agent),
         resolved_at = CASE :status WHEN 2 THEN coalesce(resolved_at, :now) WHEN 0 THEN NULL WHEN 1 THEN NULL
                       ELSE resolved_at END,
         updated_at = max(updated_at, :now), public_updated_at = max(public_updated_at, :now)
         WHERE tenant = :tenant AND key = :key AND (:since IS NULL OR updated_at = :since)",
        &[
            (":status", &change.status.map(status_number)),
            (":priority", &change.priority.map(priority_number)),
            (":agent", &agent),
            (":now", &now),
            (":since", &change.unchanged_since.map(micros)),
            (":key", &found.key),
        ],
    )?;
    if changed == 0 {
        return refuse(ErrorKind::Conflict, "the ticket has changed meanwhile; read it again");
    }
    once::keep(rows, cx, Op::TicketChange, found.organisation, ticket.as_str())?;
    one::whole(rows, &cx.reach, ticket)
}

pub(super) fn adjust(rows: &Rows<'_>, cx: &CallCx, ticket: &TicketId, new: &Adjustment) -> Result<Owned<Ticket>> {
    let found = find(rows, &cx.reach, ticket)?;
    if once::earlier(rows, cx, Op::TicketAdjust, found.organisation)?.is_some_and(|it| it == ticket.as_str()) {
        return one::whole(rows, &cx.reach, ticket);
    }
    not_closed(&found)?;
    if new.visibility == Some(Visibility::Staff) || (found.task && new.visibility.is_some()) {
        return refuse(
            ErrorKind::InvalidArgument,
            "a ticket never becomes a task of the employees' own, nor a task a ticket",
        );
    }
    let changed = rows.change(
        "UPDATE ticket SET private = coalesce(:private, private), resolution_due = coalesce(:due, resolution_due),
         updated_at = max(updated_at, :now), public_updated_at = max(public_updated_at, :now)
         WHERE tenant = :tenant AND key = :key AND (:since IS NULL OR updated_at = :since)",
        &[
            (":private", &new.visibility.map(visibility_number)),
            (":due", &some_micros(new.resolution_due)),
            (":now", &micros(Timestamp::now())),
            (":since", &some_micros(new.unchanged_since)),
            (":key", &found.key),
        ],
    )?;
    if changed == 0 {
        return refuse(ErrorKind::Conflict, "the ticket has changed meanwhile; read it again");
    }
    once::keep(rows, cx, Op::TicketAdjust, found.organisation, ticket.as_str())?;
    one::whole(rows, &cx.reach, ticket)
}

fn assignee(rows: &Rows<'_>, email: &str) -> Result<i64> {
    let agents = rows.all(
        "SELECT key FROM agent WHERE tenant = :tenant AND lower(email) = :email LIMIT 2",
        &[(":email", &email.to_lowercase())],
        |row| Ok(row.get(0)?),
    )?;
    match agents.as_slice() {
        [one] => Ok(*one),
        _ => refuse(ErrorKind::InvalidArgument, "nobody who works on tickets has this address"),
    }
}

/// Time worked on a ticket, oldest first. A ticket out of reach is as if it were not there.
pub(super) fn worked(rows: &Rows<'_>, reach: &Reach, ticket: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
    let found = find(rows, reach, ticket)?;
    rows.all(
        "SELECT o.id, e.id, t.id, a.id, a.name, a.email, e.at, e.minutes, e.text, e.billable
         FROM time_entry e JOIN ticket t ON t.key = e.ticket JOIN organisation o ON o.key = t.organisation
         JOIN agent a ON a.key = e.agent WHERE e.tenant = :tenant AND e.ticket = :ticket ORDER BY e.at, e.key",
        &[(":ticket", &found.key)],
        |row| {
            let by = some_agent(row, 3)?.ok_or_else(|| Error::internal("time that nobody worked"))?;
            let record = TimeEntry {
                id: id(row, 1, TimeEntryId::new)?,
                ticket: id(row, 2, TicketId::new)?,
                by,
                at: time(row, 6)?,
                minutes: row.get(7)?,
                text: some_text(row, 8)?,
                billable: row.get(9)?,
            };
            Ok(Owned::new(owner(row, 0)?, record))
        },
    )
}

/// The words are ours, and there are no queues.
pub(super) fn vocabulary() -> Vocabulary {
    use TicketStatus::{Closed, Open, Pending, Resolved};
    let named = |word: &str, status| (word.to_owned(), status);
    Vocabulary {
        statuses: vec![
            named("Open", Open),
            named("Pending", Pending),
            named("Resolved", Resolved),
            named("Closed", Closed),
        ],
        priorities: vec![
            ("Critical".to_owned(), Some(Priority::Critical)),
            ("High".to_owned(), Some(Priority::High)),
            ("Medium".to_owned(), Some(Priority::Medium)),
            ("Low".to_owned(), Some(Priority::Low)),
        ],
        queues: vec![],
    }
}
