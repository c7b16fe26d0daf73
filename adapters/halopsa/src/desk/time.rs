//! Time that was worked on a ticket: the vendor writes it on actions. An action names its ticket, and that says whose it is.
//!
//! The vendor's own machinery leaves seconds on actions; what is less than a minute, or nobody's, was not worked.

use super::write::reachable;
use crate::adapter::HaloPsa;
use crate::wire::{WorkedRow, owner};
use jiff::Timestamp;
use postern_api::{Agent, CallCx, Error, Owned, Result, TicketId, TimeEntry, TimeEntryId};

pub(crate) async fn time(halo: &HaloPsa, cx: &CallCx, id: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
    let (ticket, of) = reachable(halo, cx, id).await?;
    let query = [("ticket_id", ticket.to_string()), ("count", "1000".to_owned())];
    let found = halo.client.whole::<WorkedRow>(cx, "Actions", "actions", &query).await?;
    if found.truncated {
        return Err(Error::bad_reply("more rows than can be read"));
    }
    let mut entries = Vec::new();
    for row in found.rows.iter().filter(|row| row.ticket_id.id() == Some(ticket)) {
        let (Some(agent), Some(minutes)) = (row.who_agentid.id(), row.timetaken.minutes().filter(|it| *it > 0)) else {
            continue;
        };
        let number = row.id.id().and_then(|id| TimeEntryId::new(&format!("{ticket}-{id}")).ok());
        entries.push(TimeEntry {
            // Actions are numbered within their ticket.
            id: number.ok_or_else(|| Error::bad_reply("an action without a number"))?,
            ticket: id.clone(),
            by: Agent { id: agent.to_string(), name: row.who.get().unwrap_or("Support").to_owned(), email: None },
            at: halo.clock.read(&row.datetime).unwrap_or(Timestamp::UNIX_EPOCH),
            minutes,
            text: None,
            billable: row.actisbillable.0,
        });
    }
    entries.sort_by(|a: &TimeEntry, b: &TimeEntry| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    Ok(entries.into_iter().map(|it| Owned::new(owner(of.client_id), it)).collect())
}
