//! Status, priority and assignment; time; the database's own words.

use crate::setup::*;
use postern_api::*;
use postern_simulators::autotask::ADA;

fn to(status: TicketStatus) -> TicketChange {
    TicketChange { status: Some(status), ..TicketChange::default() }
}

#[tokio::test]
async fn a_change_is_one_request_with_the_role_and_is_read_back() {
    let desk = desk().await;
    let change = TicketChange {
        status: Some(TicketStatus::Pending),
        priority: Some(Priority::Critical),
        assignee: Some("ADA@msp.example".into()),
        unchanged_since: Some(desk.ticket("4322").await.updated_at),
    };
    let ticket = open(desk.desk().change(&acme(), &tid("4322"), &change).await.expect("changed")).expect("Acme's");
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Pending, Priority::Critical));
    assert_eq!(ticket.assignee.map(|it| it.name).as_deref(), Some("Ada Agent"));
    assert_eq!(desk.asked("PATCH", "tickets"), 1);
    let role = desk.state().data(|it| {
        it.rows("Tickets").iter().find(|it| it["id"] == 4322).map(|it| it["assignedResourceRoleID"].clone())
    });
    assert_eq!(role, Some(serde_json::json!(8)), "the default role of {ADA}");
    let stale = TicketChange { priority: Some(Priority::Low), ..change.clone() };
    let error = desk.desk().change(&acme(), &tid("4322"), &stale).await.expect_err("changed meanwhile");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let again = change;
    desk.desk().change(&acme(), &tid("4322"), &again).await.expect("as it is");
    assert_eq!(desk.asked("PATCH", "tickets"), 1, "what is so already is not sent");
}

#[tokio::test]
async fn what_a_workflow_rule_puts_back_is_a_conflict_also_where_it_is_a_part() {
    let change = TicketChange { priority: Some(Priority::Low), ..to(TicketStatus::Pending) };
    for field in ["status", "priority"] {
        let desk = desk().await;
        desk.state().quirks(|it| it.revert = vec![field]);
        let error = desk.desk().change(&acme(), &tid("4322"), &change).await.expect_err("put back");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{field}");
    }
    let desk = desk().await;
    desk.state().quirks(|it| it.fail_after_commit = true);
    let row = desk.desk().change(&acme(), &tid("4322"), &change).await.expect("done, and not said");
    assert_eq!(open(row).expect("Acme's").priority, Priority::Low);
    desk.state().quirks(|it| it.revert = vec!["priority"]);
    let urgent = TicketChange { priority: Some(Priority::High), ..TicketChange::default() };
    let error = desk.desk().change(&acme(), &tid("4322"), &urgent).await.expect_err("not known");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn what_the_database_does_not_have_is_refused_before_anything_is_sent() {
    let desk = desk().await;
    let assign = |to: &str| TicketChange { assignee: Some(to.into()), ..TicketChange::default() };
    let refused = [to(TicketStatus::Closed), to(TicketStatus::Other), assign("nobody@msp.example"), assign("")];
    // Ben has no role in which he takes tickets.
    for change in refused.into_iter().chain([assign("ben@msp.example")]) {
        let error = desk.desk().change(&acme(), &tid("4322"), &change).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{change:?}");
    }
    let error = desk.desk().change(&acme(), &tid("4325"), &to(TicketStatus::Open)).await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    for hidden in ["5001", "5002", "999"] {
        let error = desk.desk().change(&acme(), &tid(hidden), &to(TicketStatus::Open)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
        let error = desk.desk().time(&acme(), &tid(hidden)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
    }
    assert_eq!(desk.asked("PATCH", "tickets"), 0);
}

#[tokio::test]
async fn time_is_the_tickets_own_without_internal_notes() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_filters = true);
    let rows = opened(desk.desk().time(&acme(), &tid("4322")).await.expect("time"));
    let seen: Vec<_> = rows.iter().map(|it| (it.id.as_str(), it.minutes, it.billable)).collect();
    assert_eq!(seen, [("701", 15, Some(true)), ("702", 90, None)]);
    assert_eq!(rows[0].by.name, "Ada Agent");
    assert!(!format!("{rows:?}").contains("CANARY"));
}

#[tokio::test]
async fn the_databases_words_come_with_what_they_mean() {
    let desk = desk().await;
    let words = desk.desk().vocabulary(&acme()).await.expect("words");
    assert!(words.statuses.contains(&("Waiting Customer".into(), TicketStatus::Pending)));
    assert!(words.statuses.contains(&("Quantum".into(), TicketStatus::Other)));
    assert!(words.priorities.contains(&("Critical".into(), Some(Priority::Critical))));
    assert_eq!(words.queues, ["1st Line", "2nd Line", "Twins", "twins"], "what is switched off is left out");
}
