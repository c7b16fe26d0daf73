//! What an adapter's test tells the kit about the records behind it.

use postern_api::{
    Adapter, Agent, ArticleId, ContactId, ExternalId, OrganisationId, OrganisationMap, TicketId, TicketSort,
};
use std::sync::Arc;

/// An adapter and the records that the kit may count on. The kit only changes tickets that it creates itself, invites
/// addresses that nobody has, moves the lead role back after moving it, takes back what it published, puts back a field that it
/// changed, and adds questions, submissions, consents and notices of its own: it also runs on a system that is kept.
///
/// Records of ports that came later are found by listing both sides; each side has to have one of every kind that is listed.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The adapter, connected.
    pub adapter: Arc<dyn Adapter>,
    /// Both organisations, in the system's own ids.
    pub map: OrganisationMap,
    /// The organisation that calls reach.
    pub own: Side,
    /// Another customer of the same tenant.
    pub foreign: Side,
    /// Who closes and escalates, as the system knows them.
    pub staff: Agent,
    /// To whom the kit escalates: a team that the system knows, where it has to know one.
    pub escalation_target: String,
    /// Articles, where the adapter has a knowledge base.
    pub articles: Option<Articles>,
    /// Ids that are well formed and name nothing.
    pub missing: Missing,
    /// What this system is able to do beyond the ports' common ground.
    pub caps: Caps,
}

/// One organisation's records.
#[derive(Debug, Clone)]
pub struct Side {
    /// The organisation in our words.
    pub organisation: OrganisationId,
    /// The system's own id for it.
    pub external: ExternalId,
    /// A person who asked [`Side::ticket`] and asks the tickets that the kit creates; not the organisation's lead.
    pub requester: ContactId,
    /// That person's e-mail address, lower case, nobody else's.
    pub email: String,
    /// An open ticket that the organisation may read, asked by [`Side::requester`], with a public comment and an internal note.
    pub ticket: TicketId,
    /// One word of letters and digits that stands in that internal note and nowhere else.
    pub note_canary: String,
    /// A ticket of somebody else here that the organisation may read; `None`: there is none to be had.
    pub colleagues_ticket: Option<TicketId>,
    /// A private ticket of somebody else here; `None` where the system has no private tickets.
    pub private_ticket: Option<TicketId>,
    /// A contact as the CRM numbers them; `None` without a CRM.
    pub contact: Option<ContactId>,
    /// The login that is lead; `None` without a directory.
    pub lead: Option<ContactId>,
    /// An active login that is not lead; `None` without a directory.
    pub member: Option<ContactId>,
}

/// Two articles with a word in common.
#[derive(Debug, Clone)]
pub struct Articles {
    /// One that customers may read.
    pub public: ArticleId,
    /// One for employees.
    pub internal: ArticleId,
    /// A word that both hold.
    pub word: String,
    /// A word that only the internal one holds.
    pub internal_canary: String,
}

/// Ids that are well formed and name nothing.
#[derive(Debug, Clone)]
pub struct Missing {
    /// No such ticket.
    pub ticket: TicketId,
    /// No such contact.
    pub contact: ContactId,
    /// No such organisation.
    pub organisation: ExternalId,
    /// No such article.
    pub article: ArticleId,
}

/// What a system is able to do. The default is everything; an adapter's README says why it sets one to `false`.
#[derive(Debug, Clone)]
pub struct Caps {
    /// What it sorts by.
    pub sorts: &'static [TicketSort],
    /// `total` is exact.
    pub exact_total: bool,
    /// Words in internal notes are found by a query without a viewer.
    pub searches_notes: bool,
    /// A ticket can be private to its requester.
    pub private_tickets: bool,
    /// The same `cx.reference` twice creates one ticket.
    pub references: bool,
    /// `NewTicket::limit` is held in the same step.
    pub holds_limit: bool,
    /// The same `cx.reference` twice has one effect on a ticket also where the ticket was changed in between.
    pub remembers_changes: bool,
    /// The first public answer of an agent sets `sla.responded_at`.
    pub sla: bool,
    /// An invitation carries words of whoever invites; otherwise one with words is refused.
    pub invitation_words: bool,
    /// Notices go by mail too. [`Side::contact`] has agreed to be told, and has [`Side::email`].
    pub mail: bool,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            sorts: &[TicketSort::CreatedAt, TicketSort::UpdatedAt, TicketSort::Priority],
            exact_total: true,
            searches_notes: true,
            private_tickets: true,
            references: true,
            holds_limit: true,
            remembers_changes: true,
            sla: true,
            invitation_words: true,
            mail: true,
        }
    }
}
