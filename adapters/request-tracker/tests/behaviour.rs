//! The kit's failure trials, against canned answers: they run everywhere. The whole kit runs on the real program, in
//! `tests/real.rs`: what Request Tracker's query language finds is not to be had from a fake.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "canned/fake.rs"]
mod fake;
#[path = "canned/trouble.rs"]
mod trouble;

use fake::{Canned, page, row};
use postern_api::http::Method;
use postern_api::*;
use postern_kit::{Caps, Fixture, Missing, run_failures};
use postern_request_tracker::Config;
use serde_json::json;
use std::sync::Arc;
use trouble::{Breakable, side};

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    let http = Arc::new(Canned::default());
    http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
    http.on(Method::GET, "transactions", 200, page(json!([])));
    http.on(Method::POST, "attachments", 200, page(json!([])));
    let config = Config { queue_suffix: " Support".into(), ..Config::new("https://rt.example", "postern") };
    let breakable = Breakable::new(config, http.clone()).await;
    let external = |id: &str| ExternalId::new(id).expect("an id");
    let contact = |id: &str| ContactId::new(id).expect("an id");
    let own = side("acme", &external("3"), &contact("30"), "jane@acme.example", "1");
    let foreign = side("globex", &external("4"), &contact("34"), "bob@globex.example", "4");
    let map = OrganisationMap::new([&own, &foreign].map(|it| (it.organisation.clone(), it.external.clone())));
    let fixture = Fixture {
        adapter: breakable.adapter.clone(),
        map,
        own,
        foreign,
        staff: Agent { id: "e-7".into(), name: "Sam".into(), email: None },
        escalation_target: "Second line".into(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("999999").expect("an id"),
            contact: contact("999999"),
            organisation: external("999999"),
            article: ArticleId::new("999999").expect("an id"),
        },
        caps: Caps::default(),
    };
    let report = run_failures(&fixture, &|trouble| breakable.misbehave(trouble)).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcomes().len(), 20);
    assert!(!http.asked(&Method::GET, "tickets").is_empty(), "what meets no fault arrives");
    assert_eq!(http.writes(), 0, "every write met the fault");
}
