//! What portal users may see, and resets of their logins.
//!
//! **Invariant:** a customer never gets a role of the service provider's own, and no answer holds a password, a seed or a link.

use super::governed::{
    Beside, PersonView, access_roles, blocked, by, grantable, named, portal_users, rights, role_stands, words,
};
use crate::tools::args::{Line, Prose};
use crate::tools::refusal::{Missing, missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    AccessChange, AccessReset, AccessRole, AccessRoleId, ContactId, Document, DocumentId, DocumentQuery, ErrorKind,
    InvoiceId, InvoiceQuery, LoginStatus, Op, OrganisationId, PortalUser, ProjectId, ProjectQuery, ResetOrder, Right,
    Text, TicketQuery,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(super) const SCOPE_PREVIEW: &str = "Preview other access roles for a portal user: which rights come and go, and by name \
    which documents, invoices, service records and requests become visible. Changes nothing. Suggests a narrower role where \
    there is one.";
pub(super) const ROLES: &str = "Give a portal user other access roles, as it was previewed. Takes the ID of the preview; more \
    rights than before are approved first.";

/// The most records of a kind that a preview names.
const MOST: u32 = 50;

/// Give a portal user other access roles.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateRoles {
    /// Whose portal.
    customer_id: OrganisationId,
    /// The portal user.
    user_id: ContactId,
    /// All roles that the user is to have.
    #[schemars(length(min = 1, max = 10))]
    role_ids: Vec<AccessRoleId>,
    /// Why, for the record.
    #[serde(default)]
    reason: Option<Prose<1_000>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RolesUpdated {
    user_id: ContactId,
    role_ids: Vec<AccessRoleId>,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct Seen<I: Serialize> {
    id: I,
    name: Text,
}

#[derive(Debug, Serialize)]
struct ScopeFacts {
    action: &'static str,
    customer_id: OrganisationId,
    user: PersonView,
    roles_before: Vec<AccessRoleId>,
    roles_after: Vec<AccessRoleId>,
    rights_gained: Vec<Right>,
    rights_lost: Vec<Right>,
    newly_visible_documents: Vec<Seen<DocumentId>>,
    newly_visible_invoices: Vec<Seen<InvoiceId>>,
    newly_visible_service_records: Vec<Seen<ProjectId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newly_visible_requests: Option<u64>,
    can_pay_newly: bool,
    narrower_roles: Vec<AccessRoleId>,
    changes: Vec<Beside>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
}

/// A user and what changes.
struct Change {
    user: PortalUser,
    roles: Vec<AccessRole>,
    before: BTreeSet<Right>,
    after: BTreeSet<Right>,
}

impl Change {
    fn gains(&self, right: Right) -> bool {
        self.after.contains(&right) && !self.before.contains(&right)
    }
}

/// One portal user of a customer; another customer's is as if there was none.
async fn user_of(cx: &ToolCx, organisation: &OrganisationId, id: &ContactId) -> Result<PortalUser, Refusal> {
    let users = portal_users(cx, organisation).await?;
    users.into_iter().find(|it| it.id == *id).ok_or_else(|| missing(Code::ContactNotFound))
}

/// Whether somebody with these roles and rights sees a published version of a document.
fn sees(document: &Document, roles: &[AccessRoleId], rights: &BTreeSet<Right>, now: Timestamp) -> bool {
    let published = document.versions.iter().filter_map(|it| it.publication.as_ref());
    let mut open = published.filter(|it| it.expires_at.is_none_or(|end| end > now));
    rights.contains(&Right::Documents)
        && !document.internal
        && open.any(|it| it.roles.is_empty() || it.roles.iter().any(|role| roles.contains(role)))
}

impl UpdateRoles {
    async fn check(&self, cx: &ToolCx) -> Result<Change, Refusal> {
        if self.role_ids.is_empty() || self.role_ids.len() > 10 {
            return Err(Refusal::argument("role_ids", "expected 1 to 10 IDs"));
        }
        let user = user_of(cx, &self.customer_id, &self.user_id).await?;
        let roles = access_roles(cx).await?;
        grantable(&roles, &self.role_ids, "role_ids")?;
        let (before, after): (BTreeSet<_>, BTreeSet<_>) =
            (user.roles.iter().cloned().collect(), self.role_ids.iter().cloned().collect());
        if before == after {
            return Err(Refusal::new(Code::Conflict, "the user has these roles already"));
        }
        let (before, after) = (rights(&roles, &user.roles), rights(&roles, &self.role_ids));
        Ok(Change { user, roles, before, after })
    }

    async fn documents(&self, cx: &ToolCx, change: &Change) -> Result<Vec<Seen<DocumentId>>, Refusal> {
        if cx.tenant.more.documents.is_none() || !change.after.contains(&Right::Documents) {
            return Ok(vec![]);
        }
        let port = cx.documents()?;
        let organisation = Some(named(cx, &port, &self.customer_id)?);
        let query = DocumentQuery { organisation, published_only: true, kind: None, offset: 0, limit: 200 };
        let page = port.page(port.timed(port.port.documents(&port.cx, &query)).await?);
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(&self.customer_id));
        let newly = own.map(|it| it.record).filter(|it| {
            sees(it, &self.role_ids, &change.after, cx.now) && !sees(it, &change.user.roles, &change.before, cx.now)
        });
        Ok(newly.map(|it| Seen { id: it.id, name: it.name }).collect())
    }

    async fn invoices(&self, cx: &ToolCx, change: &Change) -> Result<Vec<Seen<InvoiceId>>, Refusal> {
        if cx.tenant.more.billing.is_none() || !change.gains(Right::Invoices) {
            return Ok(vec![]);
        }
        let port = cx.billing()?;
        let organisation = Some(named(cx, &port, &self.customer_id)?);
        let query = InvoiceQuery { organisation, statuses: vec![], customer_visible: true, offset: 0, limit: MOST };
        let page = port.page(port.timed(port.port.invoices(&port.cx, &query)).await?);
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(&self.customer_id));
        let own = own.map(|it| it.record).filter(|it| it.customer_visible);
        Ok(own.map(|it| Seen { id: it.id, name: Text::new(it.number) }).collect())
    }

    async fn records(&self, cx: &ToolCx, change: &Change) -> Result<Vec<Seen<ProjectId>>, Refusal> {
        if cx.tenant.more.projects.is_none() || !change.gains(Right::ServiceRecords) {
            return Ok(vec![]);
        }
        let port = cx.projects()?;
        let organisation = Some(named(cx, &port, &self.customer_id)?);
        let query = ProjectQuery { organisation, kinds: vec![], customer_visible: true, offset: 0, limit: MOST };
        let page = port.page(port.timed(port.port.projects(&port.cx, &query)).await?);
        let own = page.rows.into_iter().filter(|it| it.organisation.as_ref() == Some(&self.customer_id));
        let own = own.map(|it| it.record).filter(|it| it.customer_visible);
        Ok(own.map(|it| Seen { id: it.id, name: it.name }).collect())
    }

    async fn requests(&self, cx: &ToolCx, change: &Change) -> Result<Option<u64>, Refusal> {
        if !change.gains(Right::AllRequests) {
            return Ok(None);
        }
        let desk = cx.desk()?;
        let organisation = Some(named(cx, &desk, &self.customer_id)?);
        let query = TicketQuery { organisation, limit: 1, ..TicketQuery::default() };
        Ok(Some(desk.timed(desk.port.tickets(&desk.cx, &query)).await?.total))
    }
}

impl Tool for UpdateRoles {
    const NAME: &'static str = "portal.user.role_update";
    const TITLE: &'static str = "Change a portal user's roles";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::AccessChange);
    type Output = RolesUpdated;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let change = self.check(cx).await?;
        let documents = self.documents(cx, &change).await?;
        let invoices = self.invoices(cx, &change).await?;
        let records = self.records(cx, &change).await?;
        let requests = self.requests(cx, &change).await?;
        let gained: Vec<_> = change.after.difference(&change.before).copied().collect();
        let lost: Vec<_> = change.before.difference(&change.after).copied().collect();
        // What opens everything that is new and kept, and less than what was asked for.
        let narrower = change.roles.iter().filter(|role| {
            !role.internal
                && !gained.is_empty()
                && gained.iter().all(|it| role.rights.contains(it))
                && role.rights.is_subset(&change.after)
                && role.rights.len() < change.after.len()
        });
        let narrower: Vec<_> = narrower.map(|it| it.id.clone()).collect();
        let newly = !documents.is_empty() || !invoices.is_empty() || !records.is_empty() || requests.unwrap_or(0) > 0;
        let sensitive = gained.iter().any(|it| it.sensitive());
        let effect = Effect {
            elevation: !gained.is_empty(),
            newly_visible: newly || sensitive,
            customer_visible: true,
            sensitive,
            ..Effect::default()
        };
        let shown = documents.iter().map(|it| it.id.as_str());
        let shown =
            shown.chain(invoices.iter().map(|it| it.id.as_str())).chain(records.iter().map(|it| it.id.as_str()));
        let shown = shown.collect::<Vec<_>>().join(" ");
        let had: Vec<_> = change.user.roles.iter().map(AccessRoleId::as_str).collect();
        let had = format!("{} {:?}", had.join(" "), change.user.status);
        let listed = |roles: &[AccessRoleId]| roles.iter().map(AccessRoleId::as_str).collect::<Vec<_>>().join(", ");
        let facts = ScopeFacts {
            action: "update_roles",
            customer_id: self.customer_id.clone(),
            user: PersonView::of_user(&change.user),
            roles_before: change.user.roles.clone(),
            roles_after: self.role_ids.clone(),
            can_pay_newly: change.gains(Right::Payments),
            rights_gained: gained,
            rights_lost: lost,
            newly_visible_documents: documents,
            newly_visible_invoices: invoices,
            newly_visible_service_records: records,
            newly_visible_requests: requests,
            narrower_roles: narrower,
            changes: vec![Beside::new("roles", listed(&change.user.roles), listed(&self.role_ids))],
            reason: self.reason.as_ref().map(|it| it.as_str().into()),
        };
        let mut preview = Preview::new(facts, |facts| {
            words(
                "Change what a portal user may see and do?",
                facts,
                &[
                    ("Customer", "customer_id"),
                    ("User", "user"),
                    ("Roles now", "roles_before"),
                    ("Roles then", "roles_after"),
                    ("Rights that come", "rights_gained"),
                    ("Rights that go", "rights_lost"),
                    ("Newly visible documents", "newly_visible_documents"),
                    ("Newly visible invoices", "newly_visible_invoices"),
                    ("Newly visible service records", "newly_visible_service_records"),
                    ("Newly visible requests", "newly_visible_requests"),
                    ("Can newly pay", "can_pay_newly"),
                    ("Narrower roles would do", "narrower_roles"),
                    ("Reason", "reason"),
                ],
            )
        })
        .with(effect)
        .target(format!("user:{}", change.user.id), had)
        .target("newly_visible", shown);
        for role in change.roles.iter().filter(|it| self.role_ids.contains(&it.id)) {
            preview = preview.target(format!("role:{}", role.id), role_stands(role));
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<RolesUpdated>, Refusal> {
        let change = self.check(cx).await?;
        let identity = cx.identity()?;
        let order = AccessChange {
            organisation: named(cx, &identity, &self.customer_id)?,
            user: self.user_id.clone(),
            from: change.user.roles,
            to: self.role_ids.clone(),
            reason: self.reason.as_ref().map(|it| it.as_str().to_owned()),
            by: by(cx),
        };
        let changed = identity.timed(identity.port.change_access(&identity.cx, &order)).await;
        let changed = changed.or_missing(Code::ContactNotFound)?;
        let user = identity.written(changed, &self.customer_id)?;
        Ok(Reply::from(RolesUpdated { user_id: user.id, role_ids: user.roles, message: "Roles changed" }))
    }
}

/// Disable or reset a portal user's login: password, second factor, lock, invitation. What goes to that person goes to nobody else.
/// You are asked to confirm first, or somebody with the right approves it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetAccess {
    /// Whose portal.
    customer_id: OrganisationId,
    /// The portal user.
    user_id: ContactId,
    /// What to do.
    reset: AccessReset,
    /// How it was made sure that the person is who they say; needed for what lets somebody in.
    #[serde(default)]
    identity_verified_by: Option<Line<200>>,
    /// Why, for the record.
    reason: Prose<1_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AccessWasReset {
    user_id: ContactId,
    status: LoginStatus,
    locked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    two_factor: Option<bool>,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct ResetFacts {
    action: &'static str,
    customer_id: OrganisationId,
    user: PersonView,
    reset: AccessReset,
    status_now: LoginStatus,
    locked_now: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_verified_by: Option<Text>,
    reason: Text,
}

/// Whether a reset lets somebody in who could not get in.
fn lets_in(reset: AccessReset) -> bool {
    match reset {
        AccessReset::Enable
        | AccessReset::PasswordReset
        | AccessReset::TwoFactorReset
        | AccessReset::Unlock
        | AccessReset::ReissueInvitation => true,
        AccessReset::Disable | AccessReset::EndSessions => false,
    }
}

impl ResetAccess {
    async fn check(&self, cx: &ToolCx) -> Result<PortalUser, Refusal> {
        let user = user_of(cx, &self.customer_id, &self.user_id).await?;
        if lets_in(self.reset) && self.identity_verified_by.is_none() {
            let refusal = blocked("nobody has made sure who asks for this reset");
            return Err(refusal.suggest("Verify the person's identity and say how in `identity_verified_by`."));
        }
        let fits = match self.reset {
            AccessReset::Disable => user.status != LoginStatus::Disabled,
            AccessReset::Enable => user.status == LoginStatus::Disabled,
            AccessReset::PasswordReset | AccessReset::EndSessions => user.status == LoginStatus::Active,
            AccessReset::TwoFactorReset => user.status == LoginStatus::Active && user.two_factor != Some(false),
            AccessReset::Unlock => user.locked,
            AccessReset::ReissueInvitation => user.status == LoginStatus::Pending,
        };
        if !fits {
            return Err(Refusal::new(Code::Conflict, "there is nothing to reset"));
        }
        Ok(user)
    }

    fn reason(&self) -> String {
        match &self.identity_verified_by {
            Some(how) => format!("{} (identity verified: {})", self.reason.as_str(), how.as_str()),
            None => self.reason.as_str().to_owned(),
        }
    }
}

impl Tool for ResetAccess {
    const NAME: &'static str = "portal.user.access_reset";
    const TITLE: &'static str = "Reset a portal user's access";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::AccessReset);
    type Output = AccessWasReset;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let user = self.check(cx).await?;
        let facts = ResetFacts {
            action: "reset_access",
            customer_id: self.customer_id.clone(),
            user: PersonView::of_user(&user),
            reset: self.reset,
            status_now: user.status,
            locked_now: user.locked,
            identity_verified_by: self.identity_verified_by.as_ref().map(|it| it.as_str().into()),
            reason: self.reason.as_str().into(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Reset a portal user's access?",
                facts,
                &[
                    ("Customer", "customer_id"),
                    ("User", "user"),
                    ("What", "reset"),
                    ("Login now", "status_now"),
                    ("Locked now", "locked_now"),
                    ("Identity verified", "identity_verified_by"),
                    ("Reason", "reason"),
                ],
            )
        });
        let effect = Effect { sensitive: true, recipients: 1, elevation: lets_in(self.reset), ..Effect::default() };
        let stands = format!("{:?} {} {:?}", user.status, user.locked, user.two_factor);
        Ok(preview.with(effect).target(format!("user:{}", user.id), stands))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<AccessWasReset>, Refusal> {
        self.check(cx).await?;
        let identity = cx.identity()?;
        let order = ResetOrder {
            organisation: named(cx, &identity, &self.customer_id)?,
            user: self.user_id.clone(),
            reset: self.reset,
            reason: self.reason(),
            by: by(cx),
        };
        let reset = identity.timed(identity.port.reset_access(&identity.cx, &order)).await;
        let reset = reset.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::Conflict, "there is nothing to reset")
            } else {
                or_missing(error, Code::ContactNotFound)
            }
        })?;
        let user = identity.written(reset, &self.customer_id)?;
        // A link goes to its owner, whatever else the directory tells.
        let is_link = matches!(self.reset, AccessReset::PasswordReset | AccessReset::ReissueInvitation);
        let told = is_link || identity.port.tells_people();
        Ok(Reply::from(AccessWasReset {
            user_id: user.id,
            status: user.status,
            locked: user.locked,
            two_factor: user.two_factor,
            message: if told {
                "Done, and that person was told"
            } else {
                "Done; tell that person, the directory does not"
            },
        }))
    }
}
