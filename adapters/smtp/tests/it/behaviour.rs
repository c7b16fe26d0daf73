//! The kit.

use crate::support::{Bench, external};
use postern_api::*;
use postern_kit::{Caps, Fixture, Missing, Side};

async fn side(bench: &Bench, organisation: &str) -> Side {
    let email = format!("lead@{organisation}.example");
    let contact = bench.recipient(organisation, &email).await.contact;
    Side {
        organisation: OrganisationId::new(organisation).expect("an id"),
        external: external(organisation),
        requester: contact.clone(),
        email,
        ticket: TicketId::new("none").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: Some(contact),
        lead: None,
        member: None,
    }
}

#[tokio::test]
async fn the_adapter_passes_the_kit() {
    let bench = Bench::new();
    let fixture = Fixture {
        adapter: bench.adapter.clone(),
        map: bench.embedded.organisation_map(&bench.tenant).expect("a map"),
        own: side(&bench, "acme").await,
        foreign: side(&bench, "globex").await,
        staff: Agent { id: "1".into(), name: "Kit".into(), email: None },
        escalation_target: String::new(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("none").expect("an id"),
            contact: ContactId::new("CT-999999").expect("an id"),
            organisation: external("nobody"),
            article: ArticleId::new("none").expect("an id"),
        },
        caps: Caps::default(),
    };
    let report = postern_kit::run(&fixture).await;
    assert!(report.passed(), "{report}");
}
