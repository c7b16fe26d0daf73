//! Domain types: our words for what the systems hold. None of them is `Serialize`: a tool projects what it may show.

mod access;
mod article;
mod billing;
mod document;
mod money;
mod notice;
mod organisation;
mod people;
mod portal;
mod ticket;
mod work;

pub use access::*;
pub use article::{Article, ArticleQuery};
pub use billing::*;
pub use document::*;
pub use money::{Currency, Days, Decimal, Money};
pub use notice::*;
pub use organisation::{Directory, DirectoryEntry, Limits, Organisation, OrganisationStatus, SlaHours};
pub use people::{Contact, Invitation, LeadTransfer, Login, LoginRole, LoginStatus, Person, RoleChange};
pub use portal::*;
pub use ticket::{
    Adjustment, Agent, Attachment, Author, Closure, Comment, Escalation, NewComment, NewEscalation, NewTicket, Page,
    Priority, Sla, Ticket, TicketQuery, TicketSort, TicketStatus, Viewer, Visibility,
};
pub use work::*;
