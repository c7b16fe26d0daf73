//! Status, priority and agent; time; the tenant's own words.

use crate::setup::*;
use postern_api::*;
use serde_json::{Value, json};

fn to(status: TicketStatus) -> TicketChange {
    TicketChange { status: Some(status), ..TicketChange::default() }
}

/// What was sent to change tickets.
fn sent(desk: &Desk) -> Vec<Value> {
    let wrote = desk.state().log.all().into_iter().filter(|it| it.method == "POST" && it.path.ends_with("/Tickets"));
    wrote.map(|it| serde_json::from_str(&it.body).expect("json")).collect()
}

#[tokio::test]
async fn a_change_is_one_record_with_its_number_and_is_read_back() {
    let desk = desk().await;
    let before = open(desk.desk().ticket(&acme(), &tid("4321")).await.expect("a ticket")).expect("Acme's");
    let wanted = if before.status == TicketStatus::Pending { TicketStatus::Open } else { TicketStatus::Pending };
    let urgent = if before.priority == Priority::Critical { Priority::High } else { Priority::Critical };
    let change = TicketChange {
        status: Some(wanted),
        priority: Some(urgent),
        assignee: Some("ADA@msp.example".into()),
        unchanged_since: Some(before.updated_at),
    };
    let ticket = open(desk.desk().change(&acme(), &tid("4321"), &change).await.expect("changed")).expect("Acme's");
    assert_eq!((ticket.status, ticket.priority), (wanted, urgent));
    assert_eq!(ticket.assignee.map(|it| it.id).as_deref(), Some("14"));
    let all = sent(&desk);
    assert_eq!((all.len(), &all[0][0]["id"]), (1, &json!(4321)));
    assert!(all[0][0].as_object().is_some_and(|it| it.keys().all(|it| it != "client_id")));
    let stale = TicketChange { priority: Some(Priority::Low), ..change.clone() };
    let error = desk.desk().change(&acme(), &tid("4321"), &stale).await.expect_err("changed meanwhile");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let again = change;
    desk.desk().change(&acme(), &tid("4321"), &again).await.expect("as it is");
    assert_eq!(sent(&desk).len(), 1, "what is so already is not sent");
}

#[tokio::test]
async fn what_a_rule_puts_back_is_a_conflict_and_a_lost_answer_is_looked_up() {
    let change = TicketChange { priority: Some(Priority::Low), ..to(TicketStatus::Pending) };
    let desk = desk().await;
    desk.state().quirks(|it| it.revert = vec!["status_id"]);
    let error = desk.desk().change(&acme(), &tid("4322"), &to(TicketStatus::Resolved)).await.expect_err("put back");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    desk.state().quirks(|it| it.revert = vec!["priority_id"]);
    let error = desk.desk().change(&acme(), &tid("4322"), &change).await.expect_err("a part was put back");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    desk.state().quirks(|it| it.fail_after_commit = true);
    let error = desk.desk().change(&acme(), &tid("4322"), &change).await.expect_err("not known");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| it.revert = vec![]);
    let row = desk.desk().change(&acme(), &tid("4322"), &change).await.expect("done, and not said");
    assert_eq!(open(row).expect("Acme's").priority, Priority::Low);
}

#[tokio::test]
async fn what_the_tenant_does_not_have_is_refused_before_anything_is_sent() {
    let desk = desk().await;
    let assign = |to: &str| TicketChange { assignee: Some(to.into()), ..TicketChange::default() };
    let refused = [to(TicketStatus::Closed), to(TicketStatus::Other), assign("nobody@msp.example"), assign("")];
    for change in refused {
        let error = desk.desk().change(&acme(), &tid("4322"), &change).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{change:?}");
    }
    for hidden in ["5001", "999"] {
        let error = desk.desk().change(&acme(), &tid(hidden), &to(TicketStatus::Open)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
        let error = desk.desk().time(&acme(), &tid(hidden)).await.expect_err("not there");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{hidden}");
    }
    assert!(sent(&desk).is_empty());
}

#[tokio::test]
async fn time_is_an_agents_and_a_minute_or_more() {
    let desk = desk().await;
    desk.state().data(|data| {
        let like = data.actions.iter().find(|it| it["ticket_id"] == json!(4321)).cloned().expect("an action");
        for (id, rest) in [
            (901, json!({ "timetaken": 1.5, "who_agentid": 14, "who": "Ada Agent" })),
            (902, json!({ "timetaken": 0.0001, "who_agentid": 14 })),
            (903, json!({ "timetaken": 2.0, "who_agentid": 0 })),
            (904, json!({ "timetaken": 2.0, "who_agentid": 14, "ticket_id": 5001 })),
        ] {
            let (Value::Object(mut row), Value::Object(rest)) = (like.clone(), rest) else { unreachable!("objects") };
            row.extend(rest);
            row.insert("id".into(), json!(id));
            data.actions.push(Value::Object(row));
        }
    });
    desk.state().quirks(|it| it.mix_tickets = true);
    let rows = opened(desk.desk().time(&acme(), &tid("4321")).await.expect("time"));
    let of = |id: &str| rows.iter().find(|it| it.id.as_str() == format!("4321-{id}"));
    assert_eq!(of("901").map(|it| (it.minutes, it.by.name.as_str())), Some((90, "Ada Agent")));
    assert!(["902", "903", "904"].iter().all(|id| of(id).is_none()), "{rows:?}");
    assert!(!format!("{rows:?}").contains("CANARY"));
}

#[tokio::test]
async fn the_tenants_words_come_with_what_they_mean() {
    let desk = desk().await;
    let words = desk.desk().vocabulary(&acme()).await.expect("words");
    assert!(words.statuses.iter().any(|(_, it)| *it == TicketStatus::Closed));
    assert_eq!(
        words.priorities,
        [
            ("Critical".into(), Some(Priority::Critical)),
            ("High".into(), Some(Priority::High)),
            ("Whenever".into(), None)
        ]
    );
    assert!(!words.queues.is_empty());
}
