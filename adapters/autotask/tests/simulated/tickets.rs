//! One ticket, whole.

use crate::setup::*;
use postern_api::*;
use postern_simulators::autotask;
use serde_json::json;

#[tokio::test]
async fn a_missing_ticket_is_200_and_null_and_not_found() {
    let desk = desk().await;
    let error = desk.desk().ticket(&acme(), &tid("999")).await.expect_err("none");
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"));
    assert_eq!(desk.crm().contact(&acme(), &cid("999")).await.expect_err("none").kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_ticket_comes_whole() {
    let desk = desk().await;
    let ticket = desk.ticket("4321").await;
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Open, Priority::High));
    assert_eq!((ticket.category.as_str(), ticket.visibility), ("Hardware", Visibility::Organisation));
    assert_eq!((ticket.requester.name.as_str(), ticket.requester.contact), ("Ann Lead", Some(cid(ANN))));
    assert_eq!(ticket.assignee.map(|it| it.name).as_deref(), Some("Ada Agent"));
    assert_eq!(ticket.sla.responded_at.map(|it| it.to_string()).as_deref(), Some("2026-09-01T10:00:00Z"));
    // A resolution on an open ticket is somebody's draft.
    assert!(ticket.resolution.is_none());
    let ticket = desk.ticket("4325").await;
    assert_eq!(ticket.status, TicketStatus::Closed);
    assert_eq!(ticket.resolution.as_ref().map(Text::expose), Some("New mouse"));
    let ticket = desk.ticket("4322").await;
    let authors: Vec<_> = ticket.comments.iter().map(|it| matches!(it.author, Author::Agent(_))).collect();
    assert_eq!(authors, [true, true, false]);
    assert_eq!((ticket.public_comments, ticket.internal_comments), (2, 1));
    let files: Vec<_> = ticket.attachments.iter().map(|it| (it.name.expose(), it.internal)).collect();
    assert_eq!(files, [("photo.png", false), ("costs.xlsx", true)]);
}

#[tokio::test]
async fn a_note_is_public_where_publish_is_1_and_nowhere_else() {
    for publish in [
        json!(2),
        json!(3),
        json!(4),
        json!(0),
        json!(-1),
        json!(99),
        json!(null),
        json!("All"),
        json!(true),
        json!([1]),
    ] {
        let desk = desk().await;
        desk.state().data(|data| {
            for row in data.rows("TicketNotes") {
                row["publish"] = publish.clone();
            }
        });
        let ticket = desk.ticket("4322").await;
        assert!(ticket.comments.iter().all(|it| it.internal), "{publish}");
        assert_eq!((ticket.public_comments, ticket.internal_comments), (0, 3));
        let page = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect("a page");
        assert!(opened(page.rows).iter().all(|it| it.public_comments == 0), "{publish}");
    }
    let desk = desk().await;
    desk.state().quirks(|it| it.no_publish = true);
    assert!(desk.ticket("4322").await.comments.iter().all(|it| it.internal));
}

/// Titles of others may be the subject of a stranger's e-mail.
#[tokio::test]
async fn a_title_says_who_wrote_only_where_postern_wrote_it() {
    let desk = desk().await;
    desk.state().data(|data| {
        let rows = data.rows("TicketNotes");
        rows[0]["title"] = json!("[gw:x] Customer 77: Ann Lead");
        rows[1]["title"] = json!("[gw:x] Escalation");
        rows[1]["description"] = json!("Escalated to: Nobody\nBy: Nobody\nReason: none");
        rows[2]["title"] = json!("[gw:x] Agent: Ada Agent");
    });
    let ticket = desk.ticket("4322").await;
    assert!(ticket.escalations.is_empty());
    let by = ticket.comments.iter().map(|it| match &it.author {
        Author::Agent(agent) => format!("agent {}", agent.id),
        Author::Customer(person) => format!("customer {:?}", person.contact.as_ref().map(ContactId::as_str)),
    });
    assert_eq!(by.collect::<Vec<_>>(), ["agent 10", "agent 10", "customer Some(\"78\")"]);
}

#[tokio::test]
async fn a_requester_from_elsewhere_is_not_named() {
    let desk = desk().await;
    desk.state().data(|data| {
        for row in data.rows("Tickets") {
            row["contactID"] = json!(autotask::GLOBEX_USER);
        }
    });
    let ticket = desk.ticket("4322").await;
    assert_eq!((ticket.requester.name.as_str(), ticket.requester.email), ("Unknown", None));
    let page = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect("a page");
    assert!(opened(page.rows).iter().all(|it| it.requester.name == "Unknown" && it.requester.email.is_none()));
}

#[tokio::test]
async fn numbers_without_a_meaning_are_other_and_usual() {
    let desk = desk().await;
    desk.state().data(|data| {
        for row in data.rows("Tickets") {
            row["status"] = json!(4711);
            row["priority"] = json!(4711);
            row["createDate"] = json!("9999-99-99");
        }
    });
    let ticket = desk.ticket("4322").await;
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium));
    let query = TicketQuery { statuses: vec![TicketStatus::Other], ..TicketQuery::default() };
    assert_eq!(desk.ids(&query).await.len(), 5);
    let query = TicketQuery { statuses: vec![TicketStatus::Open], ..TicketQuery::default() };
    assert_eq!(desk.ids(&query).await.len(), 0);
}

#[tokio::test]
async fn picklists_are_read_once_and_by_name() {
    let desk = desk().await;
    for id in ["4321", "4322", "4325"] {
        desk.ticket(id).await;
    }
    assert_eq!(desk.asked("GET", "Tickets/entityInformation/fields"), 1);
    let configured = desk_with(|it| {
        it.statuses = [
            ("1".to_owned(), TicketStatus::Pending),
            ("5".to_owned(), TicketStatus::Closed),
            ("8".to_owned(), TicketStatus::Open),
        ]
        .into();
        it.priorities = [("2".to_owned(), Priority::Critical)].into();
    })
    .await;
    let ticket = configured.ticket("4322").await;
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Pending, Priority::Critical));
}

#[tokio::test]
async fn what_is_not_read_does_not_come_out() {
    let desk = desk().await;
    let both = cx(Reach::Organisations(vec![ext(ACME)]));
    for id in ["4321", "4322", "4323"] {
        let row = desk.desk().ticket(&both, &tid(id)).await.expect("a ticket");
        let text = format!("{row:?}").replace("acmecanary7", "");
        assert!(!text.contains("CANARY"), "{text}");
    }
}
