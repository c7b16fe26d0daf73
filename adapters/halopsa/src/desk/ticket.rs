//! A ticket in our words.

use super::actions;
use crate::adapter::HaloPsa;
use crate::text;
use crate::vocabulary::{Meanings, USUAL};
use crate::wire::{AttachmentRow, TicketRow, owner};
use jiff::Timestamp;
use postern_api::{
    Agent, Attachment, AttachmentId, CallCx, ContactId, Error, Owned, Person, Result, Sla, Text, Ticket, TicketId,
    TicketStatus, Visibility,
};
use std::collections::BTreeSet;

impl HaloPsa {
    /// A ticket as the vendor has it. Deleted ones and those of other types are not there.
    pub(crate) async fn ticket_row(&self, cx: &CallCx, id: i64) -> Result<TicketRow> {
        let query = [("includedetails", "true".to_owned())];
        let row: TicketRow = self.client.one(cx, "Tickets", id, &query, "ticket").await?;
        if self.exists(&row) { Ok(row) } else { Err(Error::not_found("ticket")) }
    }

    /// Whether Postern knows tickets like this one.
    pub(crate) fn exists(&self, row: &TicketRow) -> bool {
        let types = &self.config.ticket_types;
        let known = types.is_empty() || row.tickettype_id.id().is_some_and(|it| types.contains(&it));
        known && row.deleted.0 != Some(true)
    }

    /// A ticket with its comments, files and escalations. Where the row names nobody in reach, nothing more is read.
    pub(crate) async fn whole_ticket(&self, cx: &CallCx, row: TicketRow) -> Result<Owned<Ticket>> {
        let owner = owner(row.client_id);
        let statuses = self.statuses(cx).await?;
        let reachable = matches!(&owner, postern_api::Owner::Organisation(it) if cx.reach.contains(it));
        let (id, files) = (row.id.id(), row.attachment_count);
        let mut ticket = self.ticket_of(row, &statuses)?;
        let Some(id) = id.filter(|_| reachable) else { return Ok(Owned::new(owner, ticket)) };
        let history = self.history(cx, id, &statuses).await?;
        ticket.attachments = match files.0 {
            Some(0) => vec![],
            Some(_) | None => self.attachments(cx, id, &history.public_actions).await?,
        };
        (ticket.public_comments, ticket.internal_comments) = actions::count(&history.comments);
        let file = ticket.attachments.iter().filter(|it| !it.internal).map(|it| it.created_at).max();
        ticket.public_updated_at =
            ticket.public_updated_at.max(history.public_at.unwrap_or_default()).max(file.unwrap_or_default());
        ticket.updated_at = ticket.updated_at.max(ticket.public_updated_at);
        ticket.comments = history.comments;
        ticket.escalations = history.escalations;
        ticket.resolution = history.resolution;
        Ok(Owned::new(owner, ticket))
    }

    /// A ticket from its row alone.
    pub(crate) fn ticket_of(&self, row: TicketRow, statuses: &Meanings<TicketStatus>) -> Result<Ticket> {
        let id = row.id.id().and_then(|id| TicketId::new(&id.to_string()).ok());
        let (read, at) = (|text| self.clock.read(text), |when| self.clock.at(when));
        let created_at = at(row.dateoccurred).or_else(|| at(row.datecreated)).unwrap_or(Timestamp::UNIX_EPOCH);
        let (responded_at, resolved_at) = (at(row.responsedate), at(row.dateclosed));
        // Only times that no internal note moves.
        let public_updated_at = created_at.max(responded_at.unwrap_or_default()).max(resolved_at.unwrap_or_default());
        let touched = [read(&row.last_update), read(&row.lastactiondate)].into_iter().flatten().max();
        let description = match row.details_html.get() {
            Some(html) => text::from_html(html),
            None => text::plain(row.details.or_empty()),
        };
        let (visibility, assignee) = (self.visibility(&row), self.assignee(&row));
        Ok(Ticket {
            id: id.ok_or_else(|| Error::bad_reply("a ticket without a number"))?,
            subject: Text::new(text::plain(row.summary.or_empty())),
            description: Text::new(description),
            status: statuses.meaning(row.status_id.id()).unwrap_or(TicketStatus::Other),
            priority: self.priorities.meaning(row.priority_id.id()).unwrap_or(USUAL),
            category: row.category_1.take().unwrap_or_else(|| "General".to_owned()),
            visibility,
            requester: Person {
                contact: row.user_id.id().and_then(|id| ContactId::new(&id.to_string()).ok()),
                name: row.user_name.take().unwrap_or_else(|| "Unknown".to_owned()),
                email: row.user_email.get().map(str::to_lowercase),
            },
            assignee,
            created_at,
            updated_at: public_updated_at.max(touched.unwrap_or_default()),
            public_updated_at,
            sla: Sla {
                response_due: at(row.respondbydate),
                responded_at,
                resolution_due: at(row.fixbydate),
                resolved_at,
                breach_reason: row.slaexcuse.get().map(text::plain),
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
            Some(field) => row.customfields.flag(field) != Some(false),
            None => self.config.unmarked_visibility == Visibility::Private,
        };
        if private || row.is_sensitive.0 == Some(true) { Visibility::Private } else { Visibility::Organisation }
    }

    fn assignee(&self, row: &TicketRow) -> Option<Agent> {
        let id = row.agent_id.id().filter(|it| *it != self.config.unassigned_agent_id)?;
        let name = row.agent_name.get().or(row.team.get()).unwrap_or("Support");
        Some(Agent { id: id.to_string(), name: name.to_owned(), email: None })
    }

    async fn attachments(&self, cx: &CallCx, ticket: i64, public: &BTreeSet<i64>) -> Result<Vec<Attachment>> {
        let query = [("ticket_id", ticket.to_string())];
        let found = self.client.whole::<AttachmentRow>(cx, "Attachment", "attachments", &query).await?;
        let mut files = Vec::new();
        for row in found.rows {
            // The filter may have been ignored: a file that does not name this ticket is not this ticket's.
            let named = row.ticket_id.id().or(row.faultid.id());
            let Some(id) = row.id.id().filter(|_| named == Some(ticket)) else { continue };
            let on_public = row.action_id.id().is_none_or(|it| public.contains(&it));
            files.push(Attachment {
                id: AttachmentId::new(&id.to_string()).map_err(|_| Error::bad_reply("a file's number"))?,
                name: Text::new(row.filename.or_empty()),
                content_type: row.content_type.get().unwrap_or("application/octet-stream").to_owned(),
                size: row.filesize.count(),
                created_at: self.clock.read(&row.datecreated).unwrap_or(Timestamp::UNIX_EPOCH),
                internal: row.showforusers.0 != Some(true) || !on_public,
            });
        }
        files.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
        Ok(files)
    }
}
