//! Who knows people: what verifies the realms' tokens, what signs people in, and the authorization server.

use super::told::Told;
use super::{CannotStart, cannot};
use crate::audit::Journal;
use crate::authority::fetch::wire::Wire;
use crate::authority::identity::{BrowserSessions, Welcomes};
use crate::authority::live::Live;
use crate::authority::sign_in::{OpenRealm, SignIn, SignInParts};
use crate::authority::{Authority, AuthorityParts};
use crate::config::Config;
use crate::console::flow::Drawn;
use crate::edge::clock::Clock;
use crate::edge::config::public_url;
use crate::edge::keys::{Fetch, KeyTiming};
use crate::edge::token::{KnownRoles, Standing, Trust, Verifier, VerifierParts};
use crate::mail::Smtp;
use crate::store::{SealKey, Store, secret_file};
use postern_policies::{Engine, Realm};
use std::sync::Arc;

/// The roles that the policies in force know.
#[derive(Debug)]
pub(super) struct Roles(Arc<Engine>);

impl KnownRoles for Roles {
    fn knows(&self, realm: Realm, role: &str) -> bool {
        self.0.policies().knows_role(realm, role)
    }
}

/// What signs people in, for the web pages and the authority.
pub(super) fn sign_in(
    config: &Config,
    store: &Arc<Store>,
    engine: &Arc<Engine>,
    journal: &Arc<Journal>,
    (verifier, clock): (&Arc<Verifier>, &Arc<dyn Clock>),
    fetch: Arc<dyn Fetch>,
) -> Result<Arc<SignIn>, CannotStart> {
    let data_dir = &config.server.data_dir;
    let realms = config.tenants.iter().flat_map(|tenant| {
        let realms = [
            (Realm::Customer, &tenant.customer_realm, &tenant.customer_sign_in),
            (Realm::Employee, &tenant.employee_realm, &tenant.employee_sign_in),
        ];
        realms.into_iter().filter_map(|(realm, issuer, sign_in)| {
            Some(OpenRealm {
                tenant: tenant.id.clone(),
                tenant_name: tenant.name.clone(),
                realm,
                issuer: issuer.as_ref()?.issuer.as_str().into(),
                sign_in: sign_in.clone()?,
            })
        })
    });
    let url = public_url(&config.edge.public_url).ok_or_else(|| CannotStart("edge.public_url is no URL".into()))?;
    let mailer = config.mail.as_ref().map(Smtp::new).transpose()?;
    let parts = SignInParts {
        origin: url.origin().ascii_serialization(),
        home: "/console".into(),
        service_name: config.edge.resource_name.clone(),
        realms: realms.collect(),
        config: config.sign_in,
        lifetimes: config.sessions,
        throttle: config.edge.throttle,
        store: store.clone(),
        seal: SealKey::of(data_dir)?,
        key: *secret_file::<32>(&data_dir.join("sign-in.key"))?,
        verifier: verifier.clone(),
        fetch,
        clock: clock.clone(),
        roles: Arc::new(Roles(engine.clone())),
        pages: Arc::new(Drawn),
        mailer: mailer.map(|it| Arc::new(it) as _),
        events: Arc::new(Told(journal.clone())),
    };
    Ok(SignIn::new(parts)?)
}

/// What the authority asks of others.
pub(super) type Outside = (Arc<dyn BrowserSessions>, Option<Arc<dyn Welcomes>>, Option<Arc<dyn Wire>>, Arc<dyn Clock>);

/// The authorization server, where it is switched on.
pub(super) fn authority(
    config: &Config,
    engine: &Arc<Engine>,
    store: &Arc<Store>,
    journal: &Arc<Journal>,
    live: Arc<Live>,
    (sessions, welcomes, documents, clock): Outside,
) -> Result<Option<Arc<Authority>>, CannotStart> {
    let Some(documents) = documents.filter(|_| config.authority.enabled) else { return Ok(None) };
    let realms = config.tenants.iter().flat_map(|tenant| {
        let realms = [(Realm::Customer, &tenant.customer_realm), (Realm::Employee, &tenant.employee_realm)];
        realms
            .into_iter()
            .filter_map(|(realm, config)| Some((config.as_ref()?.issuer.clone(), (tenant.id.clone(), realm))))
    });
    let authority = Authority::new(AuthorityParts {
        config: config.authority.clone(),
        resource: config.edge.public_url.clone(),
        server_name: config.edge.resource_name.clone(),
        store: store.clone(),
        engine: engine.clone(),
        realms: realms.collect(),
        sessions,
        welcomes,
        pages: Arc::new(Drawn),
        events: Arc::new(Told(journal.clone())),
        live,
        documents,
        clock,
    })?;
    Ok(Some(authority))
}

/// What verifies the tokens of every tenant's realms.
pub(super) fn verifier(
    config: &Config,
    engine: &Arc<Engine>,
    standing: Arc<dyn Standing>,
    clock: Arc<dyn Clock>,
    fetch: Arc<dyn Fetch>,
) -> Result<Arc<Verifier>, CannotStart> {
    let trusted = config.tenants.iter().flat_map(|tenant| {
        let realms = [(Realm::Customer, &tenant.customer_realm), (Realm::Employee, &tenant.employee_realm)];
        realms
            .into_iter()
            .filter_map(|(realm, config)| Some(Trust { tenant: tenant.id.clone(), realm, config: config.clone()? }))
    });
    let verifier = Verifier::new(VerifierParts {
        trusted: trusted.collect(),
        resource: config.edge.public_url.clone(),
        fetch,
        clock,
        timing: KeyTiming::default(),
        standing,
        roles: Arc::new(Roles(engine.clone())),
    });
    Ok(Arc::new(verifier.map_err(|e| cannot("tenants")(&e))?))
}
