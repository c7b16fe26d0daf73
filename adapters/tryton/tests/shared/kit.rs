//! What the kit is told of a Tryton with two parties. There is no service desk, so no tickets.

use postern_api::*;
use postern_kit::{Caps, Fixture, Missing, Side};
use std::sync::Arc;

fn side(organisation: &str, external: i64) -> Side {
    Side {
        organisation: OrganisationId::new(organisation).expect("an id"),
        external: ExternalId::new(&external.to_string()).expect("an id"),
        requester: ContactId::new("none").expect("an id"),
        email: "none@acme.example".into(),
        ticket: TicketId::new("none").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: None,
        lead: None,
        member: None,
    }
}

/// An adapter and the numbers of its two parties.
pub(crate) fn fixture(adapter: Arc<dyn Adapter>, acme: i64, globex: i64) -> Fixture {
    let (own, foreign) = (side("acme", acme), side("globex", globex));
    let pairs = [&own, &foreign].map(|it| (it.organisation.clone(), it.external.clone()));
    Fixture {
        adapter,
        map: OrganisationMap::new(pairs),
        own,
        foreign,
        staff: Agent { id: "1".into(), name: "Kit".into(), email: None },
        escalation_target: String::new(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("none").expect("an id"),
            contact: ContactId::new("none").expect("an id"),
            organisation: ExternalId::new("999999").expect("an id"),
            article: ArticleId::new("none").expect("an id"),
        },
        caps: Caps::default(),
    }
}
