//! The kit, against the real program.

use crate::rig::{Rig, config, staff, ticket};
use crate::trouble::{Breakable, side};
use postern_api::*;
use postern_kit::{Caps, Fixture, Missing, Side, run, run_failures};
use postern_request_tracker::authenticator;
use postern_simulators::http::PlainHttp;

async fn fixture(rig: &Rig) -> (Breakable, Fixture) {
    let config = config(&rig.url, "postern", "postern-pass-1");
    let http = PlainHttp::new(&config.base_url, Some(authenticator(&config))).expect("a client");
    let breakable = Breakable::new(config, http).await;
    let fixture = Fixture {
        adapter: breakable.adapter.clone(),
        map: rig.map.clone(),
        own: Side {
            colleagues_ticket: Some(ticket("2")),
            private_ticket: Some(ticket("3")),
            ..side("acme", &rig.acme, &rig.jane, "jane@acme.example", "1")
        },
        foreign: side("globex", &rig.globex, &rig.bob, "bob@globex.example", "4"),
        staff: staff(),
        escalation_target: "Second line".to_owned(),
        articles: None,
        missing: Missing {
            ticket: ticket("999999"),
            contact: ContactId::new("999999").expect("an id"),
            organisation: ExternalId::new("999999").expect("an id"),
            article: ArticleId::new("999999").expect("an id"),
        },
        caps: Caps {
            // Request Tracker has no limits; the gateway's own check holds them.
            holds_limit: false,
            ..Caps::default()
        },
    };
    (breakable, fixture)
}

pub(crate) async fn the_adapter_passes_the_kit(rig: &Rig) {
    let (_, fixture) = fixture(rig).await;
    let report = run(&fixture).await;
    println!("{report}");
    assert!(report.passed());
}

pub(crate) async fn the_adapter_passes_the_kit_in_trouble(rig: &Rig) {
    let (breakable, fixture) = fixture(rig).await;
    let report = run_failures(&fixture, &|trouble| breakable.misbehave(trouble)).await;
    println!("{report}");
    assert!(report.passed());
}
