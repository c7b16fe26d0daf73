//! Puts the receiver of messages together: who may send, and who is told.

use super::{CannotStart, Config, Told};
use crate::adapters;
use crate::audit::journal;
use crate::authority::identity::Welcomes;
use crate::edge::config::public_url;
use crate::store::Store;
use crate::webhooks::{self, Ears, Heard, Keys, Note, Parts, Sender, keycloak};
use axum::Router;
use postern_api::webhook::Entity;
use postern_api::{ExternalId, TenantId};
use postern_policies::Realm;
use std::sync::Arc;

/// The audit, and what the store remembers.
#[derive(Debug)]
struct Listening {
    told: Told,
    store: Arc<Store>,
}

impl Ears for Listening {
    fn heard(&self, note: &Note<'_>) {
        self.told.0.event(&journal::Event {
            tenant: Some(note.tenant),
            code: note.code,
            refused: note.refused,
            request_id: note.request_id,
            ..journal::Event::default()
        });
    }

    /// Of records that systems keep Postern remembers only who is who; the rest is read anew for each call anyway.
    fn stale(&self, tenant: &TenantId, system: &str, entity: Entity, _: Option<&ExternalId>) {
        match entity {
            Entity::Organisation | Entity::Contact => self.store.read_identities_again(tenant, system),
            Entity::Ticket | Entity::Invoice | Entity::Payment | Entity::PaymentLink | Entity::Agreement => {}
        }
    }
}

/// The routes, where the configuration lets anybody send.
pub(super) fn routes(
    config: &Config,
    store: &Arc<Store>,
    told: Told,
    welcomes: Option<Arc<dyn Welcomes>>,
) -> Result<Router, CannotStart> {
    let mut senders = std::collections::HashMap::new();
    for tenant in &config.tenants {
        for (name, webhook) in &tenant.webhooks {
            let system = tenant.systems.get(name).filter(|_| webhook.realm.is_none());
            let (hook, realm) = match webhook.realm {
                Some(realm) => {
                    let trusted = match realm {
                        Realm::Customer => &tenant.customer_realm,
                        Realm::Employee => &tenant.employee_realm,
                    };
                    let issuer = trusted.as_ref().map(|it| (realm, Arc::from(it.issuer.as_str())));
                    (Some(keycloak::hook()), issuer)
                }
                None => (system.and_then(adapters::hook), None),
            };
            let hook = hook.ok_or_else(|| CannotStart(format!("tenant {}: `{name}` sends no messages", tenant.id)))?;
            let keys = system.map(|it| adapters::key_place(name, it)).transpose()?.flatten().map(Keys::new);
            let sender = Sender { hook, secrets: webhook.secrets.clone(), keys, realm };
            senders.insert((tenant.id.clone(), name.clone()), sender);
        }
    }
    if senders.is_empty() {
        return Ok(Router::new());
    }
    let url = public_url(&config.edge.public_url).ok_or_else(|| CannotStart("edge.public_url is no URL".into()))?;
    Ok(webhooks::routes(Parts {
        senders,
        origin: url.origin().ascii_serialization(),
        limits: config.edge.limits,
        throttle: config.edge.throttle,
        apart: webhooks::APART,
        heard: Heard::open(&config.server.data_dir)?,
        ears: Arc::new(Listening { told, store: store.clone() }),
        welcomes,
    }))
}
