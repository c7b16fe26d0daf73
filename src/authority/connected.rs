//! What the console asks: who is connected, and cut it off.

use super::Authority;
use super::pages::{Publisher, ScopeView};
use crate::caller::Principal;
use postern_api::{Result, TenantId};
use std::sync::Arc;

/// One client that one person connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The grant: what [`Authority::revoke`] takes.
    pub grant: Arc<str>,
    /// Who connected it. For a client that signs in as itself: the issuer is the authority, the subject the client.
    pub principal: Principal,
    /// The person's name as of the last sign-in, where the realm gave one.
    pub person: Option<Arc<str>>,
    /// The client's name, safe to show once it is escaped.
    pub name: String,
    /// The client's id.
    pub client: Arc<str>,
    /// Who stands behind it.
    pub publisher: Publisher,
    /// When it was last authorised, seconds since 1970.
    pub authorised_at: i64,
    /// When it was last used, seconds since 1970, to within a minute; `None` before its first call.
    pub used_at: Option<i64>,
    /// Sessions that can be used or renewed at the moment.
    pub sessions: u32,
    /// What it may do.
    pub scopes: Vec<ScopeView>,
}

/// Who cuts a client off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedBy {
    /// The person, of their own grants alone.
    Owner,
    /// An administrator of the tenant. The console checks that it is one.
    Administrator,
}

impl Authority {
    /// The clients that a person is connected to, the one authorised last first.
    pub fn connected(&self, tenant: &TenantId, principal: &Principal) -> Result<Vec<Connected>> {
        self.list_connected(tenant, Some(principal), 0, 1_000)
    }

    /// Every client of a tenant, for its administrators, the one authorised last first; `skip` and `limit` page through them.
    pub fn connected_in(&self, tenant: &TenantId, skip: u32, limit: u32) -> Result<Vec<Connected>> {
        self.list_connected(tenant, None, skip, limit)
    }

    /// Cuts a client off. Whether there was one: another person's grant and none at all are the same `false` for an owner.
    /// When it returns, the next call is refused, the open streams are closed and what waited for a confirmation is gone.
    pub fn revoke(&self, tenant: &TenantId, principal: &Principal, grant: &str, by: RevokedBy) -> Result<bool> {
        self.revoke_grant(tenant, principal, grant, by)
    }

    /// What a client is called, by its id: of the configuration, registered, or the host that publishes it.
    pub fn client_name(&self, id: &str) -> Option<String> {
        self.known_name(id)
    }

    /// Every scope there is, in words.
    pub fn scope_catalogue(&self) -> Vec<ScopeView> {
        self.scopes.catalogue()
    }
}
