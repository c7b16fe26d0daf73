//! People of an organisation, as its lead manages them.

use super::roster::{Member, logins, occupied, roster};
use super::view;
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::portal::account::tell_of_account;
use crate::tools::portal::told::Telling;
use crate::tools::refusal::missing;
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::{
    About, ContactId, ErrorKind, Invitation, LeadTransfer, Login, LoginRole, LoginStatus, Op, Organisation,
    OrganisationStatus, Pii, PiiKind, Text, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// List the people of your organization: who may sign in, in which role, and how many tickets they opened. For lead contacts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListContacts {
    /// Only people with this status.
    #[serde(default)]
    status: Option<LoginStatus>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ContactList {
    contacts: Vec<ContactView>,
    organization: OrganizationView,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ContactView {
    contact_id: ContactId,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
    name: Pii,
    role: LoginRole,
    status: LoginStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Timestamp>,
    ticket_count: u64,
}

impl ContactView {
    fn of(member: &Member) -> Option<Self> {
        let id = member.id()?.clone();
        let about = About::Contact(id.clone());
        Some(Self {
            email: member.email().map(|it| Pii::new(PiiKind::Email, about.clone(), it)),
            name: Pii::new(PiiKind::Name, about, member.name()),
            role: member.role(),
            status: member.status(),
            last_login: member.login.as_ref().and_then(|it| it.last_login),
            ticket_count: member.tickets,
            contact_id: id,
        })
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct OrganizationView {
    name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_contacts: Option<u32>,
    current_contacts: u64,
}

impl Tool for ListContacts {
    const NAME: &'static str = "customer_list_contacts";
    const TITLE: &'static str = "List my organization's contacts";
    const KIND: Kind = Kind::Read;
    type Output = ContactList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<ContactList>, Refusal> {
        let crm = cx.crm()?;
        let external = crm.own()?;
        let organisation = view::organisation(&crm, &external).await?;
        let viewer = cx.desk()?.viewer().await?;
        let members = roster(cx, &crm, (cx.organisation()?, &external), Some(viewer)).await?;
        let current_contacts = members.iter().filter(|it| it.status() != LoginStatus::Disabled).count() as u64;
        let wanted = members.iter().filter(|it| self.status.is_none_or(|status| it.status() == status));
        let contacts = wanted.filter_map(ContactView::of).collect();
        let max_contacts = cx.tenant.limits(&organisation).contacts;
        Ok(Reply::from(ContactList {
            contacts,
            organization: OrganizationView { name: Text::new(organisation.name), max_contacts, current_contacts },
        }))
    }
}

/// The only role that can be given by invitation.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum InvitedRole {
    #[default]
    Basic,
}

/// Invite somebody to your organization as a basic contact. You are asked to confirm first; then an invitation is sent that
/// can be accepted for 7 days. For lead contacts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteContact {
    /// The e-mail address, of one of your organization's domains.
    email: EmailAddress,
    /// The given name.
    first_name: Line<100>,
    /// The family name.
    last_name: Line<100>,
    /// The role: always `basic`.
    #[serde(default)]
    #[expect(dead_code, reason = "its one value is checked by parsing it")]
    role: InvitedRole,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct InvitedContact {
    contact_id: ContactId,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct InvitationFacts {
    action: &'static str,
    organization: Text,
    email: Pii,
    name: Pii,
    role: LoginRole,
    current_contacts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_contacts: Option<u32>,
}

fn words<'a>(facts: &'a Value, key: &str) -> std::borrow::Cow<'a, str> {
    match facts.get(key) {
        Some(Value::String(text)) => text.as_str().into(),
        Some(other) => other.to_string().into(),
        None => "unknown".into(),
    }
}

impl InviteContact {
    /// Everything that can be checked before anything is sent.
    async fn check(&self, cx: &ToolCx) -> Result<(Organisation, u64), Refusal> {
        let crm = cx.crm()?;
        let organisation = view::organisation(&crm, &crm.own()?).await?;
        if organisation.status != OrganisationStatus::Active {
            return Err(Refusal::new(Code::OrgNotActive, "your organization's subscription is not active"));
        }
        if !organisation.domains.iter().any(|it| it.eq_ignore_ascii_case(self.email.domain())) {
            let domains = organisation.domains.join("`, `");
            return Err(Refusal::argument("email", format!("expected an address at `{domains}`")));
        }
        let logins = logins(cx, cx.organisation()?).await?;
        if logins.iter().any(|it| it.email.eq_ignore_ascii_case(self.email.as_str())) {
            return Err(Refusal::new(
                Code::ContactExists,
                "this e-mail address is already a contact of your organization",
            ));
        }
        let current = occupied(&logins);
        match cx.tenant.limits(&organisation).contacts {
            Some(limit) if current >= u64::from(limit) => Err(limit_reached(limit)),
            Some(_) | None => Ok((organisation, current)),
        }
    }
}

fn limit_reached(limit: u32) -> Refusal {
    Refusal::new(Code::ContactLimitReached, format!("contact limit ({limit}) reached"))
}

impl Tool for InviteContact {
    const NAME: &'static str = "customer_invite_contact";
    const TITLE: &'static str = "Invite a contact";
    const KIND: Kind = Kind::ConfirmedWrite;
    const SENDS: Option<Op> = Some(Op::LoginInvite);
    type Output = InvitedContact;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (organisation, current_contacts) = self.check(cx).await?;
        let max_contacts = cx.tenant.limits(&organisation).contacts;
        let name = format!("{} {}", self.first_name.as_str(), self.last_name.as_str());
        // What the caller wrote is the caller's own to read.
        let pii = |kind, value: &str| Pii::new(kind, cx.myself(), value);
        Ok(Preview::new(
            InvitationFacts {
                action: "invite_contact",
                organization: Text::new(organisation.name),
                email: pii(PiiKind::Email, self.email.as_str()),
                name: pii(PiiKind::Name, &name),
                role: LoginRole::Basic,
                current_contacts,
                max_contacts,
            },
            |facts| {
                let get = |key| words(facts, key);
                let allowed = match facts.get("max_contacts") {
                    Some(max) => format!("{} of {max} allowed", get("current_contacts")),
                    None => get("current_contacts").into_owned(),
                };
                format!(
                    "Invite new contact to {}?\n\nEmail: {}\nName: {}\nRole: Basic Customer\n\nThis will send an invitation, which \
                     expires in 7 days.\nCurrent contacts: {allowed}.",
                    get("organization"),
                    get("email"),
                    get("name"),
                )
            },
        ))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<InvitedContact>, Refusal> {
        let (organisation, _) = self.check(cx).await?;
        let limit = cx.tenant.limits(&organisation).contacts;
        let identity = cx.identity()?;
        let expires_at = cx.now.checked_add(SignedDuration::from_hours(7 * 24)).unwrap_or(cx.now);
        let invitation = Invitation {
            organisation: identity.own()?,
            email: self.email.as_str().to_owned(),
            first_name: self.first_name.as_str().to_owned(),
            last_name: self.last_name.as_str().to_owned(),
            by: cx.caller.principal.subject.to_string(),
            expires_at,
            max_logins: limit,
        };
        let invited = identity.timed(identity.port.invite(&identity.cx, &invitation)).await;
        let invited = invited.map_err(|error| match (error.kind(), limit) {
            (ErrorKind::Conflict, _) => {
                Refusal::new(Code::ContactExists, "this e-mail address is already a contact of your organization")
            }
            (ErrorKind::LimitReached, Some(limit)) => limit_reached(limit),
            _ => Refusal::from(error),
        })?;
        let login = identity.open(invited, Code::OutcomeUnknown)?.record;
        Ok(Reply::from(InvitedContact {
            contact_id: login.id,
            message: "Invitation issued",
            expires_at: login.expires_at,
        }))
    }
}

/// Hand the lead role to another contact of your organization. You are asked to confirm first; then both roles change at once,
/// you become a basic contact, and both of you are told. For lead contacts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferLead {
    /// Who becomes lead: an active contact, by the ID that `customer_list_contacts` shows.
    new_lead_contact_id: ContactId,
    /// Why, for the record.
    #[serde(default)]
    reason: Option<Prose<1_000>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TransferredLead {
    new_lead_contact_id: ContactId,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct TransferFacts {
    action: &'static str,
    organization: Text,
    from_contact_id: ContactId,
    from_name: Pii,
    from_email: Pii,
    to_contact_id: ContactId,
    to_name: Pii,
    to_email: Pii,
}

impl TransferLead {
    /// Who hands over, and to whom.
    async fn check(&self, cx: &ToolCx) -> Result<(Login, Login), Refusal> {
        let logins = logins(cx, cx.organisation()?).await?;
        let mine = |it: &&Login| cx.caller.email.as_deref().is_some_and(|mail| mail.eq_ignore_ascii_case(&it.email));
        let from = logins.iter().find(mine).filter(|it| it.role == LoginRole::Lead);
        let from = from.ok_or_else(|| {
            Refusal::new(Code::LeadRequired, "you are not the lead contact of your organization any more")
        })?;
        let to =
            logins.iter().find(|it| it.id == self.new_lead_contact_id).ok_or_else(|| missing(Code::ContactNotFound))?;
        if to.id == from.id {
            return Err(Refusal::argument("new_lead_contact_id", "expected another contact; you are the lead already"));
        }
        if to.status != LoginStatus::Active {
            return Err(Refusal::argument("new_lead_contact_id", "expected an active contact"));
        }
        Ok((from.clone(), to.clone()))
    }
}

impl Tool for TransferLead {
    const NAME: &'static str = "customer_transfer_lead";
    const TITLE: &'static str = "Transfer the lead role";
    const KIND: Kind = Kind::ConfirmedWrite;
    const SENDS: Option<Op> = Some(Op::LeadTransfer);
    type Output = TransferredLead;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (from, to) = self.check(cx).await?;
        let crm = cx.crm()?;
        let organisation = view::organisation(&crm, &crm.own()?).await?;
        let pii = |kind, login: &Login, value: &str| Pii::new(kind, About::Contact(login.id.clone()), value);
        Ok(Preview::new(
            TransferFacts {
                action: "transfer_lead",
                organization: Text::new(organisation.name),
                from_name: pii(PiiKind::Name, &from, &from.name),
                from_email: pii(PiiKind::Email, &from, &from.email),
                from_contact_id: from.id,
                to_name: pii(PiiKind::Name, &to, &to.name),
                to_email: pii(PiiKind::Email, &to, &to.email),
                to_contact_id: to.id,
            },
            |facts| {
                let get = |key| words(facts, key);
                let to = get("to_name");
                format!(
                    "Transfer Lead Customer role?\n\nFrom: {} ({})\nTo: {to} ({})\nOrganization: {}\n\nThis action will:\n- Remove your \
                     lead privileges\n- Grant lead privileges to {to}\n- You will become a basic customer\n\nThis action is logged \
                     for compliance.",
                    get("from_name"),
                    get("from_email"),
                    get("to_email"),
                    get("organization"),
                )
            },
        ))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<TransferredLead>, Refusal> {
        let (from, to) = self.check(cx).await?;
        let identity = cx.identity()?;
        let transfer = LeadTransfer {
            organisation: identity.own()?,
            from: from.id.clone(),
            to: to.id.clone(),
            reason: self.reason.map(|it| it.as_str().to_owned()),
        };
        let lead = identity.timed(identity.port.transfer_lead(&identity.cx, &transfer)).await?;
        let lead = identity.open(lead, Code::OutcomeUnknown)?.record;
        let told = identity.port.tells_people() || {
            let body = format!("The lead role of your organization went from {} to {}.", from.name, to.name);
            let words = ("The lead contact has changed", body);
            tell_of_account(cx, cx.organisation()?, &[&from.email, &to.email], words).await == Telling::Sent
        };
        Ok(Reply::from(TransferredLead {
            new_lead_contact_id: lead.id,
            message: if told {
                "Lead role transferred successfully; both contacts were told"
            } else {
                "Lead role transferred successfully; tell both contacts, nobody else could"
            },
        }))
    }
}
