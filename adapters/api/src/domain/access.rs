//! Portal users: their access roles, how they sign in, and what they did.

use super::LoginStatus;
use crate::classified::Text;
use crate::id::{AccessRoleId, ContactId, ExternalId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One thing that an access role lets a portal user do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See the organisation's service records and projects.
    ServiceRecords,
    /// See published documents.
    Documents,
    /// Save published documents.
    DocumentDownload,
    /// See invoices.
    Invoices,
    /// See payments and pay.
    Payments,
    /// See the organisation's requests, not only the own ones.
    AllRequests,
    /// Raise requests.
    RequestCreate,
    /// See orders and contracts.
    Orders,
    /// See bookings.
    Bookings,
    /// Manage the organisation's portal users.
    UserManagement,
}

impl Right {
    /// Whether it opens something about money, contracts or people.
    pub fn sensitive(self) -> bool {
        match self {
            Right::DocumentDownload
            | Right::Invoices
            | Right::Payments
            | Right::AllRequests
            | Right::Orders
            | Right::UserManagement => true,
            Right::ServiceRecords | Right::Documents | Right::RequestCreate | Right::Bookings => false,
        }
    }
}

/// A role of the portal, which is a customer's; it never opens anything of the MSP's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRole {
    /// The system's id.
    pub id: AccessRoleId,
    /// The name.
    pub name: String,
    /// What it lets people do.
    pub rights: BTreeSet<Right>,
    /// Whether it is what a new user gets.
    pub is_default: bool,
    /// Whether it belongs to the MSP's own people: never given to a customer.
    pub internal: bool,
}

/// A portal user. Neither a password nor a seed, a token or a session is ever carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalUser {
    /// The directory's id.
    pub id: ContactId,
    /// The name.
    pub name: String,
    /// The e-mail address, lower case.
    pub email: String,
    /// The access roles.
    pub roles: Vec<AccessRoleId>,
    /// Whether the login works.
    pub status: LoginStatus,
    /// Whether it is locked after failed tries.
    pub locked: bool,
    /// Whether a second factor is set up; `None`: the directory does not say.
    pub two_factor: Option<bool>,
    /// When it was last used.
    pub last_login: Option<Timestamp>,
    /// For a pending one: when the invitation ends.
    pub expires_at: Option<Timestamp>,
}

/// How portal users sign in, as the directory enforces it; `None`: it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthPolicy {
    /// The shortest password.
    pub password_min_length: Option<u32>,
    /// Whether everybody needs a second factor.
    pub two_factor_required: Option<bool>,
    /// How long a link to set a new password works, in seconds.
    pub reset_expires_secs: Option<u64>,
    /// How long an invitation works, in seconds.
    pub invitation_expires_secs: Option<u64>,
    /// Failed tries until an account is locked.
    pub lockout_after: Option<u32>,
    /// How long it stays locked, in seconds.
    pub lockout_secs: Option<u64>,
    /// How long a session lasts without use, in seconds.
    pub session_idle_secs: Option<u64>,
    /// How long a session lasts at most, in seconds.
    pub session_max_secs: Option<u64>,
}

/// Somebody to invite to the portal with a role. The secret of the link goes to that person alone.
#[derive(Debug, Clone)]
pub struct PortalInvitation {
    /// To which organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// The e-mail address, lower case.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The access role; `InvalidArgument` if it is internal or unknown.
    pub role: AccessRoleId,
    /// What to say beside the link.
    pub message: Option<String>,
    /// When the invitation ends.
    pub expires_at: Timestamp,
    /// Who invites.
    pub by: String,
}

/// New access roles for a portal user, for exactly what was previewed.
#[derive(Debug, Clone)]
pub struct AccessChange {
    /// Whose user; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which user.
    pub user: ContactId,
    /// The roles that the user had; `Conflict` where that is no longer so.
    pub from: Vec<AccessRoleId>,
    /// The roles that the user gets; `InvalidArgument` if one is internal or unknown.
    pub to: Vec<AccessRoleId>,
    /// Why.
    pub reason: Option<String>,
    /// Who does it.
    pub by: String,
}

/// What to do to a portal user's login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessReset {
    /// Switch it off and end its sessions.
    Disable,
    /// Switch it on again.
    Enable,
    /// Send a link to set a new password.
    PasswordReset,
    /// Forget the second factor; it is set up anew at the next sign-in.
    TwoFactorReset,
    /// Let it try again after too many failed tries.
    Unlock,
    /// Send the invitation again, with a new end.
    ReissueInvitation,
    /// End its sessions.
    EndSessions,
}

/// A reset of one portal user's login. Answers with the user and never with a secret.
#[derive(Debug, Clone)]
pub struct ResetOrder {
    /// Whose user; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which user.
    pub user: ContactId,
    /// What to do.
    pub reset: AccessReset,
    /// Why.
    pub reason: String,
    /// Who does it.
    pub by: String,
}

/// What kind of thing a portal user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessEventKind {
    /// Signed in.
    Login,
    /// Failed to.
    LoginFailed,
    /// Was invited.
    Invitation,
    /// Had a password, a second factor or a lock reset.
    Reset,
    /// Saved a document.
    Download,
    /// Looked at a payment.
    PaymentView,
    /// Got another role.
    RoleChange,
    /// Anything else.
    Other,
}

/// Something that a portal user did, or that was done to one; for the MSP's administrators.
#[derive(Debug, Clone)]
pub struct AccessEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: AccessEventKind,
    /// Which user, where it is known.
    pub user: Option<ContactId>,
    /// That user's e-mail address, lower case.
    pub email: Option<String>,
    /// Who did it, if somebody else.
    pub by: Option<String>,
    /// From which network address.
    pub address: Option<String>,
    /// About what, in words.
    pub detail: Option<Text>,
}

/// Which events, newest first.
#[derive(Debug, Clone)]
pub struct AccessEventQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// Only this user.
    pub user: Option<ContactId>,
    /// Only these kinds; empty: all.
    pub kinds: Vec<AccessEventKind>,
    /// Only those at or after this time.
    pub since: Option<Timestamp>,
    /// How many, at most 200.
    pub limit: u32,
}
