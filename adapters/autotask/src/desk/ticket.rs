//! A ticket in our words.

use super::notes;
use super::people::agent;
use crate::adapter::Autotask;
use crate::picklist::{Picklists, USUAL};
use crate::wire::{ContactRow, FileRow, PUBLIC, TicketRow, into_lines, name, owner, time};
use jiff::Timestamp;
use postern_api::{
    Attachment, AttachmentId, CallCx, ContactId, Error, Owned, Owner, Person, Result, Sla, Text, Ticket, TicketId,
    TicketStatus, Visibility,
};
use serde::Deserialize;
use std::collections::BTreeSet;

impl Autotask {
    /// A ticket with its comments, files and escalations. Where the row names nobody in reach, nothing more is read.
    pub(crate) async fn whole_ticket(&self, cx: &CallCx, row: TicketRow) -> Result<Owned<Ticket>> {
        let owner = owner(row.company);
        let lists = self.picklists(cx).await?;
        let reachable = matches!(&owner, Owner::Organisation(it) if cx.reach.contains(it));
        let (id, assignee, contact) = (row.id.id(), row.assigned_resource.id(), row.contact.id());
        let mut ticket = self.ticket_of(row, &lists)?;
        let Some(id) = id.filter(|_| reachable) else { return Ok(Owned::new(owner, ticket)) };
        let history = self.history(cx, id).await?;
        ticket.attachments = self.files(cx, id).await?;
        (ticket.public_comments, ticket.internal_comments) = notes::count(&history.comments);
        let file = ticket.attachments.iter().filter(|it| !it.internal).map(|it| it.created_at).max();
        ticket.public_updated_at =
            ticket.public_updated_at.max(history.public_at.unwrap_or_default()).max(file.unwrap_or_default());
        ticket.updated_at = ticket.updated_at.max(ticket.public_updated_at);
        ticket.comments = history.comments;
        ticket.escalations = history.escalations;
        let named = assignee.into_iter().collect();
        let resources = self.resource_names(cx, &named).await?;
        ticket.assignee = assignee.map(|it| agent(it, &resources));
        let asked: BTreeSet<i64> = contact.into_iter().collect();
        if let Some(contact) = contact
            && let Some(found) = self.contacts_by_id(cx, &asked).await?.get(&contact)
        {
            introduce(&mut ticket, &owner, found);
        }
        Ok(Owned::new(owner, ticket))
    }

    /// A ticket from its row alone: without the names of people.
    pub(crate) fn ticket_of(&self, row: TicketRow, lists: &Picklists) -> Result<Ticket> {
        let id = row.id.id().and_then(|id| TicketId::new(&id.to_string()).ok());
        let created_at = row.create_date.0.unwrap_or(Timestamp::UNIX_EPOCH);
        let responded_at = row.first_response_date_time.0;
        let resolved_at = row.resolved_date_time.0.or(row.completed_date.0);
        // Only times that no internal note moves.
        let seen = [responded_at, resolved_at, row.last_customer_visible_activity_date_time.0];
        let public_updated_at = seen.into_iter().flatten().fold(created_at, Timestamp::max);
        let touched = row.last_activity_date.0.unwrap_or_default();
        let status = lists.status(row.status.id());
        // While the ticket is open it is a draft of somebody's.
        let ended = matches!(status, TicketStatus::Closed | TicketStatus::Resolved);
        let visibility = self.visibility(&row);
        let resolution = row.resolution.get().is_some_and(|_| ended).then(|| Text::new(into_lines(row.resolution)));
        Ok(Ticket {
            id: id.ok_or_else(|| Error::bad_reply("a ticket without a number"))?,
            subject: Text::new(row.title.take().unwrap_or_default()),
            description: Text::new(into_lines(row.description)),
            status,
            priority: lists.priorities.meaning(row.priority.id()).unwrap_or(USUAL),
            category: lists.category(row.issue_type.id()).to_owned(),
            visibility,
            requester: Person {
                contact: row.contact.id().and_then(|id| ContactId::new(&id.to_string()).ok()),
                name: "Unknown".to_owned(),
                email: None,
            },
            assignee: None,
            created_at,
            updated_at: public_updated_at.max(touched),
            public_updated_at,
            sla: Sla {
                response_due: row.first_response_due_date_time.0,
                responded_at,
                resolution_due: row.resolved_due_date_time.0.or(row.due_date_time.0),
                resolved_at,
                breach_reason: None,
            },
            public_comments: 0,
            internal_comments: 0,
            comments: vec![],
            attachments: vec![],
            escalations: vec![],
            resolution,
        })
    }

    /// Who at the customer may read a ticket: where the mark cannot be read, only the requester.
    pub(crate) fn visibility(&self, row: &TicketRow) -> Visibility {
        match &self.config.private_field {
            Some(field) => match row.user_defined_fields.text(field) {
                Some(text) if text.eq_ignore_ascii_case("no") => Visibility::Organisation,
                Some(_) | None => Visibility::Private,
            },
            None => self.config.unmarked_visibility,
        }
    }

    async fn files(&self, cx: &CallCx, ticket: i64) -> Result<Vec<Attachment>> {
        #[derive(Deserialize)]
        struct Answer {
            items: Vec<FileRow>,
        }
        let path = ["Tickets", &ticket.to_string(), "Attachments"];
        let answer: Answer = self.client.get(cx, "TicketAttachments", &path, "ticket").await?;
        let mut files = Vec::new();
        for row in answer.items {
            // A file that names another record is not this ticket's.
            let Some(id) = row.id.id().filter(|_| row.parent.id() == Some(ticket)) else { continue };
            files.push(Attachment {
                id: AttachmentId::new(&id.to_string()).map_err(|_| Error::bad_reply("a file's number"))?,
                name: Text::new(row.title.get().or(row.full_path.get()).unwrap_or("file")),
                content_type: row.content_type.get().unwrap_or("application/octet-stream").to_owned(),
                size: row.file_size.count(),
                created_at: time(&row.attach_date).unwrap_or(Timestamp::UNIX_EPOCH),
                internal: row.publish.0 != Some(PUBLIC),
            });
        }
        files.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
        Ok(files)
    }
}

/// Names the requester, if the person's own row says the ticket's organisation: nobody else's name is shown.
pub(crate) fn introduce(ticket: &mut Ticket, organisation: &Owner, contact: &ContactRow) {
    if owner(contact.company) == *organisation {
        ticket.requester.name = name(&contact.first_name, &contact.last_name);
        ticket.requester.email = contact.email_address.get().map(str::to_lowercase);
    }
}
