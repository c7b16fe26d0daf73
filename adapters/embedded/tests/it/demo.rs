//! The demo is whole, and seeding it again changes nothing.

use crate::support::{cx, demo, demo_on, everywhere, external, now};
use postern_api::*;
use postern_embedded::{Embedded, demo as data};
use std::collections::BTreeSet;

#[tokio::test]
async fn seeding_twice_changes_nothing() {
    let demo = demo();
    let ticket = demo.find("acme", "VPN drops").await;
    let before = demo.list(&everywhere(), TicketQuery { limit: 200, ..TicketQuery::default() }).await;
    data::seed(&demo.embedded, &demo.tenant, now()).expect("a second seeding");
    let after = demo.list(&everywhere(), TicketQuery { limit: 200, ..TicketQuery::default() }).await;
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    assert_eq!(demo.find("acme", "VPN drops").await, ticket);
}

#[tokio::test]
async fn two_demos_of_the_same_moment_are_alike() {
    let now = now();
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        let embedded = Embedded::open_in_memory().expect("a database");
        data::seed(&embedded, &TenantId::new("msp").expect("an id"), now).expect("a demo");
        let demo = demo_on(&embedded, "msp");
        let rows = demo.list(&everywhere(), TicketQuery { limit: 200, ..TicketQuery::default() }).await;
        seen.insert(format!("{rows:?}"));
    }
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn every_customer_account_is_an_active_login_with_its_role() {
    let demo = demo();
    for account in data::ACCOUNTS.iter().filter(|it| it.realm == "customer") {
        let organisation = account.organisation.expect("an organisation");
        let logins = demo.identity().logins(&cx(organisation), &external(organisation)).await.expect("logins");
        let logins: Vec<_> = logins.into_iter().map(|it| demo.open(it)).collect();
        let login = logins.iter().find(|it| it.email == account.email).expect("a login");
        let role = if account.role == "lead-customer" { LoginRole::Lead } else { LoginRole::Basic };
        assert_eq!((login.name.as_str(), login.role, login.status), (account.name, role, LoginStatus::Active));
        for status in [LoginStatus::Pending, LoginStatus::Disabled] {
            assert!(logins.iter().any(|it| it.status == status), "{organisation} has no {status:?} login");
        }
    }
}

#[tokio::test]
async fn each_customer_has_tickets_in_every_state_with_all_that_belongs_to_them() {
    let demo = demo();
    for organisation in ["acme", "globex", "initech"] {
        let (rows, total) = demo.list(&cx(organisation), TicketQuery { limit: 200, ..TicketQuery::default() }).await;
        assert!(total >= 12, "{organisation} has {total}");
        use TicketStatus::{Closed, Open, Pending, Resolved};
        for status in [Open, Pending, Resolved, Closed] {
            assert!(rows.iter().any(|it| it.status == status), "{organisation}: none is {status:?}");
        }
        assert!(rows.iter().any(|it| it.visibility == Visibility::Private));
        assert!(rows.iter().any(|it| it.sla.breach_reason.is_some()));
        assert!(rows.iter().all(|it| it.sla.response_due.is_some() && it.created_at <= it.public_updated_at));
        assert!(rows.iter().any(|it| it.internal_comments > 0) && rows.iter().any(|it| it.public_comments > 0));
        let mut escalated = false;
        let mut files = false;
        for row in rows {
            let whole = demo.open(demo.desk().ticket(&cx(organisation), &row.id).await.expect("a ticket"));
            assert_eq!(whole.comments.len() as u32, row.public_comments + row.internal_comments);
            escalated |= !whole.escalations.is_empty();
            files |= !whole.attachments.is_empty();
        }
        assert!(escalated && files, "{organisation} has no escalation or no file");
    }
}

#[tokio::test]
async fn each_customer_has_a_file_that_can_be_attached() {
    let demo = demo();
    for organisation in ["acme", "globex", "initech"] {
        let file = AttachmentId::new(&format!("AT-{organisation}-1")).expect("an id");
        let new = NewTicket { attachments: vec![file.clone()], ..demo.new_ticket(organisation).await };
        let ticket = demo.open(demo.desk().create(&cx(organisation), &new).await.expect("a ticket"));
        assert_eq!(ticket.attachments.first().map(|it| &it.id), Some(&file));
    }
}

/// The redactor has something to show: a telephone number, an address, a password, an account number.
#[tokio::test]
async fn ticket_text_holds_what_must_be_redacted() {
    let demo = demo();
    for (organisation, word) in [
        ("acme", "555 0171"),
        ("acme", "Sunflower#2291"),
        ("acme", "DE89"),
        ("globex", "Halle3"),
        ("initech", "St4ging"),
    ] {
        demo.find(organisation, word).await;
    }
}
