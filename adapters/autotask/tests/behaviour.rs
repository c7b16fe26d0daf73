//! The kit, against the simulator.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

use parking_lot::Mutex;
use postern_api::*;
use postern_autotask::Budgets;
use postern_kit::*;
use postern_simulators::Running;
use postern_simulators::autotask::{self, Canned, Kind, State};
use postern_simulators::http::PlainHttp;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn organisation(id: &str) -> OrganisationId {
    OrganisationId::new(id).expect("an id")
}

fn external(id: i64) -> ExternalId {
    ExternalId::new(&id.to_string()).expect("an id")
}

fn contact(id: i64) -> ContactId {
    ContactId::new(&id.to_string()).expect("an id")
}

fn ticket(id: i64) -> TicketId {
    TicketId::new(&id.to_string()).expect("an id")
}

fn article(id: i64) -> ArticleId {
    ArticleId::new(&id.to_string()).expect("an id")
}

fn adapter(url: &str, budgets: &Budgets) -> Arc<dyn Adapter> {
    let secret = autotask::SECRET.to_owned().into();
    let hosts = vec!["127.0.0.1".to_owned()];
    let mut config = postern_autotask::Config::new(autotask::USERNAME, autotask::INTEGRATION_CODE, secret, hosts);
    config.lookup_url = format!("{url}/atservicesrest");
    config.private_field = Some("PosternPrivate".into());
    config.currency = Some("USD".into());
    config.public_article_publish = vec![1];
    config.customer_visible = postern_autotask::CustomerVisible { invoices: true, orders: true, projects: true };
    let http = PlainHttp::new(&config.lookup_url, Some(postern_autotask::authenticator(&config))).expect("a client");
    postern_autotask::connect(config, http, budgets).expect("a good configuration")
}

/// A simulator and what the kit counts on: both organisations have an open ticket with a comment and a note.
async fn fixture(budgets: &Budgets) -> (Running<State>, Fixture) {
    let desk = autotask::start().await.expect("a free port");
    let side = |name: &str, company: i64, user: i64, email: &str| Side {
        organisation: organisation(name),
        external: external(company),
        requester: contact(user),
        email: email.to_owned(),
        ticket: ticket(4322),
        note_canary: format!("{name}canary7"),
        colleagues_ticket: None,
        private_ticket: None,
        contact: Some(contact(user)),
        lead: None,
        member: None,
    };
    let fixture = Fixture {
        adapter: adapter(&desk.url, budgets),
        map: OrganisationMap::new([
            (organisation("acme"), external(autotask::ACME)),
            (organisation("globex"), external(autotask::GLOBEX)),
        ]),
        own: Side {
            colleagues_ticket: Some(ticket(4321)),
            // Its mark cannot be read, so it is its requester's alone.
            private_ticket: Some(ticket(4324)),
            ..side("acme", autotask::ACME, autotask::ACME_USER, "bob.basic@acme.example")
        },
        foreign: Side {
            ticket: ticket(5001),
            ..side("globex", autotask::GLOBEX, autotask::GLOBEX_USER, "gil@globex.example")
        },
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "2nd Line".into(),
        articles: Some(Articles {
            public: article(801),
            internal: article(802),
            word: "printer".into(),
            internal_canary: "articlecanary3".into(),
        }),
        missing: Missing {
            ticket: ticket(999_999),
            contact: contact(999_999),
            organisation: external(999_999),
            article: article(999_999),
        },
        caps: Caps {
            // The vendor counts and creates in two steps; the gateway's own check holds the limit.
            holds_limit: false,
            // Neither vendor nor adapter keeps which change came with which reference.
            remembers_changes: false,
            // The vendor stops its own clock, by the service level agreement's rules, and its reports go by that.
            sla: false,
            ..Caps::default()
        },
    };
    (desk, fixture)
}

/// The answer that stands for a trouble, in the vendor's own form where it has one, with the canary in every body.
fn canned(trouble: Trouble) -> Canned {
    let reads = trouble.side == FaultSide::Reads;
    let json = |status: u16, body: &str| Canned {
        kind: if reads { Kind::Reads } else { Kind::Writes },
        status,
        content_type: "application/json; charset=utf-8".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Canned::default()
    };
    match trouble.fault {
        Fault::Unauthenticated => json(401, "@"),
        Fault::Forbidden => json(
            500,
            r#"{"errors":["@ The logged in Resource does not have the adequate permissions to query this entity type."]}"#,
        ),
        Fault::NotFound if reads => json(200, r#"{"item":null,"also":"@"}"#),
        Fault::NotFound => json(500, r#"{"errors":["@ No matching records found."]}"#),
        Fault::RateLimited => Canned { retry_after: Some(7), ..json(429, r#"{"errors":["@"]}"#) },
        Fault::ServerError => json(500, r#"{"Message":"An error has occurred.","StackTrace":"   at @.Lookup()"}"#),
        Fault::Slow => Canned { silent: true, ..json(200, "@") },
        Fault::Cut => json(200, r#"{"item":{"id":4322,"companyID":174,"title":"@"#),
        Fault::Html => Canned {
            content_type: "text/html; charset=utf-8".into(),
            ..json(200, "<!DOCTYPE html><html><body>@</body></html>")
        },
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (_desk, fixture) = fixture(&Budgets::default()).await;
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
}

/// A 429 holds back everybody on the database for as long as it says, so that the clock goes on after each trouble.
#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let now = Arc::new(Mutex::new(Instant::now()));
    let shown = now.clone();
    let (desk, fixture) = fixture(&Budgets::with_clock(move || *shown.lock())).await;
    let misbehave = |trouble: Option<Trouble>| {
        if trouble.is_none() {
            *now.lock() += Duration::from_secs(7);
        }
        desk.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let report = run_failures(&fixture, &misbehave).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
}

#[tokio::test]
async fn every_read_of_every_port_passes_the_kit_in_trouble() {
    let now = Arc::new(Mutex::new(Instant::now()));
    let shown = now.clone();
    let (desk, fixture) = fixture(&Budgets::with_clock(move || *shown.lock())).await;
    let misbehave = |trouble: Option<Trouble>| {
        if trouble.is_none() {
            *now.lock() += Duration::from_secs(7);
        }
        desk.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let serve = |body: Option<&str>| {
        let canned =
            |it: &str| Canned { body: it.to_owned(), ..canned(Trouble { fault: Fault::Cut, side: FaultSide::Reads }) };
        desk.state.quirks(|it| it.canned = body.map(canned).into_iter().collect());
    };
    let asked = || desk.state.log.all().len();
    let report = run_every_read(&fixture, &Backend { misbehave: &misbehave, serve: &serve, asked: &asked }).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 25);
}

/// What is left out is what the two `Caps`, and the missing sign-in directory leave out, and nothing more.
#[tokio::test]
async fn the_adapter_is_held_to_every_other_trial() {
    let (_desk, fixture) = fixture(&Budgets::default()).await;
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    let supports = fixture.adapter.supports();
    let left_out: Vec<&str> = all()
        .iter()
        .filter(|it| it.needs().iter().all(|op| supports.contains(op)) && !held.contains(&it.name()))
        .map(Trial::name)
        .collect();
    assert_eq!(left_out, ["a reached limit refuses the ticket", "the first public answer stops the response clock"]);
}
