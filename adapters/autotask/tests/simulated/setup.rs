//! A simulator, an adapter connected to it, and what the tests ask with.

use postern_api::*;
use postern_autotask::{Budgets, Config};
use postern_simulators::autotask::{self, State};
use postern_simulators::{Running, http::PlainHttp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ACME: &str = "174";
pub(crate) const GLOBEX: &str = "175";
pub(crate) const ANN: &str = "77";
pub(crate) const BOB: &str = "78";

pub(crate) struct Desk {
    pub(crate) vendor: Running<State>,
    pub(crate) adapter: Arc<dyn Adapter>,
}

impl Desk {
    pub(crate) fn desk(&self) -> &dyn ServiceDesk {
        self.adapter.service_desk().expect("a service desk")
    }
    pub(crate) fn crm(&self) -> &dyn Crm {
        self.adapter.crm().expect("customer records")
    }
    pub(crate) fn knowledge(&self) -> &dyn KnowledgeBase {
        self.adapter.knowledge().expect("a knowledge base")
    }
    pub(crate) async fn ids(&self, query: &TicketQuery) -> Vec<String> {
        let page = self.desk().tickets(&acme(), query).await.expect("a page");
        opened(page.rows).iter().map(|it| it.id.to_string()).collect()
    }
    pub(crate) async fn ticket(&self, id: &str) -> Ticket {
        open(self.desk().ticket(&acme(), &tid(id)).await.expect("a ticket")).expect("Acme's")
    }
    pub(crate) fn state(&self) -> &State {
        &self.vendor.state
    }
    /// How many requests went to an entity.
    pub(crate) fn asked(&self, method: &str, path: &str) -> usize {
        // Paths work in any case.
        let path = format!("/atservicesrest/v1.0/{path}").to_ascii_lowercase();
        let asked = self.state().log.all().into_iter();
        asked.filter(|it| it.method == method && it.path.to_ascii_lowercase().starts_with(&path)).count()
    }
}

pub(crate) fn config(url: &str) -> Config {
    let hosts = vec!["127.0.0.1".to_owned()];
    let secret = autotask::SECRET.to_owned().into();
    let mut config = Config::new(autotask::USERNAME, autotask::INTEGRATION_CODE, secret, hosts);
    config.lookup_url = format!("{url}/atservicesrest");
    config.private_field = Some("PosternPrivate".into());
    config.organisation_fields.subscription_tier = Some("Tier".into());
    config.organisation_fields.tickets_per_month = Some("Tickets".into());
    config
}

pub(crate) fn connected(config: Config, budgets: &Budgets) -> Arc<dyn Adapter> {
    let http = PlainHttp::new(&config.lookup_url, Some(postern_autotask::authenticator(&config))).expect("a client");
    postern_autotask::connect(config, http, budgets).expect("a good configuration")
}

pub(crate) async fn desk() -> Desk {
    desk_with(|_| {}).await
}

pub(crate) async fn desk_with(change: impl FnOnce(&mut Config)) -> Desk {
    let vendor = autotask::start().await.expect("a free port");
    let mut config = config(&vendor.url);
    change(&mut config);
    let adapter = connected(config, &Budgets::default());
    Desk { vendor, adapter }
}

pub(crate) fn cx(reach: Reach) -> CallCx {
    CallCx::new(reach, Duration::from_secs(20))
}

pub(crate) fn acme() -> CallCx {
    cx(Reach::Organisations(vec![ext(ACME)]))
}

/// A write that brings a reference.
pub(crate) fn once() -> CallCx {
    CallCx { reference: Some("gw:once".into()), ..acme() }
}

/// A write with little time, for vendors that never answer.
pub(crate) fn hasty() -> CallCx {
    CallCx { reference: Some("gw:once".into()), ..CallCx::new(acme().reach, Duration::from_millis(900)) }
}

pub(crate) fn ext(id: &str) -> ExternalId {
    ExternalId::new(id).expect("a test id")
}

pub(crate) fn tid(id: &str) -> TicketId {
    TicketId::new(id).expect("a test id")
}

pub(crate) fn cid(id: &str) -> ContactId {
    ContactId::new(id).expect("a test id")
}

/// Opens a record as the gateway does for somebody at Acme.
pub(crate) fn open<T>(row: Owned<T>) -> Result<T, Owner> {
    let org = |id| OrganisationId::new(id).expect("a test id");
    let map = OrganisationMap::new([(org("acme"), ext(ACME)), (org("globex"), ext(GLOBEX))]);
    let scope = Scope::organisations(TenantId::new("msp").expect("a test id"), BTreeSet::from([org("acme")]));
    scope.admit(&map, row).map(|it| it.record)
}

/// The records that somebody at Acme may open.
pub(crate) fn opened<T>(rows: Vec<Owned<T>>) -> Vec<T> {
    rows.into_iter().filter_map(|row| open(row).ok()).collect()
}

pub(crate) fn viewer(contact: &str, organisation_wide: bool) -> TicketQuery {
    TicketQuery { viewer: Some(Viewer { contact: cid(contact), organisation_wide }), ..TicketQuery::default() }
}

pub(crate) fn ticket() -> NewTicket {
    NewTicket {
        organisation: ext(ACME),
        requester: cid(BOB),
        subject: "Screen <flickers> & hums".into(),
        description: "Since <b>Monday</b>\nit's worse".into(),
        category: Some("hardware".into()),
        priority: Priority::High,
        visibility: Visibility::Organisation,
        attachments: vec![],
        response_due: None,
        resolution_due: Some("2026-10-01T16:00:00Z".parse().expect("a time")),
        limit: None,
    }
}

pub(crate) fn ada() -> Agent {
    Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None }
}

pub(crate) fn note(internal: bool) -> NewComment {
    NewComment { author: Author::Agent(ada()), body: "one\ntwo <b>".into(), internal }
}

pub(crate) fn closure() -> Closure {
    Closure { resolution: "Replaced the cable".into(), by: ada() }
}

pub(crate) fn escalation(target: &str) -> NewEscalation {
    NewEscalation { target: target.into(), reason: "Beyond us".into(), by: ada() }
}

/// No seeded secret, nobody else's data, nothing of the vendor's insides.
pub(crate) fn clean(what: &impl std::fmt::Debug) {
    let text = format!("{what:?}");
    for bad in ["CANARY", "canary", "atservicesrest", "<html", autotask::SECRET] {
        assert!(!text.contains(bad), "{bad} in {text}");
    }
}
