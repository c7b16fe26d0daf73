//! The call stack in this process, without HTTP, before a service desk that misbehaves as a test tells it.

mod liar;

pub(crate) use liar::{ADDRESS, Liar, PASSWORD, Trouble};

use crate::logs;
use jiff::Timestamp;
use postern::audit::{Journal, Settings};
use postern::call::audit::{Ledger, Row};
use postern::call::authorise::Means;
use postern::call::gate::Gate;
use postern::call::host::{Answer, Call, Facts, Host};
use postern::call::redact::lens::Redactor;
use postern::caller::{Caller, Principal};
use postern::clock::Clock;
use postern::govern::lease::Protocol;
use postern::redact::Scrubber;
use postern::store::Store;
use postern::tenant::{MorePorts, System, Tenant};
use postern::tools::{History, Kind};
use postern_api::{Adapter, Error, ExternalId, OrganisationId, TenantId};
use postern_policies::{Engine, Realm};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// How long a call may take here.
pub(crate) const LIMIT: Duration = Duration::from_millis(200);

/// A gate of one tenant with one organisation, `acme`, whose every port is one adapter.
pub(crate) struct Rig {
    pub(crate) gate: Gate,
    pub(crate) engine: Arc<Engine>,
    pub(crate) ledger: Arc<Faulty>,
    pub(crate) store: Arc<Store>,
    pub(crate) dir: TempDir,
    pub(crate) clock: Arc<Movable>,
}

/// The machine's clock, moved on as a test says.
#[derive(Debug, Default)]
pub(crate) struct Movable(AtomicU64);

impl Movable {
    pub(crate) fn on(&self, secs: u64) {
        self.0.fetch_add(secs, Ordering::SeqCst);
    }
}

impl Clock for Movable {
    fn unix_secs(&self) -> i64 {
        Timestamp::now().as_second() + i64::try_from(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// The audit log, with a disk that may be full.
#[derive(Debug)]
pub(crate) struct Faulty {
    journal: Arc<Journal>,
    /// Rows that can still be written.
    pub(crate) left: AtomicUsize,
}

#[async_trait::async_trait]
impl Ledger for Faulty {
    async fn append(&self, row: Row) -> postern_api::Result<()> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.journal.append(row).await,
            Err(_) => Err(Error::internal("no space left on device")),
        }
    }
}

impl Rig {
    pub(crate) fn new(adapter: impl Adapter) -> Self {
        logs::keep();
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path()).unwrap());
        Self::over(store, dir, Arc::default(), adapter)
    }

    /// Another process over the same store, opened anew, with an audit log of its own, and the same clock on the wall.
    pub(crate) fn beside(&self, adapter: impl Adapter) -> Self {
        let store = Arc::new(Store::open(self.dir.path()).unwrap());
        Self::over(store, tempfile::tempdir().unwrap(), self.clock.clone(), adapter)
    }

    fn over(store: Arc<Store>, dir: TempDir, clock: Arc<Movable>, adapter: impl Adapter) -> Self {
        let tenant = TenantId::new("msp").unwrap();
        let ids = [("acme", "12"), ("globex", "13")]
            .map(|(ours, external)| (OrganisationId::new(ours).unwrap(), ExternalId::new(external).unwrap()));
        let links = ids.each_ref().map(|(ours, external)| ("desk", ours, external));
        store.set_organisations(&tenant, &links).unwrap();
        let journal = Arc::new(Journal::open(dir.path(), Settings::default()).unwrap());
        let ledger = Arc::new(Faulty { journal: journal.clone(), left: AtomicUsize::new(usize::MAX) });
        let system = System { name: "desk".into(), ids: "desk".into(), adapter: Arc::new(adapter) };
        let of_tenant = Tenant {
            id: tenant.clone(),
            name: "MSP".into(),
            service_desk: system.clone(),
            crm: system.clone(),
            knowledge: system.clone(),
            identity: system,
            more: MorePorts::default(),
            plans: BTreeMap::new(),
            trusted_link_hosts: Arc::default(),
        };
        let engine = Arc::new(Engine::builtin().unwrap());
        let means = Means {
            policies: engine.clone(),
            tenants: Arc::new(HashMap::from([(tenant, Arc::new(of_tenant))])),
            identities: store.clone(),
            history: Arc::new(journal) as Arc<dyn History>,
            turns: Arc::default(),
            actions: store.clone(),
            limit: LIMIT,
            clock: clock.clone(),
            protocol: Protocol { lease_grace_secs: 60, ..Protocol::default() },
        };
        let redactor = Arc::new(Redactor::new(Scrubber::new().unwrap(), &[5; 32]));
        let gate = Gate::new(means, redactor, store.clone(), ledger.clone());
        Self { gate, engine, ledger, store, dir, clock }
    }

    /// What a caller is told; `null` where there is no such tool.
    pub(crate) async fn ask(&self, caller: &Arc<Caller>, tool: &str, arguments: Value) -> Value {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        told(self.gate.call(Call { caller: caller.clone(), name: tool.into(), arguments, facts: facts() }).await)
    }

    /// Asks for something that has to be confirmed, and confirms it.
    pub(crate) async fn confirmed(&self, caller: &Arc<Caller>, tool: &str, arguments: Value) -> Value {
        let asked = self.ask(caller, tool, arguments).await;
        let id = asked["confirmation_id"].as_str().unwrap_or_else(|| panic!("{asked}"));
        told(self.gate.confirm(caller.clone(), id, true, &facts()).await)
    }

    /// Carries a write out, confirmed where that is asked for; `None` for a read, which is not called.
    pub(crate) async fn written(&self, caller: &Arc<Caller>, tool: &str, arguments: Value) -> Option<Value> {
        match postern::tools::find(tool).unwrap().entry.kind {
            Kind::Read | Kind::Preview => None,
            Kind::Write => Some(self.ask(caller, tool, arguments).await),
            Kind::ConfirmedWrite | Kind::Governed => Some(self.confirmed(caller, tool, arguments).await),
        }
    }

    /// The bodies of all audit rows, oldest first.
    pub(crate) fn rows(&self) -> Vec<Value> {
        crate::gateway::rows(self.dir.path())
    }
}

/// What the protocol layer knows of a request.
pub(crate) fn facts() -> Facts {
    Facts { request_id: "r-1".into(), ..Facts::default() }
}

pub(crate) fn told(answer: Answer) -> Value {
    match answer {
        Answer::Done { envelope, .. } | Answer::Confirm { envelope, .. } => envelope.value(),
        Answer::UnknownTool => Value::Null,
    }
}

fn caller(realm: Realm, role: &str) -> Arc<Caller> {
    let is_customer = realm == Realm::Customer;
    Arc::new(Caller {
        principal: Principal { issuer: format!("https://{}.example", realm.as_str()).into(), subject: role.into() },
        realm,
        tenant: TenantId::new("msp").unwrap(),
        organisation: is_customer.then(|| OrganisationId::new("acme").unwrap()),
        assigned: None,
        roles: Arc::new(BTreeSet::from([role.to_owned()])),
        scopes: None,
        client: Some("test".into()),
        service: false,
        name: Some("Jane Smith".into()),
        email: Some("jane@acme.example".into()),
        expires_at: Timestamp::MAX.as_second(),
        rests: Default::default(),
    })
}

/// The lead of `acme`, who is the contact `C-1`.
pub(crate) fn lead() -> Arc<Caller> {
    caller(Realm::Customer, "lead-customer")
}

/// A basic contact of `acme`, who is the contact `C-1`.
pub(crate) fn basic() -> Arc<Caller> {
    caller(Realm::Customer, "basic-customer")
}

/// An employee who may change tickets.
pub(crate) fn agent() -> Arc<Caller> {
    caller(Realm::Employee, "support-write")
}

/// A call of each tool that reaches its systems, for who may call it.
pub(crate) fn calls() -> Vec<(Arc<Caller>, &'static str, Value)> {
    let (customer, agent) = (lead(), agent());
    let ticket = json!({ "ticket_id": "T-1" });
    let invited = json!({ "email": "new@acme.example", "first_name": "New", "last_name": "One" });
    let customers = [
        ("customer_list_tickets", json!({})),
        ("customer_get_ticket", ticket.clone()),
        ("customer_submit_ticket", json!({ "subject": "x", "description": "x" })),
        ("customer_add_comment", json!({ "ticket_id": "T-1", "content": "x" })),
        ("customer_search_kb", json!({ "query": "x" })),
        ("customer_list_contacts", json!({})),
        ("customer_invite_contact", invited),
        ("customer_transfer_lead", json!({ "new_lead_contact_id": "C-2" })),
        ("get_kb_article", json!({ "article_id": "K-1" })),
    ];
    let employees = [
        ("search_tickets", json!({})),
        ("get_ticket", ticket.clone()),
        ("close_ticket", json!({ "ticket_id": "T-1", "resolution": "x" })),
        ("escalate_ticket", json!({ "ticket_id": "T-1", "target": "x", "reason": "x" })),
        ("get_sla_summary", json!({})),
        ("search_kb", json!({ "query": "x" })),
        ("get_kb_article", json!({ "article_id": "K-1" })),
        ("internal_get_organization", json!({ "organization_id": "acme" })),
        ("internal_list_org_contacts", json!({ "organization_id": "acme" })),
        ("internal_view_customer_history", json!({ "contact_id": "C-1" })),
    ];
    let customers = customers.into_iter().map(|(tool, arguments)| (customer.clone(), tool, arguments));
    let employees = employees.into_iter().map(|(tool, arguments)| (agent.clone(), tool, arguments));
    customers.chain(employees).collect()
}
