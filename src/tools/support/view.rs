//! What of a record each side may see: the only places where domain types become answers.
//!
//! **Invariant:** a customer's view has no field for what employees alone may know. The values that it leaves out go into
//! `withheld`, so that the redactor removes them from free text as well.

use super::sla::{self, ResolutionState, ResponseState};
use crate::tools::cx::Port;
use crate::tools::refusal::Missing;
use crate::tools::{Code, Refusal, Reply};
use jiff::Timestamp;
use postern_api::{
    About, Agent, Attachment, AttachmentId, Author, Comment, CommentId, Crm, Escalation, ExternalId, Internal,
    OrganisationId, Person, Pii, PiiKind, Priority, Text, Ticket, TicketId, TicketStatus, Viewer, Visibility, Withheld,
    classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `value.reply()`: an answer that holds text people wrote.
pub(super) trait ReplyFrom: Sized {
    fn reply(self) -> Reply<Self> {
        Reply::from(self).untrusted()
    }
}
impl<T: Serialize> ReplyFrom for T {}

/// Whether this customer may read this ticket of their own organisation.
pub(super) fn may_read(viewer: &Viewer, ticket: &Ticket) -> Result<(), Refusal> {
    if ticket.requester.contact.as_ref() == Some(&viewer.contact) {
        return Ok(());
    }
    if !viewer.organisation_wide {
        return Err(Refusal::new(Code::AccessDenied, "you can only view your own tickets"));
    }
    match ticket.visibility {
        Visibility::Organisation => Ok(()),
        Visibility::Private => Err(Refusal::new(Code::AccessDenied, "this ticket is marked as private")),
    }
}

/// One organisation of the CRM, admitted.
pub(super) async fn organisation(
    crm: &Port<'_, dyn Crm>,
    external: &ExternalId,
) -> Result<postern_api::Organisation, Refusal> {
    let found = crm.timed(crm.port.organisation(&crm.cx, external)).await.or_missing(Code::OrganizationNotFound)?;
    Ok(crm.open(found, Code::OrganizationNotFound)?.record)
}

/// A person at the customer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PersonView {
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
}

impl PersonView {
    pub(super) fn of(person: &Person) -> Self {
        let about = person.contact.clone().map_or(About::Unknown, About::Contact);
        Self {
            name: Pii::new(PiiKind::Name, about.clone(), &person.name),
            email: person.email.as_ref().map(|it| Pii::new(PiiKind::Email, about, it)),
        }
    }
}

/// Somebody at the MSP, as customers see them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AgentName {
    name: Pii,
}

fn staff_name(agent: &Agent) -> Pii {
    Pii::new(PiiKind::Name, About::Staff, &agent.name)
}

/// Somebody at the MSP, as employees see them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AgentView {
    #[serde(skip_serializing_if = "classified::absent")]
    id: Option<Internal<String>>,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
}

impl AgentView {
    pub(super) fn of(agent: &Agent) -> Self {
        Self {
            id: Some(Internal::new(agent.id.clone())),
            name: staff_name(agent),
            email: agent.email.as_ref().map(|it| Pii::new(PiiKind::Email, About::Staff, it)),
        }
    }
}

/// What a ticket holds that customers must not find anywhere in the answer.
fn withheld(ticket: &Ticket) -> Withheld {
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
pub(super) struct CustomerTicket {
    ticket_id: TicketId,
    subject: Text,
    status: TicketStatus,
    priority: Priority,
    category: String,
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
    pub(super) fn of(ticket: &Ticket, now: Timestamp) -> Self {
        Self {
            ticket_id: ticket.id.clone(),
            subject: ticket.subject.clone(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.clone(),
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
pub(super) struct CustomerSla {
    response: ResponseState,
    resolution: ResolutionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_due: Option<Timestamp>,
}

/// Who wrote a comment.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthorType {
    Agent,
    Customer,
}

fn author(author: &Author) -> (AuthorType, Pii) {
    match author {
        Author::Agent(agent) => (AuthorType::Agent, staff_name(agent)),
        Author::Customer(person) => (AuthorType::Customer, PersonView::of(person).name),
    }
}

/// A comment that customers may read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CustomerComment {
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

/// A file on a ticket.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AttachmentView {
    attachment_id: AttachmentId,
    file_name: Text,
    content_type: String,
    size_bytes: u64,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "classified::absent")]
    internal: Option<Internal<bool>>,
}

impl AttachmentView {
    fn of(file: &Attachment, for_staff: bool) -> Self {
        Self {
            attachment_id: file.id.clone(),
            file_name: file.name.clone(),
            content_type: file.content_type.clone(),
            size_bytes: file.size,
            created_at: file.created_at,
            internal: for_staff.then(|| Internal::new(file.internal)),
        }
    }
}

/// A ticket as its customer sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CustomerTicketDetail {
    ticket_id: TicketId,
    subject: Text,
    description: Text,
    status: TicketStatus,
    priority: Priority,
    category: String,
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
    pub(super) fn of(ticket: &Ticket, now: Timestamp) -> Self {
        Self {
            ticket_id: ticket.id.clone(),
            subject: ticket.subject.clone(),
            description: ticket.description.clone(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.clone(),
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

/// How a ticket stands against its service level, as employees see it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StaffSla {
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
pub(super) struct StaffTicket {
    ticket_id: TicketId,
    organization_id: OrganisationId,
    subject: Text,
    status: TicketStatus,
    priority: Priority,
    category: String,
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
    pub(super) fn of(ticket: &Ticket, organization_id: OrganisationId, now: Timestamp) -> Self {
        Self {
            ticket_id: ticket.id.clone(),
            organization_id,
            subject: ticket.subject.clone(),
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category.clone(),
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
pub(super) struct StaffComment {
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
pub(super) struct EscalationView {
    target: String,
    reason: Text,
    by: Pii,
    at: Timestamp,
}

impl EscalationView {
    pub(super) fn of(it: &Escalation) -> Self {
        let by = Pii::new(PiiKind::Name, About::Staff, &it.by);
        Self { target: it.target.clone(), reason: it.reason.clone(), by, at: it.at }
    }
}

/// A whole ticket, for employees.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StaffTicketDetail {
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
    pub(super) fn of(ticket: &Ticket, organization_id: OrganisationId, now: Timestamp) -> Self {
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

/// Who at the customer may read a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TicketVisibility {
    /// The requester and the organization's lead.
    Organization,
    /// The requester alone.
    Private,
}

impl From<Visibility> for TicketVisibility {
    fn from(it: Visibility) -> Self {
        match it {
            Visibility::Organisation => Self::Organization,
            Visibility::Private => Self::Private,
        }
    }
}

/// Where a page stands in the whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Pagination {
    /// How many there are in all.
    total: u64,
    limit: u32,
    offset: u32,
    has_more: bool,
}

impl Pagination {
    /// `kept` rows were returned out of `total`.
    pub(super) fn new(total: u64, limit: u32, offset: u32, kept: usize) -> Self {
        let end = u64::from(offset) + kept as u64;
        Self { total, limit, offset, has_more: kept > 0 && end < total }
    }

    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }
}
