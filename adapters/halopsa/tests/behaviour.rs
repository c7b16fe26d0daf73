//! The kit, against the simulator.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, also in its helpers")]

use postern_api::*;
use postern_kit::*;
use postern_simulators::Running;
use postern_simulators::halopsa::{self, Canned, State};
use postern_simulators::http::PlainHttp;
use serde_json::{Value, json};
use std::sync::Arc;

const OPEN: i64 = 1;

/// A row like one that the simulator begins with, under another number and with other values.
fn like(rows: &mut Vec<Value>, original: i64, id: i64, rest: Value) {
    let row = rows.iter().find(|it| it["id"] == json!(original)).expect("a seeded row");
    let (Value::Object(mut row), Value::Object(rest)) = (row.clone(), rest) else { panic!("an object each") };
    row.extend(rest);
    row.insert("id".into(), json!(id));
    rows.push(Value::Object(row));
}

/// What the kit counts on and the simulator does not begin with: an open ticket of a basic user in each organisation, with
/// a comment and a note.
fn seed(state: &State) {
    state.quirks(|it| it.real_time = true);
    state.data(|data| {
        let words = |summary: &str| json!({ "summary": summary, "details": "since Monday", "status_id": OPEN });
        like(&mut data.tickets, 4322, 6001, words("Monitor flickers"));
        like(&mut data.tickets, 5001, 6002, words("Keyboard sticks"));
        for (ticket, canary) in [(6001, "acmecanary7"), (6002, "globexcanary7")] {
            let said = |note: &str, hidden: bool| json!({ "ticket_id": ticket, "note": note, "note_html": null, "hiddenfromuser": hidden });
            like(&mut data.actions, 1, ticket * 10, said("We are looking into it", false));
            like(&mut data.actions, 2, ticket * 10 + 1, said(&format!("the cable is bad, says {canary}"), true));
        }
    });
}

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

fn adapter(url: &str) -> Arc<dyn Adapter> {
    let secret = halopsa::CLIENT_SECRET.to_owned();
    let mut config = postern_halopsa::Config::new(format!("{url}/api"), halopsa::CLIENT_ID, secret);
    config.tenant = Some(halopsa::TENANT.to_owned());
    config.private_field = Some("CFPrivate".into());
    config.action_reference_field = Some("CFReference".into());
    config.currency = Some("USD".into());
    config.quote_statuses = [("1".to_owned(), OrderStatus::Draft), ("2".to_owned(), OrderStatus::Sent)].into();
    config.customer_visible = postern_halopsa::CustomerVisible { invoices: true, orders: true, projects: true };
    let http = PlainHttp::new(&config.base_url, Some(postern_halopsa::authenticator(&config))).expect("a client");
    postern_halopsa::connect(config, http).expect("a good configuration")
}

async fn fixture() -> (Running<State>, Fixture) {
    let halo = halopsa::start().await.expect("a free port");
    seed(&halo.state);
    let side = |name: &str, client: i64, user: i64, email: &str| Side {
        organisation: organisation(name),
        external: external(client),
        requester: contact(user),
        email: email.to_owned(),
        ticket: ticket(6001),
        note_canary: format!("{name}canary7"),
        colleagues_ticket: None,
        private_ticket: None,
        contact: Some(contact(user)),
        lead: None,
        member: None,
    };
    let fixture = Fixture {
        adapter: adapter(&halo.url),
        map: OrganisationMap::new([
            (organisation("acme"), external(halopsa::ACME)),
            (organisation("globex"), external(halopsa::GLOBEX)),
        ]),
        own: Side {
            colleagues_ticket: Some(ticket(4321)),
            // Its mark cannot be read, so it is its requester's alone.
            private_ticket: Some(ticket(4325)),
            ..side("acme", halopsa::ACME, halopsa::ACME_USER, "bob.basic@acme.example")
        },
        foreign: Side {
            ticket: ticket(6002),
            ..side("globex", halopsa::GLOBEX, halopsa::GLOBEX_USER, "gil@globex.example")
        },
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "2nd Line".into(),
        articles: Some(Articles {
            public: article(901),
            internal: article(903),
            word: "vpn".into(),
            internal_canary: "secrets".into(),
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
            // The vendor stops its own clock, by the outcome's settings, and what it says is what its reports say.
            sla: false,
            ..Caps::default()
        },
    };
    (halo, fixture)
}

/// The answer that stands for a trouble, with the canary in every body that there is.
fn canned(trouble: Trouble) -> Canned {
    let json = |status: u16, body: &str| Canned {
        method: if trouble.side == FaultSide::Reads { "GET" } else { "POST" }.into(),
        status,
        content_type: "application/json; charset=utf-8".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Canned::default()
    };
    let exception = r#"{"ClassName":"System.Exception","Message":"@","StackTraceString":"   at @.Lookup()"}"#;
    match trouble.fault {
        Fault::Unauthenticated => json(401, r#"{"error":"invalid_token","error_description":"@"}"#),
        Fault::Forbidden => json(403, exception),
        Fault::NotFound => json(404, exception),
        Fault::RateLimited => Canned { retry_after: Some(7), ..json(429, r#"{"message":"@"}"#) },
        Fault::ServerError => json(500, exception),
        Fault::Slow => Canned { silent: true, ..json(200, "@") },
        Fault::Cut => json(200, r#"{"record_count":1,"id":6001,"client_id":12,"summary":"@"#),
        Fault::Html => Canned {
            content_type: "text/html; charset=utf-8".into(),
            ..json(200, "<!DOCTYPE html><html><body>@</body></html>")
        },
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (_halo, fixture) = fixture().await;
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let (halo, fixture) = fixture().await;
    let misbehave = |trouble: Option<Trouble>| {
        halo.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let report = run_failures(&fixture, &misbehave).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
}

#[tokio::test]
async fn every_read_of_every_port_passes_the_kit_in_trouble() {
    let (halo, fixture) = fixture().await;
    let misbehave = |trouble: Option<Trouble>| {
        halo.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let serve = |body: Option<&str>| {
        let canned =
            |it: &str| Canned { body: it.to_owned(), ..canned(Trouble { fault: Fault::Cut, side: FaultSide::Reads }) };
        halo.state.quirks(|it| it.canned = body.map(canned).into_iter().collect());
    };
    let asked = || halo.state.log.all().len();
    let report = run_every_read(&fixture, &Backend { misbehave: &misbehave, serve: &serve, asked: &asked }).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 25);
}

/// What is left out is what the two `Caps` and the missing directory leave out, and nothing more.
#[tokio::test]
async fn the_adapter_is_held_to_every_other_trial() {
    let (_halo, fixture) = fixture().await;
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    let supports = fixture.adapter.supports();
    let left_out: Vec<&str> = all()
        .iter()
        .filter(|it| it.needs().iter().all(|op| supports.contains(op)) && !held.contains(&it.name()))
        .map(Trial::name)
        .collect();
    assert_eq!(left_out, ["a reached limit refuses the ticket", "the first public answer stops the response clock"]);
}
