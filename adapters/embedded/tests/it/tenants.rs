//! Two tenants in one file with the same ids: neither learns of the other, neither changes the other.

use crate::behaviour::fixture;
use crate::picture::picture;
use crate::support::{Demo, cx, demo_on, everywhere, external, kind, marcus};
use postern_api::*;
use postern_embedded::Embedded;

fn two() -> (Demo, Demo) {
    let embedded = Embedded::open_in_memory().expect("a database");
    (demo_on(&embedded, "msp"), demo_on(&embedded, "other-msp"))
}

#[tokio::test]
async fn b14_what_one_tenant_does_leaves_the_other_as_it_was() {
    let (one, other) = two();
    let before = picture(&other).await;
    let report = postern_kit::run(&fixture(&one).await).await;
    assert!(report.passed(), "{report}");
    assert_ne!(picture(&one).await, before, "the kit changed its own tenant");
    assert_eq!(picture(&other).await, before);
}

#[tokio::test]
async fn b14_the_kit_passes_beside_another_tenant_with_the_same_ids() {
    let (one, other) = two();
    for demo in [&other, &one] {
        let report = postern_kit::run(&fixture(demo).await).await;
        assert!(report.passed(), "{report}");
    }
}

#[tokio::test]
async fn b06_a_search_or_count_of_one_tenant_does_not_touch_the_other() {
    let (one, other) = two();
    let id = one.find("acme", "VPN drops").await;
    for (internal, word) in [(false, "zebrapublic"), (true, "zebranote")] {
        let note = NewComment { author: Author::Agent(marcus()), body: word.into(), internal };
        one.desk().comment(&cx("acme"), &id, &note).await.expect("a comment");
        let query = TicketQuery { text: Some(word.into()), ..TicketQuery::default() };
        assert_eq!(one.list(&everywhere(), query.clone()).await.1, 1);
        assert_eq!(other.list(&everywhere(), query).await.1, 0);
    }
}

/// A tenant that nobody set up has nothing, and its ids name nothing.
#[tokio::test]
async fn an_unknown_tenant_is_empty() {
    let (one, _) = two();
    let id = one.find("acme", "VPN drops").await;
    let nobody = one.embedded.for_tenant(&TenantId::new("nobody").expect("an id"));
    let desk = nobody.service_desk().expect("a service desk");
    assert_eq!(kind(desk.ticket(&everywhere(), &id).await), ErrorKind::NotFound);
    assert_eq!(desk.tickets(&everywhere(), &TicketQuery::default()).await.expect("a page").total, 0);
    let crm = nobody.crm().expect("a CRM");
    assert_eq!(kind(crm.organisation(&everywhere(), &external("acme")).await), ErrorKind::NotFound);
}
