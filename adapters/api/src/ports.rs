//! The ports: one trait a kind of system. Each method's doc states the rule that the kit tests.
//!
//! The default of every method is `Unsupported`; [`crate::Adapter::supports`] lists those that an adapter overrides.

use crate::adapter::{CallCx, Op};
use crate::domain::*;
use crate::error::{Error, Result};
use crate::id::{ArticleId, ContactId, ExternalId, TicketId};
use crate::owned::Owned;

/// Tickets.
#[crate::async_trait]
pub trait ServiceDesk: Send + Sync {
    /// Tickets that match, sorted, one page of them. Rows of organisations out of reach are not asked for; what comes
    /// back all the same is returned as the row names its owner, and the gateway drops it. `total` counts what matches.
    async fn tickets(&self, _cx: &CallCx, _query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        Err(Error::unsupported(Op::TicketList))
    }
    /// One ticket with comments, attachments and escalations. Missing: `NotFound`.
    async fn ticket(&self, _cx: &CallCx, _id: &TicketId) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketGet))
    }
    /// Creates a ticket, with `cx.reference` in the vendor's slot for it, reads it back and returns it.
    async fn create(&self, _cx: &CallCx, _new: &NewTicket) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketCreate))
    }
    /// Adds a comment and returns it as the system stored it. `Conflict` if the ticket is closed; `InvalidArgument` if a
    /// customer would write an internal note, or somebody who is no contact of the ticket's organisation would write.
    async fn comment(&self, _cx: &CallCx, _id: &TicketId, _new: &NewComment) -> Result<Owned<Comment>> {
        Err(Error::unsupported(Op::TicketComment))
    }
    /// Closes a ticket and returns it as it then stands, with the resolution in its field and not among the comments;
    /// `Conflict` if it is closed already.
    async fn close(&self, _cx: &CallCx, _id: &TicketId, _closure: &Closure) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketClose))
    }
    /// Escalates a ticket and returns it with the escalation in its history; `Conflict` if it is closed.
    async fn escalate(&self, _cx: &CallCx, _id: &TicketId, _escalation: &NewEscalation) -> Result<Owned<Ticket>> {
        Err(Error::unsupported(Op::TicketEscalate))
    }
    /// The person with this e-mail address (any case) at this organisation, as the service desk numbers them. Two: `Conflict`.
    async fn requester(&self, _cx: &CallCx, _organisation: &ExternalId, _email: &str) -> Result<Option<Owned<Person>>> {
        Err(Error::unsupported(Op::RequesterFind))
    }
}

/// Customer records.
#[crate::async_trait]
pub trait Crm: Send + Sync {
    /// One organisation. Missing: `NotFound`.
    async fn organisation(&self, _cx: &CallCx, _id: &ExternalId) -> Result<Owned<Organisation>> {
        Err(Error::unsupported(Op::OrganisationGet))
    }
    /// Every organisation that the system has, mapped or not, by id; each once. For the operator's command line alone.
    async fn directory(&self, _cx: &CallCx) -> Result<Directory> {
        Err(Error::unsupported(Op::OrganisationList))
    }
    /// The contacts of one organisation, by name.
    async fn contacts(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        Err(Error::unsupported(Op::ContactList))
    }
    /// One contact. Missing: `NotFound`.
    async fn contact(&self, _cx: &CallCx, _id: &ContactId) -> Result<Owned<Contact>> {
        Err(Error::unsupported(Op::ContactGet))
    }
}

/// Articles.
#[crate::async_trait]
pub trait KnowledgeBase: Send + Sync {
    /// Articles that match, best first; `total` counts what matches.
    async fn search(&self, _cx: &CallCx, _query: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        Err(Error::unsupported(Op::ArticleSearch))
    }
    /// One article. Missing: `NotFound`.
    async fn article(&self, _cx: &CallCx, _id: &ArticleId) -> Result<Owned<Article>> {
        Err(Error::unsupported(Op::ArticleGet))
    }
}

/// Who may sign in for a customer.
#[crate::async_trait]
pub trait Identity: Send + Sync {
    /// The logins of one organisation, by e-mail address.
    async fn logins(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<Login>>> {
        Err(Error::unsupported(Op::LoginList))
    }
    /// Invites somebody; `Conflict` if the address has a login, `LimitReached` past `max_logins`, both in one step.
    async fn invite(&self, _cx: &CallCx, _invitation: &Invitation) -> Result<Owned<Login>> {
        Err(Error::unsupported(Op::LoginInvite))
    }
    /// Moves the lead role: both changes or neither, both people told. `Conflict` if `from` is not lead any more,
    /// `InvalidArgument` if `to` is not an active login of the same organisation.
    async fn transfer_lead(&self, _cx: &CallCx, _transfer: &LeadTransfer) -> Result<Owned<Login>> {
        Err(Error::unsupported(Op::LeadTransfer))
    }
    /// Role changes of one organisation, oldest first.
    async fn role_changes(&self, _cx: &CallCx, _organisation: &ExternalId) -> Result<Vec<Owned<RoleChange>>> {
        Err(Error::unsupported(Op::RoleChangeList))
    }
}
