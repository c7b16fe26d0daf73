//! Writes: look, send once, read back, compare, answer.
//!
//! **Invariant:** a write is answered as done only after the vendor's own record was read back and holds what was asked: the
//! same organisation, the same person, the same visibility. Anything else after the request went out is `OutcomeUnknown`, so
//! that nobody repeats it blindly. `hidden` and `do_not_email` go with every comment: the vendor's defaults for both are the
//! loud ones. `sms_body` never does.

use super::comments::{self, DESCRIPTION, ESCALATION, RESOLUTION};
use crate::adapter::{Syncro, in_reach, number};
use crate::error;
use crate::marker;
use crate::vocabulary;
use crate::wire::{CommentRow, ContactRow, TicketRow, owner};
use jiff::{Timestamp, ToSpan};
use postern_api::domain::Author;
use postern_api::http::Request;
use postern_api::{
    CallCx, Closure, Comment, Error, ErrorKind, NewComment, NewEscalation, NewTicket, Owned, Owner, Result, Ticket,
    TicketId, TicketStatus, Visibility,
};
use serde_json::{Map, Value, json};

pub(super) fn refuse(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, message)
}

pub(crate) async fn create(syncro: &Syncro, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
    let customer = in_reach(cx, &new.organisation).ok_or_else(|| Error::not_found("organisation"))?;
    let contact = number(new.requester.as_str()).ok_or_else(no_person)?;
    if !new.attachments.is_empty() {
        let message = "the connected system takes no files here; leave `attachments` out";
        return Err(refuse(ErrorKind::InvalidArgument, message));
    }
    if new.visibility == Visibility::Staff {
        return Err(refuse(ErrorKind::InvalidArgument, "the connected system keeps no tasks of the employees' own"));
    }
    let mut properties = Map::new();
    match &syncro.config.private_field {
        Some(field) => {
            let mark = if new.visibility == Visibility::Private { "1" } else { "0" };
            properties.insert(field.clone(), json!(mark));
        }
        None if new.visibility != syncro.config.unmarked_visibility => {
            let message =
                "the connected system cannot mark who may read a ticket; ask an administrator to set `private_field`";
            return Err(refuse(ErrorKind::Unsupported, message));
        }
        None => {}
    }
    let priority = syncro.config.priorities.iter().find(|(_, it)| **it == new.priority).map(|(name, _)| name);
    let priority = priority.ok_or_else(|| {
        refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
    })?;
    if let Some(reference) = &cx.reference
        && let Some(id) = created_before(syncro, cx, customer, reference).await?
    {
        // This very write arrived before, and its answer was lost.
        return created(syncro, cx, new, (id, customer, contact)).await;
    }
    belongs(syncro, cx, contact, &Owner::Organisation(new.organisation.clone()), no_person).await?;
    // The vendor wants words there.
    let text = if new.description.trim().is_empty() { &new.subject } else { &new.description };
    let mut record = Map::from_iter([
        ("customer_id".to_owned(), json!(customer)),
        ("contact_id".to_owned(), json!(contact)),
        ("subject".to_owned(), json!(new.subject)),
        ("priority".to_owned(), json!(priority)),
        (
            "comments_attributes".to_owned(),
            json!([{
                "subject": DESCRIPTION, "body": marker::mark(text, "\n\n", cx.reference.as_deref()),
                "hidden": false, "do_not_email": true,
            }]),
        ),
    ]);
    if let Some(category) = &new.category {
        record.insert("problem_type".into(), json!(category));
    }
    if let Some(due) = new.resolution_due {
        record.insert("due_date".into(), json!(due.to_string()));
    }
    if !properties.is_empty() {
        record.insert("properties".into(), Value::Object(properties));
    }
    let request = Request::post(&["tickets"]).json(&record)?;
    let id = match syncro.client.write(cx, request, "ticket").await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown => {
            let Some(reference) = cx.reference.as_ref().filter(|_| !cx.remaining().is_zero()) else { return Err(lost) };
            match created_before(syncro, cx, customer, reference).await {
                Ok(Some(id)) => id,
                Ok(None) | Err(_) => return Err(lost),
            }
        }
        Err(refused) => return Err(refused),
    };
    created(syncro, cx, new, (id, customer, contact)).await
}

fn no_person() -> Error {
    refuse(ErrorKind::InvalidArgument, "the requester is not a contact of this organisation")
}

/// Reads a ticket back and compares it with what was asked for.
async fn created(
    syncro: &Syncro,
    cx: &CallCx,
    new: &NewTicket,
    (id, customer, contact): (i64, i64, i64),
) -> Result<Owned<Ticket>> {
    let row = syncro.ticket_row(cx, id).await.map_err(error::after_write)?;
    let same = row.customer_id.id() == Some(customer) && row.contact_id.id() == Some(contact);
    let urgent = vocabulary::priority(&syncro.config.priorities, row.priority.or_empty()) == new.priority;
    if !same || !urgent || syncro.visibility(&row) != new.visibility {
        let detail = "the ticket was stored for somebody else, or with another visibility or priority";
        return Err(error::unknown().with("detail", detail));
    }
    syncro.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// The ticket that carries our reference, among this customer's of the last days. Lists carry the first comment of each.
async fn created_before(syncro: &Syncro, cx: &CallCx, customer: i64, reference: &str) -> Result<Option<i64>> {
    let since = Timestamp::now().checked_sub((72).hours()).unwrap_or(Timestamp::UNIX_EPOCH);
    let query = [
        ("customer_id", customer.to_string()),
        ("created_after", since.strftime("%Y-%m-%d").to_string()),
        ("comment_format", "plaintext".to_owned()),
    ];
    let found = syncro.client.paged::<TicketRow>(cx, &["tickets"], "tickets", &query).await?;
    let ours = |row: &TicketRow| {
        let marked = |it: &CommentRow| marker::split(it.body.or_empty()).1 == Some(reference);
        row.customer_id.id() == Some(customer) && row.comments.0.iter().any(marked)
    };
    Ok(found.rows.iter().find(|row| ours(row)).and_then(|row| row.id.id()))
}

pub(crate) async fn comment(syncro: &Syncro, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
    let (ticket, row) = reachable(syncro, cx, id).await?;
    if new.body.trim().is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, "the comment is empty"));
    }
    if new.internal && matches!(new.author, Author::Customer(_)) {
        return Err(refuse(ErrorKind::InvalidArgument, "a customer cannot write internal notes"));
    }
    let before = acted_before(syncro, cx, ticket).await?;
    // The vendor takes a comment on a closed ticket, and some accounts open the ticket again for it.
    if syncro.status(&row) == TicketStatus::Closed && before.is_none() {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let (name, email) = match &new.author {
        Author::Customer(person) => {
            let contact = person.contact.as_ref().and_then(|it| number(it.as_str())).ok_or_else(stranger)?;
            if row.contact_id.id() != Some(contact) {
                belongs(syncro, cx, contact, &owner(row.customer_id), stranger).await?;
            }
            (&person.name, false)
        }
        Author::Agent(agent) => (&agent.name, syncro.config.email_comments),
    };
    let said = Said {
        subject: comments::subject(&new.author, new.internal),
        body: &new.body,
        name,
        internal: new.internal,
        email,
    };
    let stored = say(syncro, cx, ticket, &said, before).await?;
    let comment = comments::comment_of(&stored).map_err(error::after_write)?.ok_or_else(error::unknown)?;
    Ok(Owned::new(owner(row.customer_id), comment))
}

fn stranger() -> Error {
    refuse(ErrorKind::InvalidArgument, "the author is not a contact of the ticket's organisation")
}

/// A person's own row names the customer. The vendor would take anybody's number.
async fn belongs(syncro: &Syncro, cx: &CallCx, contact: i64, customer: &Owner, otherwise: fn() -> Error) -> Result<()> {
    let row: ContactRow = syncro
        .client
        .one(cx, "contacts", contact, "contact")
        .await
        .map_err(|e| if e.kind() == ErrorKind::NotFound { otherwise() } else { e })?;
    if owner(row.customer_id) == *customer { Ok(()) } else { Err(otherwise()) }
}

pub(crate) async fn close(syncro: &Syncro, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(syncro, cx, id).await?;
    let closed = |row: &TicketRow| syncro.status(row) == TicketStatus::Closed;
    let before = acted_before(syncro, cx, ticket).await?;
    if closed(&row) {
        return match before {
            Some(_) => syncro.whole_ticket(cx, row).await,
            None => Err(refuse(ErrorKind::Conflict, "the ticket is closed already")),
        };
    }
    if closure.resolution.trim().is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, "the resolution is empty"));
    }
    // Two requests, in this order: a comment after the status would open the ticket again in some accounts. Repeated with the
    // same reference, whatever is missing is done.
    let said = Said {
        subject: RESOLUTION.to_owned(),
        body: &closure.resolution,
        name: &closure.by.name,
        internal: false,
        email: syncro.config.email_comments,
    };
    say(syncro, cx, ticket, &said, before).await?;
    let change = json!({ "status": syncro.config.closed_status });
    let row = change_to(syncro, cx, ticket, &change, &closed).await?;
    syncro.whole_ticket(cx, row).await.map_err(error::after_write)
}

pub(crate) async fn escalate(
    syncro: &Syncro,
    cx: &CallCx,
    id: &TicketId,
    escalation: &NewEscalation,
) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(syncro, cx, id).await?;
    if syncro.status(&row) == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; reopen it first"));
    }
    let (user, name) = target(syncro, cx, &escalation.target).await?;
    let before = acted_before(syncro, cx, ticket).await?;
    let note = comments::escalation_text(&name, &escalation.by.name, &escalation.reason);
    let said =
        Said { subject: ESCALATION.to_owned(), body: &note, name: &escalation.by.name, internal: true, email: false };
    let stored = say(syncro, cx, ticket, &said, before).await?;
    if comments::escalation(&stored).is_none() {
        return Err(error::unknown().with("detail", "the escalation was stored in another form than it was sent"));
    }
    let row = change_to(syncro, cx, ticket, &json!({ "user_id": user }), &|row| row.user_id.id() == Some(user)).await?;
    syncro.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// A ticket in reach, as it stands; the caller's own check came first, this one makes sure.
pub(super) async fn reachable(syncro: &Syncro, cx: &CallCx, id: &TicketId) -> Result<(i64, TicketRow)> {
    let number = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
    let row = syncro.ticket_row(cx, number).await?;
    match owner(row.customer_id) {
        Owner::Organisation(it) if cx.reach.contains(&it) => Ok((number, row)),
        Owner::Organisation(_) | Owner::Tenant | Owner::Unknown => Err(Error::not_found("ticket")),
    }
}

/// What is to be said on a ticket.
struct Said<'a> {
    subject: String,
    body: &'a str,
    name: &'a str,
    internal: bool,
    email: bool,
}

/// Writes one comment, reads it back and compares who may see it. `before`: it was written already.
async fn say(
    syncro: &Syncro,
    cx: &CallCx,
    ticket: i64,
    said: &Said<'_>,
    before: Option<CommentRow>,
) -> Result<CommentRow> {
    if let Some(before) = before {
        return seen_by(before, said.internal);
    }
    let comment = json!({
        "subject": marker::mark(&said.subject, " ", cx.reference.as_deref()),
        "body": said.body, "tech": said.name,
        "hidden": said.internal, "do_not_email": said.internal || !said.email,
    });
    let request = Request::post(&["tickets", &ticket.to_string(), "comment"]).json(&comment)?;
    syncro.facts.forget(ticket);
    let id = match syncro.client.write(cx, request, "comment").await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            return match acted_before(syncro, cx, ticket).await {
                Ok(Some(stored)) => seen_by(stored, said.internal),
                Ok(None) | Err(_) => Err(lost),
            };
        }
        Err(refused) => return Err(refused),
    };
    let rows = syncro.comment_rows(cx, ticket).await.map_err(error::after_write)?;
    seen_by(rows.into_iter().find(|row| row.id.id() == Some(id)).ok_or_else(error::unknown)?, said.internal)
}

fn seen_by(stored: CommentRow, internal: bool) -> Result<CommentRow> {
    if stored.internal() == internal {
        return Ok(stored);
    }
    Err(error::unknown().with("detail", "the comment was stored with another visibility than it was sent with"))
}

/// The comment that carries our reference.
pub(super) async fn acted_before(syncro: &Syncro, cx: &CallCx, ticket: i64) -> Result<Option<CommentRow>> {
    let Some(reference) = cx.reference.as_deref() else { return Ok(None) };
    let rows = syncro.comment_rows(cx, ticket).await?;
    Ok(rows.into_iter().find(|row| comments::reference(row) == Some(reference)))
}

/// Changes one field of a ticket, after something was said on it, and reads it back. The same change twice is one change, so
/// that an answer that was lost is made up for by looking.
async fn change_to(
    syncro: &Syncro,
    cx: &CallCx,
    ticket: i64,
    change: &Value,
    reached: &(dyn Fn(&TicketRow) -> bool + Sync),
) -> Result<TicketRow> {
    let request = Request::put(&["tickets", &ticket.to_string()]).json(change)?;
    let sent = syncro.client.write(cx, request, "ticket").await.map_err(error::after_write);
    let row = match syncro.ticket_row(cx, ticket).await {
        Ok(row) => row,
        Err(e) => return Err(sent.err().unwrap_or_else(|| error::after_write(e))),
    };
    if reached(&row) {
        return Ok(row);
    }
    Err(sent.err().unwrap_or_else(error::unknown).with("detail", "it was said, and the ticket was not changed"))
}

/// The technician with this name in any case, or who stands behind it in the configuration.
pub(super) async fn target(syncro: &Syncro, cx: &CallCx, wanted: &str) -> Result<(i64, String)> {
    let wanted = wanted.trim().to_lowercase();
    let configured = syncro.config.escalation_targets.iter().find(|(name, _)| name.trim().to_lowercase() == wanted);
    if let Some((name, id)) = configured {
        return Ok((*id, name.trim().to_owned()));
    }
    let settings = syncro.settings(cx).await?;
    let mut found = settings.users.0.iter().filter_map(|row| {
        let name = row.name.get().or(row.full_name.get()).filter(|it| it.to_lowercase() == wanted)?;
        Some((row.id.id()?, name.to_owned()))
    });
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => {
            Err(refuse(ErrorKind::InvalidArgument, "several technicians have this name; use another `target`"))
        }
        (Some(found), None) => Ok(found),
        (None, _) => {
            Err(refuse(ErrorKind::InvalidArgument, "no technician has this name; use the name of one as `target`"))
        }
    }
}
