//! The kit, against the simulator.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

use postern_api::*;
use postern_hubspot::{Config, OrganisationFields};
use postern_kit::*;
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::hubspot::{self, Canned, State};
use std::collections::BTreeSet;
use std::sync::Arc;

fn external(id: u64) -> ExternalId {
    ExternalId::new(&id.to_string()).expect("an id")
}

fn contact(id: u64) -> ContactId {
    ContactId::new(&id.to_string()).expect("an id")
}

fn adapter(url: &str) -> Arc<dyn Adapter> {
    let mut config = Config::new(url, hubspot::ACCOUNT, hubspot::TOKEN);
    config.reference_property = Some(hubspot::REFERENCE.into());
    config.organisation_fields = OrganisationFields { subscription_tier: Some("tier".into()), ..Default::default() };
    let http = PlainHttp::new(&config.base_url, Some(postern_hubspot::authenticator(&config))).expect("a client");
    postern_hubspot::connect(config, http).expect("a good configuration")
}

async fn fixture() -> (Running<State>, Fixture) {
    let hubspot = hubspot::start().await.expect("a free port");
    let side = |name: &str, company: u64, user: u64, email: &str| Side {
        organisation: OrganisationId::new(name).expect("an id"),
        external: external(company),
        requester: contact(user),
        email: email.into(),
        ticket: TicketId::new("1").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: Some(contact(user)),
        lead: None,
        member: None,
    };
    let own = side("acme", hubspot::ACME, hubspot::ACME_USER, "bob.basic@acme.example");
    let foreign = side("globex", hubspot::GLOBEX, hubspot::GLOBEX_USER, "gil@globex.example");
    let fixture = Fixture {
        adapter: adapter(&hubspot.url),
        map: OrganisationMap::new([&own, &foreign].map(|it| (it.organisation.clone(), it.external.clone()))),
        own,
        foreign,
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "none".into(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("999999").expect("an id"),
            contact: contact(999_999),
            organisation: external(999_999),
            article: ArticleId::new("999999").expect("an id"),
        },
        caps: Caps::default(),
    };
    (hubspot, fixture)
}

fn canned(trouble: Trouble) -> Canned {
    // A batch is read with a POST.
    let verbs: &[&str] = if trouble.side == FaultSide::Reads { &["GET", "POST"] } else { &["PATCH"] };
    let json = |status: u16, body: &str| Canned {
        methods: verbs.iter().map(|it| (*it).to_owned()).collect(),
        status,
        content_type: "application/json;charset=utf-8".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Canned::default()
    };
    let error = |status: u16, category: &str| {
        json(status, &format!(r#"{{"status":"error","message":"@","category":"{category}","correlationId":"@"}}"#))
    };
    match trouble.fault {
        Fault::Unauthenticated => error(401, "INVALID_AUTHENTICATION"),
        Fault::Forbidden => error(403, "MISSING_SCOPES"),
        Fault::NotFound => error(404, "OBJECT_NOT_FOUND"),
        Fault::RateLimited => Canned { retry_after: Some(7), ..error(429, "RATE_LIMITS") },
        Fault::ServerError => error(500, "@"),
        Fault::Slow => Canned { silent: true, ..json(200, "@") },
        Fault::Cut => json(200, r#"{"id":"41000001","archived":false,"properties":{"name":"@"#),
        Fault::Html => {
            Canned { content_type: "text/html".into(), ..json(200, "<!DOCTYPE html><html><body>@</body></html>") }
        }
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

/// The kit, in which nothing is asked that the description does not have.
#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let (hubspot, fixture) = fixture().await;
    let report = run(&fixture).await;
    assert!(report.passed(), "{report}");
    assert_eq!(hubspot.state.outside(), Vec::<String>::new());
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let (hubspot, fixture) = fixture().await;
    let misbehave = |trouble: Option<Trouble>| {
        hubspot.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
    };
    let report = run_failures(&fixture, &misbehave).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
    assert_eq!(hubspot.state.data(|it| it.writes), 0);
}

/// Whether the kit passes, and a company can be changed.
async fn works(fixture: &Fixture) -> bool {
    let mut cx = CallCx::new(Reach::Organisations(vec![external(hubspot::ACME)]), std::time::Duration::from_secs(5));
    cx.reference = Some("gw:scopes".into());
    let change = ProfileChange {
        organisation: external(hubspot::ACME),
        contact: None,
        fields: [(ProfileField::CompanyPhone, (Some("+49 30 1000".into()), Some("+49 30 1001".into())))].into(),
        source: "a test".into(),
        by: "a test".into(),
    };
    let changed = fixture.adapter.crm().expect("a crm").change_profile(&cx, &change).await;
    run(fixture).await.passed() && changed.is_ok()
}

/// The scopes that the README names are enough, and none of them is too many.
#[tokio::test]
async fn the_scopes_that_are_asked_for_are_those_that_are_needed() {
    let readme = include_str!("../README.md");
    let all: BTreeSet<_> = hubspot::SCOPES.into();
    let with = async |scopes: BTreeSet<&'static str>| {
        let (hubspot, fixture) = fixture().await;
        hubspot.state.quirks(|it| it.scopes = Some(scopes));
        works(&fixture).await
    };
    assert!(with(all.clone()).await);
    for scope in &all {
        assert!(readme.contains(scope), "{scope}");
        assert!(!with(all.iter().copied().filter(|it| it != scope).collect()).await, "{scope}");
    }
}

/// Nothing that the adapter says that it can do is left out.
#[tokio::test]
async fn the_adapter_is_held_to_every_trial() {
    let (_hubspot, fixture) = fixture().await;
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    let supports = fixture.adapter.supports();
    let wanted = all().into_iter().filter(|it| it.needs().iter().all(|op| supports.contains(op)));
    let left_out: Vec<&str> = wanted.map(|it| it.name()).filter(|it| !held.contains(it)).collect();
    assert_eq!(left_out, [""; 0]);
}
