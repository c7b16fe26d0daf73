//! Rates: of a caller, of a tenant, and of strangers by their address.
//!
//! **Invariant:** strangers have a limiter of their own, so that a flood of them takes nothing from anybody with a good
//! token; and no limiter grows with the number of keys that it was shown.

use super::check::Check;
use super::config::ThrottleConfig;
use super::peer::counted;
use super::problem::{Kind, Problem};
use super::reason::Reason;
use super::rejection::{RejectionFacts, Rejections};
use crate::caller::Caller;
use axum::body::Body;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::Request;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Every so many checks, cells that are full again are dropped.
const SWEEP: u64 = 1 << 14;

/// The three limiters.
#[derive(Debug)]
pub struct Throttle {
    callers: Limiter,
    tenants: Limiter,
    strangers: Limiter,
}

impl Throttle {
    /// Limiters of these rates.
    pub fn new(config: &ThrottleConfig) -> Self {
        Self {
            callers: Limiter::new(config.caller_per_minute, config.caller_burst, 1 << 20),
            tenants: Limiter::new(config.tenant_per_minute, config.tenant_burst, 1 << 20),
            strangers: Limiter::new(config.stranger_per_minute, config.stranger_burst, 1 << 16),
        }
    }

    /// Counts one request of a caller; an `Err` says how long to wait.
    pub fn caller(&self, caller: &Caller) -> Result<(), Duration> {
        self.callers.count(&caller.principal)?;
        self.tenants.count(&caller.tenant)
    }

    /// Counts one request of a stranger; an `Err` says how long to wait.
    pub fn stranger(&self, address: IpAddr) -> Result<(), Duration> {
        self.strangers.count(&counted(address))
    }
}

/// One limiter over a fixed number of cells. Two keys may share a cell, unpredictably; then they share its rate.
pub(crate) struct Limiter {
    limiter: Option<DefaultKeyedRateLimiter<u32>>,
    cells: u32,
    hasher: RandomState,
    clock: DefaultClock,
    checks: AtomicU64,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("cells", &self.cells).finish_non_exhaustive()
    }
}

impl Limiter {
    pub(crate) fn new(per_minute: u32, burst: u32, cells: u32) -> Self {
        let quota = NonZeroU32::new(per_minute)
            .map(|rate| Quota::per_minute(rate).allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN)));
        Self {
            limiter: quota.map(RateLimiter::keyed),
            cells,
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
            checks: AtomicU64::new(0),
        }
    }

    /// Counts one; an `Err` says how long to wait.
    pub(crate) fn count(&self, key: &impl Hash) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let cell = u32::try_from(self.hasher.hash_one(key) % u64::from(self.cells)).unwrap_or_default();
        limiter.check_key(&cell).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

/// The answer to one request too many.
pub(crate) fn too_many(wait: Duration) -> Problem {
    Problem::new(Kind::TooManyRequests).retry_after(wait)
}

/// Counts a verified caller's requests.
#[derive(Debug, Clone)]
pub(crate) struct CallerRate {
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) rejections: Arc<dyn Rejections>,
}

impl Check for CallerRate {
    fn check(&self, request: &mut Request<Body>) -> Result<(), Problem> {
        let Some(caller) = request.extensions().get::<Arc<Caller>>() else {
            return Err(Problem::new(Kind::Internal));
        };
        self.throttle.caller(caller).map_err(|wait| {
            self.rejections.rejected(Reason::Throttled, &RejectionFacts::of(request));
            too_many(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn d03_each_address_has_its_own_rate_and_the_cells_are_bounded() {
        let throttle =
            Throttle::new(&ThrottleConfig { stranger_per_minute: 1, stranger_burst: 3, ..ThrottleConfig::default() });
        for _ in 0..3 {
            assert!(throttle.stranger(ip(1)).is_ok());
        }
        let wait = throttle.stranger(ip(1)).unwrap_err();
        assert!(wait <= Duration::from_secs(60) && wait > Duration::from_secs(30), "{wait:?}");
        assert!(throttle.stranger(ip(2)).is_ok());
        for n in 0..200_000 {
            let _ = throttle.stranger(ip(n));
        }
        assert!(throttle.strangers.limiter.as_ref().unwrap().len() <= 1 << 16);
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let throttle = Throttle::new(&ThrottleConfig { stranger_per_minute: 0, ..ThrottleConfig::default() });
        assert!((0..100_000).all(|_| throttle.stranger(ip(1)).is_ok()));
    }
}
