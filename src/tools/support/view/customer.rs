//! A ticket as its customer sees it: no field for what employees alone may know.

use super::super::sla::{self, ResolutionState, ResponseState};
use super::{AttachmentView, AuthorType, PersonView, TicketVisibility, author, staff_name};
use jiff::Timestamp;
use postern_api::{
    Agent, Author, Comment, CommentId, Pii, Priority, Text, Ticket, TicketId, TicketStatus, Withheld, classified,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Somebody at the MSP, as customers see them.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct AgentName {
    name: Pii,
}

/// What a ticket holds that customers must not find anywhere in the answer.
pub(in crate::tools) fn withheld(ticket: &Ticket) -> Withheld {
    let mut values = Vec::new();
    let mut agent = |it: &Agent| values.extend(it.email.iter().cloned().chain([it.id.clone()]));
    ticket.assignee.iter().for_each(&mut agent);
    for comment in &ticket.comments {
        if let Author::Agent(it) = &comment.author {
            agent(it);
        }
    }
    values.extend(ticket.sla.breach_reason.clone());
    values.extend(ticket.escalations.iter().map(|it| it.target.clone()));
    // Short values (a bare number) would take innocent words with them.
    values.retain(|it| it.chars().count() >= 4);
    Withheld(values)
}

/// A ticket in a customer's list.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct CustomerTicket {
    ticket_id: TicketId,
    subject: Text,
    status: TicketStatus,
    priority: Priority,
    category: Text,
    created_at: Timestamp,
    updated_at: Timestamp,
    created_by: PersonView,
    #[serde(skip_serializing_if = "classified::absent")]
    assigned_to: Option<Pii>,
    sla_status: ResolutionState,
    comment_count: u32,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

impl CustomerTicket {
    pub(in crate::tools) fn of(ticket: &Ticket, now: Timestamp) -> Self {
        Self {
            ticket_id: ticket.id.clone(),
            subject: ticket.subject.clone(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.as_str().into(),
            created_at: ticket.created_at,
            updated_at: ticket.public_updated_at,
            created_by: PersonView::of(&ticket.requester),
            assigned_to: ticket.assignee.as_ref().map(staff_name),
            sla_status: sla::resolution(ticket, now),
            comment_count: ticket.public_comments,
            withheld: withheld(ticket),
        }
    }
}

/// How a ticket stands against its service level, as customers see it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct CustomerSla {
    response: ResponseState,
    resolution: ResolutionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_due: Option<Timestamp>,
}

/// A comment that customers may read.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct CustomerComment {
    comment_id: CommentId,
    author_type: AuthorType,
    author_name: Pii,
    content: Text,
    created_at: Timestamp,
}

impl CustomerComment {
    /// `None` for an internal note.
    fn of(comment: &Comment) -> Option<Self> {
        let (author_type, author_name) = author(&comment.author);
        (!comment.internal).then(|| Self {
            comment_id: comment.id.clone(),
            author_type,
            author_name,
            content: comment.body.clone(),
            created_at: comment.created_at,
        })
    }
}

/// A ticket as its customer sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct CustomerTicketDetail {
    ticket_id: TicketId,
    subject: Text,
    description: Text,
    status: TicketStatus,
    priority: Priority,
    category: Text,
    visibility: TicketVisibility,
    created_at: Timestamp,
    updated_at: Timestamp,
    created_by: PersonView,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<AgentName>,
    sla_status: CustomerSla,
    comments: Vec<CustomerComment>,
    attachments: Vec<AttachmentView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<Text>,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

impl CustomerTicketDetail {
    pub(in crate::tools) fn of(ticket: &Ticket, now: Timestamp) -> Self {
        Self {
            ticket_id: ticket.id.clone(),
            subject: ticket.subject.clone(),
            description: ticket.description.clone(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.as_str().into(),
            visibility: ticket.visibility.into(),
            created_at: ticket.created_at,
            updated_at: ticket.public_updated_at,
            created_by: PersonView::of(&ticket.requester),
            assigned_to: ticket.assignee.as_ref().map(|it| AgentName { name: staff_name(it) }),
            sla_status: CustomerSla {
                response: sla::response(&ticket.sla, now),
                resolution: sla::resolution(ticket, now),
                resolution_due: ticket.sla.resolution_due,
            },
            comments: ticket.comments.iter().filter_map(CustomerComment::of).collect(),
            attachments: ticket
                .attachments
                .iter()
                .filter(|it| !it.internal)
                .map(|it| AttachmentView::of(it, false))
                .collect(),
            resolution: ticket.resolution.clone(),
            withheld: withheld(ticket),
        }
    }
}
