//! The adapter over a server, and what the tests ask it.

use postern_api::http::Effect;
use postern_api::*;
use postern_kit::{Caps, FAULT_CANARY, Fault, FaultSide, Fixture, Missing, Side, Trouble};
use postern_simulators::Running;
use postern_simulators::broken::{self, Answer, Detour};
use postern_simulators::http::PlainHttp;
use postern_webdav::{Config, authenticator, connect};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Rig {
    pub(crate) adapter: Arc<dyn Adapter>,
    detour: Arc<Detour>,
    broken: Running<broken::State>,
}

pub(crate) fn external(name: &str) -> ExternalId {
    ExternalId::new(name).expect("an id")
}

pub(crate) fn map() -> OrganisationMap {
    let org = |name: &str| OrganisationId::new(name).expect("an id");
    OrganisationMap::new(["acme", "globex"].map(|it| (org(it), external(it))))
}

fn side(name: &str) -> Side {
    let contact = ContactId::new("nobody").expect("an id");
    Side {
        organisation: OrganisationId::new(name).expect("an id"),
        external: external(name),
        requester: contact,
        email: format!("nobody@{name}.example"),
        ticket: TicketId::new("none").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: None,
        lead: None,
        member: None,
    }
}

impl Rig {
    pub(crate) async fn new(config: Config) -> Self {
        let usual = PlainHttp::new(&config.base_url, Some(authenticator(&config))).expect("a client");
        let broken = broken::start().await.expect("a free port");
        let detour = Detour::new(usual, PlainHttp::new(&broken.url, None).expect("a client"));
        Self { adapter: connect(config, detour.clone()).expect("an adapter"), detour, broken }
    }

    pub(crate) fn port(&self) -> &dyn Documents {
        self.adapter.documents().expect("documents")
    }

    pub(crate) fn cx() -> CallCx {
        CallCx::new(Reach::Organisations(vec![external("acme")]), Duration::from_secs(20))
    }

    pub(crate) fn with(reference: &str) -> CallCx {
        CallCx { reference: Some(reference.into()), ..Self::cx() }
    }

    pub(crate) fn open<T>(row: Owned<T>) -> Result<T, Owner> {
        let tenant = TenantId::new("msp").expect("an id");
        let scope = Scope::organisation(tenant, OrganisationId::new("acme").expect("an id"));
        scope.admit(&map(), row).map(|it| it.record)
    }

    pub(crate) async fn named(&self, name: &str) -> Document {
        let query = DocumentQuery {
            organisation: Some(external("acme")),
            published_only: false,
            kind: None,
            offset: 0,
            limit: 200,
        };
        let page = self.port().documents(&Self::cx(), &query).await.expect("documents");
        let mut rows = page.rows.into_iter().map(|it| Self::open(it).expect("an own document"));
        rows.find(|it| it.name.expose() == name).unwrap_or_else(|| panic!("no document `{name}`"))
    }

    pub(crate) fn publication(document: &Document) -> NewPublication {
        NewPublication {
            organisation: external("acme"),
            document: document.id.clone(),
            version: document.latest().expect("a version").id.clone(),
            roles: vec![],
            download: true,
            expires_at: None,
            by: "Sam Service".into(),
        }
    }

    /// Publishes the newest version of a document.
    pub(crate) async fn publish(&self, name: &str) -> Document {
        let new = Self::publication(&self.named(name).await);
        Self::open(self.port().publish(&Self::cx(), &new).await.expect("published")).expect("an own document")
    }

    pub(crate) fn fixture(&self) -> Fixture {
        Fixture {
            adapter: self.adapter.clone(),
            map: map(),
            own: side("acme"),
            foreign: side("globex"),
            staff: Agent { id: "e-7".into(), name: "Sam Service".into(), email: None },
            escalation_target: String::new(),
            articles: None,
            missing: Missing {
                ticket: TicketId::new("acme:none").expect("an id"),
                contact: ContactId::new("none").expect("an id"),
                organisation: external("nobody"),
                article: ArticleId::new("none").expect("an id"),
            },
            caps: Caps::default(),
        }
    }

    pub(crate) fn misbehave(&self, trouble: Option<Trouble>) {
        if let Some(trouble) = trouble {
            self.broken.state.answer(answer(trouble.fault));
        }
        self.detour.detour(trouble.map(|it| match it.side {
            FaultSide::Reads => Effect::Read,
            FaultSide::Writes => Effect::Write,
        }));
    }
}

/// What a server, or what stands before it, sends when something is wrong.
fn answer(fault: Fault) -> Answer {
    let said = |status: u16, content_type: &str, body: &str| Answer {
        status,
        content_type: content_type.into(),
        body: body.replace('@', FAULT_CANARY),
        ..Answer::default()
    };
    let page = |status| said(status, "text/html; charset=utf-8", "<!DOCTYPE html><html><h1>/acme/@.pdf</h1></html>");
    match fault {
        Fault::Unauthenticated => page(401),
        Fault::Forbidden => page(403),
        Fault::NotFound => page(404),
        Fault::RateLimited => Answer { retry_after: Some(7), ..page(429) },
        Fault::ServerError => page(500),
        Fault::Slow => Answer { silent: true, ..page(200) },
        Fault::Cut => said(207, "application/xml", "<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/@"),
        Fault::Html => page(200),
        Fault::WrongJson => said(200, "application/json", r#"{"greeting":["@"]}"#),
    }
}
