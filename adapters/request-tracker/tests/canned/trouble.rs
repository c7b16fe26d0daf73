//! What Request Tracker, or what stands before it, sends when something is wrong.

use postern_api::http::{Effect, Http};
use postern_api::{Adapter, ContactId, ExternalId, OrganisationId, TicketId};
use postern_kit::{FAULT_CANARY, Fault, FaultSide, Side, Trouble};
use postern_request_tracker::{Config, connect};
use postern_simulators::Running;
use postern_simulators::broken::{Answer, Detour, State, start};
use postern_simulators::http::PlainHttp;
use std::sync::Arc;

/// An adapter whose requests can be made to meet a fault.
pub(crate) struct Breakable {
    pub(crate) adapter: Arc<dyn Adapter>,
    detour: Arc<Detour>,
    broken: Running<State>,
}

impl Breakable {
    pub(crate) async fn new(config: Config, usual: Arc<dyn Http>) -> Self {
        let broken = start().await.expect("a free port");
        let detour = Detour::new(usual, PlainHttp::new(&broken.url, None).expect("a client"));
        Self { adapter: connect(config, detour.clone()).expect("an adapter"), detour, broken }
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

/// The answer that stands for a fault, with the canary in every body that there is.
fn answer(fault: Fault) -> Answer {
    let json = |status: u16, body: &str| Answer {
        status,
        content_type: "application/json; charset=utf-8".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Answer::default()
    };
    let said = r#"{"message":"@ at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"}"#;
    match fault {
        Fault::Unauthenticated => json(401, said),
        Fault::Forbidden => json(403, said),
        Fault::NotFound => json(404, said),
        Fault::RateLimited => Answer { retry_after: Some(7), ..json(429, said) },
        Fault::ServerError => json(500, said),
        Fault::Slow => Answer { silent: true, ..json(200, said) },
        Fault::Cut => json(200, r#"{"items":[{"id":"1","Subject":"@"#),
        Fault::Html => {
            Answer { content_type: "text/html; charset=utf-8".into(), ..json(200, "<!DOCTYPE html><html>@</html>") }
        }
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

/// A customer without a CRM's or a directory's numbers.
pub(crate) fn side(name: &str, queue: &ExternalId, requester: &ContactId, email: &str, ticket: &str) -> Side {
    Side {
        organisation: OrganisationId::new(name).expect("an id"),
        external: queue.clone(),
        requester: requester.clone(),
        email: email.to_owned(),
        ticket: TicketId::new(ticket).expect("an id"),
        note_canary: format!("canary{name}"),
        colleagues_ticket: None,
        private_ticket: None,
        contact: Some(requester.clone()),
        lead: None,
        member: None,
    }
}
