//! Time that was worked on a ticket, as work: how long, by whom, whether it is paid for.

use super::write::reachable;
use crate::adapter::{ConnectWise, plain};
use crate::conditions::Literal;
use crate::records::agent;
use crate::wire::{self, WorkedRow, time as at};
use jiff::Timestamp;
use postern_api::{Agent, CallCx, Error, Owned, Result, Text, TicketId, TimeEntry, TimeEntryId};

/// The kind of record that time on a ticket is charged to.
const KIND: &str = "ServiceTicket";

pub(crate) async fn time(psa: &ConnectWise, cx: &CallCx, id: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
    let (ticket, _) = reachable(psa, cx, id).await?;
    let kind = Literal::exact(KIND).ok_or_else(|| Error::internal("a kind that is no plain word"))?;
    // By the ticket alone: the company that each row names is compared like every other row's.
    let mut found = psa
        .records::<WorkedRow>(cx, &["time", "entries"], None, wire::WORKED, |asked| {
            asked.text("chargeToType", &kind).is("chargeToId", ticket)
        })
        .await?;
    found.rows.retain(|(_, row)| row.charge_to_id.id() == Some(ticket) && row.charge_to_type.get() == Some(KIND));
    let entries = found.each(|row| entry(row, id))?;
    entries.whole(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)))
}

fn entry(row: &WorkedRow, ticket: &TicketId) -> Result<TimeEntry> {
    let id = row.id.id().and_then(|id| TimeEntryId::new(&id.to_string()).ok());
    let nobody = || Agent { id: "unknown".into(), name: "Unknown".into(), email: None };
    Ok(TimeEntry {
        id: id.ok_or_else(|| Error::bad_reply("a time entry without a number"))?,
        ticket: ticket.clone(),
        by: agent(&row.member).unwrap_or_else(nobody),
        at: at(&row.time_start).or_else(|| at(&row.date_entered)).unwrap_or(Timestamp::UNIX_EPOCH),
        minutes: row.actual_hours.minutes().unwrap_or_default(),
        text: Some(plain(&row.notes)).filter(|it| !it.is_empty()).map(Text::new),
        billable: match row.billable_option.get() {
            Some("Billable") => Some(true),
            Some("DoNotBill" | "NoCharge") => Some(false),
            Some(_) | None => None,
        },
    })
}
