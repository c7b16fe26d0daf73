//! A simulator, an adapter connected to it, and what the tests ask with.

use postern_api::*;
use postern_connectwise::{Config, Tier};
use postern_simulators::connectwise::{self, State};
use postern_simulators::{Recorded, Running, http::PlainHttp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ACME: &str = "12";
pub(crate) const GLOBEX: &str = "13";
pub(crate) const ANN: &str = "77";
pub(crate) const BOB: &str = "78";

pub(crate) struct Desk {
    pub(crate) psa: Running<State>,
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
        &self.psa.state
    }
    /// The requests below the API with this verb and path, oldest first.
    pub(crate) fn asked(&self, method: &str, path: &str) -> Vec<Recorded> {
        let path = format!("{}/{path}", connectwise::BASE);
        self.state().log.all().into_iter().filter(|it| it.method == method && it.path == path).collect()
    }
    /// What was sent there.
    pub(crate) fn sent(&self, method: &str, path: &str) -> Vec<Value> {
        let bodies = self.asked(method, path).into_iter();
        bodies.map(|it| serde_json::from_str(&it.body).expect("json")).collect()
    }
    /// How many requests would have changed something.
    pub(crate) fn writes(&self) -> usize {
        self.state().log.all().iter().filter(|it| it.method != "GET").count()
    }
}

/// A parameter of a request, decoded.
pub(crate) fn parameter(request: &Recorded, name: &str) -> Option<String> {
    let find = request.query.split('&').find_map(|it| it.strip_prefix(&format!("{name}=")))?;
    let mut bytes = Vec::new();
    let mut rest = find.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&hex, 16).expect("two digits")
            }
            byte => byte,
        });
    }
    Some(String::from_utf8(bytes).expect("text"))
}

pub(crate) fn config(url: &str) -> Config {
    let keys = (connectwise::PUBLIC_KEY, connectwise::PRIVATE_KEY.to_owned());
    let base = format!("{url}{}", connectwise::BASE);
    let mut config = Config::new(base, connectwise::COMPANY, keys, connectwise::CLIENT_ID, connectwise::BOARD);
    config.private_field = Some(connectwise::PRIVATE);
    config.public_article_categories = vec![91];
    let tier = |agreement_type, tier: &str| Tier { agreement_type, tier: tier.into() };
    config.tiers = vec![tier(12, "platinum"), tier(11, "enterprise"), tier(10, "professional")];
    config.organisation_fields.domains = Some(41);
    config.organisation_fields.tickets_per_month = Some(42);
    config.organisation_fields.subscription_tier = Some(43);
    config
}

pub(crate) async fn desk() -> Desk {
    desk_with(|_| {}).await
}

pub(crate) async fn desk_with(change: impl FnOnce(&mut Config)) -> Desk {
    let psa = connectwise::start().await.expect("a free port");
    let mut config = config(&psa.url);
    change(&mut config);
    let authenticator = postern_connectwise::authenticator(&config);
    let http = PlainHttp::new(&config.base_url, Some(authenticator)).expect("a client");
    let adapter = postern_connectwise::connect(config, http).expect("a good configuration");
    Desk { psa, adapter }
}

pub(crate) fn cx(reach: Reach) -> CallCx {
    CallCx::new(reach, Duration::from_secs(20))
}

pub(crate) fn acme() -> CallCx {
    cx(Reach::Organisations(vec![ext(ACME)]))
}

pub(crate) fn with_reference() -> CallCx {
    CallCx { reference: Some("gw:abc234".into()), ..acme() }
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

/// Opens a record as the gateway does for somebody at Acme.
pub(crate) fn open<T>(row: Owned<T>) -> Result<T, Owner> {
    let org = |id| OrganisationId::new(id).expect("a test id");
    let map = OrganisationMap::new([(org("acme"), ext(ACME)), (org("globex"), ext(GLOBEX))]);
    let tenant = TenantId::new("msp").expect("a test id");
    Scope::organisations(tenant, BTreeSet::from([org("acme")])).admit(&map, row).map(|it| it.record)
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
        resolution_due: Some("2026-10-02T16:00:00Z".parse().expect("a time")),
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
    Closure { resolution: "Rebooted <twice>".into(), by: ada() }
}

pub(crate) fn up(target: &str) -> NewEscalation {
    NewEscalation { target: target.into(), reason: "Too hard\nfor us".into(), by: ada() }
}

/// No seeded secret, nobody else's data, nothing of the vendor's insides.
pub(crate) fn clean(what: &impl std::fmt::Debug) {
    let text = format!("{what:?}");
    for bad in ["CANARY", "canary", "4711", "815", "<html", connectwise::PRIVATE_KEY] {
        assert!(!text.contains(bad), "{bad} in {text}");
    }
}
