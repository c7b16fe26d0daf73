//! How many retries a system gets: at most a fifth of its requests, so that a storm is not made worse.

use std::sync::atomic::{AtomicI64, Ordering};

/// A retry costs this much of what requests pay in.
const COST: i64 = 5;
/// What a quiet system may spend at once.
const MOST: i64 = 50;

/// The retry budget of one system.
#[derive(Debug)]
pub(super) struct RetryBudget(AtomicI64);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicI64::new(MOST))
    }
}

impl RetryBudget {
    /// A request pays in.
    pub(super) fn deposit(&self) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| Some((it + 1).min(MOST)));
    }

    /// A retry asks for its share.
    pub(super) fn withdraw(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| (it >= COST).then_some(it - COST)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_a_fifth_of_many_requests_is_sent_again() {
        let budget = RetryBudget::default();
        let retried = (0..1000)
            .filter(|_| {
                budget.deposit();
                budget.withdraw()
            })
            .count();
        assert!((190..=215).contains(&retried), "{retried}");
    }
}
