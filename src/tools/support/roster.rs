//! Everybody at one organisation: contacts of the CRM, logins of the directory and their tickets, joined by e-mail address.

use crate::tools::cx::Port;
use crate::tools::refusal::Missing;
use crate::tools::{Code, Refusal, ToolCx};
use postern_api::{
    Contact, ContactId, Crm, ExternalId, Login, LoginRole, LoginStatus, OrganisationId, TicketQuery, Viewer,
};
use std::collections::BTreeMap;

/// One person.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) contact: Option<Contact>,
    pub(super) login: Option<Login>,
    pub(super) tickets: u64,
}

impl Member {
    pub(super) fn id(&self) -> Option<&ContactId> {
        self.login.as_ref().map(|it| &it.id).or(self.contact.as_ref().map(|it| &it.id))
    }

    pub(super) fn name(&self) -> &str {
        let contact = self.contact.as_ref().map(|it| it.name.as_str());
        contact.or(self.login.as_ref().map(|it| it.name.as_str())).unwrap_or_default()
    }

    pub(super) fn email(&self) -> Option<&str> {
        self.login.as_ref().map(|it| it.email.as_str()).or(self.contact.as_ref()?.email.as_deref())
    }

    pub(super) fn role(&self) -> LoginRole {
        self.login.as_ref().map_or(LoginRole::Basic, |it| it.role)
    }

    /// A contact without a login cannot sign in, which is what `disabled` says.
    pub(super) fn status(&self) -> LoginStatus {
        self.login.as_ref().map_or(LoginStatus::Disabled, |it| it.status)
    }
}

/// The logins of one organisation.
pub(in crate::tools) async fn logins(cx: &ToolCx, organisation: &OrganisationId) -> Result<Vec<Login>, Refusal> {
    let identity = cx.identity()?;
    let Some(external) = identity.external(organisation) else { return Ok(vec![]) };
    let found =
        identity.timed(identity.port.logins(&identity.cx, &external)).await.or_missing(Code::OrganizationNotFound)?;
    Ok(found.into_iter().filter_map(|row| identity.admit(row)).map(|it| it.record).collect())
}

/// How many logins count against the plan.
pub(in crate::tools) fn occupied(logins: &[Login]) -> u64 {
    logins.iter().filter(|it| it.status != LoginStatus::Disabled).count() as u64
}

/// Tickets by requester's e-mail address (or id, where there is none), as far as `viewer` may see them.
async fn ticket_counts(
    cx: &ToolCx,
    organisation: &OrganisationId,
    viewer: Option<Viewer>,
) -> Result<BTreeMap<String, u64>, Refusal> {
    let desk = cx.desk()?;
    let mut counts = BTreeMap::new();
    let Some(external) = desk.external(organisation) else { return Ok(counts) };
    let mut query = TicketQuery { organisation: Some(external), viewer, limit: 200, ..TicketQuery::default() };
    loop {
        let page = desk.timed(desk.port.tickets(&desk.cx, &query)).await?;
        let (returned, total) = (page.rows.len(), page.total);
        for row in desk.page(page).rows {
            let person = row.record.requester;
            if let Some(key) = person.email.or(person.contact.map(|it| it.to_string())) {
                *counts.entry(key).or_default() += 1;
            }
        }
        query.offset += u32::try_from(returned).unwrap_or(u32::MAX);
        if returned == 0 || u64::from(query.offset) >= total || query.offset >= 5_000 {
            return Ok(counts);
        }
    }
}

/// Everybody at one organisation, by name.
pub(super) async fn roster(
    cx: &ToolCx,
    crm: &Port<'_, dyn Crm>,
    (ours, external): (&OrganisationId, &ExternalId),
    viewer: Option<Viewer>,
) -> Result<Vec<Member>, Refusal> {
    let contacts = crm.timed(crm.port.contacts(&crm.cx, external)).await.or_missing(Code::OrganizationNotFound)?;
    let mut logins: BTreeMap<String, Login> =
        logins(cx, ours).await?.into_iter().map(|it| (it.email.to_ascii_lowercase(), it)).collect();
    let counts = ticket_counts(cx, ours, viewer).await?;
    let mut members: Vec<Member> = Vec::new();
    for contact in contacts.into_iter().filter_map(|row| crm.admit(row)).map(|it| it.record) {
        let login = contact.email.as_ref().and_then(|it| logins.remove(&it.to_ascii_lowercase()));
        members.push(Member { contact: Some(contact), login, tickets: 0 });
    }
    members.extend(logins.into_values().map(|login| Member { contact: None, login: Some(login), tickets: 0 }));
    for member in &mut members {
        let by_email = member.email().and_then(|it| counts.get(&it.to_ascii_lowercase()));
        let by_id = member.id().and_then(|it| counts.get(it.as_str()));
        member.tickets = by_email.or(by_id).copied().unwrap_or(0);
    }
    members.sort_by(|a, b| a.name().cmp(b.name()).then_with(|| a.id().cmp(&b.id())));
    Ok(members)
}
