//! Customer organisations, as employees see them.

use super::roster::roster;
use super::view::{self, ReplyFrom};
use crate::tools::refusal::missing;
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    About, ContactId, Internal, LoginRole, LoginStatus, OrganisationId, OrganisationStatus, Pii, PiiKind, Text,
    TicketQuery, TicketSort, TicketStatus, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Read one customer organization: plan, status, people and how its tickets are doing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetOrganization {
    /// The organization ID, as tickets show it.
    organization_id: OrganisationId,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OrganizationDetail {
    organization_id: OrganisationId,
    name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_tier: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_tier: Option<Text>,
    status: OrganisationStatus,
    contacts: ContactTotals,
    tickets: TicketTotals,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ContactTotals {
    total: u64,
    #[serde(skip_serializing_if = "classified::absent")]
    lead: Option<Pii>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TicketTotals {
    open: u64,
    total: u64,
    /// Hours from creation to resolution, over the last 200 resolved tickets.
    #[serde(skip_serializing_if = "Option::is_none")]
    avg_resolution_time: Option<f64>,
}

impl Tool for GetOrganization {
    const NAME: &'static str = "internal_get_organization";
    const TITLE: &'static str = "Read an organization";
    const KIND: Kind = Kind::Read;
    type Output = OrganizationDetail;

    async fn call(self, cx: &ToolCx) -> Result<Reply<OrganizationDetail>, Refusal> {
        let crm = cx.crm()?;
        let ours = self.organization_id;
        let external = crm.external(&ours).ok_or_else(|| missing(Code::OrganizationNotFound))?;
        let organisation = view::organisation(&crm, &external).await?;
        let members = roster(cx, &crm, (&ours, &external), None).await?;
        let lead = members.iter().find(|it| it.role() == LoginRole::Lead && it.status() == LoginStatus::Active);
        let lead = lead.map(|it| {
            let about = it.id().cloned().map_or(About::Unknown, About::Contact);
            Pii::new(PiiKind::Name, about, it.name())
        });
        let tickets = ticket_totals(cx, &ours).await?;
        let detail = OrganizationDetail {
            organization_id: ours,
            name: Text::new(organisation.name),
            domain: organisation.domains.into_iter().next().map(Text::new),
            subscription_tier: organisation.subscription_tier.map(Text::new),
            sla_tier: organisation.sla_tier.map(Text::new),
            status: organisation.status,
            contacts: ContactTotals { total: members.len() as u64, lead },
            tickets,
        };
        Ok(Reply::from(detail))
    }
}

async fn ticket_totals(cx: &ToolCx, ours: &OrganisationId) -> Result<TicketTotals, Refusal> {
    let desk = cx.desk()?;
    let Some(external) = desk.external(ours) else {
        return Ok(TicketTotals { open: 0, total: 0, avg_resolution_time: None });
    };
    let all = TicketQuery { organisation: Some(external), limit: 1, ..TicketQuery::default() };
    let open = TicketQuery { statuses: vec![TicketStatus::Open, TicketStatus::Pending], ..all.clone() };
    let solved = TicketQuery {
        statuses: vec![TicketStatus::Resolved, TicketStatus::Closed],
        sort: TicketSort::UpdatedAt,
        limit: 200,
        ..all.clone()
    };
    let total = desk.timed(desk.port.tickets(&desk.cx, &all)).await?.total;
    let open = desk.timed(desk.port.tickets(&desk.cx, &open)).await?.total;
    let solved = desk.page(desk.timed(desk.port.tickets(&desk.cx, &solved)).await?);
    let hours: Vec<f64> = solved
        .rows
        .iter()
        .filter_map(|it| Some(it.record.sla.resolved_at?.duration_since(it.record.created_at).as_secs_f64() / 3600.0))
        .collect();
    let mean = (!hours.is_empty()).then(|| hours.iter().sum::<f64>() / hours.len() as f64);
    Ok(TicketTotals { open, total, avg_resolution_time: mean.map(|it| (it * 10.0).round() / 10.0) })
}

/// List the people of one customer organization, with what employees noted about them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListContacts {
    /// The organization ID, as tickets show it.
    organization_id: OrganisationId,
    /// Only people with this status.
    #[serde(default)]
    status: Option<LoginStatus>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StaffContactList {
    organization_id: OrganisationId,
    contacts: Vec<StaffContact>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StaffContact {
    contact_id: ContactId,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
    #[serde(skip_serializing_if = "classified::absent")]
    phone: Option<Pii>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Text>,
    role: LoginRole,
    status: LoginStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Timestamp>,
    ticket_count: u64,
    #[serde(skip_serializing_if = "classified::absent")]
    notes: Option<Internal<Text>>,
}

impl Tool for ListContacts {
    const NAME: &'static str = "internal_list_org_contacts";
    const TITLE: &'static str = "List an organization's contacts";
    const KIND: Kind = Kind::Read;
    type Output = StaffContactList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<StaffContactList>, Refusal> {
        let crm = cx.crm()?;
        let ours = self.organization_id;
        let external = crm.external(&ours).ok_or_else(|| missing(Code::OrganizationNotFound))?;
        view::organisation(&crm, &external).await?;
        let members = roster(cx, &crm, (&ours, &external), None).await?;
        let wanted = members.into_iter().filter(|it| self.status.is_none_or(|status| it.status() == status));
        let contacts = wanted
            .filter_map(|it| {
                let id = it.id()?.clone();
                let pii = |kind, value: &str| Pii::new(kind, About::Contact(id.clone()), value);
                let contact = it.contact.as_ref();
                Some(StaffContact {
                    name: pii(PiiKind::Name, it.name()),
                    email: it.email().map(|mail| pii(PiiKind::Email, mail)),
                    phone: contact.and_then(|it| it.phone.as_deref()).map(|phone| pii(PiiKind::Phone, phone)),
                    title: contact.and_then(|it| it.title.as_deref()).map(Text::from),
                    role: it.role(),
                    status: it.status(),
                    last_login: it.login.as_ref().and_then(|it| it.last_login),
                    ticket_count: it.tickets,
                    notes: contact.and_then(|it| it.notes.as_deref()).map(|note| Internal::new(note.into())),
                    contact_id: id.clone(),
                })
            })
            .collect();
        Ok(StaffContactList { organization_id: ours, contacts }.reply())
    }
}
