//! Stops asking a system that keeps failing: after a row of failures nothing is sent for a while, then one request tries.
//!
//! One a tenant and system: another tenant's trouble with the same vendor stops nobody here.

use crate::telemetry;
use parking_lot::Mutex;
use postern_api::http::Response;
use postern_api::{Error, ErrorKind, Result, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Failures in a row that open the breaker.
const ROW: u32 = 8;
/// How long it stays open.
const PAUSE: Duration = Duration::from_secs(10);

/// The breakers of this process, by tenant and system.
#[derive(Debug, Clone, Default)]
pub struct Breakers(Arc<Mutex<ByPlace>>);

/// By tenant and system.
type ByPlace = BTreeMap<(TenantId, String), Arc<Breaker>>;

impl Breakers {
    /// The breaker of a tenant's system: the same for the same two.
    pub fn of(&self, tenant: &TenantId, system: &str) -> Arc<Breaker> {
        let fresh = || Arc::new(Breaker { state: Mutex::default(), whose: Some((tenant.clone(), system.to_owned())) });
        self.0.lock().entry((tenant.clone(), system.to_owned())).or_insert_with(fresh).clone()
    }

    /// For how long a tenant's system is not asked because it kept failing; `None`: it is asked.
    pub fn open_for(&self, tenant: &TenantId, system: &str) -> Option<Duration> {
        self.0.lock().get(&(tenant.clone(), system.to_owned()))?.open_for()
    }
}

/// The breaker of one system.
#[derive(Debug, Default)]
pub struct Breaker {
    state: Mutex<State>,
    /// Tenant and system, for whoever looks after them.
    whose: Option<(TenantId, String)>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    fn open_for(&self) -> Option<Duration> {
        let left = self.state.lock().open_until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Whether a request may be sent. While open, one request a pause is let through.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let mut state = self.state.lock();
        let now = Instant::now();
        match state.open_until {
            Some(until) if now < until => {
                let wait = until.duration_since(now);
                Err(Error::new(
                    ErrorKind::Unavailable,
                    "the connected system keeps failing; it is not asked for a moment",
                )
                .with("system", name)
                .retry_after(Duration::from_secs(wait.as_secs() + 1)))
            }
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes note of an answer of a system that is well.
    pub(super) fn well(&self) {
        *self.state.lock() = State::default();
    }

    /// Takes note of how a request ended.
    pub(crate) fn record(&self, outcome: &Result<Response>) {
        let failed = match outcome {
            Ok(response) => response.status.is_server_error() && response.status != 501,
            Err(error) => {
                matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::OutcomeUnknown)
            }
        };
        if !failed {
            return self.well();
        }
        let mut state = self.state.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= ROW && state.open_until.is_none() {
            state.open_until = Some(Instant::now() + PAUSE);
            if let Some((tenant, system)) = &self.whose {
                telemetry::breaker_opened(tenant, system);
                tracing::warn!(%tenant, %system, "a connected system keeps failing and is left alone for a moment");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Result<Response> {
        Err(Error::new(ErrorKind::Unavailable, "down"))
    }

    #[test]
    fn a_row_of_failures_opens_it_and_an_answer_closes_it() {
        let breaker = Breaker::default();
        for _ in 1..ROW {
            breaker.record(&failure());
        }
        assert!(breaker.check("x").is_ok());
        breaker.record(&failure());
        let refused = breaker.check("x").expect_err("open");
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        assert!(refused.wait().is_some());
        let answer = Response {
            status: postern_api::http::StatusCode::OK,
            headers: Default::default(),
            body: Default::default(),
        };
        breaker.record(&Ok(answer));
        assert!(breaker.check("x").is_ok());
    }

    #[test]
    fn a_breaker_is_one_tenants_and_one_systems_and_is_told_of() {
        let breakers = Breakers::default();
        let [here, there] = ["breaker-a", "breaker-b"].map(|it| TenantId::new(it).expect("an id"));
        let opened = || {
            let line = "postern_upstream_breaker_opened_total{tenant=\"breaker-a\",system=\"desk\"} ";
            let text = telemetry::render();
            text.lines().find_map(|it| it.strip_prefix(line)).map(str::to_owned)
        };
        assert_eq!((breakers.open_for(&here, "desk"), opened()), (None, None));
        for _ in 0..ROW + 3 {
            breakers.of(&here, "desk").record(&failure());
        }
        assert!(breakers.open_for(&here, "desk").is_some_and(|it| it <= PAUSE));
        assert_eq!(opened().as_deref(), Some("1"), "once");
        assert!(breakers.of(&here, "desk").check("desk").is_err());
        for (tenant, system) in [(&there, "desk"), (&here, "own")] {
            assert!(breakers.of(tenant, system).check(system).is_ok());
            assert_eq!(breakers.open_for(tenant, system), None);
        }
        breakers.of(&here, "desk").well();
        assert_eq!(breakers.open_for(&here, "desk"), None);
    }

    #[test]
    fn after_the_pause_one_request_tries() {
        let breaker = Breaker::default();
        breaker.state.lock().open_until = Some(Instant::now());
        assert!(breaker.check("x").is_ok());
        assert!(breaker.check("x").is_err());
    }
}
