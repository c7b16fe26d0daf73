//! Request Tracker's rows in our words.

use crate::config::Config;
use crate::entry::{Entry, Kind};
use crate::html;
use crate::query::row_number;
use crate::wire::{self, Num, value};
use jiff::Timestamp;
use postern_api::*;
use std::collections::BTreeMap;

/// Who owns a ticket, as its row says.
pub(crate) fn owner(row: &wire::Ticket) -> Owner {
    queue_owner(row.queue.as_ref())
}

/// The organisation of a queue; a row without a queue is nobody's.
pub(crate) fn queue_owner(queue: Option<&wire::Reference>) -> Owner {
    queue.and_then(|it| external(it.id)).map_or(Owner::Unknown, Owner::Organisation)
}

/// The external id of a queue.
pub(crate) fn external(number: Num) -> Option<ExternalId> {
    ExternalId::new(&number.to_string()).ok()
}

/// A contact's id.
pub(crate) fn contact_id(number: Num) -> Option<ContactId> {
    ContactId::new(&number.to_string()).ok()
}

fn text(value: Option<&String>) -> Option<String> {
    value.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}

/// An e-mail address in lower case.
pub(crate) fn email(value: Option<&String>) -> Option<String> {
    text(value).map(|it| it.to_lowercase())
}

fn name(user: &wire::User) -> String {
    text(user.real_name.as_ref()).unwrap_or_else(|| user.name.clone())
}

/// A person at a customer.
pub(crate) fn person(user: &wire::User) -> Person {
    Person { contact: contact_id(user.id), name: name(user), email: email(user.email_address.as_ref()) }
}

/// Somebody at the MSP.
pub(crate) fn agent(user: &wire::User) -> Agent {
    Agent { id: user.id.to_string(), name: name(user), email: email(user.email_address.as_ref()) }
}

/// The people who asked. A group in their place is nobody.
fn requesters(row: &wire::Ticket) -> Vec<&wire::User> {
    let mut people: Vec<_> = row.requestor.iter().filter(|it| it.kind == "user").collect();
    people.sort_by_key(|it| it.id);
    people
}

/// Whether somebody is among those who asked.
pub(crate) fn asked(row: &wire::Ticket, user: Num) -> bool {
    requesters(row).iter().any(|it| it.id == user)
}

/// A ticket as a search shows it. Of several people who asked, `viewer` is named where they are one of them, else the one
/// with the lowest number.
pub(crate) fn ticket(config: &Config, row: &wire::Ticket, viewer: Option<&ContactId>) -> Result<Ticket> {
    let id = TicketId::new(&row.id.to_string()).map_err(|_| Error::bad_reply("a ticket's number"))?;
    let created = row.created.ok_or_else(|| Error::bad_reply("a ticket without a time"))?;
    let people = requesters(row);
    let known = people.iter().find(|it| viewer.is_some() && contact_id(it.id).as_ref() == viewer);
    let requester = known.or_else(|| people.first()).map(|it| person(it));
    let public = public_time(row, created);
    let status = config.status(&row.status);
    let category = config.category_field.as_ref().and_then(|it| value(&row.custom_fields, it));
    Ok(Ticket {
        id,
        subject: Text::new(row.subject.clone()),
        description: Text::default(),
        status,
        priority: config.priority(row.priority.0),
        category: category.unwrap_or("General").to_owned(),
        visibility: visibility(config, row),
        requester: requester.unwrap_or(Person { contact: None, name: String::new(), email: None }),
        assignee: row.owner.as_ref().filter(|it| it.name != "Nobody" && it.kind == "user").map(agent),
        created_at: created,
        updated_at: row.last_updated.unwrap_or(created).max(public),
        public_updated_at: public,
        sla: Sla {
            resolution_due: row.due,
            resolved_at: row.resolved.filter(|_| matches!(status, TicketStatus::Resolved | TicketStatus::Closed)),
            ..Sla::default()
        },
        public_comments: 0,
        internal_comments: 0,
        comments: vec![],
        attachments: vec![],
        escalations: vec![],
        resolution: None,
    })
}

/// Who may read a ticket. Fails closed: without the one value that opens it, a ticket is its requester's alone.
fn visibility(config: &Config, row: &wire::Ticket) -> Visibility {
    if value(&row.custom_fields, &config.visibility_field) == Some(config.visibility_organisation.as_str()) {
        Visibility::Organisation
    } else {
        Visibility::Private
    }
}

/// When something changed that a customer may see, from the fields that an internal note leaves alone. `LastUpdated` is
/// not one of them. `Told` moves with every answer of ours.
fn public_time(row: &wire::Ticket, created: Timestamp) -> Timestamp {
    [row.told, row.started, row.resolved].into_iter().flatten().fold(created, Timestamp::max)
}

/// What stands in a ticket's messages.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    /// Oldest first.
    pub(crate) entries: &'a [wire::Transaction],
    /// By message.
    pub(crate) texts: BTreeMap<Num, String>,
    /// Of all messages.
    pub(crate) files: &'a [wire::Attachment],
    /// By number: who wrote a message that carries no note of ours.
    pub(crate) authors: BTreeMap<Num, Author>,
}

/// The text of each message: its plain parts, or what its HTML parts say.
pub(crate) fn texts(parts: &[wire::Attachment]) -> BTreeMap<Num, String> {
    let mut plain: BTreeMap<Num, Vec<String>> = BTreeMap::new();
    let mut html: BTreeMap<Num, Vec<String>> = BTreeMap::new();
    for part in parts {
        let content = part.content.as_deref().unwrap_or_default();
        let media = part.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if media == "text/html" {
            html.entry(part.transaction_id).or_default().push(html::to_text(content));
        } else {
            let content = content.replace("\r\n", "\n");
            plain.entry(part.transaction_id).or_default().push(content.trim_end().to_owned());
        }
    }
    // The plain part says the same as the HTML part beside it.
    html.extend(plain);
    html.into_iter().map(|(message, parts)| (message, parts.join("\n\n"))).collect()
}

/// Adds the messages to a ticket.
pub(crate) fn fill(config: &Config, ticket: &mut Ticket, messages: &Messages<'_>) -> Result<()> {
    let last_closing = closings(config, messages.entries).remove(&row_number(ticket.id.as_str()).unwrap_or(0));
    for entry in messages.entries {
        let at = entry.created.ok_or_else(|| Error::bad_reply("a message without a time"))?;
        // Only what is known to be public is public.
        let internal = match entry.kind.as_str() {
            "Create" | "Correspond" => false,
            "Comment" => true,
            "Status" => {
                ticket.public_updated_at = ticket.public_updated_at.max(at);
                continue;
            }
            _ => continue,
        };
        if !internal {
            ticket.public_updated_at = ticket.public_updated_at.max(at);
        }
        add_files(ticket, entry.id, internal, at, messages.files);
        let note = Entry::of(entry, &config.entry_field, &config.username);
        let body = Text::new(messages.texts.get(&entry.id).cloned().unwrap_or_default());
        if entry.kind == "Create" {
            ticket.description = body;
            continue;
        }
        if let Some(escalation) = escalation(note.as_ref(), internal, &body, at) {
            ticket.escalations.push(escalation);
            continue;
        }
        let comment = comment(entry, note.as_ref(), body, internal, at, &messages.authors)?;
        if !internal && ticket.sla.responded_at.is_none() && matches!(comment.author, Author::Agent(_)) {
            ticket.sla.responded_at = Some(at);
        }
        if last_closing == Some(entry.id) {
            ticket.resolution = Some(comment.body);
            continue;
        }
        match internal {
            true => ticket.internal_comments += 1,
            false => ticket.public_comments += 1,
        }
        ticket.comments.push(comment);
    }
    ticket.updated_at = ticket.updated_at.max(ticket.public_updated_at);
    Ok(())
}

/// The message that holds a ticket's resolution, by ticket: the last one of ours that closed it. It is no comment; what
/// was written at an earlier closing is one by now.
pub(crate) fn closings(config: &Config, entries: &[wire::Transaction]) -> BTreeMap<i64, Num> {
    let ours = |it: &wire::Transaction| {
        let note = Entry::of(it, &config.entry_field, &config.username);
        it.kind == "Correspond" && note.is_some_and(|it| it.kind == Kind::Resolution)
    };
    let mut last = BTreeMap::new();
    for entry in entries.iter().filter(|it| ours(it)) {
        let known = last.entry(entry.object_id.0).or_insert(entry.id);
        *known = entry.id.max(*known);
    }
    last
}

fn add_files(ticket: &mut Ticket, message: Num, internal: bool, at: Timestamp, files: &[wire::Attachment]) {
    for file in files.iter().filter(|it| it.transaction_id == message) {
        let Some(name) = text(file.filename.as_ref()) else { continue };
        let Ok(id) = AttachmentId::new(&file.id.to_string()) else { continue };
        ticket.attachments.push(Attachment {
            id,
            name: Text::new(name),
            content_type: file.content_type.clone(),
            size: file.content_length.and_then(|it| u64::try_from(it.0).ok()).unwrap_or(0),
            created_at: file.created.unwrap_or(at),
            internal,
        });
    }
}

fn escalation(note: Option<&Entry>, internal: bool, body: &Text, at: Timestamp) -> Option<Escalation> {
    let note = note.filter(|it| internal && it.kind == Kind::Escalation)?;
    let by = match note.author() {
        Some(Author::Agent(it)) => it.name,
        Some(Author::Customer(it)) => it.name,
        None => String::new(),
    };
    Some(Escalation { target: note.target.clone().unwrap_or_default(), reason: body.clone(), by, at })
}

/// A message as a comment.
pub(crate) fn comment(
    entry: &wire::Transaction,
    note: Option<&Entry>,
    body: Text,
    internal: bool,
    at: Timestamp,
    authors: &BTreeMap<Num, Author>,
) -> Result<Comment> {
    let id = CommentId::new(&entry.id.to_string()).map_err(|_| Error::bad_reply("a message's number"))?;
    let known = entry.creator.as_ref().and_then(|it| authors.get(&it.id).cloned());
    let nobody = Author::Customer(Person { contact: None, name: String::new(), email: None });
    let author = note.and_then(Entry::author).or(known).unwrap_or(nobody);
    Ok(Comment { id, author, body, created_at: at, internal })
}
