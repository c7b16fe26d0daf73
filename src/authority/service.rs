//! Client credentials (RFC 6749 section 4.4): a configured client that works as itself.
//!
//! **Invariant:** only a client that the configuration names as one, that showed that it is itself; it gets no refresh token, and
//! its caller is marked as a service, which the policies let confirm nothing.

use super::answer::{OAuthError, Params};
use super::authenticate::Authenticated;
use super::rights::Attributes;
use super::secret::id as new_id;
use super::{Authority, scopes};
use crate::caller::{Principal, RequestId};
use crate::store::authority::Agreement;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Authority {
    pub(super) fn service_token(
        &self,
        asking: &Authenticated,
        asked: &Params,
        id: &RequestId,
    ) -> Result<Value, OAuthError> {
        let client = &asking.client;
        let service = client.service.as_ref().filter(|_| asking.proven);
        let service = service.ok_or(OAuthError::new(
            "unauthorized_client",
            "this client does not work as itself; connect it as a person",
            "no_service_client",
        ))?;
        self.resource_is_ours(asked)?;
        let unknown = OAuthError::new("invalid_scope", "none of these scopes is this client's", "scope");
        let wanted = self.scopes.requested(asked.get("scope").map(String::as_str)).ok_or(unknown)?;
        let now = self.clock.unix_secs();
        let agreement = Agreement {
            new_id: new_id("g-")?,
            tenant: service.tenant.clone(),
            principal: Principal { issuer: Arc::clone(&self.issuer), subject: Arc::clone(&client.id) },
            client: client.id.to_string(),
            client_digest: client.digest,
            client_view: client.kept_view(),
            scopes: scopes::joined(&service.scopes),
            attributes: Attributes::of_service(client, service).written()?,
        };
        let session = self.store.service_session(&agreement, &new_id("s-")?, now, self.config.access_token_secs)?;
        let rights = self.rights(&session).ok_or(unknown)?;
        let chosen: BTreeSet<String> = rights.scopes.intersection(&wanted).cloned().collect();
        if chosen.is_empty() {
            return Err(unknown);
        }
        self.tell_session("service_token_issued", false, &session, id);
        self.issue(&session, &chosen, None, now)
    }
}
