//! Letting somebody into a customer's portal: whom an approved activation names, or one more person once the portal is open.
//!
//! **Invariant:** somebody with the right approved this person with this role; a customer's lead asks for nobody who may do more than
//! they may themselves; and the link goes to that person alone.

use super::activation::{CreateWorkspace, Invitee};
use super::governed::{
    access_roles, blocked, by, grantable, meant, named, names_nobody_else, of_customer, portal_users, role_stands,
    words,
};
use super::newly::{Newly, Reader};
use super::rights::member;
use crate::govern::action::{ActionId, State};
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::refusal::{Missing, missing};
use crate::tools::support::roster::{logins, occupied};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use jiff::{SignedDuration, Timestamp};
use postern_api::{
    AccessRole, AccessRoleId, ContactId, ErrorKind, LoginStatus, Op, OrganisationId, OrganisationStatus, Pii, PiiKind,
    PortalInvitation, Right, Text,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How long an invitation can be accepted where the directory does not say.
const USUAL_SECS: i64 = 7 * 24 * 3_600;

/// Invite somebody to a customer's portal. For whom an approved activation names: its `activation_preview_id` and their address; the
/// role is the one that was approved there. For somebody else, once the portal is open: address, name and role; the service lead
/// approves it first. A link that ends goes to that person alone; it is in no answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteUser {
    /// The `preview_id` of the activation that was approved, where it names this person.
    #[serde(default)]
    activation_preview_id: Option<ActionId>,
    /// Whose portal, where no activation is named. Customers invite to their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// The address: one that the activation names, or of one of the customer's domains.
    email: EmailAddress,
    /// The given name, where no activation is named.
    #[serde(default)]
    first_name: Option<Line<100>>,
    /// The family name, where no activation is named.
    #[serde(default)]
    last_name: Option<Line<100>>,
    /// The access role, where no activation is named; what every new user of this portal gets otherwise.
    #[serde(default)]
    role_id: Option<AccessRoleId>,
    /// What to say beside the link.
    #[serde(default)]
    message: Option<Prose<1_000>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Invited {
    contact_id: ContactId,
    status: LoginStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct InviteFacts {
    action: &'static str,
    customer_id: OrganisationId,
    name: Pii,
    email: Pii,
    role: Text,
    rights: Vec<Right>,
    #[serde(flatten)]
    newly: Newly,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
    ends_after_hours: i64,
}

/// Somebody to let in, and what was looked at.
struct Guest {
    organisation: OrganisationId,
    first_name: String,
    last_name: String,
    role: AccessRole,
    /// Whether exactly this person with exactly these rights was approved before.
    as_approved: bool,
    secs: i64,
    targets: Vec<(String, String)>,
}

impl InviteUser {
    async fn check(&self, cx: &ToolCx) -> Result<Guest, Refusal> {
        let guest = match &self.activation_preview_id {
            Some(id) => self.named_by(cx, id).await?,
            None => self.further(cx).await?,
        };
        let there = portal_users(cx, &guest.organisation).await?;
        if there.iter().any(|it| it.email.eq_ignore_ascii_case(self.email.as_str())) {
            return Err(Refusal::new(Code::ContactExists, "this address has a login already"));
        }
        let identity = cx.identity()?;
        if self.message.is_some() && !identity.port.takes_words() {
            let expected = "the connected directory writes its invitations itself; leave this out";
            return Err(Refusal::argument("message", expected));
        }
        if let Some(text) = &self.message {
            names_nobody_else(cx, &guest.organisation, &[text.as_str()]).await?;
        }
        let policy = identity.timed(identity.port.auth_policy(&identity.cx)).await?;
        let secs = policy.invitation_expires_secs.and_then(|it| i64::try_from(it).ok()).filter(|it| *it > 0);
        Ok(Guest { secs: secs.unwrap_or(USUAL_SECS), ..guest })
    }

    /// Whom an approved activation of the caller's names.
    async fn named_by(&self, cx: &ToolCx, id: &ActionId) -> Result<Guest, Refusal> {
        let beside = [
            ("customer_id", self.customer_id.is_some()),
            ("first_name", self.first_name.is_some()),
            ("last_name", self.last_name.is_some()),
            ("role_id", self.role_id.is_some()),
        ];
        if let Some((argument, _)) = beside.into_iter().find(|(_, given)| *given) {
            return Err(Refusal::argument(argument, "the activation says that; leave this out"));
        }
        let request = cx.actions.get(&cx.tenant.id, id)?;
        let request = request.filter(|it| it.principal == cx.caller.principal && it.tool == CreateWorkspace::NAME);
        let request = request.ok_or_else(|| missing(Code::ActionRequestNotFound))?;
        match request.state {
            State::Approved | State::Done => {}
            State::Previewed
            | State::PendingApproval
            | State::Rejected
            | State::Expired
            | State::Executing
            | State::Failed
            | State::Unknown
            | State::Cancelled => {
                let refusal = blocked("the activation is not approved");
                return Err(refusal.suggest("Have the activation approved first; its state is told by its status."));
            }
        }
        let activation: CreateWorkspace = serde_json::from_str(&request.content.arguments)
            .map_err(|e| postern_api::Error::internal("an activation's arguments").because(e))?;
        let invitee = activation.users.iter().find(|it| it.email == self.email).cloned().ok_or_else(|| {
            let refusal = blocked("the activation that was approved does not name this address");
            refusal.suggest("Once the portal is open, invite this person by address, name and role.")
        })?;
        let Invitee { first_name, last_name, role_id, .. } = invitee;
        let roles = access_roles(cx).await?;
        let role = grantable(&roles, std::slice::from_ref(&role_id), "activation_preview_id")?;
        let role = role.first().copied().cloned().ok_or_else(|| missing(Code::RecordNotFound))?;
        let stood = request.content.targets.get(&format!("role:{}", role.id));
        Ok(Guest {
            organisation: activation.customer_id,
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
            as_approved: stood.is_some_and(|it| *it == role_stands(&role)),
            targets: vec![(format!("action:{id}"), "approved".to_owned())],
            secs: USUAL_SECS,
            role,
        })
    }

    /// One more person for a portal that is open.
    async fn further(&self, cx: &ToolCx) -> Result<Guest, Refusal> {
        let organisation = meant(cx, self.customer_id.as_ref())?;
        let needed = |argument: &'static str, given: &Option<Line<100>>| {
            let expected = "expected the person's name, where no activation is named";
            given.as_ref().map(|it| it.as_str().to_owned()).ok_or_else(|| Refusal::argument(argument, expected))
        };
        let (first_name, last_name) = (needed("first_name", &self.first_name)?, needed("last_name", &self.last_name)?);
        let portal = cx.portal()?;
        let external = named(cx, &portal, &organisation)?;
        let customer = customer(cx, &organisation).await?;
        if customer.status != OrganisationStatus::Active {
            return Err(Refusal::new(Code::OrgNotActive, "the organization's subscription is not active"));
        }
        let workspace = portal.timed(portal.port.workspace(&portal.cx, &external)).await?;
        let workspace = match workspace {
            Some(found) => of_customer(portal.open(found, Code::RecordNotFound)?, &organisation)?,
            None => return Err(closed()),
        };
        if !workspace.active {
            return Err(closed());
        }
        if !customer.domains.iter().any(|it| it.eq_ignore_ascii_case(self.email.domain())) {
            return Err(blocked("a person to invite has no address of the customer's domains"));
        }
        let current = occupied(&logins(cx, &organisation).await?);
        if let Some(limit) = cx.tenant.limits(&customer).contacts
            && current >= u64::from(limit)
        {
            return Err(Refusal::new(Code::ContactLimitReached, format!("contact limit ({limit}) reached")));
        }
        let roles = access_roles(cx).await?;
        let wanted = self.role_id.as_ref().unwrap_or(&workspace.default_role);
        let role = grantable(&roles, std::slice::from_ref(wanted), "role_id")?;
        let role = role.first().copied().cloned().ok_or_else(|| missing(Code::RecordNotFound))?;
        if let Some(own) = member(cx).await?
            && !role.rights.iter().all(|it| own.may(*it))
        {
            return Err(blocked("nobody asks for rights for somebody else that they do not have themselves"));
        }
        Ok(Guest {
            first_name,
            last_name,
            as_approved: false,
            targets: vec![(format!("workspace:{}", workspace.id), format!("open {}", workspace.default_role))],
            secs: USUAL_SECS,
            organisation,
            role,
        })
    }
}

fn closed() -> Refusal {
    blocked("this customer has no portal that is open").suggest("Preview an activation that names this person.")
}

/// The customer itself.
async fn customer(cx: &ToolCx, organisation: &OrganisationId) -> Result<postern_api::Organisation, Refusal> {
    let crm = cx.crm()?;
    let external = named(cx, &crm, organisation)?;
    let found = crm.timed(crm.port.organisation(&crm.cx, &external)).await.or_missing(Code::OrganizationNotFound)?;
    of_customer(crm.open(found, Code::OrganizationNotFound)?, organisation)
}

impl Tool for InviteUser {
    const NAME: &'static str = "portal.user.invite";
    const TITLE: &'static str = "Invite a portal user";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::PortalUserInvite);
    type Output = Invited;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let guest = self.check(cx).await?;
        let name = format!("{} {}", guest.first_name, guest.last_name);
        let (none, after) = (BTreeSet::new(), guest.role.rights.iter().copied().collect());
        let roles = [guest.role.id.clone()];
        let reader = Reader {
            id: None,
            email: self.email.as_str(),
            roles_before: &[],
            roles_after: &roles,
            before: &none,
            after: &after,
        };
        // What was approved with an activation was named there.
        let mut newly =
            if guest.as_approved { Newly::default() } else { Newly::look(cx, &guest.organisation, reader).await? };
        let sensitive = !guest.as_approved && after.iter().any(|it| it.sensitive());
        let effect = Effect {
            customer_visible: true,
            elevation: !guest.as_approved,
            newly_visible: !newly.is_empty() || sensitive,
            sensitive,
            customised: self.message.is_some(),
            recipients: 1,
            ..Effect::default()
        };
        let (shown, called) = (newly.ids(), newly.called());
        let facts = InviteFacts {
            action: "invite_user",
            customer_id: guest.organisation.clone(),
            name: Pii::new(PiiKind::Name, cx.myself(), name),
            email: Pii::new(PiiKind::Email, cx.myself(), self.email.as_str()),
            role: Text::new(guest.role.name.clone()),
            rights: after.iter().copied().collect(),
            newly,
            message: self.message.as_ref().map(|it| it.as_str().into()),
            ends_after_hours: guest.secs / 3_600,
        };
        let mut preview = Preview::new(facts, |facts| {
            words(
                "Invite somebody to a customer's portal?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Name", "name"),
                    ("Email", "email"),
                    ("Role", "role"),
                    ("Which opens", "rights"),
                    ("Words", "message"),
                    ("The link ends after hours", "ends_after_hours"),
                ],
            )
        })
        .with(effect)
        .naming(called)
        .target(format!("role:{}", guest.role.id), role_stands(&guest.role))
        .target("newly_visible", shown)
        .target("login", "none");
        for (record, stands) in guest.targets {
            preview = preview.target(record, stands);
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Invited>, Refusal> {
        let guest = self.check(cx).await?;
        let identity = cx.identity()?;
        let invitation = PortalInvitation {
            organisation: named(cx, &identity, &guest.organisation)?,
            email: self.email.as_str().to_owned(),
            first_name: guest.first_name,
            last_name: guest.last_name,
            role: guest.role.id,
            message: self.message.as_ref().map(|it| it.as_str().to_owned()),
            expires_at: cx.now.checked_add(SignedDuration::from_secs(guest.secs)).unwrap_or(cx.now),
            by: by(cx),
        };
        let invited = identity.timed(identity.port.invite_user(&identity.cx, &invitation)).await;
        let invited = invited.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::ContactExists, "this address has a login already")
            } else {
                Refusal::from(error)
            }
        })?;
        let user = identity.written(invited, &guest.organisation)?;
        Ok(Reply::from(Invited {
            contact_id: user.id,
            status: user.status,
            expires_at: user.expires_at,
            message: "Invitation sent; the link goes to that person alone",
        }))
    }
}
