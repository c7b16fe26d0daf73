//! What a session may do now: of its scopes and its grant's, those that the roles still open.

use super::client::Client;
use super::config::ServiceConfig;
use super::identity::Identity;
use super::{Authority, scopes};
use crate::store::authority::Session;
use postern_api::{Error, OrganisationId, Result};
use postern_policies::Realm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A person's attributes, as they are kept with a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attributes {
    realm: String,
    pub(super) organisation: Option<OrganisationId>,
    pub(super) assigned: Option<BTreeSet<OrganisationId>>,
    pub(super) roles: BTreeSet<String>,
    pub(super) name: Option<Arc<str>>,
    pub(super) email: Option<Arc<str>>,
}

impl Attributes {
    pub(super) fn of(identity: &Identity) -> Self {
        Self {
            realm: identity.realm.as_str().to_owned(),
            organisation: identity.organisation.clone(),
            assigned: identity.assigned.clone(),
            roles: identity.roles.clone(),
            name: identity.name.clone(),
            email: identity.email.clone(),
        }
    }

    /// Of a client that works as itself.
    pub(super) fn of_service(client: &Client, service: &ServiceConfig) -> Self {
        Self {
            realm: service.realm.as_str().to_owned(),
            organisation: service.organisation.clone(),
            assigned: service.assigned.clone(),
            roles: service.roles.clone(),
            name: Some(client.name.as_str().into()),
            email: None,
        }
    }

    /// Whether a person who had these has less by those: a role, the organisation, or one that was assigned.
    pub(super) fn lost(&self, now: &Self) -> bool {
        let assigned = match (&self.assigned, &now.assigned) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(now)) => !before.is_subset(now),
        };
        !self.roles.is_subset(&now.roles) || self.organisation != now.organisation || assigned
    }

    pub(super) fn read(kept: &[u8]) -> Result<Self> {
        serde_json::from_slice(kept).map_err(|_| Error::internal("a grant's attributes cannot be read"))
    }

    pub(super) fn written(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::internal("attributes").because(e))
    }
}

/// What a session may do.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) realm: Realm,
    pub(super) attributes: Attributes,
    pub(super) scopes: BTreeSet<String>,
    /// A client works as itself, with no person behind it.
    pub(super) service: bool,
}

impl Authority {
    /// The realm that a grant's person signed in at, if it is still one of ours and the grant's tenant's.
    fn realm_of(&self, session: &Session) -> Option<Realm> {
        let (tenant, realm) = self.realms.get(&*session.principal.issuer)?;
        (*tenant == session.tenant).then_some(*realm)
    }

    /// The person of a session, as they were when they last agreed to it; none of a client that works as itself.
    pub(super) fn identity(&self, session: &Session) -> Option<Identity> {
        let (realm, attributes) = (self.realm_of(session)?, Attributes::read(&session.attributes).ok()?);
        Some(Identity {
            principal: session.principal.clone(),
            realm,
            tenant: session.tenant.clone(),
            organisation: attributes.organisation,
            assigned: attributes.assigned,
            roles: attributes.roles,
            name: attributes.name,
            email: attributes.email,
            realm_session: session.realm_session.as_deref().map(Into::into),
            signed_in_at: session.authorised_at,
        })
    }

    /// What a session may do now. Of a client that works as itself, the configuration says it, not what was kept.
    pub(super) fn rights(&self, session: &Session) -> Option<Rights> {
        let service = *session.principal.issuer == *self.issuer;
        let (realm, mut attributes, granted) = if service {
            let client = self.configured.get(&session.client)?;
            let now = client.service.as_ref().filter(|it| it.tenant == session.tenant)?;
            (now.realm, Attributes::of_service(client, now), now.scopes.clone())
        } else {
            (self.realm_of(session)?, Attributes::read(&session.attributes).ok()?, scopes::split(&session.grant_scopes))
        };
        attributes.roles = self.scopes.known_roles(realm, &attributes.roles);
        let both = scopes::split(&session.scopes).intersection(&granted).cloned().collect();
        let usable = self.scopes.usable((realm, session.tenant.as_str(), &attributes.roles), service, &both);
        (!usable.is_empty()).then_some(Rights { realm, attributes, scopes: usable, service })
    }
}
