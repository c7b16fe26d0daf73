//! Tickets as the service desk's employees use them.

use super::customer_tickets::{SortOrder, StatusFilter, default_sort};
use super::view::{Pagination, ReplyFrom, StaffTicket, StaffTicketDetail};
use crate::tools::args::{Count, Line, Prose};
use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use postern_api::{
    Closure, Error, ErrorKind, NewEscalation, Op, OrganisationId, Priority, ServiceDesk, Text, Ticket, TicketId,
    TicketQuery, TicketSort, TicketStatus,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Search the tickets of the organizations you serve, with internal fields. Without a query it lists them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchTickets {
    /// Words to find in subject, description, comments and internal notes.
    #[serde(default)]
    query: Option<Line<200>>,
    /// Only tickets of this organization.
    #[serde(default)]
    organization_id: Option<OrganisationId>,
    /// Only tickets in this state.
    #[serde(default)]
    status: StatusFilter,
    /// Only tickets of this urgency.
    #[serde(default)]
    priority: Option<Priority>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
    /// What to sort by.
    #[serde(default = "default_sort")]
    sort: TicketSort,
    /// Which way to sort; `desc` is newest or most urgent first.
    #[serde(default)]
    sort_order: SortOrder,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StaffTicketList {
    tickets: Vec<StaffTicket>,
    pagination: Pagination,
}

impl Tool for SearchTickets {
    const NAME: &'static str = "search_tickets";
    const TITLE: &'static str = "Search tickets";
    const KIND: Kind = Kind::Read;
    type Output = StaffTicketList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<StaffTicketList>, Refusal> {
        let desk = cx.desk()?;
        let organisation = match &self.organization_id {
            Some(ours) => Some(desk.external(ours).ok_or_else(|| missing(Code::OrganizationNotFound))?),
            None => None,
        };
        let (limit, offset) = (self.limit.get(), self.offset.get());
        let query = TicketQuery {
            organisation,
            statuses: self.status.statuses(),
            priority: self.priority,
            text: self.query.map(|it| it.as_str().to_owned()),
            sort: self.sort,
            descending: self.sort_order.descending(self.sort),
            offset,
            limit,
            ..TicketQuery::default()
        };
        let page = desk.page(desk.timed(desk.port.tickets(&desk.cx, &query)).await?);
        let rows = page.rows.into_iter().filter_map(|it| Some(StaffTicket::of(&it.record, it.organisation?, cx.now)));
        let tickets: Vec<_> = rows.collect();
        let pagination = Pagination::new(page.total, limit, offset, tickets.len());
        let more = pagination.has_more() || page.truncated;
        Ok(StaffTicketList { tickets, pagination }
            .reply()
            .truncated(more, "Results truncated. Use pagination to see more."))
    }
}

/// Reads a ticket in reach; any other is missing.
pub(in crate::tools) async fn reachable(
    desk: &Port<'_, dyn ServiceDesk>,
    id: &TicketId,
) -> Result<(OrganisationId, Ticket), Refusal> {
    let found = desk.timed(desk.port.ticket(&desk.cx, id)).await.or_missing(Code::TicketNotFound)?;
    let admitted = desk.open(found, Code::TicketNotFound)?;
    let organisation = admitted.organisation.ok_or_else(|| missing(Code::TicketNotFound))?;
    Ok((organisation, admitted.record))
}

/// Read a whole ticket: comments, internal notes, escalation history and service level.
///
/// Use `search_tickets` first when the ticket ID is not known.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetTicket {
    /// The ticket ID, as lists show it.
    ticket_id: TicketId,
}

impl Tool for GetTicket {
    const NAME: &'static str = "get_ticket";
    const TITLE: &'static str = "Read a ticket";
    const KIND: Kind = Kind::Read;
    type Output = StaffTicketDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<StaffTicketDetail>, Refusal> {
        let desk = cx.desk()?;
        let (organisation, ticket) = reachable(&desk, &self.ticket_id).await?;
        Ok(StaffTicketDetail::of(&ticket, organisation, cx.now).reply())
    }
}

/// What a write to a ticket came to.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ChangedTicket {
    ticket_id: TicketId,
    status: TicketStatus,
    message: Text,
}

#[derive(Debug, Serialize)]
struct ChangeFacts {
    action: &'static str,
    ticket_id: TicketId,
    organization_id: OrganisationId,
    subject: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Text>,
    /// The resolution or the reason.
    text: Text,
}

fn field(facts: &serde_json::Value, key: &str) -> String {
    facts.get(key).and_then(serde_json::Value::as_str).unwrap_or("unknown").to_owned()
}

fn closed() -> Refusal {
    Refusal::new(Code::Conflict, "the ticket is closed already").suggest("Read the ticket to see how it was resolved.")
}

async fn open_ticket(desk: &Port<'_, dyn ServiceDesk>, id: &TicketId) -> Result<(OrganisationId, Ticket), Refusal> {
    let (organisation, ticket) = reachable(desk, id).await?;
    match ticket.status {
        TicketStatus::Closed => Err(closed()),
        TicketStatus::Open | TicketStatus::Pending | TicketStatus::Resolved | TicketStatus::Other => {
            Ok((organisation, ticket))
        }
    }
}

fn change_failed(error: Error) -> Refusal {
    if error.kind() == ErrorKind::Conflict { closed() } else { or_missing(error, Code::TicketNotFound) }
}

/// Close a ticket with a resolution that the customer will read. You are asked to confirm first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CloseTicket {
    /// The ticket ID, as lists show it.
    ticket_id: TicketId,
    /// What solved it; the customer reads this.
    resolution: Prose<10_000>,
}

impl Tool for CloseTicket {
    const NAME: &'static str = "close_ticket";
    const TITLE: &'static str = "Close a ticket";
    const KIND: Kind = Kind::ConfirmedWrite;
    const SENDS: Option<Op> = Some(Op::TicketClose);
    type Output = ChangedTicket;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::TicketClose, &self.ticket_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let desk = cx.desk()?;
        let (organization_id, ticket) = open_ticket(&desk, &self.ticket_id).await?;
        Ok(Preview::new(
            ChangeFacts {
                action: "close_ticket",
                ticket_id: ticket.id,
                organization_id,
                subject: ticket.subject,
                target: None,
                text: self.resolution.as_str().into(),
            },
            |facts| {
                format!(
                    "Close ticket {} of {}?\n\nSubject: {}\nResolution, which the customer will read:\n{}",
                    field(facts, "ticket_id"),
                    field(facts, "organization_id"),
                    field(facts, "subject"),
                    field(facts, "text"),
                )
            },
        ))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<ChangedTicket>, Refusal> {
        let desk = cx.desk()?;
        let (organisation, ticket) = open_ticket(&desk, &self.ticket_id).await?;
        let closure = Closure { resolution: self.resolution.as_str().to_owned(), by: cx.agent() };
        let changed = desk.timed(desk.port.close(&desk.cx, &ticket.id, &closure)).await.map_err(change_failed)?;
        let ticket = desk.written(changed, &organisation)?;
        let message = "Ticket closed successfully".to_owned();
        Ok(Reply::from(ChangedTicket { ticket_id: ticket.id, status: ticket.status, message: Text::new(message) }))
    }
}

/// Escalate a ticket to a team or a person. Kept in the ticket's escalation history, which customers do not see. You are asked
/// to confirm first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalateTicket {
    /// The ticket ID, as lists show it.
    ticket_id: TicketId,
    /// The team or person to escalate to.
    target: Line<120>,
    /// Why.
    reason: Prose<4_000>,
}

impl Tool for EscalateTicket {
    const NAME: &'static str = "escalate_ticket";
    const TITLE: &'static str = "Escalate a ticket";
    const KIND: Kind = Kind::ConfirmedWrite;
    const SENDS: Option<Op> = Some(Op::TicketEscalate);
    type Output = ChangedTicket;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::TicketEscalate, &self.ticket_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let desk = cx.desk()?;
        let (organization_id, ticket) = open_ticket(&desk, &self.ticket_id).await?;
        Ok(Preview::new(
            ChangeFacts {
                action: "escalate_ticket",
                ticket_id: ticket.id,
                organization_id,
                subject: ticket.subject,
                target: Some(self.target.as_str().into()),
                text: self.reason.as_str().into(),
            },
            |facts| {
                format!(
                    "Escalate ticket {} of {} to {}?\n\nSubject: {}\nReason: {}",
                    field(facts, "ticket_id"),
                    field(facts, "organization_id"),
                    field(facts, "target"),
                    field(facts, "subject"),
                    field(facts, "text"),
                )
            },
        ))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<ChangedTicket>, Refusal> {
        let desk = cx.desk()?;
        let (organisation, ticket) = open_ticket(&desk, &self.ticket_id).await?;
        let escalation = NewEscalation {
            target: self.target.as_str().to_owned(),
            reason: self.reason.as_str().to_owned(),
            by: cx.agent(),
        };
        let changed = desk.timed(desk.port.escalate(&desk.cx, &ticket.id, &escalation)).await.map_err(change_failed)?;
        let ticket = desk.written(changed, &organisation)?;
        let message = format!("Ticket escalated to {}", self.target.as_str());
        Ok(Reply::from(ChangedTicket { ticket_id: ticket.id, status: ticket.status, message: Text::new(message) }))
    }
}
