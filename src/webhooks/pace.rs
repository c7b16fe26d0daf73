//! How often a message that nobody can prove makes Postern look again.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;
use tokio::time::Instant;

/// The usual shortest time from one look to the next.
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
pub(super) struct Pace<K> {
    apart: Duration,
    looked: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Pace<K> {
    /// At most one look in each of these times.
    pub(super) fn new(apart: Duration) -> Self {
        Self { apart, looked: Mutex::default() }
    }

    /// A nudge came.
    pub(super) fn nudged(&self, who: K, now: Instant) -> When {
        let mut looked = self.looked.lock();
        match looked.get(&who).copied() {
            Some(to_come) if to_come > now => When::ToCome,
            Some(last) if now.duration_since(last) < self.apart => {
                looked.insert(who, last + self.apart);
                When::At(last + self.apart)
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

    #[test]
    fn of_many_nudges_the_first_looks_at_once_and_the_last_is_not_missed() {
        let (pace, start) = (Pace::new(APART), Instant::now());
        let after = |who, apart: u32| pace.nudged(who, start + APART * apart);
        assert_eq!(after("a", 0), When::Now);
        assert_eq!(after("a", 0), When::At(start + APART));
        assert_eq!(after("a", 0), When::ToCome);
        assert_eq!(after("b", 0), When::Now, "each for itself");
        // Looked at just now; the next one has to wait again.
        assert_eq!(after("a", 1), When::At(start + APART * 2));
        assert_eq!(after("a", 5), When::Now);
    }
}
