//! A ticket in our words.

use super::notes::About;
use crate::adapter::{ConnectWise, clean, plain};
use crate::client::Query;
use crate::vocabulary::Meanings;
use crate::wire::{self, DocumentRow, Flag, Ref, TicketRow, field, owner, time};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use postern_api::{
    Agent, Attachment, AttachmentId, CallCx, ContactId, Error, ErrorKind, Owned, Owner, Person, Result, Sla, Text,
    Ticket, TicketId, TicketStatus, Visibility,
};

/// Files whose particulars are read.
const FILES: usize = 20;
const AT_ONCE: usize = 4;

impl ConnectWise {
    /// A ticket as the vendor has it. Those of other boards and kinds are not there.
    pub(crate) async fn ticket_row(&self, cx: &CallCx, id: i64) -> Result<TicketRow> {
        let row: TicketRow = self.client.one(cx, &["service", "tickets"], id, wire::TICKET, "ticket").await?;
        if self.exists(&row) { Ok(row) } else { Err(Error::not_found("ticket")) }
    }

    /// Whether Postern knows tickets like this one.
    pub(crate) fn exists(&self, row: &TicketRow) -> bool {
        let board = row.board.id.id().is_some_and(|it| it == self.config.board || self.config.boards.contains(&it));
        board && row.record_type.get().is_none_or(|it| it == "ServiceTicket")
    }

    /// A ticket with its comments, files and escalations. Where the row names nobody in reach, nothing more is read.
    pub(crate) async fn whole_ticket(&self, cx: &CallCx, row: TicketRow) -> Result<Owned<Ticket>> {
        let owner = owner(row.company.id);
        let meanings = self.meanings(cx).await?;
        let reachable = matches!(&owner, Owner::Organisation(it) if cx.reach.contains(it));
        let (id, stamp) = (row.id.id(), stamp(&row));
        let mut ticket = self.ticket_of(row, &meanings)?;
        let Some(id) = id.filter(|_| reachable) else { return Ok(Owned::new(owner, ticket)) };
        let about = [about(id, stamp, &ticket)];
        let (histories, files) = futures::try_join!(self.histories(cx, &about), self.files(cx, id))?;
        let history = histories.into_iter().next().unwrap_or_default();
        (ticket.public_comments, ticket.internal_comments) = history.count();
        let file = files.iter().filter(|it| !it.internal).map(|it| it.created_at).max();
        ticket.public_updated_at =
            ticket.public_updated_at.max(history.public_at.unwrap_or_default()).max(file.unwrap_or_default());
        ticket.updated_at = ticket.updated_at.max(ticket.public_updated_at);
        ticket.description = history.description;
        ticket.comments = history.comments;
        ticket.escalations = history.escalations;
        ticket.resolution = history.resolution;
        ticket.attachments = files;
        Ok(Owned::new(owner, ticket))
    }

    /// A ticket from its row alone, which has no description.
    pub(crate) fn ticket_of(&self, row: TicketRow, meanings: &Meanings) -> Result<Ticket> {
        let id = row.id.id().and_then(|id| TicketId::new(&id.to_string()).ok());
        let created_at = row.info.date_entered.0.unwrap_or(Timestamp::UNIX_EPOCH);
        let (responded_at, closed_at) = (row.date_responded.0, row.closed_date.0);
        let resolved_at = row.date_resolved.0.or(closed_at);
        // Only times that no internal note moves.
        let public_updated_at = created_at.max(responded_at.unwrap_or_default()).max(resolved_at.unwrap_or_default());
        let (status, priority, visibility) = (meanings.status(&row), meanings.priority(&row), self.visibility(&row));
        let asker = row.contact_name.take().or_else(|| row.contact.0.name.take());
        Ok(Ticket {
            id: id.ok_or_else(|| Error::bad_reply("a ticket without a number"))?,
            subject: Text::new(plain(&row.summary)),
            description: Text::default(),
            status,
            priority,
            category: row.r#type.0.name.take().unwrap_or_else(|| "General".to_owned()),
            visibility,
            requester: Person {
                contact: row.contact.0.id.id().and_then(|id| ContactId::new(&id.to_string()).ok()),
                name: asker.unwrap_or_else(|| "Unknown".to_owned()),
                email: row.contact_email_address.get().map(str::to_lowercase),
            },
            assignee: assignee(row.owner.0, row.team.0),
            created_at,
            updated_at: public_updated_at.max(time(&row.info.last_updated).unwrap_or_default()),
            public_updated_at,
            sla: Sla {
                response_due: row.respond_by_goal.0,
                responded_at,
                resolution_due: row.resolution_goal.0.or(row.required_date.0),
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
        match self.config.private_field {
            Some(id) if field(&row.custom_fields, id).is_some_and(|it| it.flag == Flag::No) => Visibility::Organisation,
            Some(_) => Visibility::Private,
            None => self.config.unmarked_visibility,
        }
    }

    /// The files of a ticket. Which ones they are is told by the address, not by a filter that could be ignored.
    async fn files(&self, cx: &CallCx, ticket: i64) -> Result<Vec<Attachment>> {
        let path = ["service", "tickets", &ticket.to_string(), "documents"];
        let rows = match self.client.every::<DocumentRow>(cx, &path, &Query::default()).await {
            Ok(found) => found.rows,
            // Files are not for Postern's account, and a ticket is whole without them.
            Err(e) if e.kind() == ErrorKind::Forbidden => return Ok(vec![]),
            Err(e) => return Err(e),
        };
        let mut files: Vec<Attachment> = stream::iter(rows.into_iter().take(FILES))
            .map(|short| async move {
                let Some(id) = short.id.id() else { return Err(Error::bad_reply("a file without a number")) };
                match self.client.one::<DocumentRow>(cx, &["system", "documents"], id, "", "file").await {
                    Ok(whole) => attachment(&whole),
                    // Not for our account, or gone meanwhile: there is a file, and nobody may say more.
                    Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => attachment(&short),
                    Err(e) => Err(e),
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        files.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
        Ok(files)
    }
}

/// What has to be known of a ticket to read its notes.
pub(crate) fn about(id: i64, stamp: Option<String>, ticket: &Ticket) -> About {
    let ended = matches!(ticket.status, TicketStatus::Closed | TicketStatus::Resolved);
    About { id, created_at: ticket.created_at, ended, stamp }
}

/// What a ticket says about its last change.
pub(crate) fn stamp(row: &TicketRow) -> Option<String> {
    row.info.last_updated.get().map(str::to_owned)
}

fn assignee(owner: Ref, team: Ref) -> Option<Agent> {
    let reference = if owner.id.id().is_some() { owner } else { team };
    let id = reference.id.id()?.to_string();
    Some(Agent { id, name: reference.name.take().unwrap_or_else(|| "Support".to_owned()), email: None })
}

fn attachment(row: &DocumentRow) -> Result<Attachment> {
    let id = row.id.id().and_then(|id| AttachmentId::new(&id.to_string()).ok());
    let name = row.file_name.get().or(row.title.get()).or(row.name.get()).unwrap_or("file");
    Ok(Attachment {
        id: id.ok_or_else(|| Error::bad_reply("a file without a number"))?,
        name: Text::new(clean(name)),
        content_type: "application/octet-stream".into(),
        size: row.size.0.and_then(|it| u64::try_from(it).ok()).unwrap_or_default(),
        created_at: row.info.date_entered.0.or_else(|| time(&row.info.last_updated)).unwrap_or(Timestamp::UNIX_EPOCH),
        internal: row.public_flag != Flag::Yes,
    })
}
