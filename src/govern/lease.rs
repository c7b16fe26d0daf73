//! Who is carrying out a write, and for how long: a lease with an epoch that fences off whoever had it before.
//!
//! **Invariant:** of two that would carry out or settle the same write, in one process or two, one has the lease, and what the other
//! finds out later is not kept. Once a lease ended, whether the write went out is looked up upstream, never guessed.

use super::action::{ActionId, State};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use postern_api::{Result, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long writes are held, and how they are looked for where nobody knows what became of them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Protocol {
    /// Seconds that a write is held beyond the time of its call, since a request may still arrive upstream.
    pub lease_grace_secs: u64,
    /// Seconds before the first search, for systems whose search lags; doubled for each further one.
    pub search_after_secs: u64,
    /// The most seconds between two searches.
    pub search_wait_max_secs: u64,
    /// How many searches have to find nothing before that is believed.
    pub search_tries: u32,
}

impl Default for Protocol {
    fn default() -> Self {
        Self { lease_grace_secs: 30, search_after_secs: 10, search_wait_max_secs: 900, search_tries: 8 }
    }
}

impl Protocol {
    /// Fields that are wrong, each with what is expected.
    pub fn mistakes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let wrong = [
            ("lease_grace_secs", "expected 1 to 3600", (1..=3600).contains(&self.lease_grace_secs)),
            ("search_after_secs", "expected 0 to 900", self.search_after_secs <= 900),
            ("search_wait_max_secs", "expected 1 to 900", (1..=900).contains(&self.search_wait_max_secs)),
            ("search_tries", "expected 3 to 100", (3..=100).contains(&self.search_tries)),
        ];
        wrong.into_iter().filter(|(.., fine)| !fine).map(|(field, expected, _)| (field, expected))
    }

    /// Until when a write is held that begins now and may take `limit`.
    pub fn until(&self, now: Timestamp, limit: Duration) -> Timestamp {
        let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
        later(now, limit.saturating_add(i64::try_from(self.lease_grace_secs).unwrap_or(i64::MAX)))
    }

    /// When to search next after that many searches.
    pub fn next(&self, now: Timestamp, tries: u32) -> Timestamp {
        let wait = self.search_after_secs.saturating_mul(1_u64.checked_shl(tries).unwrap_or(u64::MAX));
        later(now, i64::try_from(wait.min(self.search_wait_max_secs)).unwrap_or(i64::MAX))
    }
}

fn later(now: Timestamp, secs: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(secs)).unwrap_or(now)
}

/// Who wants to hold a write, from when to when.
#[derive(Debug, Clone)]
pub struct Hold {
    /// A name of this process that no other has, nor the same program after a restart.
    pub owner: Arc<str>,
    /// Now.
    pub now: Timestamp,
    /// When others may take it over.
    pub until: Timestamp,
}

/// What came of a try to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The caller holds it now, and nobody else.
    Mine {
        /// What its outcome has to name.
        epoch: u32,
        /// Which try this is.
        attempt: u32,
    },
    /// It had left the state meanwhile.
    Gone,
}

/// What a search upstream came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// The connected system has it.
    Found,
    /// The connected system does not have it.
    Absent,
}

impl Upstream {
    /// The word for it in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Upstream::Found => "found",
            Upstream::Absent => "absent",
        }
    }

    /// What a word of the store says.
    pub fn parse(word: &str) -> Option<Self> {
        [Upstream::Found, Upstream::Absent].into_iter().find(|it| it.as_str() == word)
    }
}

/// What becomes of a write that was held. It is held no longer.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Where it stands now.
    pub state: State,
    /// What is said to whoever calls again.
    pub answer: Option<String>,
    /// Whether a person has to look, since no search can tell.
    pub needs_human: bool,
    /// What a search came to.
    pub upstream: Option<Upstream>,
    /// How often it was looked for.
    pub tries: u32,
    /// When to look next, while it is [`State::Unknown`].
    pub look_at: Timestamp,
}

impl Finish {
    /// An outcome that is known.
    pub fn known(state: State, answer: Option<String>) -> Self {
        Self { state, answer, needs_human: false, upstream: None, tries: 0, look_at: Timestamp::UNIX_EPOCH }
    }

    /// An outcome that nobody knows; to be looked for at that time.
    pub fn unknown(look_at: Timestamp) -> Self {
        Self { look_at, ..Self::known(State::Unknown, None) }
    }
}

/// Where leases are kept. Every change is one step from one state, so that of many parallel tries one gets it. A change survives the
/// process at once, and a power cut once [`Self::lasting`] answered.
#[async_trait]
pub trait Leases: std::fmt::Debug + Send + Sync {
    /// Waits until everything that was changed before is on the disk. Asked before anything is sent, and before anybody is told of
    /// their decision.
    async fn lasting(&self) -> Result<()>;
    /// Begins: from this open state to [`State::Executing`], unless it has expired. Nothing may be sent before [`Self::sending`].
    fn begin(&self, tenant: &TenantId, id: &ActionId, from: State, hold: &Hold) -> Result<Begun>;
    /// Notes that a try is about to be sent; answers whether the lease is still held. Once it is [`Self::lasting`], a write
    /// without that note was certainly not sent.
    fn sending(&self, tenant: &TenantId, id: &ActionId, epoch: u32, now: Timestamp) -> Result<bool>;
    /// Settles it; answers whether this epoch still held it. A direct write whose outcome is known is kept no longer.
    fn finish(&self, tenant: &TenantId, id: &ActionId, epoch: u32, finish: &Finish, now: Timestamp) -> Result<bool>;
    /// Takes over a write whose lease ended, or that is to be looked for now; it is [`State::Unknown`] from then on. The new epoch.
    fn take_over(&self, tenant: &TenantId, id: &ActionId, hold: &Hold) -> Result<Option<u32>>;
    /// Those that can be taken over, of all tenants, the longest due first.
    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, ActionId)>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_come_further_and_further_apart_and_never_further_than_the_most() {
        let it = Protocol { search_after_secs: 10, search_wait_max_secs: 60, ..Protocol::default() };
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<_> = (0..5).map(|tries| it.next(now, tries).as_second()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60]);
        assert_eq!(it.next(now, 200).as_second(), 60);
        assert_eq!(it.until(now, Duration::from_secs(30)).as_second(), 60);
    }

    #[test]
    fn fewer_than_three_searches_and_waits_over_a_quarter_of_an_hour_are_mistakes() {
        assert_eq!(Protocol::default().mistakes().count(), 0);
        let wrong =
            Protocol { lease_grace_secs: 0, search_after_secs: 901, search_wait_max_secs: 901, search_tries: 2 };
        assert_eq!(wrong.mistakes().count(), 4);
    }
}
