//! Confirmations: a write that the caller has to confirm, outside the model's reach, before it is carried out.
//!
//! A confirmation is bound to tenant, person, tool, arguments and policy version, lives five minutes and is used once. One that
//! is used, expired, somebody else's or was never there is the same: not found.

use crate::caller::Principal;
use jiff::Timestamp;
use postern_api::{Result, TenantId};
use std::time::Duration;

/// How long a confirmation can be used.
pub const LIFE: Duration = Duration::from_secs(300);

/// What waits for a person.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// 128 random bits, `conf-` before them.
    pub id: String,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Who may confirm: the caller, nobody else.
    pub principal: Principal,
    /// The tool.
    pub tool: String,
    /// The arguments, as JSON text; sealed at rest, dropped after use.
    pub arguments: String,
    /// The policies under which it was previewed.
    pub policy_version: String,
    /// What was shown to the person.
    pub message: String,
    /// When it can no longer be used.
    pub expires_at: Timestamp,
    /// The authority's session that asked for it, with which it dies; `None` where a realm's token asked.
    pub session: Option<std::sync::Arc<str>>,
}

/// What came of a claimed confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The change was made.
    Done,
    /// The change was refused or failed; nothing was changed.
    Failed,
    /// Nobody knows.
    Unknown,
    /// The person said no.
    Declined,
}

/// Where confirmations are kept.
pub trait Confirmations: std::fmt::Debug + Send + Sync {
    /// Keeps a new one, durably.
    fn create(&self, confirmation: &Confirmation) -> Result<()>;
    /// Takes it for this person, durably and once: of many parallel tries one gets it. `None` for everything else.
    fn claim(&self, tenant: &TenantId, principal: &Principal, id: &str, now: Timestamp)
    -> Result<Option<Confirmation>>;
    /// Says what came of it, and drops its arguments.
    fn settle(&self, tenant: &TenantId, id: &str, settlement: Settlement) -> Result<()>;
    /// Those that wait for this person, oldest first.
    fn waiting(&self, tenant: &TenantId, principal: &Principal, now: Timestamp) -> Result<Vec<Confirmation>>;
}
