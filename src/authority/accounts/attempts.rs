//! Attempts that failed: per account with a delay that grows, and per network.
//!
//! **Invariant:** an address without an account is counted like one with an account, in the same place and at the same cost. Kept
//! in memory and bounded: a restart forgives, which an attacker cannot bring about.

use crate::edge::peer::counted;
use moka::sync::Cache;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What is remembered at most; older ones are forgotten first.
const ENTRIES: u64 = 200_000;
const FORGET: Duration = Duration::from_secs(24 * 3600);
/// Attempts of one account before it has to wait, and the first wait, which doubles.
const FREE: u32 = 5;
const FIRST_WAIT_SECS: i64 = 15;
const LONGEST_WAIT_SECS: i64 = 3600;
/// The same for a network, behind which are many people.
const NETWORK_FREE: u32 = 50;
const NETWORK_FIRST_WAIT_SECS: i64 = 5;
const NETWORK_LONGEST_WAIT_SECS: i64 = 900;

/// What attempts are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(Box<str>),
    Network(u64),
}

#[derive(Debug, Default, Clone, Copy)]
struct Failures {
    count: u32,
    until: i64,
}

/// Counts what failed.
#[derive(Debug)]
pub struct Attempts {
    failures: Cache<Key, Arc<Mutex<Failures>>>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failures: Cache::builder().max_capacity(ENTRIES).time_to_idle(FORGET).build() }
    }
}

impl Attempts {
    /// For how many seconds a network has to wait.
    pub fn network_waits(&self, ip: IpAddr, now: i64) -> Option<u64> {
        let failures = *self.failures.get(&Key::Network(counted(ip)))?.lock();
        u64::try_from(failures.until - now).ok().filter(|it| *it > 0)
    }

    /// Whether an account takes no attempt now. `account` names it within all tenants and realms.
    pub fn account_waits(&self, account: &str, now: i64) -> bool {
        self.failures.get(&Key::Account(account.into())).is_some_and(|it| it.lock().until > now)
    }

    /// Counts a failed attempt, also one that was made while waiting.
    pub fn failed(&self, account: &str, ip: IpAddr, now: i64) {
        self.count(Key::Account(account.into()), now, FREE, FIRST_WAIT_SECS, LONGEST_WAIT_SECS);
        let network = Key::Network(counted(ip));
        self.count(network, now, NETWORK_FREE, NETWORK_FIRST_WAIT_SECS, NETWORK_LONGEST_WAIT_SECS);
    }

    fn count(&self, key: Key, now: i64, free: u32, first: i64, longest: i64) {
        let failures = self.failures.get_with(key, Arc::default);
        let mut failures = failures.lock();
        failures.count = failures.count.saturating_add(1);
        if let Some(beyond) = failures.count.checked_sub(free) {
            let wait = first.saturating_mul(1 << beyond.min(16)).min(longest);
            failures.until = now + wait;
        }
    }

    /// Forgets an account's failures: it signed in, or an administrator says so.
    pub fn forget(&self, account: &str) {
        self.failures.invalidate(&Key::Account(account.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_account_waits_longer_each_time_and_others_do_not() {
        let attempts = Attempts::default();
        for _ in 0..4 {
            attempts.failed("a", ip("192.0.2.1"), 0);
            assert!(!attempts.account_waits("a", 0));
        }
        let mut waits = Vec::new();
        for _ in 0..10 {
            attempts.failed("a", ip("192.0.2.1"), 0);
            waits.push((0..5000).find(|at| !attempts.account_waits("a", *at)).expect("ends"));
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert!(!attempts.account_waits("b", 0) && attempts.network_waits(ip("192.0.2.1"), 0).is_none());
        attempts.forget("a");
        assert!(!attempts.account_waits("a", 0));
    }

    #[test]
    fn a_network_that_tries_many_accounts_waits() {
        let attempts = Attempts::default();
        for nth in 0..50 {
            assert_eq!(attempts.network_waits(ip("2001:db8::1"), 0), None);
            attempts.failed(&nth.to_string(), ip("2001:db8::1"), 0);
        }
        assert_eq!(attempts.network_waits(ip("2001:db8::2"), 0), Some(5), "one line of IPv6 counts once");
        assert_eq!(attempts.network_waits(ip("2001:db8:0:1::1"), 0), None);
    }
}
