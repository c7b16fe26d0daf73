//! The failure trials pass an adapter that says what is wrong, and catch one that repeats the backend's words or guesses.

#![cfg(test)]

use postern_api::*;
use postern_embedded::{Embedded, demo};
use postern_kit::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the adapter under test answers trouble.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    Right,
    RepeatsTheBackend,
    CallsAnUnknownWriteFailed,
    CallsAnUnknownWriteDone,
}

/// An adapter over a backend that can be put into trouble.
#[derive(Debug)]
struct Troubled {
    inner: Arc<dyn Adapter>,
    trouble: Arc<Mutex<Option<Trouble>>>,
    manner: Manner,
}

impl Troubled {
    fn desk(&self) -> &dyn ServiceDesk {
        self.inner.service_desk().expect("a service desk")
    }

    fn meets(&self, side: FaultSide) -> Result<()> {
        let Some(trouble) = *self.trouble.lock().expect("a lock") else { return Ok(()) };
        if trouble.side != side {
            return Ok(());
        }
        let unknown = side == FaultSide::Writes && self.manner != Manner::CallsAnUnknownWriteFailed;
        let kind = match trouble.fault {
            Fault::Unauthenticated => ErrorKind::Unauthenticated,
            Fault::Forbidden => ErrorKind::Forbidden,
            Fault::NotFound => ErrorKind::NotFound,
            Fault::RateLimited => ErrorKind::RateLimited,
            Fault::ServerError | Fault::Slow | Fault::Cut | Fault::Html | Fault::WrongJson if unknown => {
                ErrorKind::OutcomeUnknown
            }
            Fault::ServerError => ErrorKind::Unavailable,
            Fault::Slow => ErrorKind::Timeout,
            Fault::Cut | Fault::Html | Fault::WrongJson => ErrorKind::BadReply,
        };
        let said = if self.manner == Manner::RepeatsTheBackend { FAULT_CANARY } else { "trouble" };
        Err(Error::new(kind, said).with("body", FAULT_CANARY).retry_after(Duration::from_secs(7)))
    }
}

#[async_trait]
impl Adapter for Troubled {
    fn name(&self) -> &'static str {
        "troubled"
    }
    fn supports(&self) -> &'static [Op] {
        &[Op::TicketGet, Op::TicketList, Op::TicketComment]
    }
    async fn probe(&self, _: &CallCx) -> Result<()> {
        Ok(())
    }
    fn service_desk(&self) -> Option<&dyn ServiceDesk> {
        Some(self)
    }
}

#[async_trait]
impl ServiceDesk for Troubled {
    async fn tickets(&self, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        self.meets(FaultSide::Reads)?;
        self.desk().tickets(cx, query).await
    }
    async fn ticket(&self, cx: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        self.meets(FaultSide::Reads)?;
        self.desk().ticket(cx, id).await
    }
    async fn comment(&self, cx: &CallCx, ticket: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
        match self.meets(FaultSide::Writes) {
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown && self.manner == Manner::CallsAnUnknownWriteDone => {
                let (author, body) = (new.author.clone(), Text::new(new.body.clone()));
                let id = id::CommentId::new("1").expect("an id");
                let comment = Comment {
                    id,
                    author,
                    body,
                    created_at: "2026-06-15T12:00:00Z".parse().expect("a time"),
                    internal: true,
                };
                Ok(Owned::new(Owner::Organisation(ExternalId::new("acme").expect("an id")), comment))
            }
            Err(e) => Err(e),
            Ok(()) => self.desk().comment(cx, ticket, new).await,
        }
    }
}

async fn report(manner: Manner) -> Report {
    let embedded = Embedded::open_in_memory().expect("a database");
    let tenant = TenantId::new("msp").expect("an id");
    demo::seed(&embedded, &tenant, "2026-06-15T12:00:00Z".parse().expect("a time")).expect("a demo");
    let inner = embedded.for_tenant(&tenant);
    let trouble = Arc::new(Mutex::new(None));
    let adapter = Arc::new(Troubled { inner, trouble: trouble.clone(), manner });
    let desk = adapter.desk();
    let external = ExternalId::new("acme").expect("an id");
    let cx = CallCx::new(Reach::Organisations(vec![external.clone()]), Duration::from_secs(9));
    let query = TicketQuery { text: Some("VPN drops".into()), ..TicketQuery::default() };
    let row = desk.tickets(&cx, &query).await.expect("a page").rows.remove(0);
    let map = embedded.organisation_map(&tenant).expect("a map");
    let ticket = Scope::whole_tenant(tenant).admit(&map, row).expect("an owner").record;
    let side = Side {
        organisation: OrganisationId::new("acme").expect("an id"),
        external: external.clone(),
        requester: ticket.requester.contact.expect("a contact"),
        email: "basic@acme.example".into(),
        ticket: ticket.id.clone(),
        note_canary: "ACMEGW02".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: None,
        lead: None,
        member: None,
    };
    let fixture = Fixture {
        adapter,
        map,
        own: side.clone(),
        foreign: side,
        staff: Agent { id: "a".into(), name: "A".into(), email: None },
        escalation_target: "Second line".into(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("TK-1").expect("an id"),
            contact: ContactId::new("CT-0").expect("an id"),
            organisation: ExternalId::new("nobody").expect("an id"),
            article: ArticleId::new("KB-0").expect("an id"),
        },
        caps: Caps::default(),
    };
    run_failures(&fixture, &|now| *trouble.lock().expect("a lock") = now).await
}

#[tokio::test]
async fn an_adapter_that_says_what_is_wrong_passes() {
    let report = report(Manner::Right).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
}

#[tokio::test]
async fn l02_an_adapter_that_repeats_the_backend_is_caught_everywhere() {
    let report = report(Manner::RepeatsTheBackend).await;
    assert_eq!(report.failures().count(), 18, "{report}");
}

#[tokio::test]
async fn w09_an_adapter_that_guesses_what_became_of_a_write_is_caught() {
    for manner in [Manner::CallsAnUnknownWriteFailed, Manner::CallsAnUnknownWriteDone] {
        let report = report(manner).await;
        assert_eq!(report.failures().count(), 5, "{report}");
    }
}
