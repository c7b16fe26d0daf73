//! A ticket in our words.

use super::comments;
use crate::adapter::Syncro;
use crate::vocabulary::Meant;
use crate::wire::{TicketRow, owner, time};
use jiff::Timestamp;
use postern_api::{
    Agent, Attachment, AttachmentId, CallCx, ContactId, Error, Owned, Owner, Person, Result, Sla, Text, Ticket,
    TicketId, TicketStatus, Visibility,
};

/// Whether a ticket is solved, so that it has a resolution.
pub(super) fn over(status: TicketStatus) -> bool {
    matches!(status, TicketStatus::Closed | TicketStatus::Resolved)
}

impl Syncro {
    /// A ticket as the vendor has it.
    pub(crate) async fn ticket_row(&self, cx: &CallCx, id: i64) -> Result<TicketRow> {
        self.client.one(cx, "tickets", id, "ticket").await
    }

    /// A ticket with its comments, files and escalations. Where the row names nobody in reach, nothing more is read.
    pub(crate) async fn whole_ticket(&self, cx: &CallCx, row: TicketRow) -> Result<Owned<Ticket>> {
        let owner = owner(row.customer_id);
        let reachable = matches!(&owner, Owner::Organisation(it) if cx.reach.contains(it));
        let mut meant = Meant::default();
        let Some(id) = row.id.id().filter(|_| reachable) else {
            return Ok(Owned::new(owner, self.ticket_of(row, &mut meant)?));
        };
        let history = self.history(cx, id, over(self.status(&row))).await?;
        let attachments = attachments(&row)?;
        let mut ticket = self.ticket_of(row, &mut meant)?;
        if let Some(description) = history.description {
            ticket.description = Text::new(description);
        }
        (ticket.public_comments, ticket.internal_comments) = (history.known.public, history.known.internal);
        ticket.sla.responded_at = history.known.responded_at;
        ticket.public_updated_at = ticket.public_updated_at.max(history.known.public_at.unwrap_or_default());
        ticket.updated_at = ticket.updated_at.max(ticket.public_updated_at);
        ticket.attachments = attachments;
        ticket.comments = history.comments;
        ticket.escalations = history.escalations;
        ticket.resolution = history.resolution;
        Ok(Owned::new(owner, ticket))
    }

    /// A ticket from its row alone.
    pub(crate) fn ticket_of(&self, row: TicketRow, meant: &mut Meant) -> Result<Ticket> {
        let status = meant.status(&self.config.statuses, row.status.or_empty());
        let visibility = self.visibility(&row);
        let id = row.id.named(TicketId::of_number);
        let created_at = row.created_at.0.unwrap_or(Timestamp::UNIX_EPOCH);
        let resolved_at = row.resolved_at.0;
        let updated_at = time(&row.updated_at).unwrap_or_default();
        // Only times that no note for staff moves.
        let public_updated_at = created_at.max(resolved_at.unwrap_or_default());
        let contact = row.contact.0.as_ref().filter(|it| it.id.id().is_some() && it.id == row.contact_id);
        let email = contact.and_then(|it| it.email.get()).map(str::to_lowercase);
        let asker = row.contact_fullname.take().or_else(|| contact?.name.get().map(str::to_owned));
        let asker = asker.or_else(|| row.customer_business_then_name.take());
        Ok(Ticket {
            id: id.ok_or_else(|| Error::bad_reply("a ticket without a number"))?,
            subject: Text::new(row.subject.take().unwrap_or_default()),
            description: Text::new(row.comments.0.into_iter().find_map(comments::into_description).unwrap_or_default()),
            status,
            priority: meant.priority(&self.config.priorities, row.priority.or_empty()),
            category: row.problem_type.take().unwrap_or_else(|| "General".to_owned()),
            visibility,
            requester: Person {
                contact: row.contact_id.named(ContactId::of_number),
                name: asker.unwrap_or_else(|| "Unknown".to_owned()),
                email,
            },
            assignee: row.user_id.id().map(|id| {
                let user = row.user.0.as_ref().filter(|it| it.id == row.user_id);
                let name = user.and_then(|it| it.full_name.get()).unwrap_or("Support");
                Agent { id: id.to_string(), name: name.to_owned(), email: None }
            }),
            created_at,
            updated_at: public_updated_at.max(updated_at),
            public_updated_at,
            sla: Sla {
                response_due: None,
                responded_at: None,
                // The vendor fills in the time of creation where nobody set one.
                resolution_due: row.due_date.0.filter(|it| *it > created_at),
                resolved_at,
                breach_reason: None,
            },
            public_comments: 0,
            internal_comments: 0,
            comments: vec![],
            attachments: vec![],
            escalations: vec![],
            resolution: None,
        })
    }

    /// Who at the customer may read a ticket: where the mark cannot be read, only the requester.
    pub(crate) fn visibility(&self, row: &TicketRow) -> Visibility {
        let private = match &self.config.private_field {
            Some(field) => row.properties.flag(field) != Some(false),
            None => self.config.unmarked_visibility == Visibility::Private,
        };
        if private { Visibility::Private } else { Visibility::Organisation }
    }
}

/// The ticket's files. The vendor does not say which of them a customer may see, so none.
fn attachments(row: &TicketRow) -> Result<Vec<Attachment>> {
    let mut files = Vec::new();
    for file in &row.attachments.0 {
        let id = file.id.id().and_then(|id| AttachmentId::new(&id.to_string()).ok());
        files.push(Attachment {
            id: id.ok_or_else(|| Error::bad_reply("a file without a number"))?,
            name: Text::new(postern_api::html::plain(file.file_name.or_empty())),
            content_type: file.content_type.get().unwrap_or("application/octet-stream").to_owned(),
            size: file.file_size.count(),
            created_at: file.created_at.0.unwrap_or(Timestamp::UNIX_EPOCH),
            internal: true,
        });
    }
    files.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
    Ok(files)
}
