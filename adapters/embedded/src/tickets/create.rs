//! New tickets: limit, requester, attachments and the ticket itself in one transaction.

use super::one;
use crate::adapter::required_organisation;
use crate::convert::{id, micros, priority_number, some_micros, visibility_number};
use crate::fail::{Result, refuse};
use crate::rows::Rows;
use crate::words::{self, Piece};
use jiff::{Timestamp, tz::TimeZone};
use postern_api::*;

/// A ticket, or with [`Visibility::Staff`] a task, which uses up no limit.
pub(super) fn create(rows: &Rows<'_>, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
    if let Some(reference) = &cx.reference
        && let Some(earlier) = by_reference(rows, reference)?
    {
        return one::whole(rows, &cx.reach, &earlier);
    }
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    let requester = requester(rows, organisation, &new.requester)?;
    let task = new.visibility == Visibility::Staff;
    if let Some((most, since)) = new.limit.filter(|_| !task) {
        let count: i64 = rows
            .one(
                "SELECT count(*) FROM ticket
                 WHERE tenant = :tenant AND organisation = :organisation AND created_at >= :since
                 AND private <> 2",
                &[(":organisation", &organisation), (":since", &micros(since))],
                |row| Ok(row.get(0)?),
            )?
            .unwrap_or(0);
        if count >= i64::from(most) {
            return refuse(ErrorKind::LimitReached, "the organisation's ticket limit is reached");
        }
    }
    let now = Timestamp::now();
    let year = now.to_zoned(TimeZone::UTC).year();
    let ticket = format!("TK-{year}-{:06}", rows.next("ticket")?);
    let key = rows.insert(
        "INSERT INTO ticket (tenant, id, organisation, requester, subject, description, status, priority, category,
         private, created_at, updated_at, public_updated_at, response_due, resolution_due, reference)
         VALUES (:tenant, :id, :organisation, :requester, :subject, :description, 0, :priority, :category, :private,
         :now, :now, :now, :response_due, :resolution_due, :reference)",
        &[
            (":id", &ticket),
            (":organisation", &organisation),
            (":requester", &requester),
            (":subject", &new.subject),
            (":description", &new.description),
            (":priority", &priority_number(new.priority)),
            (":category", &new.category.as_deref().unwrap_or("General")),
            (":private", &visibility_number(new.visibility)),
            (":now", &micros(now)),
            (":response_due", &some_micros(new.response_due)),
            (":resolution_due", &some_micros(new.resolution_due)),
            (":reference", &cx.reference),
        ],
    )?;
    words::index(rows, key, Piece::Request, &format!("{ticket} {} {}", new.subject, new.description))?;
    for file in &new.attachments {
        attach(rows, (key, organisation), file, task)?;
    }
    let ticket = TicketId::new(&ticket).map_err(|e| Error::internal("a ticket's id").because(e))?;
    one::whole(rows, &cx.reach, &ticket)
}

fn by_reference(rows: &Rows<'_>, reference: &str) -> Result<Option<TicketId>> {
    rows.one(
        "SELECT id FROM ticket WHERE tenant = :tenant AND reference = :reference",
        &[(":reference", &reference)],
        |row| id(row, 0, TicketId::new),
    )
}

fn requester(rows: &Rows<'_>, organisation: i64, contact: &ContactId) -> Result<i64> {
    let found = rows.one(
        "SELECT key FROM contact
         WHERE tenant = :tenant AND id = :id AND organisation = :organisation AND active = 1",
        &[(":id", &contact.as_str()), (":organisation", &organisation)],
        |row| Ok(row.get(0)?),
    )?;
    match found {
        Some(key) => Ok(key),
        None => refuse(ErrorKind::InvalidArgument, "the requester is no active contact of the organisation"),
    }
}

/// A file can be attached once, and only by the organisation that uploaded it.
pub(super) fn attach(
    rows: &Rows<'_>,
    (ticket, organisation): (i64, i64),
    file: &AttachmentId,
    internal: bool,
) -> Result<()> {
    let changed = rows.change(
        "UPDATE attachment SET ticket = :ticket, internal = :internal
         WHERE tenant = :tenant AND id = :id AND organisation = :organisation AND ticket IS NULL
         AND (internal = 0 OR :internal = 1)",
        &[(":ticket", &ticket), (":internal", &internal), (":id", &file.as_str()), (":organisation", &organisation)],
    )?;
    if changed == 1 {
        return Ok(());
    }
    refuse(ErrorKind::InvalidArgument, "an attachment is unknown or already used; upload it first and use its id once")
}

/// A file that hangs on nothing yet. Another organisation's and one that was used are as if they were not there.
pub(super) fn uploaded(
    rows: &Rows<'_>,
    reach: &Reach,
    organisation: &ExternalId,
    file: &AttachmentId,
) -> Result<Owned<Attachment>> {
    let key = required_organisation(rows, reach, organisation)?;
    let found = rows.one(
        "SELECT id, name, content_type, size, created_at, internal FROM attachment
         WHERE tenant = :tenant AND id = :id AND organisation = :organisation AND ticket IS NULL",
        &[(":id", &file.as_str()), (":organisation", &key)],
        one::attachment,
    )?;
    let found = found.ok_or_else(|| Error::not_found("attachment"))?;
    Ok(Owned::new(Owner::Organisation(organisation.clone()), found))
}
