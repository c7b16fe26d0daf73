//! The public keys of one issuer: fetched once, kept, renewed.
//!
//! **Invariant:** what a stranger sends cannot make Postern fetch more often than once a cool-down, and an issuer that is
//! down takes nobody's access away before `max_stale`.

mod fetch;
mod jwk;

pub use fetch::{Fetch, FetchError, HttpFetch};
pub use jwk::{Key, KeySet};

use crate::edge::clock::Clock;
use crate::edge::json;
use crate::edge::realm::{is_loopback, trusted_url};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use url::Url;

/// Longer than any issuer's key id; a longer one is unknown without looking.
const KEY_ID_LIMIT: usize = 256;

/// How often keys are fetched.
#[derive(Debug, Clone, Copy)]
pub struct KeyTiming {
    /// After an unknown key id made us fetch, none makes us fetch again for this long.
    pub cool_down: Duration,
    /// After a fetch that failed.
    pub retry: Duration,
    /// Keys older than this are renewed in the background.
    pub refresh_after: Duration,
    /// Keys older than this are not used any more.
    pub max_stale: Duration,
}

impl Default for KeyTiming {
    fn default() -> Self {
        Self {
            cool_down: Duration::from_secs(30),
            retry: Duration::from_secs(5),
            refresh_after: Duration::from_secs(300),
            max_stale: Duration::from_secs(24 * 3600),
        }
    }
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer has no such key.
    Unknown,
    /// The issuer's keys cannot be had.
    Unavailable,
}

/// The keys of one issuer.
#[derive(Debug)]
pub struct Keys {
    issuer: String,
    jwks_uri: Option<String>,
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    timing: KeyTiming,
    held: ArcSwap<Held>,
    /// Held by whoever fetches.
    flight: tokio::sync::Mutex<()>,
    /// Counts finished attempts, so that whoever waited for the flight knows that it was for everybody.
    attempts: AtomicU64,
    blocked_until: Mutex<Duration>,
}

#[derive(Debug, Default)]
struct Held {
    set: Arc<KeySet>,
    /// `None` until the first fetch.
    fetched_at: Option<Duration>,
    /// Counts the changes of `set`.
    generation: u64,
}

impl Keys {
    /// The keys of an issuer; none is fetched before one is asked for.
    pub fn new(
        issuer: &str,
        jwks_uri: Option<&str>,
        fetch: Arc<dyn Fetch>,
        clock: Arc<dyn Clock>,
        timing: KeyTiming,
    ) -> Self {
        Self {
            issuer: issuer.to_owned(),
            jwks_uri: jwks_uri.map(str::to_owned),
            fetch,
            clock,
            timing,
            held: ArcSwap::from_pointee(Held::default()),
            flight: tokio::sync::Mutex::new(()),
            attempts: AtomicU64::new(0),
            blocked_until: Mutex::new(Duration::ZERO),
        }
    }

    /// The key of this id, and the generation of the set that it is in. Fetches where none is known.
    pub async fn find(self: &Arc<Self>, id: &str) -> Result<(Arc<Key>, u64), NoKey> {
        if let Some(found) = self.known(id) {
            self.renew_when_due();
            return Ok(found);
        }
        if id.len() > KEY_ID_LIMIT || id.chars().any(char::is_control) {
            return Err(NoKey::Unknown);
        }
        if self.clock.uptime() >= *self.blocked_until.lock() || self.flight.try_lock().is_err() {
            // In a task of its own: a client that hangs up takes nobody else's answer away.
            let keys = Arc::clone(self);
            let _ = tokio::spawn(async move { keys.fetch_once(false).await }).await;
        }
        self.known(id).ok_or_else(|| if self.current().is_some() { NoKey::Unknown } else { NoKey::Unavailable })
    }

    /// The generation of the keys in use; `None` where there are none, or they are too old. Renews them when due.
    pub fn generation(self: &Arc<Self>) -> Option<u64> {
        let held = self.current()?;
        self.renew_when_due();
        Some(held.generation)
    }

    fn known(&self, id: &str) -> Option<(Arc<Key>, u64)> {
        let held = self.current()?;
        Some((held.set.get(id)?, held.generation))
    }

    fn current(&self) -> Option<arc_swap::Guard<Arc<Held>>> {
        let held = self.held.load();
        let age = self.clock.uptime().saturating_sub(held.fetched_at?);
        (age <= self.timing.max_stale).then_some(held)
    }

    fn renew_when_due(self: &Arc<Self>) {
        let now = self.clock.uptime();
        let fetched_at = self.held.load().fetched_at.unwrap_or_default();
        if now.saturating_sub(fetched_at) <= self.timing.refresh_after || now < *self.blocked_until.lock() {
            return;
        }
        // Only one renewal is started: it blocks the next before it begins.
        *self.blocked_until.lock() = now + self.timing.retry;
        let keys = Arc::clone(self);
        tokio::spawn(async move { keys.fetch_once(true).await });
    }

    /// Fetches, unless somebody else just did or a cool-down forbids it.
    async fn fetch_once(&self, renewal: bool) {
        let before = self.attempts.load(Ordering::Acquire);
        let _flight = self.flight.lock().await;
        if self.attempts.load(Ordering::Acquire) != before {
            return;
        }
        let now = self.clock.uptime();
        if !renewal {
            let mut blocked = self.blocked_until.lock();
            if now < *blocked {
                return;
            }
            // The first fetch of all is nobody's unknown key, so it blocks only as a failure does.
            let first = self.held.load().fetched_at.is_none();
            *blocked = now + if first { self.timing.retry } else { self.timing.cool_down };
        }
        let first = self.held.load().fetched_at.is_none();
        match self.download().await {
            Ok(set) => {
                self.store(set);
                if first || renewal {
                    *self.blocked_until.lock() = Duration::ZERO;
                }
            }
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "the keys of issuer `{}` could not be fetched: {error}", self.issuer);
            }
        }
        self.attempts.fetch_add(1, Ordering::AcqRel);
    }

    fn store(&self, set: KeySet) {
        let old = self.held.load();
        let same = old.fetched_at.is_some() && *old.set == set;
        let set = if same { Arc::clone(&old.set) } else { Arc::new(set) };
        let generation = if same { old.generation } else { old.generation + 1 };
        self.held.store(Arc::new(Held { set, fetched_at: Some(self.clock.uptime()), generation }));
    }

    async fn download(&self) -> Result<KeySet, FetchError> {
        let address = match &self.jwks_uri {
            Some(uri) => trusted_url(uri).ok_or(FetchError::Address)?,
            None => self.discover().await?,
        };
        KeySet::parse(&self.fetch.get(&address).await?).ok_or(FetchError::Document)
    }

    /// OpenID Connect Discovery 1.0 section 4: the document has to name the very issuer that it was asked for.
    async fn discover(&self) -> Result<Url, FetchError> {
        let issuer = trusted_url(&self.issuer).ok_or(FetchError::Address)?;
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let address = trusted_url(&address).ok_or(FetchError::Address)?;
        let document = json::parse(&self.fetch.get(&address).await?, 16).map_err(|_| FetchError::Document)?;
        if document.get("issuer").and_then(|it| it.as_str()) != Some(&self.issuer) {
            return Err(FetchError::OtherIssuer);
        }
        let uri = document.get("jwks_uri").and_then(|it| it.as_str()).ok_or(FetchError::Document)?;
        let uri = trusted_url(uri).ok_or(FetchError::Address)?;
        // A remote issuer cannot point us at a service of this machine.
        if is_loopback(&uri) && !is_loopback(&issuer) {
            return Err(FetchError::Address);
        }
        Ok(uri)
    }
}

#[cfg(test)]
mod tests;
