//! What both runs of the kit share.

use postern_api::*;
use postern_keycloak::{AccessRoleConfig, Config};
use postern_kit::*;
use postern_simulators::http::PlainHttp;
use std::sync::Arc;

fn organisation(id: &str) -> OrganisationId {
    OrganisationId::new(id).expect("an id")
}

fn external(id: &str) -> ExternalId {
    ExternalId::new(id).expect("an id")
}

fn contact(id: &str) -> ContactId {
    ContactId::new(id).expect("an id")
}

pub(crate) fn roles() -> [(String, AccessRoleConfig); 4] {
    let role = |rights: &[Right], internal| AccessRoleConfig {
        rights: rights.iter().copied().collect(),
        internal,
        ..AccessRoleConfig::default()
    };
    [
        ("viewer".into(), AccessRoleConfig { default: true, ..role(&[Right::Documents], false) }),
        ("manager".into(), role(&[Right::Documents, Right::Invoices, Right::UserManagement], false)),
        ("msp-operator".into(), role(&[], true)),
        // Brings others with it, and is internal for that.
        ("everything".into(), role(&[Right::Documents], false)),
    ]
}

pub(crate) fn adapter(config: Config) -> Arc<dyn Adapter> {
    let http = PlainHttp::new(&config.base_url, Some(postern_keycloak::authenticator(&config))).expect("a client");
    postern_keycloak::connect(config, http).expect("a good configuration")
}

/// What a directory has no use for is filled in with names of nothing.
pub(crate) fn side(name: &str, id: &str, (lead, member): (&str, &str)) -> Side {
    Side {
        organisation: organisation(name),
        external: external(id),
        requester: contact(member),
        email: format!("basic@{name}.example"),
        ticket: TicketId::new("none").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: None,
        lead: Some(contact(lead)),
        member: Some(contact(member)),
    }
}

pub(crate) fn fixture_of(adapter: Arc<dyn Adapter>, own: Side, foreign: Side) -> Fixture {
    Fixture {
        adapter,
        map: OrganisationMap::new([
            (own.organisation.clone(), own.external.clone()),
            (foreign.organisation.clone(), foreign.external.clone()),
        ]),
        own,
        foreign,
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "none".into(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("none").expect("an id"),
            contact: contact("00000000-0000-4000-8000-000000000000"),
            organisation: external("nowhere"),
            article: ArticleId::new("none").expect("an id"),
        },
        // Keycloak writes its mails itself.
        caps: Caps { invitation_words: false, ..Caps::default() },
    }
}
