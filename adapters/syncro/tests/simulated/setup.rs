//! A simulator, an adapter connected to it, and what the tests ask with.

use postern_api::*;
use postern_simulators::syncro::{self, State};
use postern_simulators::{Running, http::PlainHttp};
use postern_syncro::Config;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ACME: &str = "12";
pub(crate) const GLOBEX: &str = "13";
pub(crate) const ANN: &str = "77";
pub(crate) const BOB: &str = "78";

pub(crate) struct Desk {
    pub(crate) syncro: Running<State>,
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
    pub(crate) async fn list(&self, query: &TicketQuery) -> Page<Owned<Ticket>> {
        self.desk().tickets(&acme(), query).await.expect("a page")
    }
    pub(crate) async fn ids(&self, query: &TicketQuery) -> Vec<String> {
        opened(self.list(query).await.rows).iter().map(|it| it.id.to_string()).collect()
    }
    pub(crate) async fn ticket(&self, id: &str) -> Ticket {
        open(self.desk().ticket(&acme(), &tid(id)).await.expect("a ticket")).expect("Acme's")
    }
    pub(crate) fn state(&self) -> &State {
        &self.syncro.state
    }
    /// The bodies of what was written.
    pub(crate) fn written(&self) -> Vec<serde_json::Value> {
        let wrote = |it: &postern_simulators::Recorded| it.method != "GET";
        let log = self.state().log.all();
        log.iter().filter(|it| wrote(it)).map(|it| serde_json::from_str(&it.body).expect("JSON")).collect()
    }
}

pub(crate) fn config(url: &str) -> Config {
    let mut config = Config::new(format!("{url}/api/v1"), syncro::TOKEN);
    config.private_field = Some("Private".into());
    config.organisation_fields.subscription_tier = Some("Tier".into());
    config.organisation_fields.tickets_per_month = Some("Tickets".into());
    config.organisation_fields.domains = Some("Domains".into());
    config.public_pages = vec![901];
    config
}

pub(crate) async fn desk() -> Desk {
    desk_with(|_| {}).await
}

pub(crate) async fn desk_with(change: impl FnOnce(&mut Config)) -> Desk {
    let syncro = syncro::start().await.expect("a free port");
    let mut config = config(&syncro.url);
    change(&mut config);
    let http = PlainHttp::new(&config.base_url, Some(postern_syncro::authenticator(&config))).expect("a client");
    let adapter = postern_syncro::connect(config, http).expect("a good configuration");
    Desk { syncro, adapter }
}

pub(crate) fn cx(reach: Reach) -> CallCx {
    CallCx::new(reach, Duration::from_secs(20))
}

pub(crate) fn acme() -> CallCx {
    cx(Reach::Organisations(vec![ext(ACME)]))
}

/// A call with a reference of its own.
pub(crate) fn once() -> CallCx {
    CallCx { reference: Some("gw:once".into()), ..acme() }
}

/// A write with little time, for vendors that never answer.
pub(crate) fn hasty() -> CallCx {
    CallCx { reference: Some("gw:once".into()), ..CallCx::new(acme().reach, Duration::from_millis(700)) }
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

fn gate() -> (Scope, OrganisationMap) {
    let org = |id| OrganisationId::new(id).expect("a test id");
    let map = OrganisationMap::new([(org("acme"), ext(ACME)), (org("globex"), ext(GLOBEX))]);
    (Scope::organisations(TenantId::new("msp").expect("a test id"), BTreeSet::from([org("acme")])), map)
}

/// Opens a record as the gateway does for somebody at Acme.
pub(crate) fn open<T>(row: Owned<T>) -> Result<T, Owner> {
    let (scope, map) = gate();
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
        category: Some("Hardware".into()),
        priority: Priority::High,
        visibility: Visibility::Organisation,
        attachments: vec![],
        response_due: None,
        resolution_due: Some("2027-10-01T16:00:00Z".parse().expect("a time")),
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
    Closure { resolution: "Replaced the drum".into(), by: ada() }
}

/// No seeded secret, nobody else's data, nothing of the vendor's insides.
pub(crate) fn clean(what: &impl std::fmt::Debug) {
    let text = format!("{what:?}");
    for bad in ["CANARY", "canary", "portal_key", "<html", syncro::TOKEN] {
        assert!(!text.contains(bad), "{bad} in {text}");
    }
}
