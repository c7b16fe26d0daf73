//! Status, priority and assignment; time; the board's own words.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

fn to(status: TicketStatus) -> TicketChange {
    TicketChange { status: Some(status), ..TicketChange::default() }
}

#[tokio::test]
async fn a_change_is_one_list_of_whole_fields_and_is_read_back() {
    let desk = desk().await;
    let change = TicketChange {
        status: Some(TicketStatus::Pending),
        priority: Some(Priority::Critical),
        assignee: Some("AAgent@msp.example".into()),
        unchanged_since: Some(desk.ticket("4322").await.updated_at),
    };
    let row = desk.desk().change(&acme(), &tid("4322"), &TicketChange { status: None, ..change.clone() }).await;
    let ticket = open(row.expect("changed")).expect("Acme's");
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Pending, Priority::Critical));
    assert_eq!(ticket.assignee.map(|it| it.name).as_deref(), Some("Ada Agent"));
    let sent = desk.sent("PATCH", "service/tickets/4322");
    assert_eq!(
        sent,
        [json!([
            { "op": "replace", "path": "priority", "value": { "id": 1 } },
            { "op": "replace", "path": "owner", "value": { "id": 176 } },
        ])]
    );
    let stale = TicketChange { priority: Some(Priority::Low), ..change.clone() };
    let error = desk.desk().change(&acme(), &tid("4322"), &stale).await.expect_err("changed meanwhile");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let again = change;
    desk.desk().change(&acme(), &tid("4322"), &again).await.expect("as it is");
    assert_eq!(desk.sent("PATCH", "service/tickets/4322").len(), 1, "what is so already is not sent");
}

#[tokio::test]
async fn what_the_board_or_the_member_list_does_not_have_is_refused_before_anything_is_sent() {
    let desk = desk().await;
    let assign = |to: &str| TicketChange { assignee: Some(to.into()), ..TicketChange::default() };
    let refused = [to(TicketStatus::Closed), to(TicketStatus::Other), assign("nobody@msp.example"), assign("")];
    for change in refused.into_iter().chain([assign("gagent@msp.example")]) {
        let error = desk.desk().change(&acme(), &tid("4322"), &change).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{change:?}");
    }
    let error = desk.desk().change(&acme(), &tid("4324"), &to(TicketStatus::Open)).await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    for hidden in ["5001", "5002", "5003", "5004", "999", "4322 or"] {
        let error = desk.desk().change(&acme(), &tid_or(hidden), &to(TicketStatus::Open)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
        let error = desk.desk().time(&acme(), &tid_or(hidden)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
    }
    assert_eq!(desk.writes(), 0);
}

fn tid_or(id: &str) -> TicketId {
    TicketId::new(&id.replace(' ', "-")).expect("a test id")
}

#[tokio::test]
async fn a_200_that_changed_nothing_is_a_conflict_and_a_lost_answer_is_looked_up() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_patch = true);
    let error = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect_err("not done");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    desk.state().quirks(|it| it.fail_after_commit = true);
    let error = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect_err("not known");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| it.ignore_patch = false);
    let row = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Open)).await.expect("done, and not said");
    assert_eq!(open(row).expect("Acme's").status, TicketStatus::Open);
    assert_eq!(desk.sent("PATCH", "service/tickets/4322").len(), 3);
}

#[tokio::test]
async fn time_is_the_tickets_own_and_no_others() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_conditions = true);
    let rows = desk.desk().time(&acme(), &tid("4321")).await.expect("time");
    let rows = opened(rows);
    let ids: Vec<&str> = rows.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["601", "602"]);
    assert_eq!((rows[0].minutes, rows[0].billable, rows[0].by.name.as_str()), (60, Some(true), "Ada Agent"));
    assert_eq!(rows[0].text.as_ref().map(|it| it.expose()), Some("Cleaned the rollers"));
    let text = format!("{rows:?}");
    assert!(!text.contains("INTERNAL") && !text.contains("GLOBEX") && !text.contains("COST") && !text.contains("4711"));
}

#[tokio::test]
async fn the_boards_words_come_with_what_they_mean() {
    let desk = desk().await;
    let words = desk.desk().vocabulary(&acme()).await.expect("words");
    assert!(words.statuses.contains(&("Waiting on Customer".into(), TicketStatus::Pending)));
    assert!(words.statuses.contains(&(">Closed".into(), TicketStatus::Closed)));
    assert_eq!(words.priorities[0], ("Priority 1".into(), Some(Priority::Critical)));
    assert_eq!(words.queues, ["Service"]);
    clean(&words);
}
