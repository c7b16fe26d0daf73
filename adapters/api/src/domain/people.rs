//! People at the customers: contacts as the CRM knows them, logins as the directory knows them.

use crate::id::{ContactId, ExternalId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person at a customer, as a ticket names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The system's id, where it has one.
    pub contact: Option<ContactId>,
    /// The name.
    pub name: String,
    /// The e-mail address, lower case.
    pub email: Option<String>,
}

/// A contact in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The CRM's id.
    pub id: ContactId,
    /// The name.
    pub name: String,
    /// The e-mail address, lower case.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Whether the contact still works there.
    pub active: bool,
    /// The position, where the CRM has one.
    pub title: Option<String>,
    /// What employees noted about the contact.
    pub notes: Option<String>,
}

/// What a customer's login may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginRole {
    /// Speaks for the organisation; one each.
    Lead,
    /// Everybody else.
    Basic,
}

/// Whether a login works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginStatus {
    /// Works.
    Active,
    /// Invited, not yet accepted.
    Pending,
    /// Switched off.
    Disabled,
}

/// A customer's login in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The directory's id.
    pub id: ContactId,
    /// The name.
    pub name: String,
    /// The e-mail address, lower case.
    pub email: String,
    /// What it may do.
    pub role: LoginRole,
    /// Whether it works.
    pub status: LoginStatus,
    /// When it was last used.
    pub last_login: Option<Timestamp>,
    /// For a pending one: when the invitation ends.
    pub expires_at: Option<Timestamp>,
}

/// Somebody to invite; always with [`LoginRole::Basic`].
#[derive(Debug, Clone)]
pub struct Invitation {
    /// To which organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// The e-mail address, lower case.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// Who invites.
    pub by: String,
    /// When the invitation ends.
    pub expires_at: Timestamp,
    /// Refuse with `LimitReached` if the organisation already has this many logins that are active or pending.
    pub max_logins: Option<u32>,
}

/// A change of lead: both roles or neither, and both people are told.
#[derive(Debug, Clone)]
pub struct LeadTransfer {
    /// The organisation; must be in the call's reach.
    pub organisation: ExternalId,
    /// Who is lead now; refused with `Conflict` if that is no longer so.
    pub from: ContactId,
    /// Who becomes lead: active, in the same organisation.
    pub to: ContactId,
    /// Why.
    pub reason: Option<String>,
}

/// One change of a login's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChange {
    /// Whose.
    pub login: ContactId,
    /// The e-mail address, lower case.
    pub email: String,
    /// Before; `None`: there was no login.
    pub from: Option<LoginRole>,
    /// After.
    pub to: LoginRole,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}
