//! What of a record each side may see: the only places where domain types become answers.
//!
//! **Invariant:** a customer's view has no field for what employees alone may know. The values that it leaves out go into
//! `withheld`, so that the redactor removes them from free text as well.

mod customer;
mod staff;

pub(in crate::tools) use customer::withheld;
pub(super) use customer::{CustomerTicket, CustomerTicketDetail};
pub(in crate::tools) use staff::EscalationView;
pub(super) use staff::{StaffTicket, StaffTicketDetail};

use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Refusal, Reply};
use jiff::Timestamp;
use postern_api::{
    About, Agent, Attachment, AttachmentId, Author, Crm, ExternalId, Internal, Person, Pii, PiiKind, Text, Ticket,
    Viewer, Visibility, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `value.reply()`: an answer that holds text people wrote.
pub(in crate::tools) trait ReplyFrom: Sized {
    fn reply(self) -> Reply<Self> {
        Reply::from(self).untrusted()
    }
}
impl<T: Serialize> ReplyFrom for T {}

/// Whether this customer may read this ticket of their own organisation.
pub(in crate::tools) fn may_read(viewer: &Viewer, ticket: &Ticket) -> Result<(), Refusal> {
    // A task of the employees' own is as if it was not there, also for whom it is about.
    if ticket.visibility == Visibility::Staff {
        return Err(missing(Code::TicketNotFound));
    }
    if ticket.requester.contact.as_ref() == Some(&viewer.contact) {
        return Ok(());
    }
    if !viewer.organisation_wide {
        return Err(Refusal::new(Code::AccessDenied, "you can only view your own tickets"));
    }
    match ticket.visibility {
        Visibility::Organisation => Ok(()),
        Visibility::Private | Visibility::Staff => {
            Err(Refusal::new(Code::AccessDenied, "this ticket is marked as private"))
        }
    }
}

/// One organisation of the CRM, admitted.
pub(in crate::tools) async fn organisation(
    crm: &Port<'_, dyn Crm>,
    external: &ExternalId,
) -> Result<postern_api::Organisation, Refusal> {
    let found = crm.timed(crm.port.organisation(&crm.cx, external)).await.or_missing(Code::OrganizationNotFound)?;
    Ok(crm.open(found, Code::OrganizationNotFound)?.record)
}

/// A person at the customer.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct PersonView {
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
}

impl PersonView {
    pub(in crate::tools) fn of(person: &Person) -> Self {
        let about = person.contact.clone().map_or(About::Unknown, About::Contact);
        Self {
            name: Pii::new(PiiKind::Name, about.clone(), &person.name),
            email: person.email.as_ref().map(|it| Pii::new(PiiKind::Email, about, it)),
        }
    }
}

pub(in crate::tools) fn staff_name(agent: &Agent) -> Pii {
    Pii::new(PiiKind::Name, About::Staff, &agent.name)
}

/// Who wrote a comment.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum AuthorType {
    Agent,
    Customer,
}

pub(in crate::tools) fn author(author: &Author) -> (AuthorType, Pii) {
    match author {
        Author::Agent(agent) => (AuthorType::Agent, staff_name(agent)),
        Author::Customer(person) => (AuthorType::Customer, PersonView::of(person).name),
    }
}

/// A file on a ticket.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct AttachmentView {
    attachment_id: AttachmentId,
    file_name: Text,
    content_type: Text,
    size_bytes: u64,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "classified::absent")]
    internal: Option<Internal<bool>>,
}

impl AttachmentView {
    pub(in crate::tools) fn of(file: &Attachment, for_staff: bool) -> Self {
        Self {
            attachment_id: file.id.clone(),
            file_name: file.name.clone(),
            content_type: file.content_type.as_str().into(),
            size_bytes: file.size,
            created_at: file.created_at,
            internal: for_staff.then(|| Internal::new(file.internal)),
        }
    }
}

/// Who at the customer may read a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum TicketVisibility {
    /// The requester and the organization's lead.
    Organization,
    /// The requester alone.
    Private,
    /// Nobody: a task of the service provider's own.
    Staff,
}

impl From<Visibility> for TicketVisibility {
    fn from(it: Visibility) -> Self {
        match it {
            Visibility::Organisation => Self::Organization,
            Visibility::Private => Self::Private,
            Visibility::Staff => Self::Staff,
        }
    }
}

/// Where a page stands in the whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct Pagination {
    /// How many there are in all.
    total: u64,
    limit: u32,
    offset: u32,
    has_more: bool,
}

impl Pagination {
    /// `kept` rows were returned out of `total`.
    pub(in crate::tools) fn new(total: u64, limit: u32, offset: u32, kept: usize) -> Self {
        let end = u64::from(offset) + kept as u64;
        Self { total, limit, offset, has_more: kept > 0 && end < total }
    }

    pub(in crate::tools) fn has_more(&self) -> bool {
        self.has_more
    }
}
