//! One customer, whole: profile, contacts, preferences, consent, portal, and how much is going on.

use super::customers::{Activation, workspace};
use super::rights::{Member, member};
use super::whose::{Walk, admitted, is_customer, located};
use crate::tools::refusal::Missing;
use crate::tools::support::view::{ReplyFrom, organisation};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    About, BookingQuery, BookingStatus, Channel, ConsentKind, ConsentRecord, Contact, ContactId, ErrorKind, Internal,
    OrganisationId, OrganisationStatus, Pii, PiiKind, ProfileField, ProjectQuery, Right, Standing, Text, TicketQuery,
    TicketStatus, Topic, WorkStatus, WorkspaceId, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Read one customer: profile, contacts and what they want to be told, consent, where the portal stands, and how much is going on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetCustomer {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CustomerDetail {
    customer_id: OrganisationId,
    name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Text>,
    status: OrganisationStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_tier: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_tier: Option<Text>,
    #[serde(skip_serializing_if = "classified::absent")]
    phone: Option<Pii>,
    #[serde(skip_serializing_if = "classified::absent")]
    address: Option<Pii>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<Text>,
    portal: PortalState,
    /// Yourself alone, where your role does not include the others.
    contacts: Vec<ContactView>,
    /// What was agreed to or withdrew last, by person and matter; without a person: the organization's.
    consents: Vec<ConsentView>,
    summary: Summary,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PortalState {
    activation: Activation,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    welcome_text: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ContactView {
    contact_id: ContactId,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
    #[serde(skip_serializing_if = "classified::absent")]
    phone: Option<Pii>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Text>,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<Preferences>,
    #[serde(skip_serializing_if = "classified::absent")]
    notes: Option<Internal<Text>>,
}

/// What a person wants to be told.
#[derive(Debug, Serialize, JsonSchema)]
struct Preferences {
    /// Whether the person agreed to be told at all.
    consented: bool,
    opted_out: Vec<OptedOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OptedOut {
    topic: Topic,
    channel: Channel,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConsentView {
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<ContactId>,
    kind: ConsentKind,
    granted: bool,
    version: Text,
    at: Timestamp,
}

/// How much is going on, as far as the caller may see it; absent where they may not.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    open_requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running_service_records: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_booking: Option<Timestamp>,
}

/// Whether the caller may know the customer's people: an employee or a lead, as the policies say.
fn sees_people(cx: &ToolCx) -> bool {
    cx.visible_tools().iter().any(|it| **it == *"portal_portal_users_list")
}

fn is_myself(cx: &ToolCx, email: Option<&str>) -> bool {
    match (cx.caller.email.as_deref(), email) {
        (Some(mine), Some(email)) => is_customer(cx) && mine.eq_ignore_ascii_case(email),
        (Some(_) | None, Some(_) | None) => false,
    }
}

impl ContactView {
    fn of(cx: &ToolCx, it: Contact, standing: Option<&Standing>) -> Self {
        let me = is_myself(cx, it.email.as_deref());
        let about = || if me { cx.myself() } else { About::Contact(it.id.clone()) };
        let preferences = standing.map(|it| Preferences {
            consented: it.consented,
            opted_out: it
                .opted_out
                .iter()
                .map(|(topic, channel)| OptedOut { topic: *topic, channel: *channel })
                .collect(),
        });
        Self {
            name: Pii::new(PiiKind::Name, about(), &it.name),
            email: it.email.as_ref().map(|mail| Pii::new(PiiKind::Email, about(), mail)),
            phone: it.phone.as_ref().map(|phone| Pii::new(PiiKind::Phone, about(), phone)),
            title: it.title.map(Text::new),
            active: it.active,
            preferences,
            notes: it.notes.filter(|_| !is_customer(cx)).map(|note| Internal::new(Text::new(note))),
            contact_id: it.id,
        }
    }
}

/// What each person of the customer wants to be told, where that system numbers people as the CRM does.
async fn standings(cx: &ToolCx, ours: &OrganisationId) -> Result<Vec<Standing>, Refusal> {
    let same = cx.tenant.more.notifications.as_ref().is_some_and(|it| it.ids == cx.tenant.crm.ids);
    if !same {
        return Ok(vec![]);
    }
    let port = cx.notifications()?;
    let Some(external) = port.external(ours) else { return Ok(vec![]) };
    let found = port.timed(port.port.standing(&port.cx, &external)).await?;
    Ok(admitted(&port, ours, found))
}

/// The last word of each person on each matter; `mine`: only these people's and the organisation's.
async fn consents(cx: &ToolCx, ours: &OrganisationId, mine: Option<&[ContactId]>) -> Result<Vec<ConsentView>, Refusal> {
    let portal = cx.portal()?;
    let Some(external) = portal.external(ours) else { return Ok(vec![]) };
    let found = portal.timed(portal.port.consents(&portal.cx, &external)).await?;
    let same = portal.system.ids == cx.tenant.crm.ids;
    let mut last: BTreeMap<(Option<ContactId>, ConsentKind), ConsentRecord> = BTreeMap::new();
    for record in admitted(&portal, ours, found) {
        let theirs = record.contact.as_ref();
        let shown = theirs.is_none_or(|id| mine.is_none_or(|mine| same && mine.contains(id)));
        let key = (record.contact.clone(), record.kind);
        // Kept oldest first; of two at one time the later one.
        if shown && last.get(&key).is_none_or(|it| it.at <= record.at) {
            last.insert(key, record);
        }
    }
    let consents = last.into_values().map(|it| ConsentView {
        contact_id: it.contact,
        kind: it.kind,
        granted: it.granted,
        version: Text::new(it.version),
        at: it.at,
    });
    Ok(consents.collect())
}

async fn open_requests(cx: &ToolCx, ours: &OrganisationId) -> Result<Option<u64>, Refusal> {
    let desk = cx.desk()?;
    let Some(external) = desk.external(ours) else { return Ok(None) };
    let viewer = if is_customer(cx) { Some(desk.viewer().await?) } else { None };
    let query = TicketQuery {
        organisation: Some(external),
        viewer,
        statuses: vec![TicketStatus::Open, TicketStatus::Pending],
        limit: 1,
        ..TicketQuery::default()
    };
    Ok(Some(desk.timed(desk.port.tickets(&desk.cx, &query)).await?.total))
}

async fn running(cx: &ToolCx, ours: &OrganisationId) -> Result<Option<u64>, Refusal> {
    if cx.tenant.more.projects.is_none() {
        return Ok(None);
    }
    let port = cx.projects()?;
    let Some(external) = port.external(ours) else { return Ok(None) };
    let customer_visible = is_customer(cx);
    let mut walk = Walk::new(true, 1, 0);
    while let Some((offset, limit)) = walk.next() {
        let query =
            ProjectQuery { organisation: Some(external.clone()), kinds: vec![], customer_visible, offset, limit };
        let page = port.timed(port.port.projects(&port.cx, &query)).await?;
        walk.take(&port, Some(ours), page, |it| {
            (it.customer_visible || !customer_visible) && it.status == WorkStatus::InProgress
        });
    }
    Ok(Some(walk.rows_mut().len() as u64))
}

async fn next_booking(cx: &ToolCx, ours: &OrganisationId) -> Result<Option<Timestamp>, Refusal> {
    if cx.tenant.more.bookings.is_none() {
        return Ok(None);
    }
    let port = cx.bookings()?;
    let Some(external) = port.external(ours) else { return Ok(None) };
    let query = BookingQuery { organisation: Some(external), since: Some(cx.now), until: None, limit: 50 };
    let found = port.timed(port.port.bookings(&port.cx, &query)).await?;
    let found = admitted(&port, ours, found).into_iter();
    let stands = found.filter(|it| it.starts_at >= cx.now && it.status != BookingStatus::Cancelled);
    Ok(stands.map(|it| it.starts_at).min())
}

async fn summary(cx: &ToolCx, ours: &OrganisationId, member: Option<&Member>) -> Result<Summary, Refusal> {
    let visible = cx.visible_tools();
    let may = |tool: &str, right: Option<Right>| {
        let by_role = right.is_none_or(|right| !is_customer(cx) || member.is_some_and(|it| it.may(right)));
        by_role && visible.iter().any(|it| **it == *tool)
    };
    let mut summary = Summary::default();
    if may("portal_requests_list", None) {
        summary.open_requests = open_requests(cx, ours).await?;
    }
    if may("portal_service_records_list", Some(Right::ServiceRecords)) {
        summary.running_service_records = running(cx, ours).await?;
    }
    if may("portal_bookings_list", Some(Right::Bookings)) {
        summary.next_booking = next_booking(cx, ours).await?;
    }
    Ok(summary)
}

impl Tool for GetCustomer {
    const NAME: &'static str = "portal.customer.get";
    const TITLE: &'static str = "Read a customer";
    const KIND: Kind = Kind::Read;
    type Output = CustomerDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<CustomerDetail>, Refusal> {
        let crm = cx.crm()?;
        let (customer_id, external) = located(cx, &crm, self.customer_id.as_ref())?;
        let it = organisation(&crm, &external).await?;
        // A customer without a portal user still sees the profile, and less of the rest.
        let member = match member(cx).await {
            Ok(member) => member,
            Err(refusal) if refusal.code == Code::AccessDenied => None,
            Err(refusal) => return Err(refusal),
        };
        let found = crm.timed(crm.port.contacts(&crm.cx, &external)).await.or_missing(Code::OrganizationNotFound)?;
        let everybody = sees_people(cx);
        let mut contacts = admitted(&crm, &customer_id, found);
        contacts.retain(|it| is_myself(cx, it.email.as_deref()) || (everybody && (it.active || !is_customer(cx))));
        let ids: Vec<_> = contacts.iter().map(|it| it.id.clone()).collect();
        let mine = is_customer(cx).then_some(&*ids);
        let consents = consents(cx, &customer_id, mine).await?;
        let standings = standings(cx, &customer_id).await?;
        let mut profile = match crm.timed(crm.port.profile(&crm.cx, &external, None)).await {
            Ok(found) => crm.open(found, Code::OrganizationNotFound)?.record,
            Err(error) if error.kind() == ErrorKind::Unsupported => BTreeMap::new(),
            Err(error) => return Err(error.into()),
        };
        let mut field = |field: ProfileField| profile.remove(&field).flatten();
        let about = if is_customer(cx) { cx.myself() } else { About::Unknown };
        let workspace = workspace(cx, &customer_id).await?;
        let summary = summary(cx, &customer_id, member.as_ref()).await?;
        let detail = CustomerDetail {
            name: Text::new(it.name),
            domain: it.domains.into_iter().next().map(Text::new),
            status: it.status,
            subscription_tier: it.subscription_tier.map(Text::new),
            sla_tier: it.sla_tier.map(Text::new),
            phone: field(ProfileField::CompanyPhone).map(|it| Pii::new(PiiKind::Phone, about.clone(), it)),
            address: field(ProfileField::CompanyAddress).map(|it| Pii::new(PiiKind::Address, about.clone(), it)),
            website: field(ProfileField::Website).map(Text::new),
            portal: PortalState {
                activation: Activation::of(workspace.as_ref()),
                workspace_id: workspace.as_ref().map(|it| it.id.clone()),
                created_at: workspace.as_ref().map(|it| it.created_at),
                welcome_text: workspace.and_then(|it| it.welcome_text).map(Text::new),
            },
            contacts: contacts
                .into_iter()
                .map(|it| {
                    let standing = standings.iter().find(|standing| standing.contact == it.id);
                    ContactView::of(cx, it, standing)
                })
                .collect(),
            consents,
            summary,
            customer_id,
        };
        Ok(detail.reply())
    }
}
