//! Changing where a ticket stands, how urgent it is and whose work it is: one request, read back, compared.
//!
//! **Invariant:** a change is answered as done only when the vendor's own record holds all of it; what it does not hold after
//! a plain 200 is `Conflict`, and nothing is repeated.

use super::write::{reachable, refuse};
use crate::adapter::Syncro;
use crate::error;
use crate::vocabulary;
use crate::wire::TicketRow;
use postern_api::http::Request;
use postern_api::{CallCx, ErrorKind, Owned, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketStatus};
use serde_json::{Map, Value, json};

pub(crate) async fn change(
    syncro: &Syncro,
    cx: &CallCx,
    id: &TicketId,
    change: &TicketChange,
) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(syncro, cx, id).await?;
    let now = syncro.status(&row);
    if now == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let mut record = Map::new();
    if let Some(wanted) = change.status.filter(|it| *it != now) {
        if matches!(wanted, TicketStatus::Closed | TicketStatus::Other) {
            return Err(refuse(ErrorKind::InvalidArgument, "a ticket cannot be put there; close it instead"));
        }
        let settings = syncro.settings(cx).await?;
        let names = settings.ticket_status_list.0.iter().filter_map(|it| it.get());
        let mut fitting = names.filter(|it| vocabulary::status(&syncro.config.statuses, it) == wanted);
        let name = fitting.next().ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the connected system has no status that stands for this")
        })?;
        record.insert("status".into(), json!(name));
    }
    let urgency = vocabulary::priority(&syncro.config.priorities, row.priority.or_empty());
    if let Some(wanted) = change.priority.filter(|it| *it != urgency) {
        let name = syncro.config.priorities.iter().find(|(_, it)| **it == wanted).map(|(name, _)| name);
        let name = name.ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
        })?;
        record.insert("priority".into(), json!(name));
    }
    if let Some(address) = &change.assignee {
        let wanted = address.trim().to_lowercase();
        let known = syncro.config.technicians.iter().find(|(it, _)| it.trim().to_lowercase() == wanted);
        let (_, user) = known.ok_or_else(|| {
            let message = "no technician has this address; ask an administrator to list it under `technicians`";
            refuse(ErrorKind::InvalidArgument, message)
        })?;
        record.insert("user_id".into(), json!(user));
    }
    record.retain(|name, value| !holds(&row, name, value));
    // What is so already needs no change, whoever made it: also this very write, whose answer was lost.
    if record.is_empty() {
        return syncro.whole_ticket(cx, row).await;
    }
    if let Some(since) = change.unchanged_since {
        let whole = syncro.ticket(cx, id).await?;
        let mut changed = true;
        // Whose it is was compared above; here only its clock is looked at.
        let _ = whole.map(|it| changed = it.updated_at != since);
        if changed {
            return Err(refuse(ErrorKind::Conflict, "the ticket changed meanwhile; read it again"));
        }
    }
    let request = Request::put(&["tickets", &ticket.to_string()]).json(&record)?;
    let lost = match syncro.client.write(cx, request, "ticket").await {
        Ok(_) => None,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => Some(lost),
        Err(refused) => return Err(refused),
    };
    let row = syncro.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    if record.iter().all(|(name, value)| holds(&row, name, value)) {
        return syncro.whole_ticket(cx, row).await.map_err(error::after_write);
    }
    let message = "the connected system put the change back, or a part of it; look at the ticket";
    Err(lost.unwrap_or_else(|| refuse(ErrorKind::Conflict, message)))
}

/// Whether a ticket's field holds this.
fn holds(row: &TicketRow, name: &str, value: &Value) -> bool {
    match name {
        "status" => row.status.get() == value.as_str(),
        "priority" => row.priority.get() == value.as_str(),
        "user_id" => row.user_id.id() == value.as_i64(),
        _ => false,
    }
}
