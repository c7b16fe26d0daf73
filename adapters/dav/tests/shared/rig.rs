//! What the tests of both adapters have: the adapter over a server, a detour to one that misbehaves, and two organisations.

use postern_api::http::{Authenticator, Effect, Http};
use postern_api::*;
use postern_kit::{Caps, FAULT_CANARY, Fault, FaultSide, Fixture, Missing, Side, Trouble};
use postern_simulators::Running;
use postern_simulators::broken::{self, Answer, Detour};
use postern_simulators::http::PlainHttp;
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
    /// Over the server at this address, by this account.
    pub(crate) async fn over(
        base_url: &str,
        account: Arc<dyn Authenticator>,
        connect: impl FnOnce(Arc<dyn Http>) -> Result<Arc<dyn Adapter>>,
    ) -> Self {
        let usual = PlainHttp::new(base_url, Some(account)).expect("a client");
        let broken = broken::start().await.expect("a free port");
        let detour = Detour::new(usual, PlainHttp::new(&broken.url, None).expect("a client"));
        Self { adapter: connect(detour.clone()).expect("an adapter"), detour, broken }
    }

    pub(crate) fn cx() -> CallCx {
        CallCx::new(Reach::Organisations(vec![external("acme")]), Duration::from_secs(20))
    }

    pub(crate) fn open<T>(row: Owned<T>) -> Result<T, Owner> {
        let tenant = TenantId::new("msp").expect("an id");
        let scope = Scope::organisation(tenant, OrganisationId::new("acme").expect("an id"));
        scope.admit(&map(), row).map(|it| it.record)
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
