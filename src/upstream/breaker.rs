//! Stops asking a system that keeps failing: after a row of failures nothing is sent for a while, then one request tries.

use parking_lot::Mutex;
use postern_api::http::Response;
use postern_api::{Error, ErrorKind, Result};
use std::time::{Duration, Instant};

/// Failures in a row that open the breaker.
const ROW: u32 = 8;
/// How long it stays open.
const PAUSE: Duration = Duration::from_secs(10);

/// The breaker of one system.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// Whether a request may be sent. While open, one request a pause is let through.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let mut state = self.0.lock();
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
        *self.0.lock() = State::default();
    }

    /// Takes note of how a request ended.
    pub(super) fn record(&self, outcome: &Result<Response>) {
        let failed = match outcome {
            Ok(response) => response.status.is_server_error() && response.status != 501,
            Err(error) => {
                matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::OutcomeUnknown)
            }
        };
        if !failed {
            return self.well();
        }
        let mut state = self.0.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= ROW && state.open_until.is_none() {
            state.open_until = Some(Instant::now() + PAUSE);
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
    fn after_the_pause_one_request_tries() {
        let breaker = Breaker::default();
        breaker.0.lock().open_until = Some(Instant::now());
        assert!(breaker.check("x").is_ok());
        assert!(breaker.check("x").is_err());
    }
}
