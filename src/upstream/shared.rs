//! The vendor's request limit, shared by everything in this process that it is counted for.
//!
//! A vendor counts by account, by database or by address, not by our tenants. So the registry (`src/adapters.rs`) names what a
//! vendor counts by, and all systems under one name share one [`Budget`]. Tenants take turns, within a tenant people do;
//! what somebody waits for goes before background work; a vendor's `Retry-After` holds for all; nobody waits past their deadline.
//!
//! **Invariant:** in no window as long as the vendor's are more requests let through than the vendor takes in one.

mod bucket;
mod queue;

use crate::telemetry;
use bucket::{Bucket, Urgency};
use parking_lot::Mutex;
use postern_api::{CallCx, Error, ErrorKind, Result};
use queue::Queue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// How many requests a vendor takes in a window, for example `(180, a minute)`.
pub type Rate = (u32, Duration);

/// Requests that may wait for one budget; what is more is refused at once.
const MOST_WAITING: usize = 4096;

/// The budgets of this process, by what the vendor counts by.
#[derive(Debug, Clone, Default)]
pub struct Budgets(Arc<Mutex<ByAccount>>);

/// By vendor and account.
type ByAccount = BTreeMap<(&'static str, String), Arc<Budget>>;

impl Budgets {
    /// A tenant's share of the budget for one account of a vendor.
    ///
    /// `vendor` is the adapter's name, and the label in metrics. `account` says what the vendor counts by: the same text, the
    /// same budget. Where systems of one account are configured with different rates, the smallest holds for all.
    pub fn share(&self, vendor: &'static str, account: &str, rate: Rate, tenant: &str) -> Share {
        let now = Instant::now();
        let mut all = self.0.lock();
        let budget = all.entry((vendor, account.to_owned())).or_insert_with(|| Budget::new(vendor, rate, now));
        budget.state.lock().bucket.narrow(rate, now);
        Share { budget: budget.clone(), tenant: tenant.into() }
    }

    /// Where each budget stands, for health pages.
    pub fn report(&self) -> Vec<Report> {
        let now = Instant::now();
        let all = self.0.lock();
        let report = |((vendor, account), budget): (&(&'static str, String), &Arc<Budget>)| {
            let state = budget.state.lock();
            let (left, paused_for) = state.bucket.left(now);
            let systems = state.systems.iter().cloned().collect();
            Report { vendor, account: account.clone(), systems, left, waiting: state.queue.len(), paused_for }
        };
        all.iter().map(report).collect()
    }
}

/// Where a budget stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The adapter's name.
    pub vendor: &'static str,
    /// What the vendor counts by.
    pub account: String,
    /// Which systems share it: tenant and name.
    pub systems: Vec<(Arc<str>, Arc<str>)>,
    /// Requests that could be sent at once.
    pub left: u32,
    /// Requests that wait.
    pub waiting: usize,
    /// How long nothing will be sent because the vendor asked for it; zero: it did not.
    pub paused_for: Duration,
}

/// One account's budget.
#[derive(Debug)]
struct Budget {
    vendor: &'static str,
    state: Mutex<State>,
    /// Wakes the task that hands out turns, when something may be given earlier than it thought.
    earlier: Notify,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    /// Who shares it: tenant and system.
    systems: BTreeSet<(Arc<str>, Arc<str>)>,
    queue: Queue<oneshot::Sender<()>>,
    /// Whether the task that hands out turns is running. It ends when nobody waits.
    handing_out: bool,
}

/// One tenant's share in a budget.
#[derive(Debug, Clone)]
pub struct Share {
    budget: Arc<Budget>,
    tenant: Arc<str>,
}

impl Share {
    /// Notes which of the tenant's systems this is the share of, for whoever looks after them.
    #[must_use]
    pub fn of_system(self, system: &str) -> Self {
        self.budget.state.lock().systems.insert((self.tenant.clone(), system.into()));
        self
    }

    /// Waits for a turn, never past the call's deadline. Take it right before sending: what is taken counts as sent.
    ///
    /// Errors: `RateLimited`, with the time to wait where it is known, if there will be no turn in time.
    pub async fn turn(&self, cx: &CallCx) -> Result<()> {
        let begun = Instant::now();
        let urgency = if cx.turn.background { Urgency::Background } else { Urgency::Interactive };
        let vendor = self.budget.vendor;
        let turn = match self.budget.ask(self, cx, urgency, begun) {
            Ok(None) => Ok(()),
            Ok(Some(told)) => {
                let left = Left(&self.budget);
                let told = tokio::time::timeout(cx.remaining(), told).await;
                drop(left);
                if matches!(told, Ok(Ok(()))) { Ok(()) } else { Err(self.budget.late(urgency)) }
            }
            Err(refused) => Err(refused),
        };
        match &turn {
            Ok(()) => telemetry::budget_turn(vendor, urgency == Urgency::Background, begun.elapsed()),
            Err(_) => telemetry::budget_refused(vendor),
        }
        turn
    }

    /// Gives back a turn that was not used.
    pub fn give_back(&self) {
        self.budget.state.lock().bucket.give_back();
        self.budget.earlier.notify_one();
    }

    /// Takes note of an answer's status; 429 makes everybody wait as long as `Retry-After` says.
    pub fn answered(&self, status: http::StatusCode, retry_after: Option<Duration>) {
        let mut state = self.budget.state.lock();
        if status == http::StatusCode::TOO_MANY_REQUESTS {
            state.bucket.pause(retry_after, Instant::now());
            telemetry::budget_paused(self.budget.vendor);
        } else {
            state.bucket.answered();
        }
    }
}

/// Somebody stopped waiting, told or not.
struct Left<'a>(&'a Budget);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        telemetry::budget_waiting(self.0.vendor, -1);
    }
}

impl Budget {
    fn new(vendor: &'static str, rate: Rate, now: Instant) -> Arc<Self> {
        let (bucket, systems) = (Bucket::new(rate, now), BTreeSet::new());
        let state = State { bucket, systems, queue: Queue::default(), handing_out: false };
        Arc::new(Self { vendor, state: Mutex::new(state), earlier: Notify::new() })
    }

    /// A turn at once (`None`), or a place in the queue.
    fn ask(
        self: &Arc<Self>,
        share: &Share,
        cx: &CallCx,
        urgency: Urgency,
        now: Instant,
    ) -> Result<Option<oneshot::Receiver<()>>> {
        let mut state = self.state.lock();
        // Nobody passes those that wait, but what is urgent passes what is not.
        let first = state.queue.urgency().is_none_or(|it| (it, urgency) == (Urgency::Background, Urgency::Interactive));
        if first && state.bucket.take(urgency, now) {
            return Ok(None);
        }
        // Where even the next turn comes too late there is nothing to wait for.
        let hopeless = state.bucket.next(urgency) >= cx.deadline;
        if state.queue.len() >= MOST_WAITING {
            state.queue.retain(|it| !it.is_closed());
        }
        if hopeless || state.queue.len() >= MOST_WAITING {
            drop(state);
            return Err(self.late(urgency));
        }
        let (tell, told) = oneshot::channel();
        state.queue.push(&share.tenant, cx.turn.whose, urgency, tell);
        telemetry::budget_waiting(self.vendor, 1);
        if state.handing_out {
            self.earlier.notify_one();
        } else {
            state.handing_out = true;
            tokio::spawn(self.clone().hand_out());
        }
        Ok(Some(told))
    }

    /// Hands out turns as they come, until nobody waits.
    async fn hand_out(self: Arc<Self>) {
        while let Some(next) = self.hand_out_now(Instant::now()) {
            tokio::select! {
                () = tokio::time::sleep_until(next.into()) => {}
                () = self.earlier.notified() => {}
            }
        }
    }

    /// Hands out what may be given now; when to look again, `None` where nobody waits.
    fn hand_out_now(&self, now: Instant) -> Option<Instant> {
        let mut state = self.state.lock();
        while let Some(urgency) = state.queue.urgency() {
            if !state.bucket.take(urgency, now) {
                return Some(state.bucket.next(urgency));
            }
            // Those that stopped waiting cost nothing.
            let mut told = false;
            while let Some(tell) = state.queue.pop(urgency) {
                if tell.send(()).is_ok() {
                    told = true;
                    break;
                }
            }
            if !told {
                state.bucket.give_back();
            }
        }
        state.handing_out = false;
        None
    }

    fn late(&self, urgency: Urgency) -> Error {
        let wait = self.state.lock().bucket.next(urgency).saturating_duration_since(Instant::now());
        Error::new(ErrorKind::RateLimited, "the connected system's request limit is used up; try again later")
            .with("budget", self.vendor)
            .retry_after(Duration::from_secs(wait.as_secs() + 1))
    }
}

#[cfg(test)]
mod tests;
