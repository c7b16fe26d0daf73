//! The authorization server (OAuth 2.1) that signs people in at their own realms and gives AI clients tokens of ours.
//!
//! **Invariant:** whoever signed in is known by issuer and subject alone; nothing that a client or a browser writes can make
//! one person another. What a token may do is what its grant says now, never what the token says.

pub mod accounts;
mod answer;
mod authenticate;
mod authorize;
pub mod browser;
mod client;
pub mod config;
mod connected;
mod consent;
mod document;
pub mod events;
pub mod fetch;
mod flow;
pub mod identity;
mod keys;
pub mod live;
mod metadata;
pub mod pages;
mod rates;
mod redirect;
mod register;
mod revoke;
mod rights;
mod scopes;
pub mod secret;
mod service;
pub mod sign_in;
mod token;

pub use connected::{Connected, RevokedBy};

use crate::caller::{Caller, Principal, Rests};
use crate::edge::clock::Clock;
use crate::edge::keys::Key;
use crate::edge::reason::Reason;
use crate::edge::token::{OwnClaims, OwnTokens};
use crate::store::Store;
use crate::store::authority::Session;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use client::View;
use config::AuthorityConfig;
use events::Events;
use fetch::wire::Wire;
use fetch::{Documents, Rates};
use flow::Flow;
use identity::{BrowserSessions, Ended, EndedBy, Ending, Welcomes};
use keys::SigningKeys;
use live::{Entered, Live};
use moka::sync::Cache;
use pages::Pages;
use postern_api::{Error, Result, TenantId};
use postern_policies::{Engine, Realm};
use rights::{Attributes, Rights};
use scopes::Scopes;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a person may take from a client's request to their answer.
const FLOW_SECS: u64 = 600;
/// The most requests that wait for a person.
const FLOWS: u64 = 50_000;
/// No request of ours has a larger body.
const BODY_LIMIT: usize = 16 * 1024;
/// A realm's token may be older than this; what ended is remembered for longer.
const REMEMBER_SECS: i64 = 48 * 3600;

/// What the authority is made of.
#[derive(Debug)]
pub struct AuthorityParts {
    /// Its settings.
    pub config: AuthorityConfig,
    /// The public URL of the MCP endpoint: the audience of every token, and the issuer by its origin.
    pub resource: String,
    /// What this server is called on its pages.
    pub server_name: String,
    /// Where it keeps what it knows.
    pub store: Arc<Store>,
    /// The policies.
    pub engine: Arc<Engine>,
    /// Which realm of which tenant an issuer is.
    pub realms: HashMap<String, (TenantId, Realm)>,
    /// Who is signed in to the web pages.
    pub sessions: Arc<dyn BrowserSessions>,
    /// Who knows whether people are still welcome; `None`: they are until something says otherwise.
    pub welcomes: Option<Arc<dyn Welcomes>>,
    /// Who draws its pages.
    pub pages: Arc<dyn Pages>,
    /// The audit.
    pub events: Arc<dyn Events>,
    /// What stands, in memory; the edge asks it as well.
    pub live: Arc<Live>,
    /// Where clients' descriptions and keys come from.
    pub documents: Arc<dyn Wire>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The authorization server.
#[derive(Debug)]
pub struct Authority {
    config: AuthorityConfig,
    issuer: Arc<str>,
    resource: String,
    server: Arc<str>,
    secure: bool,
    store: Arc<Store>,
    scopes: Scopes,
    realms: HashMap<String, (TenantId, Realm)>,
    configured: HashMap<String, Arc<client::Client>>,
    documents: Documents,
    sessions: Arc<dyn BrowserSessions>,
    welcomes: Option<Arc<dyn Welcomes>>,
    pages: Arc<dyn Pages>,
    events: Arc<dyn Events>,
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    keys: SigningKeys,
    flows: Cache<Arc<str>, Arc<Flow>>,
    /// Which client sent a challenge first.
    challenges: Cache<String, Arc<str>>,
    registrations: rates::Rate,
    requests: Option<rates::Rate>,
}

impl Authority {
    /// Builds it; makes the first signing key where there is none.
    pub fn new(parts: AuthorityParts) -> Result<Arc<Self>> {
        let issuer = config::issuer(&parts.resource).ok_or_else(|| Error::internal("the public URL has no origin"))?;
        let now = parts.clock.unix_secs();
        let overlap = parts.config.access_token_secs + 60;
        let keys = SigningKeys::open(&parts.store, now, parts.config.key_rotation_secs, overlap)?;
        for ended in parts.store.ended_since(now - REMEMBER_SECS)? {
            parts.live.ended_at_realm(&ended);
        }
        let configured =
            parts.config.clients.iter().map(|it| Ok((it.id.clone(), Arc::new(client::Client::configured(it)?))));
        let configured = configured.collect::<Result<_>>()?;
        let asking = &parts.config.client_documents;
        let rates = Rates { per_minute: asking.per_minute, per_host_per_minute: asking.per_host_per_minute };
        let documents = Documents::new(parts.documents, parts.clock.clone(), rates);
        Ok(Arc::new(Self {
            secure: issuer.starts_with("https://"),
            issuer: issuer.into(),
            resource: parts.resource,
            server: parts.server_name.into(),
            scopes: Scopes::new(parts.engine),
            realms: parts.realms,
            configured,
            documents,
            sessions: parts.sessions,
            welcomes: parts.welcomes,
            pages: parts.pages,
            events: parts.events,
            live: parts.live,
            clock: parts.clock,
            keys,
            flows: Cache::builder().max_capacity(FLOWS).time_to_live(Duration::from_secs(FLOW_SECS)).build(),
            challenges: Cache::builder().max_capacity(FLOWS).time_to_live(Duration::from_secs(FLOW_SECS)).build(),
            registrations: rates::Rate::per_hour(parts.config.registrations_per_hour),
            requests: rates::Rate::per_minute(parts.config.requests_per_minute),
            store: parts.store,
            config: parts.config,
        }))
    }

    /// Its issuer.
    pub fn issuer_url(&self) -> &str {
        &self.issuer
    }

    /// Its routes. They guard themselves.
    pub fn routes(self: &Arc<Self>) -> Router {
        let published = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata::metadata))
            .route("/.well-known/openid-configuration", get(metadata::metadata))
            .route("/.well-known/jwks.json", get(metadata::jwks));
        let mut routes = Router::new()
            .route("/authorize", get(authorize::authorize))
            .route("/authorize/sign-in", post(authorize::sign_in))
            .route("/authorize/continue", get(authorize::resume))
            .route("/authorize/consent", post(consent::decide))
            .route("/token", post(token::token))
            .route("/revoke", post(revoke::revoke))
            .route("/introspect", post(revoke::introspect));
        if self.config.registration {
            routes = routes.route("/register", post(register::register));
        }
        let counted = axum::middleware::from_fn_with_state(Arc::clone(self), rates::counted);
        routes.layer(DefaultBodyLimit::max(BODY_LIMIT)).layer(counted).merge(published).with_state(Arc::clone(self))
    }

    /// Notes what was used, turns the keys and forgets what has ended, until the process stops.
    pub async fn tend(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(Duration::from_secs(60));
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = stop.cancelled() => break,
            }
            let authority = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || authority.tend_once()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(error = %error, "the authority could not be tended"),
                Err(error) => tracing::error!(error = %error, "tending the authority panicked"),
            }
        }
        if let Err(error) = self.store.note_used(&self.live.take_used()) {
            tracing::error!(error = %error, "the last uses of grants could not be noted");
        }
    }

    /// One round of [`Authority::tend`].
    pub fn tend_once(&self) -> Result<()> {
        let now = self.clock.unix_secs();
        let used = self.live.take_used();
        if !used.is_empty() {
            self.store.note_used(&used)?;
        }
        self.keys.turn(&self.store, now)?;
        self.store.sweep_authority(now - self.config.unused_client_secs, now - 86_400, now - REMEMBER_SECS)?;
        Ok(())
    }

    fn list_connected(
        &self,
        tenant: &TenantId,
        who: Option<&Principal>,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Connected>> {
        let grants = self.store.grants(tenant, who, self.clock.unix_secs(), (skip, limit))?;
        let read = grants.into_iter().map(|grant| {
            let view: View =
                serde_json::from_str(&grant.client_view).map_err(|_| Error::internal("a grant cannot be read"))?;
            let held = scopes::split(&grant.scopes);
            let used_at = grant.used_at.max(self.live.used_at(&grant.id));
            Ok(Connected {
                grant: grant.id.into(),
                principal: grant.principal,
                person: Attributes::read(&grant.attributes)?.name,
                name: view.name.clone(),
                client: grant.client.into(),
                publisher: view.publisher(),
                authorised_at: grant.authorised_at,
                used_at,
                sessions: grant.sessions,
                scopes: held
                    .into_iter()
                    .map(|it| pages::ScopeView { held: true, ..self.scopes.words(it.into()) })
                    .collect(),
            })
        });
        read.collect()
    }

    fn revoke_grant(&self, tenant: &TenantId, by_whom: &Principal, grant: &str, by: RevokedBy) -> Result<bool> {
        let (owner, word) = match by {
            RevokedBy::Owner => (Some(by_whom), "owner"),
            RevokedBy::Administrator => (None, "administrator"),
        };
        let Some((client, whose, sessions)) =
            self.store.end_grant(tenant, owner, grant, word, self.clock.unix_secs())?
        else {
            return Ok(false);
        };
        self.live.ended(&sessions);
        self.events.tell(&events::Event {
            code: if owner.is_some() { "grant_revoked" } else { "grant_revoked_by_administrator" },
            tenant: Some(tenant),
            principal: Some(&whose),
            client: Some(&client),
            ..events::Event::default()
        });
        Ok(true)
    }

    fn load(&self, id: &str) -> std::result::Result<Session, Reason> {
        loop {
            let mark = self.live.mark();
            let found = self.store.session(id).map_err(|error| {
                tracing::error!(error = %error, "a session could not be read");
                Reason::Unavailable
            })?;
            let stands = |it: &Session| !it.ended && self.clock.unix_secs() < it.expires_at;
            let session = found.filter(stands).ok_or(Reason::Revoked)?;
            match self.live.stands(&session.id, &session.grant.as_str().into(), session.version, mark) {
                Entered::Stands => return Ok(session),
                Entered::Ended => return Err(Reason::Revoked),
                // Each time round, somebody has consented meanwhile.
                Entered::Changed => {}
            }
        }
    }
}

impl OwnTokens for Authority {
    fn issuer(&self) -> &Arc<str> {
        &self.issuer
    }

    fn key(&self, id: &str) -> Option<Arc<Key>> {
        self.keys.key(id)
    }

    fn generation(&self) -> u64 {
        self.keys.generation()
    }

    fn caller(&self, claims: &OwnClaims<'_>) -> std::result::Result<Caller, Reason> {
        let session = self.load(claims.session)?;
        if session.grant != claims.grant || session.client != claims.client {
            return Err(Reason::Claims);
        }
        let Rights { realm, attributes, scopes, service } = self.rights(&session).ok_or(Reason::Revoked)?;
        Ok(Caller {
            realm,
            tenant: session.tenant,
            principal: session.principal,
            organisation: attributes.organisation,
            assigned: attributes.assigned,
            roles: Arc::new(attributes.roles),
            scopes: Some(Arc::new(scopes.intersection(claims.scopes).cloned().collect())),
            client: Some(session.client.into()),
            service,
            name: attributes.name,
            email: attributes.email,
            expires_at: claims.expires_at.min(session.expires_at),
            rests: Rests {
                grant: Some(session.grant.into()),
                session: Some(session.id.into()),
                version: session.version,
                realm_session: None,
                issued_at: claims.issued_at,
            },
        })
    }

    fn recall(&self, caller: &Caller) -> std::result::Result<(), Reason> {
        let session = caller.rests.session.as_deref().ok_or(Reason::Revoked)?;
        if self.live.knows(session) {
            return Err(Reason::Revoked);
        }
        let session = self.load(session)?;
        if session.version == caller.rests.version { Ok(()) } else { Err(Reason::Revoked) }
    }
}

impl Ending for Authority {
    fn end(&self, tenant: &TenantId, what: &Ended, by: EndedBy) {
        let now = self.clock.unix_secs();
        let code = match by {
            EndedBy::RealmLogout => "ended_by_realm_logout",
            EndedBy::SignOut => "ended_by_sign_out",
            EndedBy::RightsLost => "ended_by_rights_lost",
            EndedBy::AccountChanged => "ended_by_account_change",
            EndedBy::Administrator => "ended_by_administrator",
        };
        let (issuer, person, name) = match what {
            Ended::Person(it) => (&it.issuer, true, &it.subject),
            Ended::RealmSession { issuer, session } => (issuer, false, session),
        };
        // Memory first: realm tokens are refused even where the store cannot be written.
        self.live.ended_at_realm(&crate::store::authority::EndedBefore {
            issuer: issuer.to_string(),
            person,
            name: name.to_string(),
            ended_at: now,
        });
        let ended = match what {
            Ended::Person(who) => self.store.end_person(tenant, who, code, now),
            Ended::RealmSession { issuer, session } => self.store.end_realm_session(issuer, session, now),
        };
        match ended {
            Ok(sessions) => self.live.ended(&sessions),
            Err(error) => tracing::error!(error = %error, "what rests on a sign-in could not be ended in the store"),
        }
        let principal = match what {
            Ended::Person(who) => Some(who),
            Ended::RealmSession { .. } => None,
        };
        self.events.tell(&events::Event { code, tenant: Some(tenant), principal, ..events::Event::default() });
    }
}
