//! How many requests an account may still send, as arithmetic on times that are given to it.
//!
//! **Invariant:** in no stretch of time as long as the vendor's window are more turns given than the vendor takes in one. A
//! quarter of them may come at once; the others one by one, as fast as three quarters of the limit.

use std::time::{Duration, Instant};

/// Whose work a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Urgency {
    /// Somebody waits for the answer.
    Interactive,
    /// Nobody does: half of what may come at once is left to those for whom somebody does.
    Background,
}

/// The turns of one account.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    window: Duration,
    /// Turns that may be given at once.
    burst: u32,
    /// How long it takes until one more may be given.
    gap: Duration,
    /// When every turn of `burst` may be given again.
    full_at: Instant,
    paused_until: Option<Instant>,
    /// Requests to slow down without a time, one after the other.
    strikes: u32,
}

/// The first wait after a request to slow down that names no time; doubled each time, up to the vendor's window.
const UNTOLD: Duration = Duration::from_secs(5);
/// The longest wait that a vendor may ask for, where its window is shorter.
const LONGEST: Duration = Duration::from_secs(300);

impl Bucket {
    /// As many requests as the vendor takes in a window.
    pub(super) fn new((requests, window): (u32, Duration), now: Instant) -> Self {
        let requests = requests.max(1);
        let burst = (requests / 4).max(1);
        let rest = requests.saturating_sub(burst).max(1);
        // Rounded up: a nanosecond too little would be a request too many.
        let gap = window.checked_div(rest).unwrap_or(window) + Duration::from_nanos(1);
        Self { window, burst, gap, full_at: now, paused_until: None, strikes: 0 }
    }

    /// Narrows the limit, where another connection of the same account was configured with a smaller one.
    pub(super) fn narrow(&mut self, rate: (u32, Duration), now: Instant) {
        let other = Self::new(rate, now);
        if other.gap > self.gap {
            let Self { paused_until, strikes, full_at, .. } = *self;
            *self = Self { paused_until, strikes, full_at: full_at.max(now), ..other };
        }
    }

    /// When a turn may be given, if nothing else happens until then.
    pub(super) fn next(&self, urgency: Urgency) -> Instant {
        let reserve = if urgency == Urgency::Background { self.burst / 2 } else { 0 };
        let early = self.gap.saturating_mul(self.burst.saturating_sub(1).saturating_sub(reserve));
        let at = self.full_at.checked_sub(early).unwrap_or(self.full_at);
        self.paused_until.map_or(at, |it| it.max(at))
    }

    /// Takes a turn, if one may be given now.
    pub(super) fn take(&mut self, urgency: Urgency, now: Instant) -> bool {
        if self.next(urgency) > now {
            return false;
        }
        self.full_at = self.full_at.max(now) + self.gap;
        true
    }

    /// A turn that was taken and not used.
    pub(super) fn give_back(&mut self) {
        self.full_at = self.full_at.checked_sub(self.gap).unwrap_or(self.full_at);
    }

    /// The vendor asks to slow down: nothing is given for a while, and afterwards one by one.
    pub(super) fn pause(&mut self, asked: Option<Duration>, now: Instant) {
        let paused = self.paused_until.filter(|it| *it > now);
        let wait = match (asked, paused) {
            (Some(asked), _) => asked.min(self.window.max(LONGEST)),
            // Many requests of one moment are one request to slow down.
            (None, Some(_)) => return,
            (None, None) => {
                self.strikes = (self.strikes + 1).min(16);
                UNTOLD.saturating_mul(1 << (self.strikes - 1)).min(self.window.max(UNTOLD))
            }
        };
        let until = paused.unwrap_or(now).max(now + wait);
        self.paused_until = Some(until);
        self.full_at = self.full_at.max(until + self.gap.saturating_mul(self.burst.saturating_sub(1)));
    }

    /// The vendor answered.
    pub(super) fn answered(&mut self) {
        self.strikes = 0;
    }

    /// Turns that may be given at once now, and how long nothing will be given.
    pub(super) fn left(&self, now: Instant) -> (u32, Duration) {
        let paused = self.paused_until.map_or(Duration::ZERO, |it| it.saturating_duration_since(now));
        let owed = self.full_at.saturating_duration_since(now).as_nanos().div_ceil(self.gap.as_nanos().max(1));
        let left = self.burst.saturating_sub(u32::try_from(owed).unwrap_or(u32::MAX));
        (if paused.is_zero() { left } else { 0 }, paused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_quarter_comes_at_once_and_the_rest_one_by_one() {
        let start = Instant::now();
        let mut bucket = Bucket::new((180, MINUTE), start);
        assert_eq!((0..200).filter(|_| bucket.take(Urgency::Interactive, start)).count(), 45);
        let next = bucket.next(Urgency::Interactive).duration_since(start);
        assert!((440..=450).contains(&next.as_millis()), "{next:?}");
        assert!(!bucket.take(Urgency::Interactive, start + next - Duration::from_millis(1)));
        assert!(bucket.take(Urgency::Interactive, start + next));
        assert_eq!(bucket.left(start + MINUTE).0, 45);
    }

    #[test]
    fn background_work_leaves_half_of_it() {
        let start = Instant::now();
        let mut bucket = Bucket::new((180, MINUTE), start);
        assert_eq!((0..200).filter(|_| bucket.take(Urgency::Background, start)).count(), 23);
        assert_eq!((0..200).filter(|_| bucket.take(Urgency::Interactive, start)).count(), 22);
    }

    #[test]
    fn a_pause_is_kept_and_one_without_a_time_grows_until_there_is_an_answer() {
        let start = Instant::now();
        let mut bucket = Bucket::new((180, MINUTE), start);
        let wait = |bucket: &Bucket, now: Instant| bucket.next(Urgency::Interactive).duration_since(now).as_secs();
        bucket.pause(Some(Duration::from_secs(7)), start);
        assert_eq!(wait(&bucket, start), 7);
        bucket.pause(None, start);
        bucket.pause(Some(Duration::from_secs(2)), start);
        assert_eq!(wait(&bucket, start), 7, "a shorter one changes nothing");
        let after = start + Duration::from_secs(7);
        assert_eq!((0..9).filter(|_| bucket.take(Urgency::Interactive, after)).count(), 1, "and then one by one");
        for (nth, seconds) in [5, 10, 20, 40, 60, 60].into_iter().enumerate() {
            let now = start + Duration::from_secs(1000 * (nth as u64 + 1));
            bucket.pause(None, now);
            bucket.pause(None, now);
            assert_eq!(wait(&bucket, now), seconds);
        }
        bucket.answered();
        let now = start + Duration::from_secs(100_000);
        bucket.pause(None, now);
        assert_eq!(wait(&bucket, now), 5);
        bucket.pause(Some(Duration::from_secs(u64::from(u32::MAX))), now);
        assert_eq!(wait(&bucket, now), 300, "not for ever, whatever the vendor says");
    }

    #[test]
    fn the_smaller_of_two_limits_holds() {
        let start = Instant::now();
        let mut bucket = Bucket::new((180, MINUTE), start);
        bucket.narrow((40, MINUTE), start);
        bucket.narrow((400, MINUTE), start);
        assert_eq!((0..200).filter(|_| bucket.take(Urgency::Interactive, start)).count(), 10);
    }

    proptest! {
        /// Whoever asks whenever, with turns given back at once and pauses between.
        #[test]
        fn no_window_ever_has_more_than_the_vendor_takes(
            requests in 1_u32..60,
            steps in prop::collection::vec((0_u64..4_000, 0_u8..16), 1..400),
        ) {
            let start = Instant::now();
            let mut bucket = Bucket::new((requests, MINUTE), start);
            let (mut now, mut given) = (start, Vec::new());
            for (millis, what) in steps {
                now += Duration::from_millis(millis);
                match what {
                    0 => bucket.pause(None, now),
                    1 => bucket.pause(Some(Duration::from_millis(millis)), now),
                    2 => {
                        if bucket.take(Urgency::Interactive, now) {
                            bucket.give_back();
                        }
                    }
                    3 => bucket.answered(),
                    it => {
                        let urgency = if it > 12 { Urgency::Background } else { Urgency::Interactive };
                        while bucket.take(urgency, now) {
                            given.push(now);
                        }
                    }
                }
            }
            for (nth, first) in given.iter().enumerate() {
                let within = given[nth..].iter().take_while(|it| it.duration_since(*first) < MINUTE).count();
                prop_assert!(within <= requests as usize, "{within} of {requests}");
            }
        }
    }
}
