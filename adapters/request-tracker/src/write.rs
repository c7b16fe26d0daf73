//! The steps of each write: look first, write once, read back and compare.
//!
//! **Invariant:** nothing is written to a ticket before its own row was read and its queue found within reach. Request
//! Tracker, as it is usually set up, takes an answer to any ticket from anybody.

use crate::entry::{Entry, Kind};
use crate::error::unproven;
use crate::query::{all, custom_equals, equals, number, row_number};
use crate::wire::{self, Num, value};
use crate::{RequestTracker, map};
use futures::lock::{Mutex, MutexGuard};
use futures::try_join;
use postern_api::*;
use serde_json::json;

/// Request Tracker cuts a longer subject without saying so.
const MAX_SUBJECT: usize = 200;

impl RequestTracker {
    pub(crate) async fn create_ticket(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidArgument, message);
        if !new.attachments.is_empty() {
            return Err(invalid("the connected system takes no files with a ticket; leave `attachments` empty"));
        }
        if new.visibility == Visibility::Staff {
            return Err(invalid("the connected system keeps no tasks of the employees' own"));
        }
        let subject = new.subject.split_whitespace().collect::<Vec<_>>().join(" ");
        if subject.is_empty() || subject.chars().count() > MAX_SUBJECT {
            return Err(invalid("the subject needs 1 to 200 characters"));
        }
        let nobody = || invalid("the requester is not a person of this organisation");
        let requester = row_number(new.requester.as_str()).ok_or_else(nobody)?;
        let (queue, profile) =
            try_join!(self.reached_queue(cx, &new.organisation), self.client.profile(cx, requester))?;
        let queue = queue.filter(|it| it.disabled.is_none_or(|it| it == Num(0)));
        let queue = queue.ok_or_else(|| Error::not_found("organisation"))?;
        let here = profile.is_some_and(|it| self.belongs(it.organization.as_deref(), &queue.name));
        if !here {
            return Err(nobody());
        }
        self.bound(&queue)?;
        if let Some(earlier) = self.earlier(cx, &queue, cx.reference.as_deref()).await? {
            return self.ticket(cx, &earlier).await;
        }
        let body = self.new_ticket(cx, new, &queue, requester, &subject);
        let id = self.client.post(cx, &["ticket"], &body).await?;
        let id = TicketId::new(&id.to_string()).map_err(|_| unproven(Error::bad_reply("a ticket's number")))?;
        let row = self.row(cx, &id).await.map_err(unproven)?;
        self.compare_new(cx, &row, new, &subject, requester).map_err(unproven)?;
        let (owner, ticket) = self.whole(cx, &id).await.map_err(unproven)?;
        Ok(Owned::new(owner, ticket))
    }

    fn new_ticket(
        &self,
        cx: &CallCx,
        new: &NewTicket,
        queue: &wire::Queue,
        requester: i64,
        subject: &str,
    ) -> serde_json::Value {
        let config = &self.config;
        let visibility = match new.visibility {
            Visibility::Organisation => &config.visibility_organisation,
            Visibility::Private | Visibility::Staff => &config.visibility_private,
        };
        let mut fields = serde_json::Map::new();
        fields.insert(config.visibility_field.clone(), json!(visibility));
        if let Some(reference) = &cx.reference {
            fields.insert(config.reference_field.clone(), json!(reference));
        }
        if let (Some(field), Some(category)) = (&config.category_field, &new.category) {
            fields.insert(field.clone(), json!(category));
        }
        let mut body = json!({
            "Queue": queue.id.0,
            "Subject": subject,
            "Requestor": requester.to_string(),
            "Content": content(&new.description),
            "ContentType": "text/plain",
            "Priority": config.priority_range(new.priority).0,
            "CustomFields": fields,
        });
        if let (Some(due), Some(body)) = (new.resolution_due, body.as_object_mut()) {
            body.insert("Due".to_owned(), json!(due.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
        body
    }

    /// The ticket that an earlier try with the same reference created.
    async fn earlier(&self, cx: &CallCx, queue: &wire::Queue, reference: Option<&str>) -> Result<Option<TicketId>> {
        let Some(reference) = reference else { return Ok(None) };
        let filter = all([number("Queue", "=", queue.id.0), custom_equals(&self.config.reference_field, reference)]);
        let filter = filter.ok_or_else(|| Error::internal("an empty filter"))?;
        let page = self.client.tickets(cx, &filter, ("id", false), (2, 1)).await?;
        // A comparison upstream does not tell upper and lower case apart.
        let same = |it: &&wire::Ticket| value(&it.custom_fields, &self.config.reference_field) == Some(reference);
        Ok(page.items.iter().find(same).and_then(|it| TicketId::new(&it.id.to_string()).ok()))
    }

    /// What was given is what is read. A value that Request Tracker dropped is found here and nowhere else.
    fn compare_new(
        &self,
        cx: &CallCx,
        row: &wire::Ticket,
        new: &NewTicket,
        subject: &str,
        requester: i64,
    ) -> Result<()> {
        let ticket = map::ticket(&self.config, row, Some(&new.requester))?;
        let reference = value(&row.custom_fields, &self.config.reference_field);
        let checks = [
            ("queue", map::owner(row) == Owner::Organisation(new.organisation.clone())),
            ("subject", row.subject == subject),
            ("requester", map::asked(row, Num(requester))),
            ("priority", ticket.priority == new.priority),
            ("visibility", ticket.visibility == new.visibility),
            ("due", new.resolution_due.is_none_or(|it| row.due.map(|due| due.as_second()) == Some(it.as_second()))),
            ("reference", reference == cx.reference.as_deref()),
        ];
        agree(&checks)
    }

    pub(crate) async fn add_comment(&self, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
        let row = self.writable(cx, id).await?;
        self.may_write(cx, &row, new).await?;
        let note = Entry::new(Kind::Comment, &new.author, cx.reference.as_deref());
        let message = Message { internal: new.internal, text: &new.body, note: &note, status: None };
        let (entry, body) = self.send(cx, row.id, &message).await?;
        let at = entry.created.ok_or_else(|| unproven(Error::bad_reply("a message without a time")))?;
        let authors = self.authors(cx, &row, std::slice::from_ref(&entry)).await.map_err(unproven)?;
        let note = Entry::of(&entry, &self.config.entry_field, &self.config.username);
        let internal = entry.kind != "Correspond";
        let comment = map::comment(&entry, note.as_ref(), body, internal, at, &authors).map_err(unproven)?;
        Ok(Owned::new(map::owner(&row), comment))
    }

    /// Request Tracker takes a message on a closed ticket and opens the ticket again for it, and it does not know the
    /// people on whose behalf its account writes.
    async fn may_write(&self, cx: &CallCx, row: &wire::Ticket, new: &NewComment) -> Result<()> {
        let invalid = |message: &'static str| Err(Error::new(ErrorKind::InvalidArgument, message));
        if let Author::Customer(person) = &new.author {
            if new.internal {
                return invalid("a customer cannot write internal notes");
            }
            if let Some(contact) = &person.contact {
                let queue = row.queue.as_ref().map(|it| it.name.as_str()).unwrap_or_default();
                let known = match row_number(contact.as_str()) {
                    Some(number) if map::asked(row, Num(number)) => true,
                    Some(number) => {
                        let profile = self.client.profile(cx, number).await?;
                        profile.is_some_and(|it| self.belongs(it.organization.as_deref(), queue))
                    }
                    None => false,
                };
                if !known {
                    return invalid("the author is not a contact of the ticket's organisation");
                }
            }
        }
        if self.is_closed(&row.status) {
            return Err(Error::new(ErrorKind::Conflict, "the ticket is closed; open a new one"));
        }
        Ok(())
    }

    pub(crate) async fn close_ticket(&self, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
        let _turn = self.turns.of(id).await;
        let row = self.writable(cx, id).await?;
        let before = self.unchanged(cx, &row).await?;
        if self.is_closed(&before.standing.status) {
            return Err(Error::new(ErrorKind::Conflict, "the ticket is closed already"));
        }
        let status = self.config.closed_status.as_str();
        let prose = self.client.change(cx, &before, &json!({ "Status": status })).await?;
        let now = self.client.before(cx, row.id.0).await.map_err(unproven)?;
        if now.standing.status != status {
            return Err(prose.error());
        }
        // An answer to a closed ticket opens it again, so the same call closes it once more.
        let note = Entry::new(Kind::Resolution, &Author::Agent(closure.by.clone()), cx.reference.as_deref());
        let message = Message { internal: false, text: &closure.resolution, note: &note, status: Some(status) };
        self.send(cx, row.id, &message).await.map_err(half_done)?;
        let (owner, ticket) = self.whole(cx, id).await.map_err(unproven)?;
        let resolution = ticket.resolution.as_ref().map(Text::expose).unwrap_or_default();
        agree(&[
            ("status", ticket.status == TicketStatus::Closed),
            ("resolution", same_text(resolution, &closure.resolution)),
            ("queue", owner == map::owner(&row)),
        ])
        .map_err(unproven)?;
        Ok(Owned::new(owner, ticket))
    }

    pub(crate) async fn escalate_ticket(
        &self,
        cx: &CallCx,
        id: &TicketId,
        escalation: &NewEscalation,
    ) -> Result<Owned<Ticket>> {
        let _turn = self.turns.of(id).await;
        let row = self.writable(cx, id).await?;
        let before = self.unchanged(cx, &row).await?;
        if self.is_closed(&before.standing.status) {
            return Err(Error::new(ErrorKind::Conflict, "the ticket is closed; a closed ticket is not escalated"));
        }
        let target = escalation.target.split_whitespace().collect::<Vec<_>>().join(" ");
        let field = &self.config.escalation_field;
        // The queue stays what it is: it says whose ticket this is.
        if value(&row.custom_fields, field) != Some(&target) {
            let prose = self.client.change(cx, &before, &json!({ "CustomFields": { field: target } })).await?;
            let now = self.row(cx, id).await.map_err(unproven)?;
            if value(&now.custom_fields, field) != Some(&target) {
                return Err(prose.error());
            }
        }
        let by = Author::Agent(escalation.by.clone());
        let note = Entry::new(Kind::Escalation, &by, cx.reference.as_deref()).to(&target);
        let message = Message { internal: true, text: &escalation.reason, note: &note, status: None };
        self.send(cx, row.id, &message).await.map_err(half_done)?;
        let (owner, ticket) = self.whole(cx, id).await.map_err(unproven)?;
        let kept = ticket
            .escalations
            .iter()
            .any(|it| it.target == target && same_text(it.reason.expose(), &escalation.reason));
        agree(&[("escalation", kept), ("queue", owner == map::owner(&row))]).map_err(unproven)?;
        Ok(Owned::new(owner, ticket))
    }

    fn is_closed(&self, status: &str) -> bool {
        self.config.status(status) == TicketStatus::Closed
    }

    /// A ticket that may be written to: its own row names a queue in reach. The filter of the search is not believed.
    async fn writable(&self, cx: &CallCx, id: &TicketId) -> Result<wire::Ticket> {
        let row = self.row(cx, id).await?;
        match map::owner(&row) {
            Owner::Organisation(queue) if cx.reach.contains(&queue) => Ok(row),
            Owner::Organisation(_) | Owner::Tenant | Owner::Unknown => Err(Error::not_found("ticket")),
        }
    }

    /// The mark of a ticket, if it is still the one that was found writable: neither moved nor merged since.
    async fn unchanged(&self, cx: &CallCx, row: &wire::Ticket) -> Result<crate::client::Before> {
        let before = self.client.before(cx, row.id.0).await?;
        let same = before.standing.id == row.id && map::queue_owner(before.standing.queue.as_ref()) == map::owner(row);
        if same { Ok(before) } else { Err(Error::not_found("ticket")) }
    }

    /// Sends a message and reads it back as Request Tracker stored it.
    async fn send(&self, cx: &CallCx, ticket: Num, message: &Message<'_>) -> Result<(wire::Transaction, Text)> {
        let note = message.note.text().map_err(|e| Error::internal("a note").because(e))?;
        let mut body = json!({
            "Content": content(message.text),
            "ContentType": "text/plain",
            "TxnCustomFields": { &self.config.entry_field: note },
        });
        if let (Some(status), Some(body)) = (message.status, body.as_object_mut()) {
            body.insert("Status".to_owned(), json!(status));
        }
        let (way, kind) = if message.internal { ("comment", "Comment") } else { ("correspond", "Correspond") };
        let number = ticket.to_string();
        let id = self.client.post(cx, &["ticket", &number, way], &body).await?;
        self.stored(cx, ticket, id, kind, message).await.map_err(unproven)
    }

    async fn stored(
        &self,
        cx: &CallCx,
        ticket: Num,
        id: i64,
        kind: &'static str,
        message: &Message<'_>,
    ) -> Result<(wire::Transaction, Text)> {
        let filter = all([number("id", "=", id), number("TicketId", "=", ticket.0), equals("Type", kind)]);
        let filter = filter.ok_or_else(|| Error::internal("an empty filter"))?;
        let messages = [id];
        let (found, parts) = try_join!(self.client.transactions(cx, &filter), self.client.texts(cx, &messages))?;
        let entry = found.into_iter().find(|it| it.id == Num(id) && it.kind == kind && it.object_id == ticket);
        let entry = entry.ok_or_else(|| Error::bad_reply("a message that was not stored as what it is"))?;
        let text = map::texts(&parts).remove(&entry.id).unwrap_or_default();
        let note = Entry::of(&entry, &self.config.entry_field, &self.config.username);
        agree(&[("text", same_text(&text, message.text)), ("note", note.as_ref() == Some(message.note))])?;
        Ok((entry, Text::new(text)))
    }
}

/// One change of a ticket at a time. Request Tracker compares `If-Match` and then changes, without holding the ticket in
/// between: of two changes that arrive together it lets both through. Those of one gateway therefore wait for each other.
#[derive(Debug)]
pub(crate) struct Turns([Mutex<()>; 32]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Turns {
    async fn of(&self, id: &TicketId) -> Option<MutexGuard<'_, ()>> {
        let number = row_number(id.as_str()).and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        match self.0.get(number % self.0.len()) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}

struct Message<'a> {
    internal: bool,
    text: &'a str,
    note: &'a Entry,
    status: Option<&'a str>,
}

/// The text as it is sent. Request Tracker drops a text that its language takes for false (`0`); a line end prevents it.
fn content(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

fn same_text(stored: &str, given: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    plain(stored) == plain(given)
}

/// The first of two steps is done, the second was refused: the whole is neither done nor refused.
fn half_done(cause: Error) -> Error {
    if cause.kind() == ErrorKind::OutcomeUnknown { cause } else { unproven(cause) }
}

/// What reads back differently, by name.
fn agree(checks: &[(&'static str, bool)]) -> Result<()> {
    match checks.iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((what, _)) => Err(Error::bad_reply(format!("{what} reads back differently"))),
    }
}
