//! Requests: tickets as the portal shows them. Internal notes are fields of their own, and never a customer's.

use super::whose::{MORE, Walk, is_customer, whose};
use crate::tools::args::{Count, Line};
use crate::tools::refusal::missing;
use crate::tools::support::customer_tickets::{StatusFilter, readable};
use crate::tools::support::desk::reachable;
use crate::tools::support::sla::{self, ResolutionState, ResponseState};
use crate::tools::support::view::{
    AttachmentView, AuthorType, EscalationView, Pagination, PersonView, ReplyFrom, TicketVisibility, author, may_read,
    staff_name, withheld,
};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    Comment, CommentId, Internal, OrganisationId, Pii, Priority, Text, Ticket, TicketId, TicketQuery, TicketStatus,
    Withheld, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List requests, newest first. Customers see their own, a lead also the organization's that are not private; employees those of the
/// customers that they serve.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRequests {
    /// Only requests of this customer. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only requests in this state.
    #[serde(default)]
    status: StatusFilter,
    /// Only requests of this type, for example `Hardware`.
    #[serde(default)]
    category: Option<Line<64>>,
    /// Only requests of this urgency.
    #[serde(default)]
    priority: Option<Priority>,
    /// Only requests that somebody with these words in their name works on.
    #[serde(default)]
    owner: Option<Line<120>>,
    /// Only requests that stand so against their service level.
    #[serde(default)]
    sla: Option<ResolutionState>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RequestList {
    requests: Vec<RequestView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RequestView {
    request_id: TicketId,
    customer_id: OrganisationId,
    subject: Text,
    status: TicketStatus,
    priority: Priority,
    category: Text,
    visibility: TicketVisibility,
    created_at: Timestamp,
    /// For customers: when something that they may see last changed.
    updated_at: Timestamp,
    created_by: PersonView,
    #[serde(skip_serializing_if = "classified::absent")]
    owner: Option<Pii>,
    sla: SlaView,
    comment_count: u32,
    #[serde(skip_serializing_if = "classified::absent")]
    internal_note_count: Option<Internal<u32>>,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

/// How a request stands against its service level.
#[derive(Debug, Serialize, JsonSchema)]
struct SlaView {
    response: ResponseState,
    resolution: ResolutionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "classified::absent")]
    breach_reason: Option<Internal<Text>>,
}

impl RequestView {
    fn of(it: &Ticket, customer_id: OrganisationId, now: Timestamp, for_staff: bool) -> Self {
        Self {
            request_id: it.id.clone(),
            customer_id,
            subject: it.subject.clone(),
            status: it.status,
            priority: it.priority,
            category: it.category.as_str().into(),
            visibility: it.visibility.into(),
            created_at: it.created_at,
            updated_at: if for_staff { it.updated_at } else { it.public_updated_at },
            created_by: PersonView::of(&it.requester),
            owner: it.assignee.as_ref().map(staff_name),
            sla: SlaView {
                response: sla::response(&it.sla, now),
                resolution: sla::resolution(it, now),
                response_due: it.sla.response_due,
                resolution_due: it.sla.resolution_due,
                breach_reason: it
                    .sla
                    .breach_reason
                    .as_deref()
                    .filter(|_| for_staff)
                    .map(|why| Internal::new(Text::from(why))),
            },
            comment_count: it.public_comments,
            internal_note_count: for_staff.then(|| Internal::new(it.internal_comments)),
            withheld: if for_staff { Withheld::default() } else { withheld(it) },
        }
    }
}

impl ListRequests {
    /// Whether some of what is asked for no system is asked for, so that rows are chosen here.
    fn chooses(&self) -> bool {
        self.category.is_some() || self.owner.is_some() || self.sla.is_some()
    }

    fn wants(&self, it: &Ticket, now: Timestamp) -> bool {
        let has = |text: &str, words: &str| text.to_lowercase().contains(&words.to_lowercase());
        let owner = it.assignee.as_ref().map_or("", |it| it.name.as_str());
        self.category.as_ref().is_none_or(|words| it.category.eq_ignore_ascii_case(words.as_str()))
            && self.owner.as_ref().is_none_or(|words| has(owner, words.as_str()))
            && self.sla.is_none_or(|state| sla::resolution(it, now) == state)
    }
}

impl Tool for ListRequests {
    const NAME: &'static str = "portal.requests.list";
    const TITLE: &'static str = "List requests";
    const KIND: Kind = Kind::Read;
    type Output = RequestList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<RequestList>, Refusal> {
        let customer = is_customer(cx);
        let desk = cx.desk()?;
        let ours = match &self.customer_id {
            None if !customer => None,
            named => Some(whose(cx, named.as_ref())?),
        };
        let organisation = match ours {
            Some(_) if customer => Some(desk.own()?),
            Some(ours) => Some(desk.external(ours).ok_or_else(|| missing(Code::OrganizationNotFound))?),
            None => None,
        };
        let viewer = if customer { Some(desk.viewer().await?) } else { None };
        let mut walk = Walk::new(customer || self.chooses(), self.limit.get(), self.offset.get());
        while let Some((offset, limit)) = walk.next() {
            let query = TicketQuery {
                organisation: organisation.clone(),
                viewer: viewer.clone(),
                statuses: self.status.statuses(),
                priority: self.priority,
                offset,
                limit,
                ..TicketQuery::default()
            };
            let page = desk.timed(desk.port.tickets(&desk.cx, &query)).await?;
            let readable = |it: &Ticket| viewer.as_ref().is_none_or(|viewer| may_read(viewer, it).is_ok());
            walk.take(&desk, ours, page, |it| readable(it) && self.wants(it, cx.now));
        }
        let (rows, pagination, more) = walk.done();
        let requests = rows.into_iter().map(|(owner, it)| RequestView::of(&it, owner, cx.now, !customer)).collect();
        Ok(RequestList { requests, pagination }.reply().truncated(more, MORE))
    }
}

/// Read one request: conversation, attachments, service level and how it was handled. Employees also get the internal notes, in a
/// field of their own that no reply to a customer may quote.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetRequest {
    /// The request's ID, as lists show it.
    request_id: TicketId,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RequestDetail {
    #[serde(flatten)]
    request: RequestView,
    description: Text,
    /// What the customer reads, oldest first.
    conversation: Vec<CommentView>,
    #[serde(skip_serializing_if = "classified::absent")]
    internal_notes: Option<Internal<Vec<CommentView>>>,
    #[serde(skip_serializing_if = "classified::absent")]
    handling_history: Option<Internal<Vec<EscalationView>>>,
    attachments: Vec<AttachmentView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<Text>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CommentView {
    comment_id: CommentId,
    author_type: AuthorType,
    author_name: Pii,
    content: Text,
    created_at: Timestamp,
}

impl CommentView {
    fn of(it: &Comment) -> Self {
        let (author_type, author_name) = author(&it.author);
        let (comment_id, content) = (it.id.clone(), it.body.clone());
        Self { comment_id, author_type, author_name, content, created_at: it.created_at }
    }
}

impl Tool for GetRequest {
    const NAME: &'static str = "portal.request.get";
    const TITLE: &'static str = "Read a request";
    const KIND: Kind = Kind::Read;
    type Output = RequestDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<RequestDetail>, Refusal> {
        let for_staff = !is_customer(cx);
        let desk = cx.desk()?;
        let (customer_id, it) = if for_staff {
            reachable(&desk, &self.request_id).await?
        } else {
            desk.own()?;
            let viewer = desk.viewer().await?;
            let found = readable(&desk, &viewer, &self.request_id).await?;
            (found.organisation.ok_or_else(|| missing(Code::TicketNotFound))?, found.record)
        };
        let (notes, public): (Vec<_>, Vec<_>) = it.comments.iter().partition(|it| it.internal);
        let notes = || Internal::new(notes.iter().map(|it| CommentView::of(it)).collect());
        let history = || Internal::new(it.escalations.iter().map(EscalationView::of).collect());
        let files = it.attachments.iter().filter(|it| for_staff || !it.internal);
        let detail = RequestDetail {
            description: it.description.clone(),
            conversation: public.into_iter().map(CommentView::of).collect(),
            internal_notes: for_staff.then(notes),
            handling_history: for_staff.then(history),
            attachments: files.map(|it| AttachmentView::of(it, for_staff)).collect(),
            resolution: it.resolution.clone(),
            request: RequestView::of(&it, customer_id, cx.now, for_staff),
        };
        Ok(detail.reply())
    }
}
