//! What the audit is told: one event for each thing that happened and for each refusal.

use crate::caller::Principal;
use postern_api::TenantId;
use std::fmt::Debug;

/// One event. Words of ours and ids; never a name, an address, a token or a text that somebody sent.
#[derive(Debug, Clone, Default)]
pub struct Event<'a> {
    /// What happened, for example `token_issued`; of a refusal the reason, for example `code_replayed`.
    pub code: &'static str,
    /// Whether it was refused.
    pub refused: bool,
    /// Whose tenant, where it is known.
    pub tenant: Option<&'a TenantId>,
    /// Who, where it is known.
    pub principal: Option<&'a Principal>,
    /// The client, where it is one that we know.
    pub client: Option<&'a str>,
    /// The request's id.
    pub request_id: &'a str,
}

/// Who is told. On the request's way, so it waits for nothing but a short commit.
pub trait Events: Debug + Send + Sync + 'static {
    /// Something happened.
    fn tell(&self, event: &Event<'_>);
}
