//! How often a message that nobody can prove makes Postern look again.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time from one look to the next.
pub const APART: Duration = Duration::from_secs(30);

/// When to look because of a nudge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// At once.
    Now,
    /// At this time: it was looked a moment ago, and what was changed since would be missed.
    At(Instant),
    /// A look is to come anyway.
    ToCome,
}

/// When each was looked at last, or will be.
#[derive(Debug)]
pub(super) struct Pace<K>(Mutex<HashMap<K, Instant>>);

impl<K> Default for Pace<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Pace<K> {
    /// A nudge came.
    pub(super) fn nudged(&self, who: K) -> When {
        let now = Instant::now();
        let mut looked = self.0.lock();
        match looked.get(&who).copied() {
            Some(to_come) if to_come > now => When::ToCome,
            Some(last) if now.duration_since(last) < APART => {
                looked.insert(who, last + APART);
                When::At(last + APART)
            }
            Some(_) | None => {
                looked.insert(who, now);
                When::Now
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_many_nudges_the_first_looks_at_once_and_the_last_is_not_missed() {
        let (pace, start) = (Pace::default(), Instant::now());
        assert_eq!(pace.nudged("a"), When::Now);
        assert_eq!(pace.nudged("a"), When::At(start + APART));
        assert_eq!(pace.nudged("a"), When::ToCome);
        assert_eq!(pace.nudged("b"), When::Now, "each for itself");
        tokio::time::advance(APART).await;
        // Looked at just now; the next one has to wait again.
        assert_eq!(pace.nudged("a"), When::At(start + APART * 2));
        tokio::time::advance(APART * 3).await;
        assert_eq!(pace.nudged("a"), When::Now);
    }
}
