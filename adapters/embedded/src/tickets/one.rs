//! One ticket, and how a ticket's row is read.

use crate::convert::{count, id, owner, priority, some_agent, some_time, status, text, time, visibility};
use crate::fail::Result;
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

/// What [`head`] reads, in its order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.key, o.id, t.id, t.subject, t.description, t.status, t.priority, t.category, t.private, c.id,
             c.name, c.email, a.id, a.name, a.email, t.created_at, t.updated_at, t.public_updated_at, t.response_due,
             t.responded_at, t.resolution_due, t.resolved_at, t.breach_reason, t.public_comments, t.internal_comments,
             t.resolution
             FROM ticket t JOIN organisation o ON o.key = t.organisation JOIN contact c ON c.key = t.requester
             LEFT JOIN agent a ON a.key = t.agent WHERE t.tenant = :tenant",
            $rest
        )
    };
}

/// The beginning of every statement that lists tickets.
pub(super) const SELECT: &str = select!("");

/// A ticket's row without what belongs to it: its key, its owner, the rest.
pub(super) fn head(row: &Row<'_>) -> Result<(i64, Owner, Ticket)> {
    let ticket = Ticket {
        id: id(row, 2, TicketId::new)?,
        subject: text(row, 3)?,
        description: text(row, 4)?,
        status: status(row, 5)?,
        priority: priority(row, 6)?,
        category: row.get(7)?,
        visibility: visibility(row, 8)?,
        requester: Person { contact: Some(id(row, 9, ContactId::new)?), name: row.get(10)?, email: row.get(11)? },
        assignee: some_agent(row, 12)?,
        created_at: time(row, 15)?,
        updated_at: time(row, 16)?,
        public_updated_at: time(row, 17)?,
        sla: Sla {
            response_due: some_time(row, 18)?,
            responded_at: some_time(row, 19)?,
            resolution_due: some_time(row, 20)?,
            resolved_at: some_time(row, 21)?,
            breach_reason: row.get(22)?,
        },
        public_comments: row.get(23)?,
        internal_comments: row.get(24)?,
        comments: vec![],
        attachments: vec![],
        escalations: vec![],
        resolution: row.get::<_, Option<String>>(25)?.map(Text::new),
    };
    Ok((row.get(0)?, owner(row, 1)?, ticket))
}

/// A ticket with all that belongs to it. Out of reach is as if it were not there.
pub(crate) fn whole(rows: &Rows<'_>, reach: &Reach, id: &TicketId) -> Result<Owned<Ticket>> {
    let found = rows.one(select!(" AND t.id = :id"), &[(":id", &id.as_str())], head)?;
    let Some((key, Owner::Organisation(organisation), mut ticket)) = found else {
        return Err(Error::not_found("ticket").into());
    };
    if !reach.contains(&organisation) {
        return Err(Error::not_found("ticket").into());
    }
    if ticket.public_comments + ticket.internal_comments > 0 {
        ticket.comments = rows.all(COMMENTS, &[(":ticket", &key)], comment)?;
    }
    ticket.attachments = rows.all(
        "SELECT id, name, content_type, size, created_at, internal FROM attachment
         WHERE tenant = :tenant AND ticket = :ticket ORDER BY created_at, key",
        &[(":ticket", &key)],
        attachment,
    )?;
    ticket.escalations = rows.all(
        "SELECT target, reason, by, at FROM escalation WHERE tenant = :tenant AND ticket = :ticket ORDER BY at, key",
        &[(":ticket", &key)],
        |row| Ok(Escalation { target: row.get(0)?, reason: text(row, 1)?, by: row.get(2)?, at: time(row, 3)? }),
    )?;
    Ok(Owned::new(Owner::Organisation(organisation), ticket))
}

macro_rules! comments {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, a.id, a.name, a.email, c.id, c.name, c.email, m.author, m.body, m.created_at, m.internal
             FROM comment m LEFT JOIN agent a ON a.key = m.agent LEFT JOIN contact c ON c.key = m.contact
             WHERE m.tenant = :tenant",
            $rest
        )
    };
}

const COMMENTS: &str = comments!(" AND m.ticket = :ticket ORDER BY m.created_at, m.key");

/// One comment by its key.
pub(super) fn stored_comment(rows: &Rows<'_>, key: i64) -> Result<Comment> {
    let found = rows.one(comments!(" AND m.key = :key"), &[(":key", &key)], comment)?;
    found.ok_or_else(|| Error::internal("a comment is gone").into())
}

fn comment(row: &Row<'_>) -> Result<Comment> {
    let author = match some_agent(row, 1)? {
        Some(agent) => Author::Agent(agent),
        None => {
            let contact = match row.get::<_, Option<String>>(4)? {
                Some(_) => Some(id(row, 4, ContactId::new)?),
                None => None,
            };
            let name: Option<String> = row.get(5)?;
            let name = if name.is_some() { name } else { row.get(7)? };
            Author::Customer(Person { contact, name: name.unwrap_or_default(), email: row.get(6)? })
        }
    };
    Ok(Comment {
        id: id(row, 0, postern_api::id::CommentId::new)?,
        author,
        body: text(row, 8)?,
        created_at: time(row, 9)?,
        internal: row.get(10)?,
    })
}

pub(super) fn attachment(row: &Row<'_>) -> Result<Attachment> {
    Ok(Attachment {
        id: id(row, 0, AttachmentId::new)?,
        name: text(row, 1)?,
        content_type: row.get(2)?,
        size: count(row, 3)?,
        created_at: time(row, 4)?,
        internal: row.get(5)?,
    })
}
