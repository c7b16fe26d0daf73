//! Domain types: our words for what the systems hold. None of them is `Serialize`: a tool projects what it may show.

mod article;
mod organisation;
mod people;
mod ticket;

pub use article::{Article, ArticleQuery};
pub use organisation::{Directory, DirectoryEntry, Limits, Organisation, OrganisationStatus, SlaHours};
pub use people::{Contact, Invitation, LeadTransfer, Login, LoginRole, LoginStatus, Person, RoleChange};
pub use ticket::{
    Agent, Attachment, Author, Closure, Comment, Escalation, NewComment, NewEscalation, NewTicket, Page, Priority, Sla,
    Ticket, TicketQuery, TicketSort, TicketStatus, Viewer, Visibility,
};
