//! A ticket as employees see it: with internal notes, escalations and the whole service level.

use super::super::sla::{self, ResolutionState, ResponseState};
use super::{AttachmentView, AuthorType, PersonView, TicketVisibility, author, staff_name};
use jiff::Timestamp;
use postern_api::{
    About, Agent, Comment, CommentId, Escalation, Internal, OrganisationId, Pii, PiiKind, Priority, Text, Ticket,
    TicketId, TicketStatus, classified,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Somebody at the MSP, as employees see them.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct AgentView {
    #[serde(skip_serializing_if = "classified::absent")]
    id: Option<Internal<Text>>,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
}

impl AgentView {
    pub(in crate::tools) fn of(agent: &Agent) -> Self {
        Self {
            id: Some(Internal::new(agent.id.as_str().into())),
            name: staff_name(agent),
            email: agent.email.as_ref().map(|it| Pii::new(PiiKind::Email, About::Staff, it)),
        }
    }
}

/// How a ticket stands against its service level, as employees see it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct StaffSla {
    response: ResponseState,
    resolution: ResolutionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    responded_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "classified::absent")]
    breach_reason: Option<Internal<Text>>,
}

impl StaffSla {
    fn of(ticket: &Ticket, now: Timestamp) -> Self {
        let clock = &ticket.sla;
        Self {
            response: sla::response(clock, now),
            resolution: sla::resolution(ticket, now),
            response_due: clock.response_due,
            responded_at: clock.responded_at,
            resolution_due: clock.resolution_due,
            resolved_at: clock.resolved_at,
            breach_reason: clock.breach_reason.as_ref().map(|it| Internal::new(Text::new(it))),
        }
    }
}

/// A ticket in an employee's list.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct StaffTicket {
    ticket_id: TicketId,
    organization_id: OrganisationId,
    subject: Text,
    status: TicketStatus,
    priority: Priority,
    category: Text,
    visibility: TicketVisibility,
    created_at: Timestamp,
    updated_at: Timestamp,
    created_by: PersonView,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<AgentView>,
    sla_status: StaffSla,
    comment_count: u32,
    #[serde(skip_serializing_if = "classified::absent")]
    internal_note_count: Option<Internal<u32>>,
}

impl StaffTicket {
    pub(in crate::tools) fn of(ticket: &Ticket, organization_id: OrganisationId, now: Timestamp) -> Self {
        Self {
            ticket_id: ticket.id.clone(),
            organization_id,
            subject: ticket.subject.clone(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.as_str().into(),
            visibility: ticket.visibility.into(),
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            created_by: PersonView::of(&ticket.requester),
            assigned_to: ticket.assignee.as_ref().map(AgentView::of),
            sla_status: StaffSla::of(ticket, now),
            comment_count: ticket.public_comments,
            internal_note_count: Some(Internal::new(ticket.internal_comments)),
        }
    }
}

/// A comment that customers may read, or an internal note.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct StaffComment {
    comment_id: CommentId,
    author_type: AuthorType,
    author_name: Pii,
    content: Text,
    created_at: Timestamp,
}

impl StaffComment {
    fn of(comment: &Comment) -> Self {
        let (author_type, author_name) = author(&comment.author);
        Self {
            comment_id: comment.id.clone(),
            author_type,
            author_name,
            content: comment.body.clone(),
            created_at: comment.created_at,
        }
    }
}

/// One escalation.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct EscalationView {
    target: Text,
    reason: Text,
    by: Pii,
    at: Timestamp,
}

impl EscalationView {
    pub(in crate::tools) fn of(it: &Escalation) -> Self {
        let by = Pii::new(PiiKind::Name, About::Staff, &it.by);
        Self { target: it.target.as_str().into(), reason: it.reason.clone(), by, at: it.at }
    }
}

/// A whole ticket, for employees.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct StaffTicketDetail {
    #[serde(flatten)]
    ticket: StaffTicket,
    description: Text,
    comments: Vec<StaffComment>,
    #[serde(skip_serializing_if = "classified::absent")]
    internal_notes: Option<Internal<Vec<StaffComment>>>,
    #[serde(skip_serializing_if = "classified::absent")]
    escalation_history: Option<Internal<Vec<EscalationView>>>,
    attachments: Vec<AttachmentView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<Text>,
}

impl StaffTicketDetail {
    pub(in crate::tools) fn of(ticket: &Ticket, organization_id: OrganisationId, now: Timestamp) -> Self {
        let (notes, comments): (Vec<_>, Vec<_>) = ticket.comments.iter().partition(|it| it.internal);
        Self {
            ticket: StaffTicket::of(ticket, organization_id, now),
            description: ticket.description.clone(),
            comments: comments.into_iter().map(StaffComment::of).collect(),
            internal_notes: Some(Internal::new(notes.into_iter().map(StaffComment::of).collect())),
            escalation_history: Some(Internal::new(ticket.escalations.iter().map(EscalationView::of).collect())),
            attachments: ticket.attachments.iter().map(|it| AttachmentView::of(it, true)).collect(),
            resolution: ticket.resolution.clone(),
        }
    }
}
