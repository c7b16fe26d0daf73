//! Time that was worked on a ticket. A time entry names its ticket and no company, so the ticket says whose it is.

use super::people::agent;
use super::write::reachable;
use crate::adapter::Autotask;
use crate::filter::Filter;
use crate::wire::{WorkedRow, lines, owner, time as at};
use jiff::Timestamp;
use postern_api::{Agent, CallCx, Error, Owned, Result, Text, TicketId, TimeEntry, TimeEntryId};
use std::collections::BTreeSet;

pub(crate) async fn time(autotask: &Autotask, cx: &CallCx, id: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
    let (ticket, of) = reachable(autotask, cx, id).await?;
    let filter = Filter::every(vec![Filter::number("ticketID", ticket)]);
    let most = autotask.config.max_rows;
    let found = autotask.client.rows::<WorkedRow>(cx, "TimeEntries", &filter, Some(WorkedRow::NAMES), most).await?;
    if found.truncated {
        return Err(Error::bad_reply("more rows than can be read"));
    }
    // A row that names another ticket is another's.
    let rows: Vec<WorkedRow> = found.rows.into_iter().filter(|row| row.ticket.id() == Some(ticket)).collect();
    let people: BTreeSet<i64> = rows.iter().filter_map(|row| row.resource.id()).collect();
    let names = autotask.resource_names(cx, &people).await?;
    let mut entries = Vec::new();
    for row in rows {
        let number = row.id.id().and_then(|id| TimeEntryId::new(&id.to_string()).ok());
        let nobody = || Agent { id: "unknown".into(), name: "Unknown".into(), email: None };
        entries.push(TimeEntry {
            id: number.ok_or_else(|| Error::bad_reply("a time entry without a number"))?,
            ticket: id.clone(),
            by: row.resource.id().map_or_else(nobody, |it| agent(it, &names)),
            at: at(&row.start).or_else(|| at(&row.day)).unwrap_or(Timestamp::UNIX_EPOCH),
            minutes: row.hours.minutes().unwrap_or_default(),
            text: Some(lines(&row.notes)).filter(|it| !it.is_empty()).map(Text::new),
            billable: row.free.0.map(|free| !free),
        });
    }
    entries.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    Ok(entries.into_iter().map(|it| Owned::new(owner(of.company), it)).collect())
}
