//! Writes: look, send once, read back, compare, answer.
//!
//! **Invariant:** a write is answered as done only after the vendor's own record was read back and holds what was asked:
//! the same organisation, the same person, the same visibility, the same status. A change that the record shows undone, as
//! workflow rules do behind a 200, is `Conflict`; anything else after the request went out is `OutcomeUnknown`.

use super::notes::{Signed, escalation_text, read_title, title};
use crate::adapter::{Autotask, in_reach, number};
use crate::error;
use crate::filter::Filter;
use crate::wire::{
    INTERNAL, NoteRow, PUBLIC, RESOURCE_FIELDS, ResourceRow, RoleRow, TicketRow, lines, name, owner, written,
};
use postern_api::domain::Author;
use postern_api::http::Method;
use postern_api::{
    CallCx, Closure, Comment, Error, ErrorKind, NewComment, NewEscalation, NewTicket, Owned, Owner, Result, Ticket,
    TicketId, TicketStatus, Visibility,
};
use serde_json::{Map, Value, json};

pub(super) fn refuse(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, message)
}

pub(crate) async fn create(autotask: &Autotask, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
    let company = in_reach(cx, &new.organisation).ok_or_else(|| Error::not_found("organisation"))?;
    let contact = number(new.requester.as_str()).ok_or_else(no_person)?;
    if !new.attachments.is_empty() {
        let message = "the connected system takes no files here; leave `attachments` out";
        return Err(refuse(ErrorKind::InvalidArgument, message));
    }
    if new.visibility == Visibility::Staff {
        return Err(refuse(ErrorKind::InvalidArgument, "the connected system keeps no tasks of the employees' own"));
    }
    if autotask.config.private_field.is_none() && new.visibility != autotask.config.unmarked_visibility {
        let message =
            "the connected system cannot mark who may read a ticket; ask an administrator to set `private_field`";
        return Err(refuse(ErrorKind::Unsupported, message));
    }
    let record = record(autotask, cx, new, company, contact).await?;
    if let Some(reference) = &cx.reference
        && let Some(row) = created_before(autotask, cx, company, reference).await?
    {
        // This very write arrived before, and its answer was lost.
        return created(autotask, cx, new, row, company, contact).await;
    }
    autotask.belongs(cx, contact, &Owner::Organisation(new.organisation.clone()), no_person).await?;
    let id = match autotask.client.write(cx, "Tickets", Method::POST, &["Tickets"], &record).await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown => {
            let Some(reference) = cx.reference.as_ref().filter(|_| !cx.remaining().is_zero()) else { return Err(lost) };
            match created_before(autotask, cx, company, reference).await {
                Ok(Some(row)) => return created(autotask, cx, new, row, company, contact).await,
                Ok(None) | Err(_) => return Err(lost),
            }
        }
        Err(refused) => return Err(refused),
    };
    let row = autotask.client.one(cx, "Tickets", id, "ticket").await.map_err(error::after_write)?;
    created(autotask, cx, new, row, company, contact).await
}

/// The record of a new ticket. Empty fields are left out: the vendor answers some of them with 500.
async fn record(
    autotask: &Autotask,
    cx: &CallCx,
    new: &NewTicket,
    company: i64,
    contact: i64,
) -> Result<Map<String, Value>> {
    let lists = autotask.picklists(cx).await?;
    let priority = lists.priorities.id(new.priority, 0);
    let priority = priority.ok_or_else(|| {
        refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
    })?;
    let status = lists.open().ok_or_else(|| no_status("open"))?;
    let mut record = Map::from_iter([
        ("companyID".to_owned(), json!(company)),
        ("contactID".to_owned(), json!(contact)),
        ("title".to_owned(), json!(new.subject)),
        ("description".to_owned(), json!(new.description)),
        ("priority".to_owned(), json!(priority)),
        ("status".to_owned(), json!(status)),
    ]);
    let mut set = |name: &str, value: Value| drop(record.insert(name.to_owned(), value));
    let config = &autotask.config;
    let fixed = [
        ("queueID", config.queue_id),
        ("ticketCategory", config.ticket_category_id),
        ("ticketType", config.ticket_type_id),
        ("source", config.source_id),
    ];
    for (name, id) in fixed {
        if let Some(id) = id {
            set(name, json!(id));
        }
    }
    if let Some(category) = &new.category {
        let [id] = lists.categories_named(category)[..] else {
            let message = "the connected system has no issue type of this name; use another `category` or none";
            return Err(refuse(ErrorKind::InvalidArgument, message));
        };
        set("issueType", json!(id));
    }
    if let Some(due) = new.resolution_due {
        set("dueDateTime", json!(written(due)));
    }
    if let Some(reference) = &cx.reference {
        set("externalID", json!(reference));
    }
    if let Some(field) = &config.private_field {
        let mark = if new.visibility == Visibility::Private { "Yes" } else { "No" };
        set("userDefinedFields", json!([{ "name": field, "value": mark }]));
    }
    Ok(record)
}

pub(super) fn no_status(meaning: &'static str) -> Error {
    let message =
        format!("the connected system has no status that stands for {meaning}; ask an administrator to set `statuses`");
    Error::new(ErrorKind::Unsupported, message)
}

fn no_person() -> Error {
    refuse(ErrorKind::InvalidArgument, "the requester is not a contact of this organisation")
}

/// Compares a ticket that was read back with what was asked for.
async fn created(
    autotask: &Autotask,
    cx: &CallCx,
    new: &NewTicket,
    row: TicketRow,
    company: i64,
    contact: i64,
) -> Result<Owned<Ticket>> {
    let same = row.company.id() == Some(company) && row.contact.id() == Some(contact);
    if !same || autotask.visibility(&row) != new.visibility {
        let detail = "the ticket was stored for somebody else or with another visibility";
        return Err(error::unknown().with("detail", detail));
    }
    autotask.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// The ticket of this company that carries our reference.
async fn created_before(autotask: &Autotask, cx: &CallCx, company: i64, reference: &str) -> Result<Option<TicketRow>> {
    let filter = Filter::every(vec![Filter::number("companyID", company), Filter::text("externalID", reference)]);
    let rows = autotask.client.rows::<TicketRow>(cx, "Tickets", &filter, None, 10).await?.rows;
    let found = rows.into_iter().find(|it| it.company.id() == Some(company) && it.external.get() == Some(reference));
    match found.and_then(|row| row.id.id()) {
        // Rows of queries may have fewer fields.
        Some(id) => autotask.client.one(cx, "Tickets", id, "ticket").await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn comment(
    autotask: &Autotask,
    cx: &CallCx,
    id: &TicketId,
    new: &NewComment,
) -> Result<Owned<Comment>> {
    let (ticket, row) = reachable(autotask, cx, id).await?;
    if new.body.trim().is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, "the comment is empty"));
    }
    if new.internal && matches!(new.author, Author::Customer(_)) {
        return Err(refuse(ErrorKind::InvalidArgument, "a customer cannot write internal notes"));
    }
    // The vendor takes a note on a closed ticket.
    let closed = autotask.picklists(cx).await?.status(row.status.id()) == TicketStatus::Closed;
    if closed && noted_before(autotask, cx, ticket).await?.is_none() {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let signed = match &new.author {
        Author::Customer(person) => {
            let contact = person.contact.as_ref().and_then(|it| number(it.as_str())).ok_or_else(stranger)?;
            if row.contact.id() != Some(contact) {
                autotask.belongs(cx, contact, &owner(row.company), stranger).await?;
            }
            Signed::Customer(contact, &person.name)
        }
        Author::Agent(agent) => Signed::Agent(&agent.name),
    };
    let stored = note(autotask, cx, ticket, &signed, &new.body, new.internal).await?;
    let comment = autotask.stored_comment(cx, &stored).await.map_err(error::after_write)?;
    Ok(Owned::new(owner(row.company), comment.ok_or_else(error::unknown)?))
}

fn stranger() -> Error {
    refuse(ErrorKind::InvalidArgument, "the author is not a contact of the ticket's organisation")
}

pub(crate) async fn close(autotask: &Autotask, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
    let lists = autotask.picklists(cx).await?;
    let (ticket, row) = reachable(autotask, cx, id).await?;
    let is_closed = |row: &TicketRow| lists.status(row.status.id()) == TicketStatus::Closed;
    let ours = |row: &TicketRow| lines(&row.resolution).trim() == closure.resolution.replace("\r\n", "\n").trim();
    if is_closed(&row) {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed already"));
    }
    let closed = lists.closed().ok_or_else(|| no_status("closed"))?;
    // Status and resolution in one request: both or neither.
    let change = json!({ "id": ticket, "status": closed, "resolution": closure.resolution });
    let row = change_ticket(autotask, cx, ticket, &change).await?;
    match (is_closed(&row), ours(&row)) {
        (true, true) => autotask.whole_ticket(cx, row).await.map_err(error::after_write),
        (false, false) => Err(undone()),
        (false, true) => Err(error::unknown().with("detail", "the resolution was stored and the ticket is still open")),
        (true, false) => Err(error::unknown().with("detail", "the ticket was closed with another resolution")),
    }
}

/// The vendor took a change, and its record shows that it is not in force.
fn undone() -> Error {
    let message = "a rule of the connected system undid this; nothing has changed, ask an agent why";
    refuse(ErrorKind::Conflict, message)
}

/// Changes some fields of a ticket and reads it back. When the answer was lost, the record alone says what became of it.
pub(super) async fn change_ticket(autotask: &Autotask, cx: &CallCx, ticket: i64, change: &Value) -> Result<TicketRow> {
    match autotask.client.write(cx, "Tickets", Method::PATCH, &["Tickets"], change).await {
        Ok(id) if id == ticket => {}
        Ok(_) => return Err(error::unknown().with("detail", "another record was answered for")),
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            // It may still be on its way: only a record that shows it proves anything.
            let row: Result<TicketRow> = autotask.client.one(cx, "Tickets", ticket, "ticket").await;
            return row.ok().filter(|it| shows(it, change)).ok_or(lost);
        }
        Err(refused) => return Err(refused),
    }
    autotask.client.one(cx, "Tickets", ticket, "ticket").await.map_err(error::after_write)
}

/// Whether a record holds every field of a change.
pub(super) fn shows(row: &TicketRow, change: &Value) -> bool {
    let Value::Object(fields) = change else { return false };
    fields.iter().all(|(name, value)| match name.as_str() {
        "id" => row.id.0 == value.as_i64(),
        "status" => row.status.0 == value.as_i64(),
        "priority" => row.priority.0 == value.as_i64(),
        "queueID" => row.queue.0 == value.as_i64(),
        "assignedResourceID" => row.assigned_resource.0 == value.as_i64(),
        "resolution" => {
            value.as_str().is_some_and(|it| lines(&row.resolution).trim() == it.replace("\r\n", "\n").trim())
        }
        // Not read back; it goes with the resource.
        "assignedResourceRoleID" => true,
        _ => false,
    })
}

pub(crate) async fn escalate(
    autotask: &Autotask,
    cx: &CallCx,
    id: &TicketId,
    escalation: &NewEscalation,
) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(autotask, cx, id).await?;
    if autotask.picklists(cx).await?.status(row.status.id()) == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; reopen it first"));
    }
    if noted_before(autotask, cx, ticket).await?.is_some() {
        return autotask.whole_ticket(cx, row).await;
    }
    let (target, change) = target(autotask, cx, ticket, &escalation.target).await?;
    let text = escalation_text(&target, &escalation.by.name, &escalation.reason);
    // First the move, since a history that tells of one that was refused would be a lie. It may be repeated.
    let moved = change_ticket(autotask, cx, ticket, &change).await?;
    if !shows(&moved, &change) {
        return Err(undone());
    }
    let stored = note(autotask, cx, ticket, &Signed::Escalation, &text, true).await.map_err(error::after_write)?;
    let own = autotask.own_resource(cx).await.map_err(error::after_write)?;
    if autotask.escalation(&stored, own).is_none() {
        let detail = "the escalation was stored in another form than it was sent";
        return Err(error::unknown().with("detail", detail));
    }
    autotask.whole_ticket(cx, moved).await.map_err(error::after_write)
}

/// A ticket in reach, as it stands; the caller's own check came first, this one makes sure.
pub(super) async fn reachable(autotask: &Autotask, cx: &CallCx, id: &TicketId) -> Result<(i64, TicketRow)> {
    let number = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
    let row: TicketRow = autotask.client.one(cx, "Tickets", number, "ticket").await?;
    match owner(row.company) {
        Owner::Organisation(it) if cx.reach.contains(&it) => Ok((number, row)),
        Owner::Organisation(_) | Owner::Tenant | Owner::Unknown => Err(Error::not_found("ticket")),
    }
}

/// Writes one note, reads it back and compares who may see it.
async fn note(
    autotask: &Autotask,
    cx: &CallCx,
    ticket: i64,
    signed: &Signed<'_>,
    body: &str,
    internal: bool,
) -> Result<NoteRow> {
    if autotask.own_resource(cx).await?.is_none() {
        // Without it nothing that is written now could be read back as ours.
        let message =
            "the connected system does not tell Postern who it is there; ask an administrator to set `resource_id`";
        return Err(refuse(ErrorKind::Forbidden, message));
    }
    if let Some(before) = noted_before(autotask, cx, ticket).await? {
        return seen_by(before, internal);
    }
    let record = json!({
        "title": title(cx.reference.as_deref(), signed),
        "description": body,
        "noteType": autotask.config.note_type,
        "publish": if internal { INTERNAL } else { PUBLIC },
    });
    let path = ["Tickets", &ticket.to_string(), "Notes"];
    let id = match autotask.client.write(cx, "TicketNotes", Method::POST, &path, &record).await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            return match noted_before(autotask, cx, ticket).await {
                Ok(Some(stored)) => seen_by(stored, internal),
                Ok(None) | Err(_) => Err(lost),
            };
        }
        Err(refused) => return Err(refused),
    };
    let rows = autotask.note_rows(cx, ticket).await.map_err(error::after_write)?;
    let stored = rows.into_iter().find(|row| row.id.id() == Some(id) && row.description.get().is_some());
    seen_by(stored.ok_or_else(error::unknown)?, internal)
}

fn seen_by(stored: NoteRow, internal: bool) -> Result<NoteRow> {
    if stored.internal() == internal {
        return Ok(stored);
    }
    Err(error::unknown().with("detail", "the note was stored with another visibility than it was sent with"))
}

/// The note of ours that carries this call's reference.
pub(super) async fn noted_before(autotask: &Autotask, cx: &CallCx, ticket: i64) -> Result<Option<NoteRow>> {
    let Some(reference) = &cx.reference else { return Ok(None) };
    let own = autotask.own_resource(cx).await?;
    let rows = autotask.note_rows(cx, ticket).await?;
    let ours = |row: &NoteRow| {
        let written = own.is_some() && row.creator_resource.id() == own;
        written && row.title.get().and_then(read_title).is_some_and(|(mark, _)| mark == reference)
    };
    Ok(rows.into_iter().find(ours))
}

/// To whom a ticket can be escalated: the queue with this name, or else the person; any case, one of each or none. The name
/// as the vendor writes it, and the change that moves the ticket there.
async fn target(autotask: &Autotask, cx: &CallCx, ticket: i64, wanted: &str) -> Result<(String, Value)> {
    let several = || refuse(ErrorKind::InvalidArgument, "several teams or agents have this name; use another `target`");
    let lists = autotask.picklists(cx).await?;
    match lists.queues_named(wanted).as_slice() {
        [(id, label)] => return Ok((label.clone(), json!({ "id": ticket, "queueID": id }))),
        [] => {}
        [_, ..] => return Err(several()),
    }
    let nobody =
        || refuse(ErrorKind::InvalidArgument, "no team or agent has this name; use the name of one as `target`");
    let active = Filter::every(vec![Filter::flag("isActive", true)]);
    let most = autotask.config.max_rows;
    let people =
        autotask.client.rows::<ResourceRow>(cx, "Resources", &active, Some(&RESOURCE_FIELDS), most).await?.rows;
    let wanted = wanted.trim().to_lowercase();
    let full = |row: &ResourceRow| name(&row.first_name, &row.last_name);
    let mut found =
        people.iter().filter(|row| full(row).to_lowercase() == wanted).filter_map(|it| Some((it.id.id()?, it)));
    let (id, row) = match (found.next(), found.next()) {
        (Some(_), Some(_)) => return Err(several()),
        (Some(found), None) => found,
        (None, _) => return Err(nobody()),
    };
    let role = role_of(autotask, cx, id).await?;
    Ok((full(row), json!({ "id": ticket, "assignedResourceID": id, "assignedResourceRoleID": role })))
}

/// The role in which somebody takes tickets: the vendor takes nobody without it.
pub(super) async fn role_of(autotask: &Autotask, cx: &CallCx, id: i64) -> Result<i64> {
    let filter = Filter::every(vec![Filter::number("resourceID", id), Filter::flag("isActive", true)]);
    let roles = autotask.client.rows::<RoleRow>(cx, "ResourceServiceDeskRoles", &filter, None, 100).await?.rows;
    let usable = || roles.iter().filter(|it| it.resource.id() == Some(id) && it.is_active.0 != Some(false));
    let role = usable().find(|it| it.is_default.0 == Some(true)).or_else(|| usable().next());
    role.and_then(|it| it.role.id()).ok_or_else(|| {
        refuse(ErrorKind::InvalidArgument, "this agent takes no tickets in the connected system; use another one")
    })
}
