//! Tickets, their comments and escalations.

use super::Person;
use crate::classified::Text;
use crate::id::{AttachmentId, CommentId, ContactId, ExternalId, TicketId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One page of rows.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// How many rows the whole query has.
    pub total: u64,
    /// Whether the adapter stopped before it saw everything, so that `total` is a lower bound.
    pub truncated: bool,
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// New or being worked on.
    Open,
    /// Waiting for the customer or a third party.
    Pending,
    /// Solved, may be reopened.
    Resolved,
    /// Done.
    Closed,
    /// A vendor's state that has no word here.
    Other,
}

/// How urgent a ticket is; `Critical` sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Work has stopped.
    Critical,
    /// Work is hindered.
    High,
    /// Usual.
    Medium,
    /// Whenever there is time.
    Low,
}

/// Who at the customer may read a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The requester and the organisation's lead.
    Organisation,
    /// The requester alone.
    Private,
    /// Nobody: it is a task of the service provider's own. Made by [`crate::ServiceDesk::create_task`] alone.
    Staff,
}

/// The clock of a service level agreement, as far as the system knows it. All times UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sla {
    /// When the first answer is due.
    pub response_due: Option<Timestamp>,
    /// When the first answer was given.
    pub responded_at: Option<Timestamp>,
    /// When the ticket has to be solved.
    pub resolution_due: Option<Timestamp>,
    /// When it was solved.
    pub resolved_at: Option<Timestamp>,
    /// Why the agreement was broken, for employees.
    pub breach_reason: Option<String>,
}

/// Somebody who works for the MSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The system's own id: for employees only.
    pub id: String,
    /// The name that customers may see.
    pub name: String,
    /// The e-mail address: for employees only.
    pub email: Option<String>,
}

/// A ticket. In lists `comments`, `attachments` and `escalations` are empty.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The service desk's number.
    pub id: TicketId,
    /// The title.
    pub subject: Text,
    /// What the requester wrote, as plain text.
    pub description: Text,
    /// Where it stands.
    pub status: TicketStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// The vendor's category, or `General`.
    pub category: String,
    /// Who at the customer may read it.
    pub visibility: Visibility,
    /// Who asked.
    pub requester: Person,
    /// Who works on it.
    pub assignee: Option<Agent>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything last changed, internal notes included: for employees.
    pub updated_at: Timestamp,
    /// When something a customer may see last changed.
    pub public_updated_at: Timestamp,
    /// The agreement's clock.
    pub sla: Sla,
    /// How many comments a customer may see.
    pub public_comments: u32,
    /// How many notes only employees may see.
    pub internal_comments: u32,
    /// Comments and internal notes, oldest first; neither escalations nor the resolution are among them or counted.
    pub comments: Vec<Comment>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Escalations, oldest first: for employees.
    pub escalations: Vec<Escalation>,
    /// What was written when it was closed.
    pub resolution: Option<Text>,
}

/// Who wrote a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// Somebody at the MSP, or an automation of its.
    Agent(Agent),
    /// Somebody at the customer.
    Customer(Person),
}

/// A comment or an internal note. A vendor's flag that is missing or unknown means internal.
#[derive(Debug, Clone)]
pub struct Comment {
    /// The service desk's number.
    pub id: CommentId,
    /// Who wrote it.
    pub author: Author,
    /// The text, as plain text.
    pub body: Text,
    /// When.
    pub created_at: Timestamp,
    /// Whether only employees may read it.
    pub internal: bool,
}

/// A file on a ticket; its content is not carried.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// The service desk's number.
    pub id: AttachmentId,
    /// The file name.
    pub name: Text,
    /// The media type.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// When it was added.
    pub created_at: Timestamp,
    /// Whether only employees may see it.
    pub internal: bool,
}

/// One escalation, for employees.
#[derive(Debug, Clone)]
pub struct Escalation {
    /// To whom: a team or a person.
    pub target: String,
    /// Why.
    pub reason: Text,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How a customer's view narrows a query: always applied by the adapter and checked again on each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Whose tickets: the person's own, also private ones.
    pub contact: ContactId,
    /// Also the organisation's tickets that are not private.
    pub organisation_wide: bool,
}

/// What to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketSort {
    /// When it was created.
    CreatedAt,
    /// When it last changed (for a [`Viewer`]: what a customer may see of it).
    UpdatedAt,
    /// How urgent it is, critical first when ascending.
    Priority,
}

/// Which tickets.
#[derive(Debug, Clone)]
pub struct TicketQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Only what this person may see; internal notes are then not searched, counted or sorted by.
    pub viewer: Option<Viewer>,
    /// Only these states; empty: all.
    pub statuses: Vec<TicketStatus>,
    /// Only this urgency.
    pub priority: Option<Priority>,
    /// Only tickets that this person asked.
    pub requester: Option<ContactId>,
    /// Words to find in subject, description and comments (also internal ones, unless `viewer` is set).
    pub text: Option<String>,
    /// Only tickets created at or after this time.
    pub created_since: Option<Timestamp>,
    /// Leave out what employees alone see; always so with a viewer.
    pub without_tasks: bool,
    /// What to sort by; ties by id.
    pub sort: TicketSort,
    /// Newest or least urgent first.
    pub descending: bool,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

impl Default for TicketQuery {
    fn default() -> Self {
        Self {
            organisation: None,
            viewer: None,
            statuses: vec![],
            priority: None,
            requester: None,
            text: None,
            created_since: None,
            without_tasks: false,
            sort: TicketSort::CreatedAt,
            descending: true,
            offset: 0,
            limit: 20,
        }
    }
}

/// A ticket to create.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// For which organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// Who asks.
    pub requester: ContactId,
    /// The title.
    pub subject: String,
    /// The text.
    pub description: String,
    /// A category, or the system's default.
    pub category: Option<String>,
    /// How urgent.
    pub priority: Priority,
    /// Who at the customer may read it.
    pub visibility: Visibility,
    /// Files uploaded before.
    pub attachments: Vec<AttachmentId>,
    /// When the first answer is due.
    pub response_due: Option<Timestamp>,
    /// When it has to be solved.
    pub resolution_due: Option<Timestamp>,
    /// Refuse with `LimitReached` if the organisation already has this many tickets since the given time. Systems that
    /// cannot do this in one step leave it to the gateway's own check.
    pub limit: Option<(u32, Timestamp)>,
}

/// A comment to add.
#[derive(Debug, Clone)]
pub struct NewComment {
    /// Who writes: a contact, or an employee by name.
    pub author: Author,
    /// The text.
    pub body: String,
    /// Whether only employees may read it.
    pub internal: bool,
}

/// How a ticket is closed.
#[derive(Debug, Clone)]
pub struct Closure {
    /// What solved it; the customer reads this.
    pub resolution: String,
    /// Who closes it.
    pub by: Agent,
}

/// How a ticket is escalated; kept in its history, for employees.
#[derive(Debug, Clone)]
pub struct NewEscalation {
    /// To whom: a team or a person.
    pub target: String,
    /// Why.
    pub reason: String,
    /// Who escalates.
    pub by: Agent,
}

/// What to change of who may read a ticket and of its agreement; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Adjustment {
    /// Who at the customer may read it; never [`Visibility::Staff`].
    pub visibility: Option<Visibility>,
    /// When it has to be solved.
    pub resolution_due: Option<Timestamp>,
    /// Only if it was last changed then; else `Conflict`.
    pub unchanged_since: Option<Timestamp>,
}
