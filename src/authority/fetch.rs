//! Documents that a stranger names: a client's description and its keys, fetched from wherever the stranger says.
//!
//! **Invariant:** a request goes to a public address alone, over https, to the very address that was vetted; one document is
//! asked for by one for all, seldom, and neither its size nor its time is the stranger's to choose. Why a document could not be
//! had is told to the log, never to who asked.

pub mod address;
pub mod wire;

#[cfg(test)]
mod tests;

use crate::edge::clock::Clock;
use address::DocumentUrl;
use bytes::Bytes;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::future::Cache;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use wire::{Lost, Wire};

/// A document is asked for again after this long at the earliest, and one that could not be had as well.
const LEAST: Duration = Duration::from_secs(60);
/// Where the publisher says nothing.
const USUAL: Duration = Duration::from_secs(3_600);
/// Nothing is older.
pub const MOST: Duration = Duration::from_secs(24 * 3_600);
/// Bytes of all documents together, and of their addresses.
const CAPACITY: u64 = 16 << 20;
/// Hosts are counted in so many cells; two may share one, unpredictably.
const CELLS: u64 = 1 << 12;

/// What kind of document; it says how large one may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A client's description.
    Client,
    /// A key set.
    Keys,
}

impl Kind {
    /// The most bytes.
    fn limit(self) -> usize {
        match self {
            Self::Client => 5 * 1024,
            Self::Keys => 64 * 1024,
        }
    }
}

/// Why there is no document. All that anybody outside may learn of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotHad {
    /// It cannot be had, whatever the cause.
    Unfit,
    /// It was not asked for: too many were.
    Busy,
}

/// How often documents are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of all hosts together, a minute.
    pub per_minute: u32,
    /// Of one host, a minute.
    pub per_host_per_minute: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { per_minute: 120, per_host_per_minute: 20 }
    }
}

#[derive(Debug)]
struct Kept {
    body: Result<Bytes, NotHad>,
    /// When it was got; of one that could not be had, when that was found.
    at: Duration,
    /// When it has to be asked for again.
    until: Duration,
}

/// The documents.
pub struct Documents {
    wire: Arc<dyn Wire>,
    clock: Arc<dyn Clock>,
    kept: Cache<(Kind, DocumentUrl), Arc<Kept>>,
    all: DefaultDirectRateLimiter,
    hosts: DefaultKeyedRateLimiter<u64>,
    hasher: RandomState,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Documents").field("kept", &self.kept.entry_count()).finish_non_exhaustive()
    }
}

fn quota(per_minute: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN))
}

impl Documents {
    /// None yet.
    pub fn new(wire: Arc<dyn Wire>, clock: Arc<dyn Clock>, rates: Rates) -> Self {
        let size = |key: &(Kind, DocumentUrl), kept: &Arc<Kept>| {
            let body = kept.body.as_ref().map_or(0, Bytes::len);
            u32::try_from(256 + key.1.as_str().len() + body).unwrap_or(u32::MAX)
        };
        Self {
            wire,
            clock,
            kept: Cache::builder().max_capacity(CAPACITY).weigher(size).build(),
            all: RateLimiter::direct(quota(rates.per_minute)),
            hosts: RateLimiter::keyed(quota(rates.per_host_per_minute)),
            hasher: RandomState::new(),
        }
    }

    /// A document, at most a day old, and at most as old as its publisher said.
    pub async fn get(&self, kind: Kind, address: &DocumentUrl) -> Result<Bytes, NotHad> {
        self.no_older(kind, address, MOST).await
    }

    /// The same, asked for again where it is older than `age`, though not more than once a minute.
    pub async fn no_older(&self, kind: Kind, address: &DocumentUrl, age: Duration) -> Result<Bytes, NotHad> {
        let now = self.clock.uptime();
        let age = age.max(LEAST);
        let key = (kind, address.clone());
        let before = self.kept.get(&key).await;
        let stale = |it: &Arc<Kept>| now >= it.until || now.saturating_sub(it.at) >= age;
        if let Some(kept) = before.as_ref().filter(|it| !stale(it)) {
            return kept.body.clone();
        }
        // One asks for all who want the same document at once; the others get what it got.
        let asked = self.kept.entry(key).or_insert_with_if(self.ask(kind, address, now, before.clone()), stale).await;
        asked.into_value().body.clone()
    }

    async fn ask(&self, kind: Kind, address: &DocumentUrl, now: Duration, before: Option<Arc<Kept>>) -> Arc<Kept> {
        let good = before.filter(|it| it.body.is_ok() && now.saturating_sub(it.at) < MOST);
        if !self.may_ask(address) {
            tracing::warn!("a client's document was not asked for: too many were");
            return match good {
                Some(it) => it,
                None => Arc::new(Kept { body: Err(NotHad::Busy), at: now, until: now }),
            };
        }
        match self.wire.fetch(address, kind.limit()).await {
            Ok(it) => {
                let lives = it.max_age.unwrap_or(USUAL).clamp(LEAST, MOST);
                Arc::new(Kept { body: Ok(it.body), at: now, until: now + lives })
            }
            Err(lost) => {
                tracing::info!(reason = lost.code(), "a client's document could not be had: {}", lost.code());
                match (lost, good) {
                    // A host that is down for a moment takes nobody's client away.
                    (Lost::Passing(_), Some(it)) => {
                        Arc::new(Kept { body: it.body.clone(), at: it.at, until: now + LEAST })
                    }
                    _ => Arc::new(Kept { body: Err(NotHad::Unfit), at: now, until: now + LEAST }),
                }
            }
        }
    }

    fn may_ask(&self, address: &DocumentUrl) -> bool {
        let cell = self.hasher.hash_one(address.host()) % CELLS;
        self.hosts.check_key(&cell).is_ok() && self.all.check().is_ok()
    }
}
