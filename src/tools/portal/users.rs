//! Who uses the portal, with which access roles, how they sign in, and what they did. Never a secret: no port carries one.

use super::whose::{MORE, admitted, is_customer, located, paged, staff_only};
use crate::tools::args::Count;
use crate::tools::refusal::Missing;
use crate::tools::support::view::{Pagination, ReplyFrom};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    About, AccessEvent, AccessEventKind, AccessEventQuery, AccessRole, AccessRoleId, ContactId, LoginStatus,
    OrganisationId, Pii, PiiKind, PortalUser, Right, Text, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// List the portal users of a customer: access roles, activation, second factor and last login.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListUsers {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only users in this state.
    #[serde(default)]
    status: Option<LoginStatus>,
    /// Only users with this access role.
    #[serde(default)]
    role_id: Option<AccessRoleId>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct UserList {
    customer_id: OrganisationId,
    users: Vec<UserView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct UserView {
    user_id: ContactId,
    name: Pii,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
    role_ids: Vec<AccessRoleId>,
    status: LoginStatus,
    locked: bool,
    /// Absent where the directory does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    two_factor: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_expires_at: Option<Timestamp>,
}

impl UserView {
    fn of(it: PortalUser) -> Self {
        let about = About::Contact(it.id.clone());
        Self {
            name: Pii::new(PiiKind::Name, about.clone(), it.name),
            email: Some(Pii::new(PiiKind::Email, about, it.email)),
            role_ids: it.roles,
            status: it.status,
            locked: it.locked,
            two_factor: it.two_factor,
            last_login: it.last_login,
            invitation_expires_at: it.expires_at,
            user_id: it.id,
        }
    }
}

impl Tool for ListUsers {
    const NAME: &'static str = "portal.portal_users.list";
    const TITLE: &'static str = "List portal users";
    const KIND: Kind = Kind::Read;
    type Output = UserList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<UserList>, Refusal> {
        let identity = cx.identity()?;
        let (customer_id, external) = located(cx, &identity, self.customer_id.as_ref())?;
        let found = identity.timed(identity.port.portal_users(&identity.cx, &external)).await;
        let mut users = admitted(&identity, &customer_id, found.or_missing(Code::OrganizationNotFound)?);
        if is_customer(cx) {
            // The MSP's own roles are no business of a customer, not even by name.
            let known = identity.timed(identity.port.access_roles(&identity.cx)).await?;
            let public: BTreeSet<_> = known.into_iter().filter(|it| !it.internal).map(|it| it.id).collect();
            users.iter_mut().for_each(|it| it.roles.retain(|role| public.contains(role)));
        }
        users.retain(|it| self.status.is_none_or(|status| it.status == status));
        users.retain(|it| self.role_id.as_ref().is_none_or(|role| it.roles.contains(role)));
        let (users, pagination, more) = paged(users, self.limit.get(), self.offset.get());
        let users = users.into_iter().map(UserView::of).collect();
        Ok(UserList { customer_id, users, pagination }.reply().truncated(more, MORE))
    }
}

/// List the portal's access roles and what each lets people see and do. Says which a new user gets, and suggests the one that
/// opens least.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRoles {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RoleList {
    roles: Vec<RoleView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RoleView {
    role_id: AccessRoleId,
    name: Text,
    /// What a new user gets where nobody says otherwise.
    is_default: bool,
    /// The role that opens least: start from this one.
    is_suggested: bool,
    /// Belongs to the service provider's own people: never given to a customer.
    is_internal: bool,
    /// Whose records are seen.
    data: Vec<Right>,
    documents: Vec<Right>,
    payments: Vec<Right>,
    requests: Vec<Right>,
    administration: Vec<Right>,
}

/// How much a role opens: what is delicate first.
fn weight(role: &AccessRole) -> (bool, usize, usize) {
    let delicate = role.rights.iter().filter(|it| it.sensitive()).count();
    (role.rights.contains(&Right::UserManagement), delicate, role.rights.len())
}

/// The role to start from: the one for customers that opens least, and never one that manages users.
fn suggested(roles: &[AccessRole]) -> Option<&AccessRoleId> {
    let fit = roles.iter().filter(|it| !it.internal && !it.rights.contains(&Right::UserManagement));
    fit.min_by_key(|it| (weight(it), !it.is_default)).map(|it| &it.id)
}

impl RoleView {
    fn of(it: &AccessRole, suggested: Option<&AccessRoleId>) -> Self {
        let (mut data, mut documents, mut payments) = (vec![], vec![], vec![]);
        let (mut requests, mut administration) = (vec![], vec![]);
        for right in it.rights.iter().copied() {
            match right {
                Right::ServiceRecords | Right::Orders | Right::Bookings => data.push(right),
                Right::Documents | Right::DocumentDownload => documents.push(right),
                Right::Invoices | Right::Payments => payments.push(right),
                Right::AllRequests | Right::RequestCreate => requests.push(right),
                Right::UserManagement => administration.push(right),
            }
        }
        Self {
            role_id: it.id.clone(),
            name: Text::from(it.name.as_str()),
            is_default: it.is_default,
            is_suggested: suggested == Some(&it.id),
            is_internal: it.internal,
            data,
            documents,
            payments,
            requests,
            administration,
        }
    }
}

impl Tool for ListRoles {
    const NAME: &'static str = "portal.access_roles.list";
    const TITLE: &'static str = "List access roles";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = RoleList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<RoleList>, Refusal> {
        let identity = cx.identity()?;
        let mut roles = identity.timed(identity.port.access_roles(&identity.cx)).await?;
        roles.retain(|it| !it.internal || !is_customer(cx));
        roles.sort_by_cached_key(|it| (it.internal, weight(it)));
        let suggested = suggested(&roles);
        let roles = roles.iter().map(|it| RoleView::of(it, suggested)).collect();
        Ok(RoleList { roles }.reply())
    }
}

/// Read how portal users sign in: passwords, second factor, links, lockout and sessions. What is absent the directory does not say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetAuthPolicy {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AuthPolicyView {
    #[serde(skip_serializing_if = "Option::is_none")]
    password_min_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    two_factor_required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_expires_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_expires_secs: Option<u64>,
    /// Failed tries until an account is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    lockout_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lockout_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_idle_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_max_secs: Option<u64>,
}

impl Tool for GetAuthPolicy {
    const NAME: &'static str = "portal.auth_policy.get";
    const TITLE: &'static str = "Read how people sign in";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = AuthPolicyView;

    async fn call(self, cx: &ToolCx) -> Result<Reply<AuthPolicyView>, Refusal> {
        staff_only(cx)?;
        let identity = cx.identity()?;
        let it = identity.timed(identity.port.auth_policy(&identity.cx)).await?;
        Ok(Reply::from(AuthPolicyView {
            password_min_length: it.password_min_length,
            two_factor_required: it.two_factor_required,
            reset_expires_secs: it.reset_expires_secs,
            invitation_expires_secs: it.invitation_expires_secs,
            lockout_after: it.lockout_after,
            lockout_secs: it.lockout_secs,
            session_idle_secs: it.session_idle_secs,
            session_max_secs: it.session_max_secs,
        }))
    }
}

/// List what a customer's portal users did and what was done to their access, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListEvents {
    /// The customer's organization ID.
    customer_id: OrganisationId,
    /// Only this user.
    #[serde(default)]
    user_id: Option<ContactId>,
    /// Only these kinds.
    #[serde(default)]
    #[schemars(length(max = 8))]
    kinds: Vec<AccessEventKind>,
    /// Only what happened at or after this time.
    #[serde(default)]
    since: Option<Timestamp>,
    /// How many to return.
    #[serde(default)]
    limit: Count<50, 1, 199>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EventList {
    customer_id: OrganisationId,
    events: Vec<EventView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EventView {
    at: Timestamp,
    kind: AccessEventKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<ContactId>,
    #[serde(skip_serializing_if = "classified::absent")]
    email: Option<Pii>,
    /// Who did it, if somebody else.
    #[serde(skip_serializing_if = "classified::absent")]
    by: Option<Pii>,
    /// From which network address.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Text>,
}

impl EventView {
    fn of(it: AccessEvent) -> Self {
        let about = it.user.clone().map_or(About::Unknown, About::Contact);
        Self {
            at: it.at,
            kind: it.kind,
            email: it.email.map(|mail| Pii::new(PiiKind::Email, about, mail)),
            by: it.by.map(|by| Pii::new(PiiKind::Name, About::Unknown, by)),
            address: it.address.map(Text::new),
            detail: it.detail,
            user_id: it.user,
        }
    }
}

impl Tool for ListEvents {
    const NAME: &'static str = "portal.access_logs.list";
    const TITLE: &'static str = "List portal access events";
    const KIND: Kind = Kind::Read;
    type Output = EventList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<EventList>, Refusal> {
        staff_only(cx)?;
        if self.kinds.len() > 8 {
            return Err(Refusal::argument("kinds", "expected at most 8"));
        }
        let identity = cx.identity()?;
        let (customer_id, external) = located(cx, &identity, Some(&self.customer_id))?;
        let limit = self.limit.get();
        let query = AccessEventQuery {
            organisation: external,
            user: self.user_id.clone(),
            kinds: self.kinds.clone(),
            since: self.since,
            // One more, to know whether there is more.
            limit: limit + 1,
        };
        let found = identity.timed(identity.port.access_events(&identity.cx, &query)).await;
        let found = found.or_missing(Code::OrganizationNotFound)?;
        let more = found.len() > limit as usize;
        let events = admitted(&identity, &customer_id, found).into_iter().take(limit as usize);
        let events = events.map(EventView::of).collect();
        let words = "There is more than was returned; ask for fewer kinds, one user or a later time.";
        Ok(EventList { customer_id, events }.reply().truncated(more, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: &str, rights: &[Right], internal: bool) -> AccessRole {
        AccessRole {
            id: AccessRoleId::new(id).expect("an id"),
            name: id.to_owned(),
            rights: rights.iter().copied().collect(),
            is_default: id == "manager",
            internal,
        }
    }

    #[test]
    fn what_is_suggested_opens_least_and_is_never_the_providers_own_or_an_administrators() {
        let manager = role("manager", &[Right::UserManagement], false);
        let own = role("own", &[], true);
        let member = role("member", &[Right::Documents, Right::Orders], false);
        let viewer = role("viewer", &[Right::Documents, Right::Bookings, Right::ServiceRecords], false);
        let roles = [manager.clone(), own.clone(), member, viewer];
        assert_eq!(suggested(&roles).map(|it| it.as_str()), Some("viewer"));
        assert_eq!(suggested(&[manager, own]), None, "rather none than one that opens too much");
    }
}
