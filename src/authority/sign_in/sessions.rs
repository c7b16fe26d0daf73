//! Browser sessions: found in memory first, correct after a restart, ended for the next request.
//!
//! **Invariant:** the store knows a cookie's digest alone. Loading a session and ending sessions exclude each other, so that
//! nothing that was ended stays in memory.

use super::config::SessionLifetimes;
use super::cookies::Cookies;
use crate::authority::accounts::{digest_of, random_text};
use crate::authority::identity::{Ended, EndedBy, Ending, Identity, SignedIn};
use crate::edge::clock::Clock;
use crate::store::Store;
use crate::store::sign_in_sessions::{Digest, SessionRow, Which};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use moka::sync::Cache;
use parking_lot::{Mutex, RwLock};
use postern_api::{Error, OrganisationId, Result, TenantId};
use postern_policies::Realm;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A use is written down when it is this much newer than the one before, in seconds.
const USED_EVERY: i64 = 60;

/// What a session knows beside its row.
#[derive(Serialize, Deserialize)]
struct Content {
    realm: String,
    organisation: Option<OrganisationId>,
    assigned: Option<BTreeSet<OrganisationId>>,
    roles: BTreeSet<String>,
    name: Option<Arc<str>>,
    email: Option<Arc<str>>,
    signed_in_at: i64,
    id_token: Option<String>,
}

/// A session in memory.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) digest: Digest,
    pub(super) signed_in: SignedIn,
    /// For the realm's own sign-out.
    pub(super) id_token: Option<String>,
    used_at: AtomicI64,
    ends_at: i64,
}

/// The sessions.
#[derive(Debug)]
pub struct Sessions {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    lifetimes: SessionLifetimes,
    cookies: Cookies,
    key: hmac::Key,
    known: Cache<Digest, Arc<Session>>,
    used: Mutex<HashMap<Digest, i64>>,
    /// Read by who loads, written by who ends.
    ending: RwLock<()>,
}

impl Sessions {
    /// Sessions in a store; `key` is for form secrets.
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        lifetimes: SessionLifetimes,
        cookies: Cookies,
        key: hmac::Key,
    ) -> Self {
        let known = Cache::new(50_000);
        Self { store, clock, lifetimes, cookies, key, known, used: Mutex::default(), ending: RwLock::default() }
    }

    fn text(&self, what: &str, digest: &Digest) -> Arc<str> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(what.as_bytes());
        context.update(digest);
        URL_SAFE_NO_PAD.encode(context.sign().as_ref()).into()
    }

    /// Begins a session: the cookie's value. Always a new one, whatever the browser had before.
    pub(super) fn begin(&self, it: &Identity, id_token: Option<String>) -> Result<String> {
        let cookie = random_text()?;
        let now = self.clock.unix_secs();
        let content = Content {
            realm: it.realm.as_str().to_owned(),
            organisation: it.organisation.clone(),
            assigned: it.assigned.clone(),
            roles: it.roles.clone(),
            name: it.name.clone(),
            email: it.email.clone(),
            signed_in_at: it.signed_in_at,
            id_token,
        };
        let row = SessionRow {
            digest: digest_of(&cookie),
            tenant: it.tenant.clone(),
            principal: it.principal.clone(),
            realm_session: it.realm_session.as_deref().map(str::to_owned),
            content: serde_json::to_vec(&content).map_err(|e| Error::internal("session").because(e))?,
            used_at: now,
            ends_at: now + i64::from(self.lifetimes.absolute_secs),
        };
        self.store.add_session(&row, now)?;
        Ok(cookie)
    }

    /// The session of a request.
    pub(super) fn of(&self, headers: &HeaderMap) -> Option<Arc<Session>> {
        let cookie = self.cookies.read(headers, "session").filter(|it| it.len() == 43)?;
        let digest = digest_of(cookie);
        let session = match self.known.get(&digest) {
            Some(known) => known,
            None => self.load(&digest)?,
        };
        let now = self.clock.unix_secs();
        let used_at = session.used_at.load(Ordering::Relaxed);
        if now >= session.ends_at || now - used_at >= i64::from(self.lifetimes.idle_secs) {
            self.end(&session.signed_in.identity.tenant, Which::One(&digest));
            return None;
        }
        if now - used_at >= USED_EVERY.min(i64::from(self.lifetimes.idle_secs) / 4) {
            session.used_at.store(now, Ordering::Relaxed);
            self.used.lock().insert(digest, now);
        }
        Some(session)
    }

    fn load(&self, digest: &Digest) -> Option<Arc<Session>> {
        let _loading = self.ending.read();
        let row = self.store.browser_session(digest);
        let row = row.inspect_err(|error| tracing::error!(%error, "a session could not be read")).ok()??;
        let content: Content = serde_json::from_slice(&row.content).ok()?;
        let realm = [Realm::Customer, Realm::Employee].into_iter().find(|it| it.as_str() == content.realm)?;
        let identity = Identity {
            principal: row.principal,
            realm,
            tenant: row.tenant,
            organisation: content.organisation,
            assigned: content.assigned,
            roles: content.roles,
            name: content.name,
            email: content.email,
            realm_session: row.realm_session.map(Arc::from),
            signed_in_at: content.signed_in_at,
        };
        let signed_in = SignedIn {
            identity: Arc::new(identity),
            session: self.text("session", digest),
            csrf: self.text("csrf", digest),
        };
        let used_at = self.used.lock().get(digest).copied().unwrap_or(row.used_at);
        let session = Session {
            digest: *digest,
            signed_in,
            id_token: content.id_token,
            used_at: AtomicI64::new(used_at),
            ends_at: row.ends_at,
        };
        let session = Arc::new(session);
        self.known.insert(*digest, Arc::clone(&session));
        Some(session)
    }

    /// Ends sessions, in the store and in memory.
    pub(super) fn end(&self, tenant: &TenantId, which: Which<'_>) {
        let _ending = self.ending.write();
        if let Err(error) = self.store.end_sessions(tenant, which) {
            tracing::error!(%error, "browser sessions could not be ended in the store");
        }
        let ends = |session: &Session| {
            let it = &session.signed_in.identity;
            it.tenant == *tenant
                && match which {
                    Which::One(digest) => session.digest == *digest,
                    Which::Person(who) => it.principal == *who,
                    Which::RealmSession(issuer, realm_session) => {
                        *it.principal.issuer == *issuer && it.realm_session.as_deref() == Some(realm_session)
                    }
                }
        };
        for (digest, session) in &self.known {
            if ends(&session) {
                self.known.invalidate(digest.as_ref());
            }
        }
    }

    /// Writes down when sessions were used.
    pub(super) fn flush(&self) {
        let used: Vec<_> = self.used.lock().drain().collect();
        if !used.is_empty()
            && let Err(error) = self.store.sessions_used(&used)
        {
            tracing::warn!(%error, "the use of browser sessions could not be written down");
        }
    }
}

impl Ending for Sessions {
    fn end(&self, tenant: &TenantId, what: &Ended, _: EndedBy) {
        match what {
            Ended::Person(who) => Sessions::end(self, tenant, Which::Person(who)),
            Ended::RealmSession { issuer, session } => {
                Sessions::end(self, tenant, Which::RealmSession(issuer, session));
            }
        }
    }
}
