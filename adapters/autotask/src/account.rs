//! What all connections to one database share: the vendor's own count of the hour, a pause that it asked for, and three threads an
//! endpoint. Keyed by the database and not by the tenant, since that is how the vendor counts. What we send ourselves in an hour is
//! the handle's to count.

use parking_lot::Mutex;
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests under way at once for one integration at one endpoint (vendor's help, "Thread limiting").
const THREADS: usize = 3;
/// The vendor is asked for its own count again after this many requests.
const LOOK_EVERY: u32 = 500;
/// How long a report that refuses requests is believed.
const REPORT_HOLDS: Duration = Duration::from_secs(300);
/// The longest pause that is believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// Pause after a refusal that says no time.
const USUAL_PAUSE: Duration = Duration::from_secs(60);

/// Every database that this process talks to. One for a process, so that all tenants' connections are counted together.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    accounts: Arc<Mutex<BTreeMap<String, Arc<Account>>>>,
    clock: Clock,
}

impl Budgets {
    /// With a clock other than the machine's, for tests.
    pub fn with_clock(clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { accounts: Arc::default(), clock: Clock(Arc::new(clock)) }
    }

    /// The account of one database.
    pub(crate) fn account(&self, database: &str) -> Arc<Account> {
        let fresh =
            || Arc::new(Account { clock: self.clock.clone(), spent: Mutex::default(), threads: Mutex::default() });
        self.accounts.lock().entry(database.to_owned()).or_insert_with(fresh).clone()
    }
}

#[derive(Clone)]
struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(Instant::now))
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock(..)")
    }
}

/// One database.
#[derive(Debug)]
pub(crate) struct Account {
    clock: Clock,
    spent: Mutex<Spent>,
    threads: Mutex<BTreeMap<(String, &'static str), Arc<Semaphore>>>,
}

#[derive(Debug, Default)]
struct Spent {
    since_report: u32,
    report: Option<Report>,
    paused_until: Option<Instant>,
}

/// What the vendor said about the whole database, others' requests included.
#[derive(Debug, Clone, Copy)]
struct Report {
    at: Instant,
    used: u64,
    of: u64,
}

impl Account {
    /// Notes that one request is sent, unless the vendor shuts the database out or all that use it have nearly used up the hour.
    pub(crate) fn take(&self) -> Result<()> {
        let now = (self.clock.0)();
        let mut spent = self.spent.lock();
        if let Some(until) = spent.paused_until.filter(|it| now < *it) {
            return Err(slow_down(until - now));
        }
        if let Some(report) = spent.report {
            let held = now.duration_since(report.at);
            let used = report.used + u64::from(spent.since_report);
            // The last twentieth is left to the others: at the limit the vendor shuts everybody out.
            if used >= report.of / 20 * 19 {
                if held < REPORT_HOLDS {
                    return Err(slow_down(REPORT_HOLDS - held));
                }
                spent.report = None;
            }
        }
        spent.since_report = spent.since_report.saturating_add(1);
        Ok(())
    }

    /// Whether it is time to ask the vendor for its own count; says so once.
    pub(crate) fn look_now(&self) -> bool {
        let mut spent = self.spent.lock();
        let due = spent.since_report >= LOOK_EVERY;
        if due {
            spent.since_report = 0;
        }
        due
    }

    /// The vendor's own count.
    pub(crate) fn reported(&self, used: u64, of: u64) {
        let at = (self.clock.0)();
        let mut spent = self.spent.lock();
        spent.since_report = 0;
        spent.report = (of > 0).then_some(Report { at, used, of });
    }

    /// The vendor shuts the database out for a while.
    pub(crate) fn pause(&self, wait: Option<Duration>) {
        let until = (self.clock.0)() + wait.unwrap_or(USUAL_PAUSE).min(LONGEST_PAUSE);
        let mut spent = self.spent.lock();
        spent.paused_until = spent.paused_until.max(Some(until));
    }

    /// A place at an endpoint; waits for one until the deadline.
    pub(crate) async fn place(
        &self,
        cx: &CallCx,
        integration: &str,
        endpoint: &'static str,
    ) -> Result<OwnedSemaphorePermit> {
        let places = {
            let mut threads = self.threads.lock();
            let fresh = || Arc::new(Semaphore::new(THREADS));
            threads.entry((integration.to_owned(), endpoint)).or_insert_with(fresh).clone()
        };
        let waited = tokio::time::timeout(cx.remaining(), places.acquire_owned()).await;
        let late = || Error::new(ErrorKind::Timeout, "the connected system is busy; try again");
        waited.map_err(|_| late())?.map_err(|e| Error::internal("semaphore").because(e))
    }
}

fn slow_down(wait: Duration) -> Error {
    let message = "the connected system's request limit is used up; try again later";
    Error::new(ErrorKind::RateLimited, message).retry_after(Duration::from_secs(wait.as_secs() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that moves when it is told to.
    fn moved() -> (Budgets, impl Fn(u64)) {
        let now = Arc::new(Mutex::new(Instant::now()));
        let shown = now.clone();
        (Budgets::with_clock(move || *shown.lock()), move |seconds| *now.lock() += Duration::from_secs(seconds))
    }

    #[test]
    fn connections_to_one_database_share_and_others_do_not() {
        let (budgets, _) = moved();
        budgets.account("1").reported(9_499, 10_000);
        budgets.account("1").take().expect("one is left");
        assert!(budgets.account("1").take().is_err());
        assert!(budgets.clone().account("1").take().is_err());
        assert!(budgets.account("2").take().is_ok());
    }

    #[test]
    fn what_others_used_is_believed_for_a_while() {
        let (budgets, later) = moved();
        let account = budgets.account("1");
        account.reported(9_499, 10_000);
        account.take().expect("one is left");
        assert_eq!(account.take().expect_err("the rest is theirs").wait(), Some(Duration::from_secs(301)));
        later(300);
        account.take().expect("the report is old");
    }

    #[test]
    fn the_vendors_count_is_asked_for_once_in_a_while() {
        let (budgets, _) = moved();
        let account = budgets.account("1");
        let looks = (0..1_200).filter(|_| account.take().is_ok() && account.look_now()).count();
        assert_eq!(looks, 2);
    }

    #[test]
    fn a_pause_holds_for_everybody_on_the_database_until_it_is_over() {
        let (budgets, later) = moved();
        budgets.account("1").pause(Some(Duration::from_secs(7)));
        budgets.account("1").pause(Some(Duration::from_secs(1)));
        assert_eq!(budgets.account("1").take().expect_err("paused").wait(), Some(Duration::from_secs(8)));
        later(7);
        assert!(budgets.account("1").take().is_ok());
        budgets.account("1").pause(Some(Duration::MAX));
        later(3_600);
        assert!(budgets.account("1").take().is_ok());
    }
}
