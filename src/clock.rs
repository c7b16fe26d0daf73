//! Time: injected, so that a test can stand at any second.

use jiff::Timestamp;
use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time is read.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Seconds since 1970, for comparing with a token's times.
    fn unix_secs(&self) -> i64;
    /// Time since some fixed moment of this process; never goes back. For cool-downs and ages.
    fn uptime(&self) -> Duration;
    /// The time, for what is kept.
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.unix_secs()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The machine's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose uptime begins now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn unix_secs(&self) -> i64 {
        // A machine whose clock stands before 1970 accepts no token: every one is then "not yet valid".
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX))
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
