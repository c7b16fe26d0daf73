//! Writes: as an array, once, read back, compared.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

use crate::setup::*;
use postern_api::*;
use serde_json::{Value, json};

fn with_reference() -> CallCx {
    CallCx { reference: Some("gw:abc234".into()), ..acme() }
}

fn bodies(desk: &Desk, path: &str) -> Vec<Value> {
    let posts = desk.state().log.all().into_iter().filter(|it| it.method == "POST" && it.path == path);
    posts.map(|it| serde_json::from_str(&it.body).expect("json")).collect()
}

#[tokio::test]
async fn a_ticket_is_posted_as_an_array_and_read_back() {
    for arrays in [false, true] {
        let desk = desk().await;
        desk.state().quirks(|it| it.array_replies = arrays);
        let made = desk.desk().create(&with_reference(), &ticket()).await.expect("created");
        let made = open(made).expect("Acme's");
        assert_eq!(made.subject.expose(), "Screen <flickers> & hums");
        assert_eq!(made.description.expose(), "Since <b>Monday</b>\nit's worse");
        assert_eq!((made.priority, made.visibility), (Priority::High, Visibility::Organisation));
        assert_eq!(made.requester.contact, Some(cid(BOB)));
        assert_eq!(made.sla.response_due.map(|it| it.to_string()).as_deref(), Some("2026-10-01T16:00:00Z"));
        let sent = bodies(&desk, "/api/Tickets");
        assert_eq!(sent.len(), 1);
        let record = &sent[0][0];
        assert_eq!(record["third_party_id_string"], "gw:abc234");
        assert_eq!(record["client_id"], 12);
        assert_eq!(record["details_html"], "<p>Since &lt;b&gt;Monday&lt;/b&gt;<br>it&#39;s worse</p>");
    }
}

#[tokio::test]
async fn a_private_ticket_is_marked_and_without_a_mark_it_is_refused() {
    let desk = desk().await;
    let private = NewTicket { visibility: Visibility::Private, ..ticket() };
    let made = open(desk.desk().create(&acme(), &private).await.expect("created")).expect("Acme's");
    assert_eq!(made.visibility, Visibility::Private);
    desk.state().quirks(|it| it.lose_custom_fields = true);
    let error = desk.desk().create(&acme(), &ticket()).await.expect_err("the mark was lost");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let open_desk = desk_with(|it| {
        it.private_field = None;
        it.unmarked_visibility = Visibility::Organisation;
    })
    .await;
    let error = open_desk.desk().create(&acme(), &private).await.expect_err("cannot be marked");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(bodies(&open_desk, "/api/Tickets").len(), 0);
}

#[tokio::test]
async fn a_requester_of_another_client_is_refused_before_anything_is_sent() {
    let desk = desk().await;
    for (requester, organisation) in [("88", ACME), ("89", ACME), ("999", ACME), ("x", ACME), (BOB, GLOBEX)] {
        let new = NewTicket { requester: cid(requester), organisation: ext(organisation), ..ticket() };
        assert!(desk.desk().create(&with_reference(), &new).await.is_err(), "{requester} at {organisation}");
    }
    assert_eq!(bodies(&desk, "/api/Tickets").len(), 0);
}

#[tokio::test]
async fn a_ticket_that_was_stored_for_another_client_is_not_answered_as_done() {
    let desk = desk().await;
    desk.state().quirks(|it| it.create_for = Some(13));
    let error = desk.desk().create(&with_reference(), &ticket()).await.expect_err("Globex's now");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    clean(&error);
}

#[tokio::test]
async fn w09_a_lost_answer_is_unknown_and_the_repetition_finds_the_ticket() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("a token is there");
    desk.state().quirks(|it| it.stall_after_commit = true);
    let error = desk.desk().create(&hasty(), &ticket()).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let again = CallCx { reference: hasty().reference, ..acme() };
    let made = open(desk.desk().create(&again, &ticket()).await.expect("found")).expect("Acme's");
    assert_eq!(made.subject.expose(), "Screen <flickers> & hums");
    assert_eq!(bodies(&desk, "/api/Tickets").len(), 1, "sent once");
}

#[tokio::test]
async fn w09_a_500_after_the_write_is_looked_up_and_not_repeated() {
    let desk = desk().await;
    desk.state().quirks(|it| it.fail_after_commit = true);
    desk.desk().create(&with_reference(), &ticket()).await.expect("found by its reference");
    assert_eq!(bodies(&desk, "/api/Tickets").len(), 1);
    let error = desk.desk().create(&acme(), &ticket()).await.expect_err("nothing to find it by");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(bodies(&desk, "/api/Tickets").len(), 2);
    clean(&error);
}

#[tokio::test]
async fn files_are_refused() {
    let desk = desk().await;
    let new = NewTicket { attachments: vec![AttachmentId::new("301").expect("a test id")], ..ticket() };
    assert_eq!(desk.desk().create(&acme(), &new).await.expect_err("refused").kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_comment_is_stored_with_its_author_and_its_visibility() {
    let desk = desk().await;
    for internal in [false, true] {
        let stored = desk.desk().comment(&acme(), &tid("4322"), &note(internal)).await.expect("stored");
        let stored = open(stored).expect("Acme's");
        assert_eq!((stored.body.expose(), stored.internal), ("one\ntwo <b>", internal));
        assert!(matches!(stored.author, Author::Agent(Agent { name, .. }) if name == "Ada Agent"));
    }
    let bob = Person { contact: Some(cid(BOB)), name: "Bob Basic".into(), email: None };
    let new = NewComment { author: Author::Customer(bob.clone()), body: "hi".into(), internal: false };
    let stored = open(desk.desk().comment(&acme(), &tid("4322"), &new).await.expect("stored")).expect("Acme's");
    assert_eq!(stored.author, Author::Customer(bob));
    let sent = bodies(&desk, "/api/Actions");
    assert_eq!(sent[0][0]["hiddenfromuser"], false);
    assert_eq!(sent[1][0]["hiddenfromuser"], true);
    assert!(sent.iter().all(|it| it[0]["sendemail"] == false));
}

#[tokio::test]
async fn a_note_that_was_stored_as_visible_is_not_answered_as_done() {
    let desk = desk().await;
    desk.state().quirks(|it| it.expose_notes = true);
    let error = desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect_err("exposed");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let error = desk.desk().escalate(&acme(), &tid("4322"), &up("2nd Line")).await.expect_err("exposed");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_comment_that_reads_back_without_a_flag_is_not_answered_as_public() {
    let desk = desk().await;
    desk.state().quirks(|it| it.no_hidden_flag = true);
    let error = desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect_err("not plainly visible");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn w09_a_repeated_comment_is_found_by_its_reference() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("a token is there");
    desk.state().quirks(|it| it.stall_after_commit = true);
    let error = desk.desk().comment(&hasty(), &tid("4322"), &note(false)).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let again = CallCx { reference: hasty().reference, ..acme() };
    desk.desk().comment(&again, &tid("4322"), &note(false)).await.expect("found");
    assert_eq!(bodies(&desk, "/api/Actions").len(), 1, "sent once");
}

#[tokio::test]
async fn closing_sets_the_status_and_tells_the_customer_why_in_one_request() {
    let desk = desk().await;
    let closure = Closure { resolution: "Rebooted <twice>".into(), by: ada() };
    let closed =
        open(desk.desk().close(&with_reference(), &tid("4322"), &closure).await.expect("closed")).expect("Acme's");
    assert_eq!(closed.status, TicketStatus::Closed);
    assert_eq!(closed.resolution.map(|it| it.expose().to_owned()).as_deref(), Some("Rebooted <twice>"));
    assert_eq!(bodies(&desk, "/api/Actions").len(), 1);
    assert_eq!(bodies(&desk, "/api/Tickets").len(), 0);
    let again = desk.desk().close(&acme(), &tid("4322"), &closure).await.expect_err("closed already");
    assert_eq!(again.kind(), ErrorKind::Conflict);
    desk.desk().close(&with_reference(), &tid("4322"), &closure).await.expect("the same closing again is the same");
    assert_eq!(bodies(&desk, "/api/Actions").len(), 1);
}

fn up(target: &str) -> NewEscalation {
    NewEscalation { target: target.into(), reason: "Too hard\nfor us".into(), by: ada() }
}

#[tokio::test]
async fn an_escalation_moves_the_ticket_and_stays_in_its_history_for_agents() {
    let desk = desk().await;
    let ticket =
        open(desk.desk().escalate(&acme(), &tid("4322"), &up("2ND line")).await.expect("escalated")).expect("Acme's");
    let [escalation] = ticket.escalations.as_slice() else { panic!("one escalation: {:?}", ticket.escalations) };
    assert_eq!((escalation.target.as_str(), escalation.by.as_str()), ("2nd Line", "Ada Agent"));
    assert_eq!(escalation.reason.expose(), "Too hard\nfor us");
    assert_eq!((ticket.public_comments, ticket.internal_comments), (0, 0), "it is no comment");
    assert_eq!(bodies(&desk, "/api/Actions")[0][0]["hiddenfromuser"], true);
    assert_eq!(desk.state().data(|it| it.tickets[1]["team"].clone()), json!("2nd Line"));
    let ticket =
        open(desk.desk().escalate(&acme(), &tid("4322"), &up("Ada Agent")).await.expect("escalated")).expect("Acme's");
    assert_eq!(ticket.escalations.len(), 2);
    assert_eq!(ticket.assignee.map(|it| it.id).as_deref(), Some("14"));
}

#[tokio::test]
async fn an_escalation_to_nobody_or_of_a_closed_ticket_sends_nothing() {
    let desk = desk().await;
    for nobody in ["3rd Line", "Gone Agent", ""] {
        let error = desk.desk().escalate(&acme(), &tid("4322"), &up(nobody)).await.expect_err("nobody");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{nobody}");
    }
    let error = desk.desk().escalate(&acme(), &tid("4324"), &up("2nd Line")).await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(bodies(&desk, "/api/Actions").len(), 0);
}

#[tokio::test]
async fn b01_no_write_reaches_another_clients_ticket() {
    let desk = desk().await;
    let cx = acme();
    for id in ["5001", "5002", "5003", "999", "x"] {
        let id = tid(id);
        let closure = Closure { resolution: "x".into(), by: ada() };
        let kinds = [
            desk.desk().comment(&cx, &id, &note(false)).await.expect_err("refused").kind(),
            desk.desk().close(&cx, &id, &closure).await.expect_err("refused").kind(),
            desk.desk().escalate(&cx, &id, &up("2nd Line")).await.expect_err("refused").kind(),
        ];
        assert_eq!(kinds, [ErrorKind::NotFound; 3], "{id}");
    }
    assert_eq!(bodies(&desk, "/api/Actions").len() + bodies(&desk, "/api/Tickets").len(), 0);
}

#[tokio::test]
async fn a_write_that_is_refused_is_no_unknown_outcome() {
    let cases = [
        (400, "{\"Message\":\"You do not have permission to update this Ticket. CANARY\"}", ErrorKind::Forbidden),
        (400, "{\"error\":\"CANARY\"}", ErrorKind::InvalidArgument),
        (429, "", ErrorKind::RateLimited),
        (500, "{\"ClassName\":\"System.Exception\"}", ErrorKind::OutcomeUnknown),
        (200, "<html>CANARY</html>", ErrorKind::OutcomeUnknown),
        (201, "{\"id\":", ErrorKind::OutcomeUnknown),
        (201, "{}", ErrorKind::OutcomeUnknown),
        (201, "[]", ErrorKind::OutcomeUnknown),
        (201, "[{\"id\":1},{\"id\":2}]", ErrorKind::OutcomeUnknown),
        (201, "{\"id\":999999}", ErrorKind::OutcomeUnknown),
    ];
    for (status, body, kind) in cases {
        let desk = desk().await;
        desk.state().can("POST", "", status, "application/json", body);
        let error = desk.desk().create(&acme(), &ticket()).await.expect_err("no ticket");
        assert_eq!(error.kind(), kind, "{status} {body}");
        clean(&error);
        let error = desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect_err("no comment");
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(bodies(&desk, "/api/Tickets").len(), 1, "sent once");
    }
}
