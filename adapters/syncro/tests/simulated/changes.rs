//! Status, priority and technician; timers; the account's own words.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

fn to(status: TicketStatus) -> TicketChange {
    TicketChange { status: Some(status), ..TicketChange::default() }
}

async fn staffed() -> Desk {
    desk_with(|it| it.technicians = [("Ada@msp.example".to_owned(), 14)].into()).await
}

#[tokio::test]
async fn a_change_is_one_request_and_is_read_back() {
    let desk = staffed().await;
    let change = TicketChange {
        status: Some(TicketStatus::Open),
        priority: Some(Priority::Critical),
        assignee: Some("ada@MSP.example".into()),
        unchanged_since: Some(desk.ticket("4322").await.updated_at),
    };
    let ticket = open(desk.desk().change(&acme(), &tid("4322"), &change).await.expect("changed")).expect("Acme's");
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Open, Priority::Critical));
    assert_eq!(ticket.assignee.map(|it| it.name).as_deref(), Some("Ada Agent"));
    assert_eq!(desk.written(), [json!({ "status": "New", "priority": "0 Urgent", "user_id": 14 })]);
    let stale = TicketChange { priority: Some(Priority::Low), ..change.clone() };
    let error = desk.desk().change(&acme(), &tid("4322"), &stale).await.expect_err("changed meanwhile");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let again = change;
    desk.desk().change(&acme(), &tid("4322"), &again).await.expect("as it is");
    assert_eq!(desk.written().len(), 1, "what is so already is not sent");
    assert!(desk.state().outside().is_empty(), "{:?}", desk.state().outside());
}

#[tokio::test]
async fn what_the_record_does_not_hold_is_a_conflict_and_a_lost_answer_is_looked_up() {
    let desk = staffed().await;
    desk.state().quirks(|it| it.revert_changes = true);
    let error = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect_err("not done");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    desk.state().quirks(|it| it.fail_after_commit = true);
    let error = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect_err("not known");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| it.revert_changes = false);
    let row = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect("done, and not said");
    assert_eq!(open(row).expect("Acme's").status, TicketStatus::Open);
}

#[tokio::test]
async fn every_shape_of_a_refusal_is_a_refusal_without_its_text() {
    let shapes = [
        r#"{"error":"CANARY"}"#,
        r#"{"error":["CANARY","b"]}"#,
        r#"{"errors":"CANARY"}"#,
        r#"{"errors":["CANARY"],"params":{"password":"CANARY"}}"#,
        r#"{"errors":{"ticket":{"status":["CANARY"]}}}"#,
        r#"{"success":false,"message":["CANARY"]}"#,
        r#"{"success":false,"message":"CANARY"}"#,
        r#"{"message":["CANARY"]}"#,
        r#"{"status":["CANARY can't be blank"]}"#,
        r#"{"record":{"id":4322},"errors":"CANARY"}"#,
    ];
    for shape in shapes {
        let desk = staffed().await;
        desk.state().can("PUT", "tickets/4322", 422, "application/json", shape);
        let error = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{shape}");
        assert!(!format!("{error:?}").contains("CANARY"), "{shape}");
    }
}

#[tokio::test]
async fn what_the_account_does_not_have_is_refused_before_anything_is_sent() {
    let desk = staffed().await;
    let assign = |to: &str| TicketChange { assignee: Some(to.into()), ..TicketChange::default() };
    // "Resolved" is what closes a ticket here.
    for wanted in [TicketStatus::Closed, TicketStatus::Other, TicketStatus::Resolved] {
        let error = desk.desk().change(&acme(), &tid("4322"), &to(wanted)).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wanted:?}");
    }
    for who in ["canary-ada@msp.example", ""] {
        let error = desk.desk().change(&acme(), &tid("4322"), &assign(who)).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{who}");
    }
    let error = desk.desk().change(&acme(), &tid("4324"), &to(TicketStatus::Open)).await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    for hidden in ["5001", "5002", "999"] {
        let error = desk.desk().change(&acme(), &tid(hidden), &to(TicketStatus::Open)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
        let error = desk.desk().time(&acme(), &tid(hidden)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
    }
    assert!(desk.written().is_empty());
}

#[tokio::test]
async fn timers_are_the_tickets_own_and_count_seconds() {
    let desk = desk().await;
    let rows = opened(desk.desk().time(&acme(), &tid("4321")).await.expect("time"));
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.minutes, it.billable)).collect();
    assert_eq!(seen, [("601", 10, Some(true)), ("602", 60, Some(true))], "a timer of another ticket is another's");
    assert_eq!(rows[0].by.name, "Ada Agent");
}

#[tokio::test]
async fn the_accounts_words_come_with_what_they_mean() {
    let desk = desk().await;
    let words = desk.desk().vocabulary(&acme()).await.expect("words");
    assert!(words.statuses.contains(&("Waiting on Customer".into(), TicketStatus::Pending)));
    assert!(words.priorities.contains(&("0 Urgent".into(), Some(Priority::Critical))));
    assert!(words.queues.is_empty());
}
