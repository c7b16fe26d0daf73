//! Tickets as customers use them.

use super::view::{self, CustomerTicket, CustomerTicketDetail, Pagination, ReplyFrom, may_read};
use crate::tools::args::{Count, Line, Prose};
use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing, or_missing};
use crate::tools::{Code, Kind, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::owned::Admitted;
use postern_api::{
    AttachmentId, Author, CommentId, Error, ErrorKind, NewComment, NewTicket, Op, OrganisationStatus, Person, Priority,
    ServiceDesk, SlaHours, Ticket, TicketId, TicketQuery, TicketSort, TicketStatus, Viewer, Visibility,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which tickets by state.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum StatusFilter {
    Open,
    Pending,
    Resolved,
    Closed,
    #[default]
    All,
}

impl StatusFilter {
    pub(in crate::tools) fn statuses(self) -> Vec<TicketStatus> {
        match self {
            StatusFilter::Open => vec![TicketStatus::Open],
            StatusFilter::Pending => vec![TicketStatus::Pending],
            StatusFilter::Resolved => vec![TicketStatus::Resolved],
            StatusFilter::Closed => vec![TicketStatus::Closed],
            StatusFilter::All => vec![],
        }
    }
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SortOrder {
    Asc,
    #[default]
    Desc,
}

impl SortOrder {
    /// `priority` sorts the most urgent first when descending, as people expect; the port sorts critical first ascending.
    pub(super) fn descending(self, sort: TicketSort) -> bool {
        match sort {
            TicketSort::Priority => self == SortOrder::Asc,
            TicketSort::CreatedAt | TicketSort::UpdatedAt => self == SortOrder::Desc,
        }
    }
}

pub(super) fn default_sort() -> TicketSort {
    TicketSort::CreatedAt
}

/// List your support tickets. You see the tickets you opened; a lead contact also sees the organization's tickets that are not
/// private. Newest first unless you say otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListTickets {
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
pub(super) struct TicketList {
    tickets: Vec<CustomerTicket>,
    pagination: Pagination,
}

impl Tool for ListTickets {
    const NAME: &'static str = "customer_list_tickets";
    const TITLE: &'static str = "List my tickets";
    const KIND: Kind = Kind::Read;
    type Output = TicketList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<TicketList>, Refusal> {
        let desk = cx.desk()?;
        let organisation = desk.own()?;
        let viewer = desk.viewer().await?;
        let (limit, offset) = (self.limit.get(), self.offset.get());
        let query = TicketQuery {
            organisation: Some(organisation),
            viewer: Some(viewer.clone()),
            statuses: self.status.statuses(),
            priority: self.priority,
            sort: self.sort,
            descending: self.sort_order.descending(self.sort),
            offset,
            limit,
            ..TicketQuery::default()
        };
        let page = desk.page(desk.timed(desk.port.tickets(&desk.cx, &query)).await?);
        let (returned, cut) = (page.rows.len(), page.truncated);
        let tickets: Vec<_> =
            page.rows.into_iter().map(|it| it.record).filter(|it| may_read(&viewer, it).is_ok()).collect();
        let total = page.total.saturating_sub((returned - tickets.len()) as u64);
        let pagination = Pagination::new(total, limit, offset, tickets.len());
        let more = pagination.has_more() || cut;
        let tickets = tickets.iter().map(|it| CustomerTicket::of(it, cx.now)).collect();
        let list = TicketList { tickets, pagination };
        Ok(list.reply().truncated(more, "Results truncated. Use pagination to see more."))
    }
}

/// Reads a ticket that this customer may read: another organisation's is missing, a colleague's or a private one is denied.
pub(in crate::tools) async fn readable(
    desk: &Port<'_, dyn ServiceDesk>,
    viewer: &Viewer,
    id: &TicketId,
) -> Result<Admitted<Ticket>, Refusal> {
    let found = desk.timed(desk.port.ticket(&desk.cx, id)).await.or_missing(Code::TicketNotFound)?;
    let ticket = desk.open(found, Code::TicketNotFound)?;
    if ticket.organisation.is_none() {
        return Err(missing(Code::TicketNotFound));
    }
    may_read(viewer, &ticket.record)?;
    Ok(ticket)
}

/// Read one of your support tickets with its comments, attachments and service level.
///
/// Use `customer_list_tickets` first when the ticket ID is not known.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetTicket {
    /// The ticket ID, as lists show it.
    ticket_id: TicketId,
}

impl Tool for GetTicket {
    const NAME: &'static str = "customer_get_ticket";
    const TITLE: &'static str = "Read a ticket";
    const KIND: Kind = Kind::Read;
    type Output = CustomerTicketDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<CustomerTicketDetail>, Refusal> {
        let desk = cx.desk()?;
        desk.own()?;
        let viewer = desk.viewer().await?;
        let ticket = readable(&desk, &viewer, &self.ticket_id).await?;
        Ok(CustomerTicketDetail::of(&ticket.record, cx.now).reply())
    }
}

/// How urgent a customer may say it is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CustomerPriority {
    High,
    #[default]
    Medium,
    Low,
}

/// Who of the organization may read a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Readers {
    /// The requester and the organization's lead.
    Organization,
    /// The requester alone.
    Private,
}

/// Open a support ticket for your organization. Answers with its ID and when the first response and the resolution are due.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubmitTicket {
    /// One line that says what is wrong.
    subject: Line<200>,
    /// What happened, since when, and what was tried.
    description: Prose<20_000>,
    /// What it is about, for example `Hardware`.
    #[serde(default)]
    category: Option<Line<64>>,
    /// How urgent it is.
    #[serde(default)]
    priority: CustomerPriority,
    /// Who of your organization may read it. Only a lead contact can make a ticket private.
    #[serde(default)]
    visibility: Option<Readers>,
    /// IDs of files that were uploaded before.
    #[serde(default)]
    #[schemars(length(max = 20))]
    attachments: Vec<AttachmentId>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SubmittedTicket {
    ticket_id: TicketId,
    message: &'static str,
    sla: DueTimes,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DueTimes {
    #[serde(skip_serializing_if = "Option::is_none")]
    response_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_due: Option<Timestamp>,
}

pub(in crate::tools) fn month_start(now: Timestamp) -> Timestamp {
    let utc = now.to_zoned(jiff::tz::TimeZone::UTC);
    utc.first_of_month().and_then(|it| it.start_of_day()).map_or(now, |it| it.timestamp())
}

pub(in crate::tools) fn due(
    now: Timestamp,
    sla: Option<SlaHours>,
    hours: impl Fn(SlaHours) -> u32,
) -> Option<Timestamp> {
    sla.and_then(|it| now.checked_add(SignedDuration::from_hours(i64::from(hours(it)))).ok())
}

impl Tool for SubmitTicket {
    const NAME: &'static str = "customer_submit_ticket";
    const TITLE: &'static str = "Open a ticket";
    const KIND: Kind = Kind::Write;
    const SENDS: Option<Op> = Some(Op::TicketCreate);
    type Output = SubmittedTicket;

    async fn call(self, cx: &ToolCx) -> Result<Reply<SubmittedTicket>, Refusal> {
        if self.attachments.len() > 20 {
            return Err(Refusal::argument("attachments", "expected at most 20 IDs"));
        }
        let inactive = || Refusal::new(Code::OrgNotActive, "your organization's subscription is not active");
        let crm = cx.crm()?;
        let organisation = view::organisation(&crm, &crm.own()?)
            .await
            .map_err(|refusal| if refusal.code == Code::OrganizationNotFound { inactive() } else { refusal })?;
        if organisation.status != OrganisationStatus::Active {
            return Err(inactive());
        }
        let desk = cx.desk()?;
        let own = desk.own()?;
        let viewer = desk.viewer().await?;
        let month = month_start(cx.now);
        let limit = cx.tenant.limits(&organisation).tickets_per_month;
        let used_up =
            |limit: u32| Refusal::new(Code::TicketLimitReached, format!("monthly ticket limit ({limit}) reached"));
        // One at a time for each organisation, so that two submissions cannot both be the last one.
        let _turn = cx.turn("submit_ticket").await;
        if let Some(limit) = limit {
            let count = TicketQuery {
                organisation: Some(own.clone()),
                created_since: Some(month),
                without_tasks: true,
                limit: 1,
                ..TicketQuery::default()
            };
            let used = desk.timed(desk.port.tickets(&desk.cx, &count)).await?.total;
            if used >= u64::from(limit) {
                return Err(used_up(limit));
            }
        }
        let sla = cx.tenant.sla(&organisation);
        let (response_due, resolution_due) = (due(cx.now, sla, |it| it.response), due(cx.now, sla, |it| it.resolution));
        let new = NewTicket {
            organisation: own,
            requester: viewer.contact,
            subject: self.subject.as_str().to_owned(),
            description: self.description.as_str().to_owned(),
            category: self.category.map(|it| it.as_str().to_owned()),
            priority: match self.priority {
                CustomerPriority::High => Priority::High,
                CustomerPriority::Medium => Priority::Medium,
                CustomerPriority::Low => Priority::Low,
            },
            visibility: match self.visibility {
                Some(Readers::Private) if viewer.organisation_wide => Visibility::Private,
                Some(_) | None => Visibility::Organisation,
            },
            attachments: self.attachments,
            response_due,
            resolution_due,
            limit: limit.map(|it| (it, month)),
        };
        let created =
            desk.timed(desk.port.create(&desk.cx, &new)).await.map_err(|error| match (error.kind(), limit) {
                (ErrorKind::LimitReached, Some(limit)) => used_up(limit),
                _ => Refusal::from(error),
            })?;
        let ticket = desk.open(created, Code::OutcomeUnknown)?.record;
        Ok(Reply::from(SubmittedTicket {
            ticket_id: ticket.id,
            message: "Ticket created successfully",
            sla: DueTimes {
                response_due: ticket.sla.response_due.or(response_due),
                resolution_due: ticket.sla.resolution_due.or(resolution_due),
            },
        }))
    }
}

/// Add a comment to one of your tickets. The support team and everybody who may read the ticket will see it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddComment {
    /// The ticket ID, as lists show it.
    ticket_id: TicketId,
    /// The comment.
    content: Prose<20_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AddedComment {
    comment_id: CommentId,
    message: &'static str,
}

impl Tool for AddComment {
    const NAME: &'static str = "customer_add_comment";
    const TITLE: &'static str = "Comment on a ticket";
    const KIND: Kind = Kind::Write;
    const SENDS: Option<Op> = Some(Op::TicketComment);
    type Output = AddedComment;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::TicketComment, &self.ticket_id))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<AddedComment>, Refusal> {
        let desk = cx.desk()?;
        desk.own()?;
        let viewer = desk.viewer().await?;
        let ticket = readable(&desk, &viewer, &self.ticket_id).await?.record;
        let person = Person {
            contact: Some(viewer.contact),
            name: cx.caller.name.as_deref().unwrap_or("Customer").to_owned(),
            email: cx.caller.email.as_deref().map(str::to_owned),
        };
        let body = self.content.as_str().to_owned();
        let new = NewComment { author: Author::Customer(person), body, internal: false };
        let added = desk.timed(desk.port.comment(&desk.cx, &ticket.id, &new)).await.map_err(comment_failed)?;
        let comment = desk.open(added, Code::OutcomeUnknown)?.record;
        Ok(Reply::from(AddedComment { comment_id: comment.id, message: "Comment added successfully" }))
    }
}

fn comment_failed(error: Error) -> Refusal {
    if error.kind() == ErrorKind::Conflict {
        return Refusal::new(Code::Conflict, "the ticket is closed").suggest("Open a new ticket and mention this one.");
    }
    or_missing(error, Code::TicketNotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_starts_on_its_first_day_at_midnight_utc() {
        let now: Timestamp = "2026-11-21T23:59:59Z".parse().expect("a time");
        assert_eq!(month_start(now).to_string(), "2026-11-01T00:00:00Z");
    }
}
