//! What portal users may see. Resets of their logins are beside.
//!
//! **Invariant:** a customer never gets a role of the service provider's own; what becomes visible is found by looking at the records
//! with the roles before and after.

use super::governed::{
    Beside, PersonView, access_roles, by, grantable, named, portal_users, rights, role_stands, words,
};
use super::newly::{Newly, Reader};
use crate::tools::args::Prose;
use crate::tools::refusal::{Missing, missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use postern_api::{AccessChange, AccessRole, AccessRoleId, ContactId, Op, OrganisationId, PortalUser, Right, Text};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(super) const SCOPE_PREVIEW: &str = "Preview other access roles for a portal user: which rights come and go, and by name \
    which documents, invoices, payments, service records, requests, orders and appointments become visible. Changes nothing. Suggests a narrower role where \
    there is one.";
pub(super) const ROLES: &str = "Give a portal user other access roles, as it was previewed. Takes the ID of the preview; more \
    rights than before are approved first.";

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
struct ScopeFacts {
    action: &'static str,
    customer_id: OrganisationId,
    user: PersonView,
    roles_before: Vec<AccessRoleId>,
    roles_after: Vec<AccessRoleId>,
    rights_gained: Vec<Right>,
    rights_lost: Vec<Right>,
    #[serde(flatten)]
    newly: Newly,
    can_pay_newly: bool,
    narrower_roles: Vec<AccessRoleId>,
    changes: Vec<Beside>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
}

/// A user and what changes.
pub(super) struct Change {
    pub(super) user: PortalUser,
    roles: Vec<AccessRole>,
    pub(super) before: BTreeSet<Right>,
    pub(super) after: BTreeSet<Right>,
}

impl Change {
    pub(super) fn gains(&self, right: Right) -> bool {
        self.after.contains(&right) && !self.before.contains(&right)
    }
}

/// One portal user of a customer; another customer's is as if there was none.
pub(super) async fn user_of(cx: &ToolCx, organisation: &OrganisationId, id: &ContactId) -> Result<PortalUser, Refusal> {
    let users = portal_users(cx, organisation).await?;
    users.into_iter().find(|it| it.id == *id).ok_or_else(|| missing(Code::ContactNotFound))
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
}

impl Tool for UpdateRoles {
    const NAME: &'static str = "portal.user.role_update";
    const TITLE: &'static str = "Change a portal user's roles";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::AccessChange);
    type Output = RolesUpdated;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::AccessChange, &self.user_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let change = self.check(cx).await?;
        let reader = Reader {
            id: Some(&change.user.id),
            email: &change.user.email,
            roles_before: &change.user.roles,
            roles_after: &self.role_ids,
            before: &change.before,
            after: &change.after,
        };
        let mut newly = Newly::look(cx, &self.customer_id, reader).await?;
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
        let sensitive = gained.iter().any(|it| it.sensitive());
        let effect = Effect {
            elevation: !gained.is_empty(),
            newly_visible: !newly.is_empty() || sensitive,
            customer_visible: true,
            sensitive,
            ..Effect::default()
        };
        let (shown, called) = (newly.ids(), newly.called());
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
            newly,
            narrower_roles: narrower,
            changes: vec![Beside::new("roles", listed(&change.user.roles), listed(&self.role_ids))],
            reason: self.reason.as_ref().map(|it| it.as_str().into()),
        };
        let mut preview = Preview::new(facts, |facts| {
            words(
                "Change what a portal user may see and do?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("User", "user"),
                    ("Roles now", "roles_before"),
                    ("Roles then", "roles_after"),
                    ("Rights that come", "rights_gained"),
                    ("Rights that go", "rights_lost"),
                    ("Newly visible documents", "newly_visible_documents"),
                    ("Newly visible invoices", "newly_visible_invoices"),
                    ("Newly visible service records", "newly_visible_service_records"),
                    ("Newly visible requests", "newly_visible_requests"),
                    ("Newly visible orders and contracts", "newly_visible_orders"),
                    ("Newly visible appointments", "newly_visible_bookings"),
                    ("Newly visible payments", "newly_visible_payments"),
                    ("There is more than is named", "named_in_part"),
                    ("Can newly pay", "can_pay_newly"),
                    ("Narrower roles would do", "narrower_roles"),
                    ("Reason", "reason"),
                ],
            )
        })
        .with(effect)
        .naming(called)
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
