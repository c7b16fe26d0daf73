//! Writes: sent once, read back, and told as what they became.

use crate::setup::*;
use postern_api::*;
use postern_simulators::autotask::{self, Kind};
use serde_json::{Value, json};

fn tickets_like(desk: &Desk, subject: &str) -> usize {
    desk.state().data(|data| data.rows("Tickets").iter().filter(|it| it["title"] == json!(subject)).count())
}

fn notes_of(desk: &Desk, ticket: i64) -> Vec<Value> {
    desk.state()
        .data(|data| data.rows("TicketNotes").iter().filter(|it| it["ticketID"] == json!(ticket)).cloned().collect())
}

#[tokio::test]
async fn a_ticket_is_created_with_its_reference_and_read_back() {
    let desk = desk_with(|it| it.queue_id = Some(autotask::SECOND_LINE)).await;
    let new = ticket();
    let made = open(desk.desk().create(&once(), &new).await.expect("a ticket")).expect("Acme's");
    assert_eq!((made.subject.expose(), made.description.expose()), (new.subject.as_str(), new.description.as_str()));
    assert_eq!((made.status, made.priority, made.category.as_str()), (TicketStatus::Open, Priority::High, "Hardware"));
    assert_eq!(made.sla.resolution_due, new.resolution_due);
    let id: i64 = made.id.as_str().parse().expect("a number");
    let stored = desk.state().data(|data| data.rows("Tickets").iter().find(|it| it["id"] == json!(id)).cloned());
    let stored = stored.expect("the row");
    assert_eq!((&stored["externalID"], &stored["queueID"]), (&json!("gw:once"), &json!(autotask::SECOND_LINE)));
    let again = open(desk.desk().create(&once(), &new).await.expect("the same")).expect("Acme's");
    assert_eq!((again.id, tickets_like(&desk, &new.subject)), (made.id, 1));
}

#[tokio::test]
async fn w09_a_ticket_whose_answer_was_lost_is_found_by_its_reference_or_unknown() {
    let desk = desk().await;
    desk.state().quirks(|it| it.fail_after_commit = true);
    let made = open(desk.desk().create(&once(), &ticket()).await.expect("found again")).expect("Acme's");
    assert_eq!((desk.asked("POST", "Tickets/query") > 0, tickets_like(&desk, &ticket().subject)), (true, 1));
    assert_eq!(made.requester.contact, Some(cid(BOB)));
    // Without a reference nothing proves it.
    let error = desk.desk().create(&acme(), &ticket()).await.expect_err("nobody knows");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| {
        it.fail_after_commit = false;
        it.stall_after_commit = true;
    });
    let error = desk.desk().comment(&hasty(), &tid("4322"), &note(true)).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    // The same call again finds the note and writes no second one.
    let count = notes_of(&desk, 4322).len();
    desk.state().quirks(|it| it.stall_after_commit = false);
    desk.desk().comment(&hasty(), &tid("4322"), &note(true)).await.expect("it was there");
    assert_eq!(notes_of(&desk, 4322).len(), count);
}

#[tokio::test]
async fn a_ticket_that_was_stored_otherwise_is_unknown() {
    let desk = desk().await;
    desk.state().quirks(|it| it.create_for = Some(autotask::GLOBEX));
    assert_eq!(desk.desk().create(&once(), &ticket()).await.expect_err("Globex's").kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| {
        it.create_for = None;
        it.lose_fields = true;
    });
    let cx = CallCx { reference: Some("gw:other".into()), ..acme() };
    let error = desk.desk().create(&cx, &ticket()).await.expect_err("the mark is lost, so it is private");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_before_anything_is_sent() {
    let desk = desk().await;
    let cases = [
        (NewTicket { category: Some("Unheard of".into()), ..ticket() }, ErrorKind::InvalidArgument),
        (NewTicket { requester: cid("88"), ..ticket() }, ErrorKind::InvalidArgument),
        (NewTicket { requester: cid("999"), ..ticket() }, ErrorKind::InvalidArgument),
        (NewTicket { organisation: ext(GLOBEX), ..ticket() }, ErrorKind::NotFound),
        (NewTicket { organisation: ext("0"), ..ticket() }, ErrorKind::NotFound),
    ];
    for (new, kind) in cases {
        assert_eq!(desk.desk().create(&once(), &new).await.expect_err("refused").kind(), kind);
    }
    assert_eq!(desk.state().log.all().iter().filter(|it| it.path.ends_with("/Tickets")).count(), 0);
    let unmarked = desk_with(|it| it.private_field = None).await;
    let error = unmarked.desk().create(&once(), &ticket()).await.expect_err("no mark");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_the_vendor_refuses_is_a_bad_argument_and_not_unknown() {
    let desk = desk_with(|it| it.ticket_type_id = Some(4711)).await;
    let error = desk.desk().create(&once(), &ticket()).await.expect_err("no such type");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    clean(&error);
    let denied =
        r#"{"errors":["The logged in Resource does not have the adequate permissions to create this entity type."]}"#;
    desk.state().can(Kind::Writes, "tickets", 500, denied);
    let error = desk.desk().create(&once(), &ticket()).await.expect_err("denied");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_notes_visibility_is_sent_and_verified() {
    let desk = desk().await;
    for internal in [true, false] {
        let cx = CallCx { reference: Some(format!("gw:{internal}")), ..acme() };
        desk.desk().comment(&cx, &tid("4322"), &note(internal)).await.expect("a comment");
        let stored = notes_of(&desk, 4322).pop().expect("a note");
        assert_eq!(stored["publish"], json!(if internal { 2 } else { 1 }));
        assert_eq!((&stored["description"], &stored["noteType"]), (&json!("one\ntwo <b>"), &json!(1)));
    }
    for (stored, internal) in [(1, true), (2, false), (4, false)] {
        desk.state().quirks(|it| it.publish = Some(stored));
        let error = desk.desk().comment(&acme(), &tid("4322"), &note(internal)).await.expect_err("stored otherwise");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "sent {internal}, stored {stored}");
    }
}

#[tokio::test]
async fn a_change_that_a_workflow_rule_undid_is_a_conflict_and_half_of_one_unknown() {
    for (reverted, kind) in [
        (vec!["status", "resolution"], ErrorKind::Conflict),
        (vec!["status"], ErrorKind::OutcomeUnknown),
        (vec!["resolution"], ErrorKind::OutcomeUnknown),
    ] {
        let desk = desk().await;
        desk.state().quirks(|it| it.revert = reverted.clone());
        let error = desk.desk().close(&once(), &tid("4322"), &closure()).await.expect_err("put back");
        assert_eq!(error.kind(), kind, "{reverted:?}");
    }
    let desk = desk().await;
    desk.state().quirks(|it| it.revert = vec!["queueID"]);
    let before = notes_of(&desk, 4322).len();
    let error = desk.desk().escalate(&once(), &tid("4322"), &escalation("2nd line")).await.expect_err("put back");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(notes_of(&desk, 4322).len(), before, "no history of what did not happen");
}

#[tokio::test]
async fn closing_writes_status_and_resolution_in_one_request() {
    let desk = desk().await;
    let closed = open(desk.desk().close(&once(), &tid("4322"), &closure()).await.expect("closed")).expect("Acme's");
    assert_eq!(closed.resolution.as_ref().map(Text::expose), Some("Replaced the cable"));
    let writes: Vec<_> = desk.state().log.all().into_iter().filter(|it| it.method == "PATCH").collect();
    assert_eq!(writes.len(), 1);
    let body: Value = serde_json::from_str(&writes[0].body).expect("json");
    assert_eq!(body, json!({ "id": 4322, "status": autotask::COMPLETE, "resolution": "Replaced the cable" }));
    // An answer that was lost is proven by the record.
    desk.state().quirks(|it| it.fail_after_commit = true);
    let closed = desk.desk().close(&once(), &tid("4321"), &closure()).await.expect("the record shows it");
    assert_eq!(open(closed).expect("Acme's").status, TicketStatus::Closed);
}

#[tokio::test]
async fn an_escalation_goes_to_a_queue_or_to_a_person_with_a_role() {
    let desk = desk().await;
    let row = desk.desk().escalate(&once(), &tid("4322"), &escalation("2ND LINE")).await.expect("escalated");
    let ticket = open(row).expect("Acme's");
    let [kept] = ticket.escalations.as_slice() else { panic!("one escalation") };
    assert_eq!((kept.target.as_str(), kept.by.as_str(), kept.reason.expose()), ("2nd Line", "Ada Agent", "Beyond us"));
    let again = desk.desk().escalate(&once(), &tid("4322"), &escalation("2nd Line")).await.expect("the same");
    assert_eq!(open(again).expect("Acme's").escalations.len(), 1);
    let cx = CallCx { reference: Some("gw:person".into()), ..acme() };
    let row = desk.desk().escalate(&cx, &tid("4322"), &escalation("ada agent")).await.expect("escalated");
    assert_eq!(open(row).expect("Acme's").assignee.map(|it| it.id).as_deref(), Some("10"));
    let change = desk.state().log.all().into_iter().rfind(|it| it.method == "PATCH").expect("a change");
    let body: Value = serde_json::from_str(&change.body).expect("json");
    assert_eq!(body, json!({ "id": 4322, "assignedResourceID": autotask::ADA, "assignedResourceRoleID": 8 }));
    for nobody in ["Retired Queue", "Twins", "Ben Bench", "Nobody", "%", ""] {
        let answer = desk.desk().escalate(&acme(), &tid("4321"), &escalation(nobody)).await;
        assert_eq!(answer.expect_err(nobody).kind(), ErrorKind::InvalidArgument, "{nobody}");
    }
}

#[tokio::test]
async fn a_customers_comment_is_the_customers_although_the_vendor_says_it_is_ours() {
    let desk = desk().await;
    let person = Person { contact: Some(cid(ANN)), name: "Ann Lead".into(), email: None };
    let new = NewComment { author: Author::Customer(person.clone()), body: "Thanks".into(), internal: false };
    let row = desk.desk().comment(&once(), &tid("4322"), &new).await.expect("a comment");
    assert_eq!(open(row).expect("Acme's").author, Author::Customer(person));
    let stored = notes_of(&desk, 4322).pop().expect("a note");
    assert_eq!(stored["title"], json!("[gw:once] Customer 77: Ann Lead"));
    assert_eq!(stored["creatorResourceID"], json!(autotask::API_USER));
}

#[tokio::test]
async fn without_knowing_itself_postern_writes_nothing() {
    let desk = desk().await;
    desk.state().data(|data| data.rows("Resources").retain(|it| it["id"] != json!(autotask::API_USER)));
    let error = desk.desk().comment(&once(), &tid("4322"), &note(false)).await.expect_err("nobody");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(desk.adapter.probe(&acme()).await.expect_err("nobody").message().contains("resource_id"));
    let told = desk_with(|it| it.resource_id = Some(autotask::API_USER)).await;
    told.desk().comment(&once(), &tid("4322"), &note(false)).await.expect("a comment");
    assert!(!told.state().log.all().iter().any(|it| it.body.contains("userName")));
}
