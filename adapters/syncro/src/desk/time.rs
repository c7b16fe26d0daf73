//! Time that was worked on a ticket. The vendor's list of timers is the whole account's, so a ticket's own are read with it.

use crate::adapter::{Syncro, number};
use crate::wire::{TimedRow, owner, time as at};
use jiff::Timestamp;
use postern_api::{Agent, CallCx, Error, Owned, Owner, Result, Text, TicketId, TimeEntry, TimeEntryId};

pub(crate) async fn time(syncro: &Syncro, cx: &CallCx, id: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
    let ticket = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
    let row: TimedRow = syncro.client.one(cx, "tickets", ticket, "ticket").await?;
    let owner = match owner(row.customer_id) {
        Owner::Organisation(it) if cx.reach.contains(&it) => it,
        Owner::Organisation(_) | Owner::Tenant | Owner::Unknown => return Err(Error::not_found("ticket")),
    };
    let settings = syncro.settings(cx).await?;
    let mut entries = Vec::new();
    // A timer that names another ticket is another's.
    for timer in row.ticket_timers.0.iter().filter(|it| it.ticket_id.id() == Some(ticket)) {
        let number = timer.id.id().and_then(|id| TimeEntryId::new(&id.to_string()).ok());
        let user = settings.users.0.iter().find(|it| it.id.id().is_some() && it.id == timer.user_id);
        let name = user.and_then(|it| it.name.get().or(it.full_name.get())).unwrap_or("Staff");
        let begun = at(&timer.start_time);
        let counted = timer.active_duration.0.and_then(|it| u32::try_from(it).ok()).map(|seconds| seconds / 60);
        let between = || {
            let seconds = at(&timer.end_time)?.duration_since(begun?).as_secs();
            u32::try_from(seconds / 60).ok()
        };
        entries.push(TimeEntry {
            id: number.ok_or_else(|| Error::bad_reply("a timer without a number"))?,
            ticket: id.clone(),
            by: Agent {
                id: timer.user_id.id().map_or_else(|| "unknown".to_owned(), |it| it.to_string()),
                name: name.to_owned(),
                email: None,
            },
            at: begun.unwrap_or(Timestamp::UNIX_EPOCH),
            minutes: counted.or_else(between).unwrap_or_default(),
            text: timer.notes.get().map(|it| Text::new(postern_api::html::plain(it))),
            billable: timer.billable.0,
        });
    }
    entries.sort_by(|a: &TimeEntry, b: &TimeEntry| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    Ok(entries.into_iter().map(|it| Owned::new(Owner::Organisation(owner.clone()), it)).collect())
}
