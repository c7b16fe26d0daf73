//! Changing where a ticket stands, how urgent it is and whose work it is: one request, read back, compared.
//!
//! **Invariant:** workflow rules put fields back behind a 200. A change is answered as done only when the record holds all of
//! it; else it is `Conflict`, and nothing is repeated.

use super::write::{change_ticket, no_status, reachable, refuse, role_of, shows};
use crate::adapter::Autotask;
use crate::error;
use crate::filter::Filter;
use crate::wire::ColleagueRow;
use postern_api::{CallCx, ErrorKind, Owned, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketStatus};
use serde_json::{Map, Value, json};

pub(crate) async fn change(
    autotask: &Autotask,
    cx: &CallCx,
    id: &TicketId,
    change: &TicketChange,
) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(autotask, cx, id).await?;
    let lists = autotask.picklists(cx).await?;
    let now = lists.status(row.status.id());
    if now == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let mut record = Map::new();
    if let Some(wanted) = change.status.filter(|it| *it != now) {
        let status = match wanted {
            TicketStatus::Open => lists.open().ok_or_else(|| no_status("open"))?,
            TicketStatus::Pending => lists.giving(wanted).ok_or_else(|| no_status("pending"))?,
            TicketStatus::Resolved => lists.giving(wanted).ok_or_else(|| no_status("resolved"))?,
            TicketStatus::Closed | TicketStatus::Other => {
                return Err(refuse(ErrorKind::InvalidArgument, "a ticket cannot be put there; close it instead"));
            }
        };
        record.insert("status".into(), json!(status));
    }
    let urgency = lists.priorities.meaning(row.priority.id()).unwrap_or(crate::picklist::USUAL);
    if let Some(wanted) = change.priority.filter(|it| *it != urgency) {
        let priority = lists.priorities.id(wanted, 0).ok_or_else(|| {
            refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
        })?;
        record.insert("priority".into(), json!(priority));
    }
    if let Some(address) = &change.assignee {
        let resource = colleague(autotask, cx, address).await?;
        if row.assigned_resource.id() != Some(resource) {
            // The vendor takes nobody without the role in which they take the ticket.
            let role = role_of(autotask, cx, resource).await?;
            record.insert("assignedResourceID".into(), json!(resource));
            record.insert("assignedResourceRoleID".into(), json!(role));
        }
    }
    // What is so already needs no change, whoever made it: also this very write, whose answer was lost.
    if record.is_empty() {
        return autotask.whole_ticket(cx, row).await;
    }
    if let Some(since) = change.unchanged_since {
        let whole = autotask.ticket(cx, id).await?;
        let mut changed = true;
        // Whose it is was compared above; here only its clock is looked at.
        let _ = whole.map(|it| changed = it.updated_at != since);
        if changed {
            return Err(refuse(ErrorKind::Conflict, "the ticket changed meanwhile; read it again"));
        }
    }
    record.insert("id".into(), json!(ticket));
    let record = Value::Object(record);
    let row = change_ticket(autotask, cx, ticket, &record).await?;
    if !shows(&row, &record) {
        let message = "a rule of the connected system put the change back, or a part of it; look at the ticket";
        return Err(refuse(ErrorKind::Conflict, message));
    }
    autotask.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// The resource with this address at work, in any case.
async fn colleague(autotask: &Autotask, cx: &CallCx, address: &str) -> Result<i64> {
    let wanted = address.trim().to_lowercase();
    let nobody = "nobody has this address; use the address that somebody has in the connected system";
    if wanted.is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, nobody));
    }
    let filter = Filter::every(vec![Filter::text("email", &wanted), Filter::flag("isActive", true)]);
    let rows =
        autotask.client.rows::<ColleagueRow>(cx, "Resources", &filter, Some(ColleagueRow::NAMES), 10).await?.rows;
    let same = |row: &&ColleagueRow| row.email.or_empty().to_lowercase() == wanted && row.active.0 == Some(true);
    let mut same = rows.iter().filter(same).filter_map(|it| it.id.id());
    match (same.next(), same.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(refuse(ErrorKind::InvalidArgument, "several people have this address")),
        (None, _) => Err(refuse(ErrorKind::InvalidArgument, nobody)),
    }
}
