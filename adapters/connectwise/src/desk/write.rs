//! Writes: look, send once, read back, compare, answer.
//!
//! **Invariant:** a write is answered as done only after the vendor's own record was read back and holds what was asked:
//! the same company, the same person, the same visibility, the same status. Anything else after the request went out is
//! `OutcomeUnknown`, so that nobody repeats it blindly.

use super::marker;
use super::notes::{comment_of, escalation, escalation_text, is_escalation};
use super::target::{signer, target};
use crate::adapter::{ConnectWise, clean, in_reach};
use crate::client::{Field, Query};
use crate::conditions::{Conditions, Literal};
use crate::config::number;
use crate::error;
use crate::wire::{self, ContactRow, Flag, NamedRow, NoteRow, TicketRow, owner, written};
use postern_api::domain::Author;
use postern_api::{
    CallCx, Closure, Comment, Error, ErrorKind, NewComment, NewEscalation, NewTicket, Owned, Owner, Result, Ticket,
    TicketId, TicketStatus, Visibility,
};
use serde_json::{Map, Value, json};

/// The longest title that the vendor keeps, in characters.
const TITLE: usize = 100;

pub(super) fn refuse(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, message)
}

pub(crate) async fn create(psa: &ConnectWise, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
    let company = in_reach(cx, &new.organisation).ok_or_else(|| Error::not_found("organisation"))?;
    let contact = number(new.requester.as_str()).ok_or_else(no_person)?;
    let title = clean(&new.subject);
    if title.is_empty() || title.chars().count() > TITLE {
        return Err(refuse(ErrorKind::InvalidArgument, "the connected system takes titles of 1 to 100 characters"));
    }
    if !new.attachments.is_empty() {
        let message = "the connected system takes no files here; leave `attachments` out";
        return Err(refuse(ErrorKind::InvalidArgument, message));
    }
    if new.visibility == Visibility::Staff {
        return Err(refuse(ErrorKind::InvalidArgument, "the connected system keeps no tasks of the employees' own"));
    }
    if psa.config.private_field.is_none() && new.visibility != psa.config.unmarked_visibility {
        let message =
            "the connected system cannot mark who may read a ticket; ask an administrator to set `private_field`";
        return Err(refuse(ErrorKind::Unsupported, message));
    }
    let priority = psa.meanings(cx).await?.priority_ids(new.priority).next().ok_or_else(|| {
        refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
    })?;
    if let Some(row) = created_before(psa, cx, company).await? {
        // This very write arrived before, and its answer was lost.
        return created(psa, cx, new, row, (company, contact)).await;
    }
    belongs(psa, cx, contact, &Owner::Organisation(new.organisation.clone()), no_person).await?;
    let mut record = Map::from_iter([
        ("summary".to_owned(), json!(title)),
        ("initialDescription".to_owned(), json!(clean(&new.description))),
        ("board".to_owned(), json!({ "id": psa.config.board })),
        ("company".to_owned(), json!({ "id": company })),
        ("contact".to_owned(), json!({ "id": contact })),
        ("priority".to_owned(), json!({ "id": priority })),
        ("processNotifications".to_owned(), json!(psa.config.notifications)),
    ]);
    if let Some(category) = &new.category {
        record.insert("type".into(), json!({ "id": type_named(psa, cx, category).await? }));
    }
    if let Some(due) = new.resolution_due {
        record.insert("requiredDate".into(), json!(written(due)));
    }
    if let Some(reference) = &cx.reference {
        record.insert("externalXRef".into(), json!(reference));
    }
    if let Some(field) = psa.config.private_field {
        let value = new.visibility == Visibility::Private;
        record.insert("customFields".into(), json!([{ "id": field, "value": value }]));
    }
    let id = match psa.client.post(cx, &["service", "tickets"], &Value::Object(record), "ticket").await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            return match created_before(psa, cx, company).await {
                Ok(Some(row)) => created(psa, cx, new, row, (company, contact)).await,
                Ok(None) | Err(_) => Err(lost),
            };
        }
        Err(refused) => return Err(refused),
    };
    let row = psa.ticket_row(cx, id).await.map_err(error::after_write)?;
    created(psa, cx, new, row, (company, contact)).await
}

fn no_person() -> Error {
    refuse(ErrorKind::InvalidArgument, "the requester is not a contact of this organisation")
}

/// Compares a ticket that was read back with what was asked for.
async fn created(
    psa: &ConnectWise,
    cx: &CallCx,
    new: &NewTicket,
    row: TicketRow,
    (company, contact): (i64, i64),
) -> Result<Owned<Ticket>> {
    let same = row.company.id.id() == Some(company) && row.contact.id.id() == Some(contact);
    if !same || psa.visibility(&row) != new.visibility {
        let detail = "the ticket was stored for somebody else or with another visibility";
        return Err(error::unknown().with("detail", detail));
    }
    psa.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// The ticket of this company that carries our reference. Several of them: nobody can say which one is meant.
async fn created_before(psa: &ConnectWise, cx: &CallCx, company: i64) -> Result<Option<TicketRow>> {
    let Some(reference) = &cx.reference else { return Ok(None) };
    let mut rows = carrying(psa, cx, Some(company), reference).await?;
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) if psa.exists(&row) => Ok(Some(row)),
        (None, _) => Ok(None),
        (Some(_), _) => Err(error::unknown().with("detail", "several tickets, or one elsewhere, carry our reference")),
    }
}

/// The tickets that carry a reference, of this company or of all.
pub(super) async fn carrying(
    psa: &ConnectWise,
    cx: &CallCx,
    company: Option<i64>,
    reference: &str,
) -> Result<Vec<TicketRow>> {
    let wrong = || Error::internal("a reference that is no plain word");
    let literal = Literal::exact(reference).ok_or_else(wrong)?;
    let of = company.map_or_else(Conditions::new, |it| Conditions::new().is("company/id", it));
    let query = Query { conditions: of.text("externalXRef", &literal), fields: wire::TICKET, ..Query::default() };
    let mut rows = psa.client.all::<TicketRow>(cx, &["service", "tickets"], &query).await?;
    let of = |row: &TicketRow| company.is_none_or(|it| row.company.id.id() == Some(it));
    rows.retain(|row| of(row) && row.external_x_ref.get() == Some(reference));
    Ok(rows)
}

/// The type of new tickets with this name.
async fn type_named(psa: &ConnectWise, cx: &CallCx, name: &str) -> Result<i64> {
    let path = ["service", "boards", &psa.config.board.to_string(), "types"];
    let query = Query { fields: "id,name,inactiveFlag", ..Query::default() };
    let rows = psa.client.all::<NamedRow>(cx, &path, &query).await?;
    let wanted = name.trim().to_lowercase();
    let named = |row: &&NamedRow| row.name.or_empty().to_lowercase() == wanted && row.inactive_flag != Flag::Yes;
    rows.iter().find(named).and_then(|row| row.id.id()).ok_or_else(|| {
        refuse(ErrorKind::InvalidArgument, "the connected system has no such category; leave `category` out")
    })
}

pub(crate) async fn comment(psa: &ConnectWise, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
    let (ticket, row) = reachable(psa, cx, id).await?;
    let body = clean(&new.body);
    if body.is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, "the comment is empty"));
    }
    if new.internal && matches!(new.author, Author::Customer(_)) {
        return Err(refuse(ErrorKind::InvalidArgument, "a customer cannot write internal notes"));
    }
    // The vendor takes a note on a closed ticket, and some boards open the ticket again for it.
    if psa.meanings(cx).await?.status(&row) == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let place = if new.internal { Place::Internal } else { Place::Discussion };
    let mut note = Note::new(marker::mark(&body, mark(psa, cx)), place);
    match &new.author {
        Author::Customer(person) => {
            let contact = person.contact.as_ref().and_then(|it| number(it.as_str()));
            let contact = contact.ok_or_else(no_author)?;
            if row.contact.id.id() != Some(contact) {
                belongs(psa, cx, contact, &owner(row.company.id), no_author).await?;
            }
            note.contact = Some(contact);
        }
        Author::Agent(agent) => note.member = signer(psa, cx, agent).await,
    }
    let stored = add(psa, cx, ticket, &note).await?;
    let comment = comment_of(&stored).map_err(error::after_write)?.ok_or_else(error::unknown)?;
    Ok(Owned::new(owner(row.company.id), comment))
}

fn no_author() -> Error {
    refuse(ErrorKind::InvalidArgument, "the author is not a contact of the ticket's organisation")
}

/// A person's own row names the company. The vendor would take anybody's number.
async fn belongs(
    psa: &ConnectWise,
    cx: &CallCx,
    contact: i64,
    company: &Owner,
    otherwise: fn() -> Error,
) -> Result<()> {
    let row = psa.client.one::<ContactRow>(cx, &["company", "contacts"], contact, wire::CONTACT, "contact").await;
    let row = row.map_err(|e| if e.kind() == ErrorKind::NotFound { otherwise() } else { e })?;
    if owner(row.company.id) == *company { Ok(()) } else { Err(otherwise()) }
}

pub(crate) async fn close(psa: &ConnectWise, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
    let meanings = psa.meanings(cx).await?;
    let (ticket, row) = reachable(psa, cx, id).await?;
    if meanings.status(&row) == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed already"));
    }
    let closed = meanings.closing(row.board.id.id()).ok_or_else(|| {
        let message = "the ticket's board has no status that stands for closed; ask an administrator to set `statuses`";
        refuse(ErrorKind::Unsupported, message)
    })?;
    let text = clean(&closure.resolution);
    if text.is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, "the resolution is empty"));
    }
    let mut note = Note::new(marker::mark(&text, mark(psa, cx)), Place::Resolution);
    // Two requests, and each may be the last: the resolution first, so that no ticket is closed without one. A closing
    // that stopped between the two goes on where it stopped.
    let notes = psa.note_rows(cx, ticket).await?;
    let last = notes.iter().filter(|it| it.resolution_flag == Flag::Yes).max_by_key(|it| it.id.id());
    if !last.is_some_and(|it| note.is(it)) {
        note.member = signer(psa, cx, &closure.by).await;
        add(psa, cx, ticket, &note).await?;
    }
    // The resolution stands: a refusal now leaves half of a closing.
    set(psa, cx, ticket, Field::Status, closed).await.map_err(error::after_write)?;
    let row = psa.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    if meanings.status(&row) != TicketStatus::Closed {
        return Err(error::unknown().with("detail", "the resolution was stored and the ticket is still open"));
    }
    psa.whole_ticket(cx, row).await.map_err(error::after_write)
}

pub(crate) async fn escalate(
    psa: &ConnectWise,
    cx: &CallCx,
    id: &TicketId,
    up: &NewEscalation,
) -> Result<Owned<Ticket>> {
    let (ticket, row) = reachable(psa, cx, id).await?;
    if psa.meanings(cx).await?.status(&row) == TicketStatus::Closed {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; reopen it first"));
    }
    let target = target(psa, cx, row.board.id.id(), &up.target).await?;
    let reference = cx.reference.as_deref();
    let done = match reference {
        Some(reference) => psa.note_rows(cx, ticket).await?.iter().any(|it| is_escalation(it, reference)),
        None => false,
    };
    // Two requests: first the move, which can be repeated, then the reason, which carries our reference.
    if !target.holds(&row) {
        set(psa, cx, ticket, target.field, target.id).await?;
    }
    if !done {
        let text = escalation_text(&target.name, &up.by.name, reference, &clean(&up.reason));
        let mut note = Note::new(text, Place::Internal);
        note.member = signer(psa, cx, &up.by).await;
        // The ticket was moved: a refusal of its reason leaves half of an escalation.
        let stored = add(psa, cx, ticket, &note).await.map_err(error::after_write)?;
        let read = comment_of(&stored).map_err(error::after_write)?.ok_or_else(error::unknown)?;
        escalation(&read).ok_or_else(error::unknown)?;
    }
    let row = psa.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    if !target.holds(&row) {
        return Err(error::unknown().with("detail", "the ticket is not where it was escalated to"));
    }
    psa.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// Puts a reference into a ticket's field. Whether it is there is for the caller to read back: the vendor's 200 says
/// nothing, and after a lost answer the record alone can tell.
async fn set(psa: &ConnectWise, cx: &CallCx, ticket: i64, field: Field, id: i64) -> Result<()> {
    let path = ["service", "tickets", &ticket.to_string()];
    let sent = psa.client.patch(cx, &path, &[(field, id)], "ticket").await;
    psa.counts.forget(ticket);
    match sent {
        Ok(()) => Ok(()),
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            let row = psa.ticket_row(cx, ticket).await.map_err(error::after_write)?;
            if holds(&row, field, id) { Ok(()) } else { Err(lost) }
        }
        Err(refused) => Err(refused),
    }
}

/// Whether a ticket's field holds this reference.
pub(super) fn holds(row: &TicketRow, field: Field, id: i64) -> bool {
    let now = match field {
        Field::Status => row.status.id,
        Field::Team => row.team.id,
        Field::Owner => row.owner.id,
        Field::Priority => row.priority.id,
    };
    now.id() == Some(id)
}

/// A ticket in reach, as it stands; the caller's own check came first, this one makes sure.
pub(super) async fn reachable(psa: &ConnectWise, cx: &CallCx, id: &TicketId) -> Result<(i64, TicketRow)> {
    let number = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
    let row = psa.ticket_row(cx, number).await?;
    match owner(row.company.id) {
        Owner::Organisation(it) if cx.reach.contains(&it) => Ok((number, row)),
        Owner::Organisation(_) | Owner::Tenant | Owner::Unknown => Err(Error::not_found("ticket")),
    }
}

/// Where a note is shown. The vendor wants at least one place, and each of ours is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Discussion,
    Internal,
    Resolution,
}

/// The reference that goes into a note's text, where the configuration wants it there.
fn mark<'a>(psa: &ConnectWise, cx: &'a CallCx) -> Option<&'a str> {
    cx.reference.as_deref().filter(|_| psa.config.mark_notes)
}

/// A note on its way.
struct Note {
    text: String,
    place: Place,
    contact: Option<i64>,
    member: Option<i64>,
}

impl Note {
    fn new(text: String, place: Place) -> Self {
        Self { text, place, contact: None, member: None }
    }

    fn json(&self, notify: bool) -> Value {
        let mut record = Map::from_iter([
            ("text".to_owned(), json!(self.text)),
            ("detailDescriptionFlag".to_owned(), json!(self.place == Place::Discussion)),
            ("internalAnalysisFlag".to_owned(), json!(self.place == Place::Internal)),
            ("resolutionFlag".to_owned(), json!(self.place == Place::Resolution)),
            ("customerUpdatedFlag".to_owned(), json!(self.contact.is_some())),
            ("processNotifications".to_owned(), json!(notify)),
        ]);
        for (name, id) in [("contact", self.contact), ("member", self.member)] {
            if let Some(id) = id {
                record.insert(name.into(), json!({ "id": id }));
            }
        }
        Value::Object(record)
    }

    /// Whether a stored note is shown where this one belongs.
    fn placed(&self, row: &NoteRow) -> bool {
        match self.place {
            Place::Internal => row.internal(),
            Place::Discussion => !row.internal() && row.detail_description_flag == Flag::Yes,
            Place::Resolution => !row.internal() && row.resolution_flag == Flag::Yes,
        }
    }

    /// Whether a stored note is this one: the same words at the same place. Line ends may have become blanks.
    fn is(&self, row: &NoteRow) -> bool {
        let same = row.text.or_empty().split_whitespace().eq(self.text.split_whitespace());
        same && self.placed(row)
    }
}

/// Writes one note, reads it back and compares who may see it. The vendor keeps no reference of ours on a note, so after a
/// lost answer the same words at the same place, in a note that was not there before, are taken for it.
async fn add(psa: &ConnectWise, cx: &CallCx, ticket: i64, note: &Note) -> Result<NoteRow> {
    let path = ["service", "tickets", &ticket.to_string(), "notes"];
    let newest = Query { fields: wire::NOTE, ..Query::default() };
    let before = psa.client.newest::<NoteRow>(cx, &path, &newest, 1).await?;
    let before = before.rows.first().and_then(|it| it.id.id()).unwrap_or_default();
    let sent = psa.client.post(cx, &path, &note.json(psa.config.notifications), "ticket").await;
    psa.counts.forget(ticket);
    let stored = match sent {
        Ok(id) => psa.client.one::<NoteRow>(cx, &path, id, wire::NOTE, "note").await.map_err(error::after_write)?,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            let rows = psa.note_rows(cx, ticket).await.unwrap_or_default();
            let found = rows.into_iter().find(|it| it.id.id() > Some(before) && note.is(it));
            return found.ok_or(lost);
        }
        Err(refused) => return Err(refused),
    };
    if stored.ticket_id.id() != Some(ticket) || !note.placed(&stored) {
        let detail = "the note was stored at another place than it was sent to";
        return Err(error::unknown().with("detail", detail));
    }
    Ok(stored)
}
