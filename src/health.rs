//! Whether the connected systems answer: asked in the background, never on the way of a call.
//!
//! **Invariant:** a system that is down changes nothing about readiness. It is one tenant's; the gateway serves the others, and
//! a balancer that took it away would help nobody.

use crate::telemetry;
use crate::tenant::{System, Tenant};
use crate::upstream::breaker::Breakers;
use crate::upstream::shared::Budgets;
use jiff::Timestamp;
use postern_api::{CallCx, ErrorKind, Reach, TenantId, Turn};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Systems that are asked at the same time.
const AT_ONCE: usize = 8;
/// How long one may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Failures in a row after which a system counts as down: one lost packet is no news.
const FAILURES: u32 = 2;

/// How one system of one tenant does.
#[derive(Debug, Clone, Serialize)]
pub struct SystemHealth {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name in the configuration.
    pub system: Arc<str>,
    /// The adapter.
    pub kind: &'static str,
    /// Whether it answers; `None` until it was asked.
    pub up: Option<bool>,
    /// Since when that is so.
    pub since: Option<Timestamp>,
    /// When it was last asked.
    pub asked_at: Option<Timestamp>,
    /// What went wrong the last time, in words that hold nothing of the system's own.
    pub error: Option<String>,
    #[serde(skip)]
    failures: u32,
}

/// Where the request limit stands that a system has its share of. Others may share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BudgetHealth {
    /// Requests that could be sent at once.
    pub left: u32,
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// Seconds for which nothing is sent because the vendor asked for it; 0: it did not.
    pub paused_secs: u64,
}

#[derive(Debug)]
struct Watched {
    system: System,
    health: parking_lot::Mutex<SystemHealth>,
}

/// Asks every system of every tenant whether it is there.
#[derive(Debug, Clone)]
pub struct Health {
    systems: Arc<[Arc<Watched>]>,
    budgets: Budgets,
    breakers: Breakers,
    patience: Duration,
}

impl Health {
    /// The systems that stand behind some port.
    pub fn new<'t>(tenants: impl IntoIterator<Item = &'t Arc<Tenant>>) -> Self {
        let mut systems = BTreeMap::new();
        for tenant in tenants {
            for (_, system) in tenant.systems() {
                systems.entry((tenant.id.clone(), system.name.clone())).or_insert_with(|| {
                    let health = SystemHealth {
                        tenant: tenant.id.clone(),
                        system: system.name.clone(),
                        kind: system.adapter.name(),
                        up: None,
                        since: None,
                        asked_at: None,
                        error: None,
                        failures: 0,
                    };
                    Arc::new(Watched { system: system.clone(), health: parking_lot::Mutex::new(health) })
                });
            }
        }
        Self {
            systems: systems.into_values().collect(),
            budgets: Budgets::default(),
            breakers: Breakers::default(),
            patience: PATIENCE,
        }
    }

    /// Tells of these request limits and breakers too.
    #[must_use]
    pub fn telling(self, budgets: Budgets, breakers: Breakers) -> Self {
        Self { budgets, breakers, ..self }
    }

    /// Seconds for which a tenant's system is left alone because it kept failing; `None`: it is asked.
    pub fn left_alone_secs(&self, tenant: &TenantId, system: &str) -> Option<u64> {
        self.breakers.open_for(tenant, system).map(whole_secs)
    }

    /// Where the request limit of a tenant's system stands; `None`: it has none.
    pub fn budget(&self, tenant: &TenantId, system: &str) -> Option<BudgetHealth> {
        let of = |it: &(Arc<str>, Arc<str>)| *it.0 == *tenant.as_str() && *it.1 == *system;
        let report = self.budgets.report().into_iter().find(|it| it.systems.iter().any(of))?;
        Some(BudgetHealth { left: report.left, waiting: report.waiting, paused_secs: whole_secs(report.paused_for) })
    }

    /// How each does, by tenant and name.
    pub fn all(&self) -> Vec<SystemHealth> {
        self.systems.iter().map(|it| it.health.lock().clone()).collect()
    }

    /// The same as JSON, each with its request limit and, where it is left alone, for how long.
    pub fn render(&self) -> String {
        #[derive(Serialize)]
        struct Told {
            #[serde(flatten)]
            health: SystemHealth,
            #[serde(skip_serializing_if = "Option::is_none")]
            budget: Option<BudgetHealth>,
            #[serde(skip_serializing_if = "Option::is_none")]
            left_alone_secs: Option<u64>,
        }
        let told = self.all().into_iter().map(|health| {
            let budget = self.budget(&health.tenant, &health.system);
            let left_alone_secs = self.left_alone_secs(&health.tenant, &health.system);
            Told { health, budget, left_alone_secs }
        });
        serde_json::to_string(&serde_json::json!({ "systems": told.collect::<Vec<_>>() })).unwrap_or_default()
    }

    /// Asks each system once in `every`, spread over that time and a little off it, so that many gateways and many systems do
    /// not meet. Ends when it is stopped.
    pub async fn watch(self, every: Duration, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let step = every / u32::try_from(self.systems.len()).unwrap_or(u32::MAX).max(1);
        while !self.systems.is_empty() {
            for watched in self.systems.iter() {
                let place = tokio::select! {
                    () = stop.cancelled() => return,
                    place = places.clone().acquire_owned() => place,
                };
                let (watched, patience) = (watched.clone(), self.patience);
                tokio::spawn(async move {
                    watched.ask(patience).await;
                    drop(place);
                });
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(around(step)) => {}
                }
            }
        }
    }

    /// Asks every system now, one after the other.
    pub async fn ask_all(&self) {
        for watched in self.systems.iter() {
            watched.ask(self.patience).await;
        }
    }
}

/// A part of a second is one, so that a pause never reads as none.
fn whole_secs(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// A time between four and six fifths of this one.
fn around(time: Duration) -> Duration {
    let [byte, ..] = uuid::Uuid::new_v4().into_bytes();
    time.mul_f64(0.8 + 0.4 * f64::from(byte) / 255.0)
}

impl Watched {
    async fn ask(&self, patience: Duration) {
        let turn = Turn { background: true, ..Turn::default() };
        let cx = CallCx { turn, ..CallCx::new(Reach::Tenant, patience) };
        let asked = tokio::time::timeout(patience, self.system.adapter.probe(&cx)).await;
        let failed = match asked {
            Ok(Ok(())) => None,
            // It is there, and says that others ask it enough.
            Ok(Err(error)) if error.kind() == ErrorKind::RateLimited => None,
            Ok(Err(error)) => Some(error.message().to_owned()),
            Err(_) => Some(format!("it did not answer within {} seconds", patience.as_secs())),
        };
        let now = Timestamp::now();
        let mut health = self.health.lock();
        health.asked_at = Some(now);
        health.failures = if failed.is_some() { health.failures.saturating_add(1) } else { 0 };
        health.error = failed;
        let up = if health.failures == 0 {
            true
        } else if health.failures >= FAILURES || health.up.is_none() {
            false
        } else {
            return;
        };
        if health.up == Some(up) {
            return;
        }
        let before = health.up.replace(up);
        health.since = Some(now);
        telemetry::system_up(&health.tenant, &health.system, up);
        let (tenant, system) = (health.tenant.as_str(), &*health.system);
        if let Some(error) = &health.error {
            tracing::warn!(tenant, system, error, "the system `{system}` of tenant `{tenant}` is down: {error}");
        } else if before.is_some() {
            tracing::info!(tenant, system, "the system `{system}` of tenant `{tenant}` answers again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::{Adapter, Error, Op, Result, async_trait};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Answers as it is told: 0 well, 1 broken, 2 too often, 3 never.
    #[derive(Debug)]
    struct Told(Arc<AtomicU32>, AtomicU32);

    #[async_trait]
    impl Adapter for Told {
        fn name(&self) -> &'static str {
            "told"
        }
        fn supports(&self) -> &'static [Op] {
            &[]
        }
        async fn probe(&self, cx: &CallCx) -> Result<()> {
            assert!(cx.turn.background, "nobody waits for it");
            self.1.fetch_add(1, Ordering::SeqCst);
            match self.0.load(Ordering::SeqCst) {
                0 => Ok(()),
                1 => Err(Error::new(ErrorKind::Unavailable, "it is gone").with("body", "vendor words")),
                2 => Err(Error::new(ErrorKind::RateLimited, "too often")),
                _ => std::future::pending().await,
            }
        }
    }

    fn watched(tenant: &str) -> (Health, Arc<AtomicU32>) {
        let mood = Arc::new(AtomicU32::new(0));
        let system = System {
            name: "desk".into(),
            ids: "desk".into(),
            adapter: Arc::new(Told(mood.clone(), AtomicU32::new(0))),
        };
        let tenant = Tenant {
            id: TenantId::new(tenant).unwrap(),
            name: "MSP".into(),
            service_desk: system.clone(),
            crm: system.clone(),
            knowledge: system.clone(),
            identity: system,
            more: Default::default(),
            plans: BTreeMap::new(),
            trusted_link_hosts: Arc::default(),
        };
        (Health { patience: Duration::from_millis(20), ..Health::new([&Arc::new(tenant)]) }, mood)
    }

    #[tokio::test]
    async fn a_system_is_down_after_two_failures_and_up_after_one_answer() {
        let (health, mood) = watched("health-a");
        assert_eq!(health.all().len(), 1, "one system behind four ports is asked once");
        assert_eq!(health.all()[0].up, None);
        let mut seen = Vec::new();
        for next in [0, 1, 0, 1, 1, 2, 3, 3, 0] {
            mood.store(next, Ordering::SeqCst);
            health.ask_all().await;
            seen.push(health.all()[0].up == Some(true));
        }
        assert_eq!(seen, [true, true, true, true, false, true, true, false, true]);
        assert!(telemetry::render().contains("postern_system_up{tenant=\"health-a\",system=\"desk\"} 1"));
        mood.store(1, Ordering::SeqCst);
        health.ask_all().await;
        health.ask_all().await;
        assert!(telemetry::render().contains("postern_system_up{tenant=\"health-a\",system=\"desk\"} 0"));
        let text = health.render();
        assert!(text.contains("it is gone") && !text.contains("vendor words"), "{text}");
    }

    #[tokio::test]
    async fn a_system_that_is_left_alone_is_told_of_and_no_other() {
        let (health, _) = watched("health-e");
        let breakers = Breakers::default();
        let health = health.telling(Budgets::default(), breakers.clone());
        let told = || serde_json::from_str::<serde_json::Value>(&health.render()).unwrap()["systems"][0].clone();
        assert_eq!(told().get("left_alone_secs"), None);
        let [here, there] = ["health-e", "health-f"].map(|it| TenantId::new(it).unwrap());
        for _ in 0..20 {
            breakers.of(&here, "desk").record(&Err(postern_api::Error::new(ErrorKind::Unavailable, "down")));
        }
        assert!((1..=10).contains(&told()["left_alone_secs"].as_u64().unwrap()), "{}", told());
        assert_eq!(health.left_alone_secs(&there, "desk"), None);
    }

    #[tokio::test]
    async fn a_systems_request_limit_is_told_with_it_and_nobody_elses() {
        let (health, _) = watched("health-c");
        let budgets = Budgets::default();
        let share = budgets.share("told", "an-account", (8, Duration::from_secs(3_600)), "health-c").of_system("desk");
        let health = health.telling(budgets, Breakers::default());
        let told = |health: &Health| {
            let json: serde_json::Value = serde_json::from_str(&health.render()).unwrap();
            json["systems"][0]["budget"].clone()
        };
        assert_eq!(told(&health), serde_json::json!({ "left": 2, "waiting": 0, "paused_secs": 0 }));
        share.turn(&CallCx::new(Reach::Tenant, Duration::from_secs(1))).await.unwrap();
        share.answered(http::StatusCode::TOO_MANY_REQUESTS, Some(Duration::from_secs(40)));
        let tenant = TenantId::new("health-c").unwrap();
        let budget = health.budget(&tenant, "desk").unwrap();
        assert!((1..=40).contains(&budget.paused_secs) && budget.left <= 1, "{budget:?}");
        assert!(!health.render().contains("an-account"), "what a vendor counts by may be a name");
        assert_eq!(health.budget(&tenant, "other"), None);
        assert_eq!(health.budget(&TenantId::new("health-d").unwrap(), "desk"), None);
    }

    #[tokio::test]
    async fn what_never_worked_is_down_at_once_and_watching_ends_when_it_is_stopped() {
        let (health, mood) = watched("health-b");
        mood.store(1, Ordering::SeqCst);
        let stop = CancellationToken::new();
        let watching = tokio::spawn(health.clone().watch(Duration::from_millis(5), stop.clone()));
        let becomes = async |up| {
            while health.all()[0].up != Some(up) {
                tokio::task::yield_now().await;
            }
        };
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, becomes(false)).await.unwrap();
        mood.store(0, Ordering::SeqCst);
        tokio::time::timeout(limit, becomes(true)).await.unwrap();
        stop.cancel();
        watching.await.unwrap();
    }
}
