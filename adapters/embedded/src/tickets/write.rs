//! Commenting, closing, escalating.
//!
//! A write that carries a reference has one effect: sent again, it answers what the first one did.

use super::create::attach;
use super::one;
use crate::convert::{id, micros, owner, status};
use crate::fail::{Result, refuse};
use crate::rows::Rows;
use crate::words::{self, Piece};
use jiff::Timestamp;
use postern_api::*;

/// What a write must know about the ticket it changes.
pub(super) struct Found {
    pub(super) key: i64,
    owner: Owner,
    pub(super) organisation: i64,
    status: TicketStatus,
    public_comments: i64,
    internal_comments: i64,
    close_reference: Option<String>,
    pub(super) task: bool,
}

/// Out of reach is as if it were not there.
pub(super) fn find(rows: &Rows<'_>, reach: &Reach, ticket: &TicketId) -> Result<Found> {
    let found = rows.one(
        "SELECT t.key, o.id, t.organisation, t.status, t.public_comments, t.internal_comments, t.close_reference,
         t.private = 2
         FROM ticket t JOIN organisation o ON o.key = t.organisation WHERE t.tenant = :tenant AND t.id = :id",
        &[(":id", &ticket.as_str())],
        |row| {
            let found = Found {
                key: row.get(0)?,
                owner: owner(row, 1)?,
                organisation: row.get(2)?,
                status: status(row, 3)?,
                public_comments: row.get(4)?,
                internal_comments: row.get(5)?,
                close_reference: row.get(6)?,
                task: row.get(7)?,
            };
            Ok((id(row, 1, ExternalId::new)?, found))
        },
    )?;
    match found {
        Some((organisation, found)) if reach.contains(&organisation) => Ok(found),
        Some(_) | None => Err(Error::not_found("ticket").into()),
    }
}

pub(super) fn not_closed(found: &Found) -> Result<()> {
    if found.status == TicketStatus::Closed {
        return refuse(ErrorKind::Conflict, "the ticket is closed; open a new one");
    }
    Ok(())
}

/// The row of somebody at the MSP, by the id that the caller gave.
pub(crate) fn agent(rows: &Rows<'_>, agent: &Agent) -> Result<i64> {
    let key = rows.one(
        "INSERT INTO agent (tenant, id, name, email) VALUES (:tenant, :id, :name, :email)
         ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, email = coalesce(excluded.email, email)
         RETURNING key",
        &[(":id", &agent.id), (":name", &agent.name), (":email", &agent.email)],
        |row| Ok(row.get(0)?),
    )?;
    key.ok_or_else(|| Error::internal("an agent has no row").into())
}

fn contact(rows: &Rows<'_>, organisation: i64, person: &Person) -> Result<Option<i64>> {
    let Some(contact) = &person.contact else { return Ok(None) };
    let key = rows.one(
        "SELECT key FROM contact WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
        &[(":id", &contact.as_str()), (":organisation", &organisation)],
        |row| Ok(row.get(0)?),
    )?;
    if key.is_none() {
        return refuse(ErrorKind::InvalidArgument, "the author is no contact of the ticket's organisation");
    }
    Ok(key)
}

/// The comment that an earlier write with this reference left.
fn earlier(rows: &Rows<'_>, cx: &CallCx, ticket: i64) -> Result<Option<i64>> {
    let Some(reference) = &cx.reference else { return Ok(None) };
    rows.one(
        "SELECT key FROM comment WHERE tenant = :tenant AND reference = :reference AND ticket = :ticket",
        &[(":reference", reference), (":ticket", &ticket)],
        |row| Ok(row.get(0)?),
    )
}

/// A comment and its files, in one transaction.
pub(super) fn reply(
    rows: &Rows<'_>,
    cx: &CallCx,
    ticket: &TicketId,
    new: &NewComment,
    files: &[AttachmentId],
) -> Result<Owned<Comment>> {
    let found = find(rows, &cx.reach, ticket)?;
    let done = earlier(rows, cx, found.key)?.is_some();
    let added = comment(rows, cx, ticket, new)?;
    for file in files.iter().filter(|_| !done) {
        attach(rows, (found.key, found.organisation), file, new.internal)?;
    }
    Ok(added)
}

pub(super) fn comment(rows: &Rows<'_>, cx: &CallCx, ticket: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
    let found = find(rows, &cx.reach, ticket)?;
    if let Some(key) = earlier(rows, cx, found.key)? {
        return Ok(Owned::new(found.owner, one::stored_comment(rows, key)?));
    }
    not_closed(&found)?;
    let (agent, contact, name) = match &new.author {
        Author::Agent(by) => (Some(agent(rows, by)?), None, None),
        Author::Customer(_) if new.internal => {
            return refuse(ErrorKind::InvalidArgument, "a customer cannot write internal notes");
        }
        Author::Customer(person) => (None, contact(rows, found.organisation, person)?, Some(person.name.as_str())),
    };
    let now = micros(Timestamp::now());
    let key = rows.insert(
        "INSERT INTO comment (tenant, id, ticket, agent, contact, author, body, created_at, internal, reference)
         VALUES (:tenant, :id, :ticket, :agent, :contact, :author, :body, :now, :internal, :reference)",
        &[
            (":id", &rows.fresh("CM")?),
            (":ticket", &found.key),
            (":agent", &agent),
            (":contact", &contact),
            (":author", &name),
            (":body", &new.body),
            (":now", &now),
            (":internal", &new.internal),
            (":reference", &cx.reference),
        ],
    )?;
    let ticket = [(":key", &found.key as &dyn rusqlite::ToSql), (":now", &now)];
    if new.internal {
        rows.change(
            "UPDATE ticket SET internal_comments = internal_comments + 1, updated_at = max(updated_at, :now)
             WHERE tenant = :tenant AND key = :key",
            &ticket,
        )?;
        words::index(rows, found.key, Piece::Note(found.internal_comments), &new.body)?;
    } else if agent.is_some() {
        // The first public answer stops the response clock.
        rows.change(
            "UPDATE ticket SET public_comments = public_comments + 1, updated_at = max(updated_at, :now),
             public_updated_at = max(public_updated_at, :now), responded_at = coalesce(responded_at, :now)
             WHERE tenant = :tenant AND key = :key",
            &ticket,
        )?;
    } else {
        // A customer who writes again has the ticket open again.
        rows.change(
            "UPDATE ticket SET public_comments = public_comments + 1, updated_at = max(updated_at, :now),
             public_updated_at = max(public_updated_at, :now), resolved_at = iif(status = 2, NULL, resolved_at),
             status = iif(status IN (1, 2), 0, status)
             WHERE tenant = :tenant AND key = :key",
            &ticket,
        )?;
    }
    if !new.internal {
        words::index(rows, found.key, Piece::Comment(found.public_comments), &new.body)?;
    }
    Ok(Owned::new(found.owner, one::stored_comment(rows, key)?))
}

pub(super) fn close(rows: &Rows<'_>, cx: &CallCx, ticket: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
    let found = find(rows, &cx.reach, ticket)?;
    if cx.reference.is_some() && cx.reference == found.close_reference {
        return one::whole(rows, &cx.reach, ticket);
    }
    not_closed(&found)?;
    let by = agent(rows, &closure.by)?;
    // The resolution is an answer that the customer reads, so it stops the response clock too.
    rows.change(
        "UPDATE ticket SET status = 3, resolution = :resolution, agent = coalesce(agent, :agent),
         updated_at = max(updated_at, :now), public_updated_at = max(public_updated_at, :now),
         responded_at = coalesce(responded_at, :now), resolved_at = coalesce(resolved_at, :now),
         close_reference = :reference WHERE tenant = :tenant AND key = :key",
        &[
            (":resolution", &closure.resolution),
            (":agent", &by),
            (":now", &micros(Timestamp::now())),
            (":reference", &cx.reference),
            (":key", &found.key),
        ],
    )?;
    words::index(rows, found.key, Piece::Resolution, &closure.resolution)?;
    one::whole(rows, &cx.reach, ticket)
}

pub(super) fn escalate(rows: &Rows<'_>, cx: &CallCx, ticket: &TicketId, new: &NewEscalation) -> Result<Owned<Ticket>> {
    let found = find(rows, &cx.reach, ticket)?;
    if let Some(reference) = &cx.reference {
        let earlier = rows.one(
            "SELECT 1 FROM escalation WHERE tenant = :tenant AND reference = :reference AND ticket = :ticket",
            &[(":reference", reference), (":ticket", &found.key)],
            |_| Ok(()),
        )?;
        if earlier.is_some() {
            return one::whole(rows, &cx.reach, ticket);
        }
    }
    not_closed(&found)?;
    agent(rows, &new.by)?;
    let now = micros(Timestamp::now());
    rows.insert(
        "INSERT INTO escalation (tenant, ticket, target, reason, by, at, reference)
         VALUES (:tenant, :ticket, :target, :reason, :by, :now, :reference)",
        &[
            (":ticket", &found.key),
            (":target", &new.target),
            (":reason", &new.reason),
            (":by", &new.by.name),
            (":now", &now),
            (":reference", &cx.reference),
        ],
    )?;
    rows.change(
        "UPDATE ticket SET updated_at = max(updated_at, :now) WHERE tenant = :tenant AND key = :key",
        &[(":now", &now), (":key", &found.key)],
    )?;
    one::whole(rows, &cx.reach, ticket)
}
