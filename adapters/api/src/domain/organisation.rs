//! Customer organisations and what their plan allows.

use crate::id::ExternalId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether an organisation is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationStatus {
    /// Served.
    Active,
    /// Not served at the moment.
    Suspended,
    /// No longer a customer.
    Closed,
}

/// What the plan allows; `None`: no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Tickets in a calendar month (UTC).
    pub tickets_per_month: Option<u32>,
    /// Logins that are active or pending.
    pub contacts: Option<u32>,
}

/// How fast the MSP answers and solves, in hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlaHours {
    /// Hours to the first answer.
    pub response: u32,
    /// Hours to the solution.
    pub resolution: u32,
}

/// An organisation as its system's directory names it: for the operator who says which organisation is which in each system.
///
/// Not an [`crate::Owned`] record, since it is read before anybody knows whose it is; it serialises nowhere, and no tool asks
/// for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The system's id.
    pub id: ExternalId,
    /// The name.
    pub name: String,
    /// The e-mail domains, lower case.
    pub domains: Vec<String>,
    /// The ids that other systems have for it, where this one keeps them.
    pub references: Vec<String>,
    /// Whether it is served.
    pub active: bool,
}

/// Every organisation of a system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The organisations, by id.
    pub entries: Vec<DirectoryEntry>,
    /// Whether there are more than were read.
    pub truncated: bool,
}

/// A customer of the MSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// The system's id.
    pub id: ExternalId,
    /// The name.
    pub name: String,
    /// The e-mail domains, lower case; the first is the main one.
    pub domains: Vec<String>,
    /// What they subscribe to, for example `enterprise`.
    pub subscription_tier: Option<String>,
    /// The service level's name.
    pub sla_tier: Option<String>,
    /// Whether they are served.
    pub status: OrganisationStatus,
    /// What the plan allows.
    pub limits: Limits,
    /// How fast the MSP answers, where the system knows.
    pub sla: Option<SlaHours>,
}
