//! Changing where a ticket stands, how urgent it is and whose work it is: one request, read back, compared.
//!
//! **Invariant:** a change is answered as done only when the vendor's own record holds it. What it does not hold after a
//! plain 200 was put back by a rule, or never done: `Conflict`, and nothing is repeated.

use super::target::colleague;
use super::write::{holds, reachable, refuse};
use crate::adapter::ConnectWise;
use crate::client::Field;
use crate::error;
use postern_api::{CallCx, Error, ErrorKind, Owned, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketStatus};

pub(crate) async fn change(
    psa: &ConnectWise,
    cx: &CallCx,
    id: &TicketId,
    change: &TicketChange,
) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(psa, cx, id).await?;
    let meanings = psa.meanings(cx).await?;
    if meanings.status(&row) == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let board = row.board.id.id();
    let mut fields = Vec::new();
    if let Some(wanted) = change.status.filter(|it| *it != meanings.status(&row)) {
        if matches!(wanted, TicketStatus::Closed | TicketStatus::Other) {
            return Err(refuse(ErrorKind::InvalidArgument, "a ticket cannot be put there; close it instead"));
        }
        let id = meanings.giving(board, wanted).ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the ticket's board has no status that stands for this; choose another")
        })?;
        fields.push((Field::Status, id));
    }
    if let Some(wanted) = change.priority.filter(|it| *it != meanings.priority(&row)) {
        let id = meanings.priority_ids(wanted).next().ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
        })?;
        fields.push((Field::Priority, id));
    }
    if let Some(address) = &change.assignee {
        fields.push((Field::Owner, colleague(psa, cx, address).await?));
    }
    fields.retain(|(field, id)| !holds(&row, *field, *id));
    // What is so already needs no change, whoever made it: also this very write, whose answer was lost.
    if fields.is_empty() {
        return psa.whole_ticket(cx, row).await;
    }
    if let Some(since) = change.unchanged_since {
        let now = psa.ticket(cx, id).await?;
        let mut changed = true;
        // Whose it is was compared above; here only its clock is looked at.
        let _ = now.map(|it| changed = it.updated_at != since);
        if changed {
            return Err(refuse(ErrorKind::Conflict, "the ticket changed meanwhile; read it again"));
        }
    }
    let path = ["service", "tickets", &ticket.to_string()];
    let sent = psa.client.patch(cx, &path, &fields, "ticket").await;
    psa.counts.forget(ticket);
    let lost = match sent {
        Ok(()) => None,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => Some(lost),
        Err(refused) => return Err(refused),
    };
    let row = psa.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    if fields.iter().all(|(field, id)| holds(&row, *field, *id)) {
        return psa.whole_ticket(cx, row).await.map_err(error::after_write);
    }
    Err(lost.unwrap_or_else(put_back))
}

fn put_back() -> Error {
    refuse(ErrorKind::Conflict, "a rule of the connected system put the change back; look at the ticket")
}
