//! The kit, in memory and on a file.

use crate::support::{Demo, demo, demo_on, external, marcus};
use postern_api::*;
use postern_embedded::Embedded;
use postern_kit::{Articles, Caps, Fixture, Missing, Side};

struct Known {
    ticket: &'static str,
    canary: &'static str,
    colleagues: &'static str,
    private: &'static str,
}

const ACME: Known = Known {
    ticket: "VPN drops",
    canary: "ACMEGW02",
    colleagues: "month-end workbook",
    private: "administrator accounts",
};
const GLOBEX: Known =
    Known { ticket: "CAD licence", canary: "GLXLIC01", colleagues: "label printer", private: "leaving the contract" };

async fn side(demo: &Demo, organisation: &str, known: Known) -> Side {
    let requester = demo.contact(organisation, "basic").await;
    Side {
        organisation: OrganisationId::new(organisation).expect("an id"),
        external: external(organisation),
        requester: requester.clone(),
        email: format!("basic@{organisation}.example"),
        ticket: demo.find(organisation, known.ticket).await,
        note_canary: known.canary.to_owned(),
        colleagues_ticket: Some(demo.find(organisation, known.colleagues).await),
        private_ticket: Some(demo.find(organisation, known.private).await),
        contact: Some(requester.clone()),
        lead: Some(demo.contact(organisation, "lead").await),
        member: Some(requester),
    }
}

pub(crate) async fn fixture(demo: &Demo) -> Fixture {
    Fixture {
        adapter: demo.adapter.clone(),
        map: demo.map.clone(),
        own: side(demo, "acme", ACME).await,
        foreign: side(demo, "globex", GLOBEX).await,
        staff: marcus(),
        escalation_target: "Second line".into(),
        articles: Some(Articles {
            public: ArticleId::new("KB-0001").expect("an id"),
            internal: ArticleId::new("KB-0009").expect("an id"),
            word: "VPN".to_owned(),
            internal_canary: "RB-VPNREKEY".to_owned(),
        }),
        missing: Missing {
            ticket: TicketId::new("TK-1999-000001").expect("an id"),
            contact: ContactId::new("CT-999999").expect("an id"),
            organisation: external("nobody"),
            article: ArticleId::new("KB-9999").expect("an id"),
        },
        // There is no mailer.
        caps: Caps { mail: false, ..Caps::default() },
    }
}

#[tokio::test]
async fn the_backend_in_memory_passes_the_kit() {
    let report = postern_kit::run(&fixture(&demo()).await).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn the_backend_on_a_file_passes_the_kit() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = demo_on(&Embedded::open(&folder.path().join("postern.db")).expect("a database"), "msp");
    let report = postern_kit::run(&fixture(&demo).await).await;
    assert!(report.passed(), "{report}");
}

/// Every trial runs here: nothing is left out for want of an operation, and only the one for those that carry no words.
#[tokio::test]
async fn the_backend_is_held_to_every_trial() {
    let fixture = fixture(&demo()).await;
    let held: Vec<_> = postern_kit::trials(&fixture).iter().map(postern_kit::Trial::name).collect();
    let all = postern_kit::all();
    let left: Vec<_> = all.iter().map(postern_kit::Trial::name).filter(|it| !held.contains(it)).collect();
    assert_eq!(left, ["words that no invitation carries are refused"]);
}
