//! Changing where a ticket stands, how urgent it is and whose work it is: one request, read back, compared.
//!
//! **Invariant:** a change is answered as done only when the vendor's own record holds all of it; what it does not hold after
//! a plain success was put back by a rule: `Conflict`, and nothing is repeated.

use super::write::{reachable, refuse};
use crate::adapter::HaloPsa;
use crate::error;
use crate::vocabulary::USUAL;
use crate::wire::{ColleagueRow, TicketRow};
use postern_api::{CallCx, ErrorKind, Owned, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketStatus};
use serde_json::{Map, Value, json};

pub(crate) async fn change(halo: &HaloPsa, cx: &CallCx, id: &TicketId, change: &TicketChange) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(halo, cx, id).await?;
    let statuses = halo.statuses(cx).await?;
    let now = statuses.meaning(row.status_id.id()).unwrap_or(TicketStatus::Other);
    if now == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let mut record = Map::new();
    if let Some(wanted) = change.status.filter(|it| *it != now) {
        if matches!(wanted, TicketStatus::Closed | TicketStatus::Other) {
            return Err(refuse(ErrorKind::InvalidArgument, "a ticket cannot be put there; close it instead"));
        }
        let id = statuses.id(wanted).ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the connected system has no status that stands for this")
        })?;
        record.insert("status_id".into(), json!(id));
    }
    let urgency = halo.priorities.meaning(row.priority_id.id()).unwrap_or(USUAL);
    if let Some(wanted) = change.priority.filter(|it| *it != urgency) {
        let id = halo.priorities.id(wanted).ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
        })?;
        record.insert("priority_id".into(), json!(id));
    }
    if let Some(address) = &change.assignee {
        record.insert("agent_id".into(), json!(colleague(halo, cx, address).await?));
    }
    record.retain(|name, value| !holds(&row, name, value));
    // What is so already needs no change, whoever made it: also this very write, whose answer was lost.
    if record.is_empty() {
        return halo.whole_ticket(cx, row).await;
    }
    if let Some(since) = change.unchanged_since {
        let whole = halo.ticket(cx, id).await?;
        let mut changed = true;
        // Whose it is was compared above; here only its clock is looked at.
        let _ = whole.map(|it| changed = it.updated_at != since);
        if changed {
            return Err(refuse(ErrorKind::Conflict, "the ticket changed meanwhile; read it again"));
        }
    }
    let mut sent = record.clone();
    sent.insert("id".into(), json!(ticket));
    let lost = match halo.client.write(cx, "Tickets", &Value::Object(sent), "ticket").await {
        Ok(id) if id == ticket => None,
        Ok(_) => return Err(error::unknown().with("detail", "another record was answered for")),
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => Some(lost),
        Err(refused) => return Err(refused),
    };
    let row = halo.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    if record.iter().all(|(name, value)| holds(&row, name, value)) {
        return halo.whole_ticket(cx, row).await.map_err(error::after_write);
    }
    let message = "a rule of the connected system put the change back, or a part of it; look at the ticket";
    Err(lost.unwrap_or_else(|| refuse(ErrorKind::Conflict, message)))
}

/// Whether a ticket's field holds this.
fn holds(row: &TicketRow, name: &str, value: &Value) -> bool {
    let held = match name {
        "status_id" => row.status_id,
        "priority_id" => row.priority_id,
        "agent_id" => row.agent_id,
        _ => return false,
    };
    held.id().is_some() && held.id() == value.as_i64()
}

/// The agent with this address at work, in any case.
async fn colleague(halo: &HaloPsa, cx: &CallCx, address: &str) -> Result<i64> {
    let wanted = address.trim().to_lowercase();
    let rows = halo.client.whole::<ColleagueRow>(cx, "Agent", "agents", &[]).await?.rows;
    let same = |row: &&ColleagueRow| {
        let off = row.inactive.0 == Some(true) || row.isdisabled.0 == Some(true);
        !wanted.is_empty() && !off && row.email.or_empty().to_lowercase() == wanted
    };
    let mut same = rows.iter().filter(same).filter_map(|it| it.id.id());
    let message = match (same.next(), same.next()) {
        (Some(only), None) => return Ok(only),
        (Some(_), Some(_)) => "several agents have this address; ask an administrator to correct one of them",
        (None, _) => "no agent has this address; use the address that an agent has in the connected system",
    };
    Err(refuse(ErrorKind::InvalidArgument, message))
}
