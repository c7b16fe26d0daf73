//! The kit, against the simulator.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, also in its helpers")]

use postern_api::*;
use postern_kit::*;
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::syncro::{self, Canned, State};
use serde_json::{Value, json};
use std::sync::Arc;

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
    state.data(|data| {
        let words = |subject: &str| json!({ "subject": subject, "status": "New" });
        like(&mut data.tickets, 4322, 6001, words("Monitor flickers"));
        let timer =
            json!({ "id": 1, "ticket_id": 6001, "start_time": "2026-09-02T09:00:00.000Z", "active_duration": 600 });
        if let Some(row) = data.tickets.last_mut() {
            row["ticket_timers"] = json!([timer]);
        }
        like(&mut data.tickets, 5001, 6002, words("Keyboard sticks"));
        for (ticket, canary) in [(6001, "acmecanary7"), (6002, "globexcanary7")] {
            let said = |body: &str| json!({ "ticket_id": ticket, "body": body });
            like(&mut data.comments, 2, ticket * 10, said("since Monday"));
            like(&mut data.comments, 3, ticket * 10 + 1, said("We are looking into it"));
            like(&mut data.comments, 4, ticket * 10 + 2, said(&format!("the cable is bad, says {canary}")));
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
    let mut config = postern_syncro::Config::new(format!("{url}/api/v1"), syncro::TOKEN);
    config.private_field = Some("Private".into());
    config.public_pages = vec![901];
    config.currency = Some("USD".into());
    config.payments_in_cents = Some(true);
    config.customer_visible = postern_syncro::CustomerVisible { invoices: true, orders: true };
    let http = PlainHttp::new(&config.base_url, Some(postern_syncro::authenticator(&config))).expect("a client");
    postern_syncro::connect(config, http).expect("a good configuration")
}

async fn fixture() -> (Running<State>, Fixture) {
    let syncro = syncro::start().await.expect("a free port");
    seed(&syncro.state);
    let side = |name: &str, customer: i64, user: i64, email: &str| Side {
        organisation: organisation(name),
        external: external(customer),
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
        adapter: adapter(&syncro.url),
        map: OrganisationMap::new([
            (organisation("acme"), external(syncro::ACME)),
            (organisation("globex"), external(syncro::GLOBEX)),
        ]),
        own: Side {
            colleagues_ticket: Some(ticket(4321)),
            // Its mark cannot be read, so it is its requester's alone.
            private_ticket: Some(ticket(4325)),
            ..side("acme", syncro::ACME, syncro::ACME_USER, "bob.basic@acme.example")
        },
        foreign: Side {
            ticket: ticket(6002),
            ..side("globex", syncro::GLOBEX, syncro::GLOBEX_USER, "gil@globex.example")
        },
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "Tess Second".into(),
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
        // The vendor counts and creates in two steps; the gateway's own check holds the limit.
        caps: Caps {
            holds_limit: false,
            // Neither vendor nor adapter keeps which change came with which reference.
            remembers_changes: false,
            ..Caps::default()
        },
    };
    (syncro, fixture)
}

/// The answer that stands for a trouble, with the canary in every body that there is.
fn canned(trouble: Trouble) -> Canned {
    let verbs: &[&str] = if trouble.side == FaultSide::Reads { &["GET"] } else { &["POST", "PUT"] };
    let json = |status: u16, body: &str| Canned {
        methods: verbs.iter().map(|it| (*it).to_owned()).collect(),
        status,
        content_type: "application/json; charset=utf-8".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Canned::default()
    };
    // The vendor says 401 where others say 403.
    let permission = r#"{"error":"Not authorized. Please ask account admin to update your group permissions. @"}"#;
    match trouble.fault {
        Fault::Unauthenticated => json(401, r#"{"error":"Invalid token @"}"#),
        Fault::Forbidden => json(401, permission),
        Fault::NotFound => json(404, r#"{"message":"Not found @"}"#),
        Fault::RateLimited => Canned { retry_after: Some(7), ..json(429, r#"{"message":"@"}"#) },
        Fault::ServerError => json(500, r#"{"error":"@"}"#),
        Fault::Slow => Canned { silent: true, ..json(200, "@") },
        Fault::Cut => json(200, r#"{"ticket":{"id":6001,"customer_id":12,"subject":"@"#),
        Fault::Html => Canned {
            content_type: "text/html; charset=utf-8".into(),
            ..json(200, "<!DOCTYPE html><html><body>@</body></html>")
        },
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

/// The kit, in which nothing is asked that the vendor's description does not have, and nobody gets an e-mail.
#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (syncro, fixture) = fixture().await;
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
    assert_eq!(syncro.state.outside(), Vec::<String>::new());
    assert_eq!(syncro.state.data(|it| it.mails.clone()), Vec::<String>::new());
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let (syncro, fixture) = fixture().await;
    let misbehave = |trouble: Option<Trouble>| {
        syncro.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let report = run_failures(&fixture, &misbehave).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
}

#[tokio::test]
async fn every_read_of_every_port_passes_the_kit_in_trouble() {
    let (syncro, fixture) = fixture().await;
    let misbehave = |trouble: Option<Trouble>| {
        syncro.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let serve = |body: Option<&str>| {
        let canned =
            |it: &str| Canned { body: it.to_owned(), ..canned(Trouble { fault: Fault::Cut, side: FaultSide::Reads }) };
        syncro.state.quirks(|it| it.canned = body.map(canned).into_iter().collect());
    };
    let asked = || syncro.state.log.all().len();
    let report = run_every_read(&fixture, &Backend { misbehave: &misbehave, serve: &serve, asked: &asked }).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 25);
}

/// The permissions that the README names are enough, and none of them is too many.
#[tokio::test]
async fn the_permissions_that_are_asked_for_are_those_that_are_needed() {
    let (syncro, fixture) = fixture().await;
    let all: std::collections::BTreeSet<_> = syncro::PERMISSIONS.into();
    let readme = include_str!("../README.md");
    for permission in &all {
        assert!(readme.contains(permission), "{permission}");
    }
    syncro.state.quirks(|it| it.permissions = Some(all.clone()));
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
    for permission in &all {
        // Its own, since each run leaves tickets that the next one reads.
        let (syncro, fixture) = self::fixture().await;
        let others = all.iter().copied().filter(|it| it != permission).collect();
        syncro.state.quirks(|it| it.permissions = Some(others));
        assert!(!run(&fixture).await.passed(), "{permission}");
    }
}

/// What is left out is what one of the `Caps` and the missing sign-in directory leave out, and nothing more.
#[tokio::test]
async fn the_adapter_is_held_to_every_other_trial() {
    let (_syncro, fixture) = fixture().await;
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    let supports = fixture.adapter.supports();
    let left_out: Vec<&str> = all()
        .iter()
        .filter(|it| it.needs().iter().all(|op| supports.contains(op)) && !held.contains(&it.name()))
        .map(Trial::name)
        .collect();
    assert_eq!(left_out, ["a reached limit refuses the ticket"]);
}
