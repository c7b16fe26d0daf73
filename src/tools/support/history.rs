//! What happened with one contact: tickets, comments, role changes and calls through this gateway, in time order.

use super::view::ReplyFrom;
use crate::tools::args::Count;
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    About, Author, ContactId, LoginRole, OrganisationId, Pii, PiiKind, Text, TicketId, TicketQuery, TicketStatus,
    classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Read what happened with one customer contact, newest first: their tickets and comments, changes of their role, and what they
/// did through this gateway.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewHistory {
    /// The contact ID, as contact lists show it.
    contact_id: ContactId,
    /// How many events to return.
    #[serde(default)]
    limit: Count<50, 1, 200>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ContactHistory {
    contact_id: ContactId,
    organization_id: OrganisationId,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
    events: Vec<Event>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Event {
    at: Timestamp,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What {
    Ticket {
        ticket_id: TicketId,
        subject: Text,
        status: TicketStatus,
    },
    Comment {
        ticket_id: TicketId,
        content: Text,
    },
    RoleChange {
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<LoginRole>,
        to: LoginRole,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    GatewayCall {
        tool: Text,
        outcome: Text,
    },
}

/// Comments are read from this many of the newest tickets.
const TICKETS_READ: u32 = 20;

impl Tool for ViewHistory {
    const NAME: &'static str = "internal_view_customer_history";
    const TITLE: &'static str = "Read a contact's history";
    const KIND: Kind = Kind::Read;
    type Output = ContactHistory;

    async fn call(self, cx: &ToolCx) -> Result<Reply<ContactHistory>, Refusal> {
        let crm = cx.crm()?;
        let found = crm.timed(crm.port.contact(&crm.cx, &self.contact_id)).await.or_missing(Code::ContactNotFound)?;
        let admitted = crm.open(found, Code::ContactNotFound)?;
        let organization_id = admitted.organisation.ok_or_else(|| missing(Code::ContactNotFound))?;
        let contact = admitted.record;
        let mut events = Vec::new();
        let mut cut = false;
        if let Some(email) = contact.email.as_deref() {
            cut |= ticket_events(cx, &organization_id, email, &mut events).await?;
            role_events(cx, &organization_id, email, &mut events).await?;
        }
        events.sort_by_key(|event| std::cmp::Reverse(event.at));
        cut |= events.len() > self.limit.get() as usize;
        events.truncate(self.limit.get() as usize);
        let about = About::Contact(contact.id.clone());
        let history = ContactHistory {
            organization_id,
            name: Pii::new(PiiKind::Name, about.clone(), contact.name),
            email: contact.email.map(|it| Pii::new(PiiKind::Email, about, it)),
            events,
            contact_id: contact.id,
        };
        Ok(history.reply().truncated(cut, "There is more than was returned; read the tickets themselves."))
    }
}

/// Tickets, their comments by this person, and the person's calls through the gateway. Says whether anything was left out.
async fn ticket_events(
    cx: &ToolCx,
    ours: &OrganisationId,
    email: &str,
    events: &mut Vec<Event>,
) -> Result<bool, Refusal> {
    let desk = cx.desk()?;
    let Some(external) = desk.external(ours) else { return Ok(false) };
    let person = desk.timed(desk.port.requester(&desk.cx, &external, email)).await?;
    let Some(id) = person.and_then(|it| desk.admit(it)).and_then(|it| it.record.contact) else { return Ok(false) };
    let query = TicketQuery {
        organisation: Some(external),
        requester: Some(id.clone()),
        limit: TICKETS_READ,
        ..TicketQuery::default()
    };
    let page = desk.page(desk.timed(desk.port.tickets(&desk.cx, &query)).await?);
    let cut = page.truncated || page.total > page.rows.len() as u64;
    for row in page.rows.into_iter().map(|it| it.record).filter(|it| it.requester.contact.as_ref() == Some(&id)) {
        let found = desk.timed(desk.port.ticket(&desk.cx, &row.id)).await.or_missing(Code::TicketNotFound)?;
        let Some(ticket) = desk.admit(found).map(|it| it.record) else { continue };
        for comment in &ticket.comments {
            if matches!(&comment.author, Author::Customer(person) if person.contact.as_ref() == Some(&id)) {
                let what = What::Comment { ticket_id: ticket.id.clone(), content: comment.body.clone() };
                events.push(Event { at: comment.created_at, what });
            }
        }
        let what = What::Ticket { ticket_id: ticket.id, subject: ticket.subject, status: ticket.status };
        events.push(Event { at: ticket.created_at, what });
    }
    if let Some(principal) = cx.identities.principal(&cx.tenant.id, &desk.system.ids, &id)? {
        for call in cx.history.calls(&cx.tenant.id, &principal, 200)? {
            let what = What::GatewayCall { tool: Text::new(call.tool), outcome: Text::new(call.outcome) };
            events.push(Event { at: call.at, what });
        }
    }
    Ok(cut)
}

async fn role_events(cx: &ToolCx, ours: &OrganisationId, email: &str, events: &mut Vec<Event>) -> Result<(), Refusal> {
    let identity = cx.identity()?;
    let Some(external) = identity.external(ours) else { return Ok(()) };
    let changes = identity.timed(identity.port.role_changes(&identity.cx, &external)).await?;
    for change in changes.into_iter().filter_map(|it| identity.admit(it)).map(|it| it.record) {
        if change.email.eq_ignore_ascii_case(email) {
            let reason = change.reason.map(Text::new);
            events.push(Event { at: change.at, what: What::RoleChange { from: change.from, to: change.to, reason } });
        }
    }
    Ok(())
}
