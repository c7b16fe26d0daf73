//! What is written, once, and read back.

use crate::setup::*;
use postern_api::*;
use serde_json::{Value, json};

#[tokio::test]
async fn a_ticket_is_created_with_its_mark_and_its_reference_and_nobody_is_mailed() {
    let desk = desk().await;
    let made = open(desk.desk().create(&once(), &ticket()).await.expect("a ticket")).expect("Acme's");
    assert_eq!(made.description.expose(), "Since <b>Monday</b>\nit's worse");
    assert_eq!(made.subject.expose(), "Screen <flickers> & hums");
    assert_eq!((made.category.as_str(), made.priority), ("Hardware", Priority::High));
    assert_eq!(made.sla.resolution_due.map(|it| it.to_string()).as_deref(), Some("2027-10-01T16:00:00Z"));
    let sent = desk.written();
    assert_eq!(sent[0]["comments_attributes"][0]["body"], json!("Since <b>Monday</b>\nit's worse\n\n[gw:once]"));
    assert_eq!(sent[0]["properties"], json!({ "Private": "0" }));
    explicit(&sent[0]["comments_attributes"][0], false, true);
    assert_eq!(desk.state().data(|it| it.mails.clone()), Vec::<String>::new());
}

/// Both flags are there, as booleans, and no text message.
fn explicit(comment: &Value, hidden: bool, quiet: bool) {
    assert_eq!((&comment["hidden"], &comment["do_not_email"]), (&json!(hidden), &json!(quiet)), "{comment}");
    assert!(comment.get("sms_body").is_none());
}

#[tokio::test]
async fn hidden_and_do_not_email_go_with_every_comment() {
    let desk = desk().await;
    desk.desk().comment(&once(), &tid("4321"), &note(true)).await.expect("a note");
    desk.desk().comment(&acme(), &tid("4321"), &note(false)).await.expect("a comment");
    let up = NewEscalation { target: "tess second".into(), reason: "Beyond us".into(), by: ada() };
    desk.desk().escalate(&acme(), &tid("4321"), &up).await.expect("escalated");
    desk.desk().close(&acme(), &tid("4321"), &closure()).await.expect("closed");
    let sent: Vec<Value> = desk.written().into_iter().filter(|it| it.get("body").is_some()).collect();
    assert_eq!(sent.len(), 4);
    for (comment, hidden) in sent.iter().zip([true, false, true, false]) {
        explicit(comment, hidden, true);
    }
    assert_eq!(sent[0]["subject"], json!("Private note [gw:once]"));
    assert_eq!(desk.state().data(|it| it.mails.clone()), Vec::<String>::new());
}

#[tokio::test]
async fn agents_public_words_are_mailed_where_the_configuration_wants_it_and_nothing_else() {
    let desk = desk_with(|it| it.email_comments = true).await;
    let bob = Person { contact: Some(cid(BOB)), name: "Bob Basic".into(), email: None };
    let by_bob = NewComment { author: Author::Customer(bob), body: "by bob".into(), internal: false };
    desk.desk().comment(&acme(), &tid("4322"), &by_bob).await.expect("a comment");
    desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect("a note");
    let up = NewEscalation { target: "Tess Second".into(), reason: "Beyond us".into(), by: ada() };
    desk.desk().escalate(&acme(), &tid("4322"), &up).await.expect("escalated");
    desk.desk().create(&acme(), &ticket()).await.expect("a ticket");
    assert_eq!(desk.state().data(|it| it.mails.clone()), Vec::<String>::new());
    desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect("a comment");
    assert_eq!(desk.state().data(|it| it.mails.clone()), ["one\ntwo <b>"]);
}

#[tokio::test]
async fn a_comment_that_was_stored_as_public_is_not_called_a_note() {
    let desk = desk().await;
    desk.state().quirks(|it| it.expose_notes = true);
    let error = desk.desk().comment(&acme(), &tid("4321"), &note(true)).await.expect_err("it is public");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| (it.expose_notes, it.no_hidden_flag) = (false, true));
    let error = desk.desk().comment(&acme(), &tid("4321"), &note(false)).await.expect_err("nobody knows");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_ticket_that_was_stored_otherwise_is_unknown() {
    for quirk in [0, 1] {
        let desk = desk().await;
        desk.state().quirks(|it| match quirk {
            0 => it.create_for = Some(13),
            _ => it.lose_properties = true,
        });
        let error = desk.desk().create(&once(), &ticket()).await.expect_err("not what was asked");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{quirk}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_not_sent_again() {
    for quirk in [0, 1] {
        let desk = desk().await;
        desk.state().quirks(|it| (it.fail_after_commit, it.swap_wrapping) = (true, quirk == 1));
        let made = open(desk.desk().create(&once(), &ticket()).await.expect("found again")).expect("Acme's");
        assert_eq!(made.subject.expose(), "Screen <flickers> & hums");
        let said = open(desk.desk().comment(&once(), &tid("4321"), &note(false)).await.expect("found again"));
        assert_eq!(said.expect("Acme's").body.expose(), "one\ntwo <b>");
        // Without a reference it cannot be found again.
        let error = desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect_err("nobody knows");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(desk.written().len(), 3, "each went out once");
    }
}

#[tokio::test]
async fn w09_no_answer_at_all_is_an_unknown_outcome() {
    let desk = desk().await;
    desk.state().quirks(|it| it.stall_after_commit = true);
    let error = desk.desk().create(&hasty(), &ticket()).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| it.stall_after_commit = false);
    let first = open(desk.desk().create(&once(), &ticket()).await.expect("found")).expect("Acme's");
    let second = open(desk.desk().create(&once(), &ticket()).await.expect("found")).expect("Acme's");
    assert_eq!((first.id, desk.written().len()), (second.id, 1));
}

#[tokio::test]
async fn closing_and_escalating_go_on_where_they_stopped() {
    let desk = desk().await;
    desk.state().quirks(|it| it.revert_changes = true);
    let error = desk.desk().close(&once(), &tid("4322"), &closure()).await.expect_err("still open");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    desk.state().quirks(|it| it.revert_changes = false);
    let closed = open(desk.desk().close(&once(), &tid("4322"), &closure()).await.expect("closed")).expect("Acme's");
    assert_eq!(closed.resolution.as_ref().map(Text::expose), Some("Replaced the drum"));
    assert_eq!((closed.status, closed.comments.len()), (TicketStatus::Closed, 0), "said once");
    let again = desk.desk().close(&once(), &tid("4322"), &closure()).await.expect("it was this very close");
    assert_eq!(open(again).expect("Acme's").status, TicketStatus::Closed);
    assert_eq!(desk.written().len(), 3, "one comment and two changes");
    desk.state().can("PUT", "tickets", 422, "application/json", r#"{"errors":"CANARY"}"#);
    let up = NewEscalation { target: "Tess Second".into(), reason: "Beyond us".into(), by: ada() };
    let cx = CallCx { reference: Some("gw:up".into()), ..acme() };
    let error = desk.desk().escalate(&cx, &tid("4321"), &up).await.expect_err("the note is there");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    clean(&error);
    desk.state().quirks(|it| it.canned.clear());
    let row = open(desk.desk().escalate(&cx, &tid("4321"), &up).await.expect("done")).expect("Acme's");
    assert_eq!(row.escalations.len(), 1);
    assert_eq!(row.assignee.map(|it| it.id).as_deref(), Some("15"));
}

#[tokio::test]
async fn an_escalation_goes_to_a_technician_or_to_a_configured_name() {
    let desk = desk_with(|it| it.escalation_targets = [("2nd Line".to_owned(), 15)].into()).await;
    let up = |target: &str| NewEscalation { target: target.into(), reason: "Beyond us".into(), by: ada() };
    let row = open(desk.desk().escalate(&acme(), &tid("4321"), &up("2nd line")).await.expect("done")).expect("Acme's");
    assert_eq!(row.assignee.as_ref().map(|it| it.id.as_str()), Some("15"));
    assert_eq!(row.escalations[0].target, "2nd Line");
    let before = desk.written().len();
    let error = desk.desk().escalate(&acme(), &tid("4321"), &up("Nobody")).await.expect_err("no such name");
    assert_eq!((error.kind(), desk.written().len()), (ErrorKind::InvalidArgument, before));
}

#[tokio::test]
async fn a_refusal_says_which_field_in_our_words() {
    let desk = desk().await;
    for body in [
        r#"{"error":"Subject can't be blank CANARY"}"#,
        r#"{"success":false,"message":["Subject can't be blank"]}"#,
        r#"{"record":{"subject":"CANARY"},"errors":"Subject can't be blank","params":{"password":"CANARY"}}"#,
    ] {
        desk.state().can("POST", "tickets", 422, "application/json", body);
        let error = desk.desk().create(&acme(), &ticket()).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("(subject: it is missing)"), "{error}");
        clean(&error);
    }
}

#[tokio::test]
async fn without_a_mark_no_ticket_is_made_that_others_could_read_otherwise() {
    let desk = desk_with(|it| it.private_field = None).await;
    let error = desk.desk().create(&acme(), &ticket()).await.expect_err("no mark");
    assert_eq!((error.kind(), desk.written().len()), (ErrorKind::Unsupported, 0));
    let private = NewTicket { visibility: Visibility::Private, ..ticket() };
    let made = open(desk.desk().create(&acme(), &private).await.expect("a ticket")).expect("Acme's");
    assert_eq!(made.visibility, Visibility::Private);
}

#[tokio::test]
async fn a_marker_that_somebody_wrote_is_a_text_like_any_other() {
    let desk = desk().await;
    let forged = NewComment { body: "see [gw:once]".into(), ..note(false) };
    desk.desk().comment(&acme(), &tid("4321"), &forged).await.expect("a comment");
    let before = desk.written().len();
    desk.desk().comment(&once(), &tid("4321"), &note(true)).await.expect("a note");
    assert_eq!(desk.written().len(), before + 1, "it was not taken for ours");
    assert!(desk.ticket("4321").await.comments.iter().any(|it| it.body.expose() == "see [gw:once]"));
}
