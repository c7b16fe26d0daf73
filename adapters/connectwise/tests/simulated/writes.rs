//! Writes: once, read back, compared.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

#[tokio::test]
async fn a_ticket_is_made_with_our_reference_and_read_back() {
    let desk = desk().await;
    let made = open(desk.desk().create(&with_reference(), &ticket()).await.expect("created")).expect("Acme's");
    assert_eq!(made.subject.expose(), "Screen <flickers> & hums");
    assert_eq!(made.description.expose(), "Since <b>Monday</b>\nit's worse");
    assert_eq!((made.priority, made.visibility), (Priority::High, Visibility::Organisation));
    assert_eq!((made.requester.contact, made.category.as_str()), (Some(cid(BOB)), "Hardware"));
    assert_eq!(made.sla.resolution_due.map(|it| it.to_string()).as_deref(), Some("2026-10-02T16:00:00Z"));
    let sent = desk.sent("POST", "service/tickets");
    assert_eq!(sent.len(), 1);
    let expected = json!({
        "summary": "Screen <flickers> & hums", "initialDescription": "Since <b>Monday</b>\nit's worse",
        "board": { "id": 1 }, "company": { "id": 12 }, "contact": { "id": 78 }, "priority": { "id": 2 },
        "processNotifications": false, "type": { "id": 31 }, "requiredDate": "2026-10-02T16:00:00Z",
        "externalXRef": "gw:abc234", "customFields": [{ "id": 5, "value": false }],
    });
    assert_eq!(sent[0], expected);
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
    let unmarked = desk_with(|it| (it.private_field, it.unmarked_visibility) = (None, Visibility::Organisation)).await;
    let error = unmarked.desk().create(&acme(), &private).await.expect_err("cannot be marked");
    assert_eq!((error.kind(), unmarked.writes()), (ErrorKind::Unsupported, 0));
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_before_anything_is_sent() {
    let desk = desk().await;
    let with = |change: fn(&mut NewTicket)| {
        let mut new = ticket();
        change(&mut new);
        new
    };
    let cases = [
        with(|it| it.requester = cid("88")),
        with(|it| it.requester = cid("89")),
        with(|it| it.requester = cid("999")),
        with(|it| it.requester = cid("x")),
        with(|it| it.organisation = ext(GLOBEX)),
        with(|it| it.subject = "x".repeat(101)),
        with(|it| it.subject = " \u{7} ".into()),
        with(|it| it.category = Some("Retired".into())),
        with(|it| it.category = Some("\" or 1=1".into())),
        with(|it| it.attachments = vec![AttachmentId::new("301").expect("a test id")]),
    ];
    for new in cases {
        let error = desk.desk().create(&with_reference(), &new).await.expect_err("refused");
        assert!(matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::NotFound), "{new:?}");
        clean(&error);
    }
    assert_eq!(desk.writes(), 0);
}

#[tokio::test]
async fn a_ticket_that_was_stored_for_another_company_is_not_answered_as_done() {
    let desk = desk().await;
    desk.state().quirks(|it| it.create_for = Some(13));
    let error = desk.desk().create(&with_reference(), &ticket()).await.expect_err("Globex's now");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    clean(&error);
}

#[tokio::test]
async fn w09_a_lost_answer_is_unknown_and_the_repetition_finds_the_ticket() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("what the numbers mean is known");
    desk.state().quirks(|it| it.stall_after_commit = true);
    let error = desk.desk().create(&hasty(), &ticket()).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let again = CallCx { reference: hasty().reference, ..acme() };
    let made = open(desk.desk().create(&again, &ticket()).await.expect("found")).expect("Acme's");
    assert_eq!(made.subject.expose(), "Screen <flickers> & hums");
    assert_eq!(desk.sent("POST", "service/tickets").len(), 1, "sent once");
    let asked = desk.asked("GET", "service/tickets");
    let conditions = asked.iter().filter_map(|it| parameter(it, "conditions")).next_back();
    assert_eq!(conditions.as_deref(), Some("company/id=12 and externalXRef=\"gw:once\""));
}

#[tokio::test]
async fn w09_a_500_after_the_write_is_looked_up_and_not_repeated() {
    let desk = desk().await;
    desk.state().quirks(|it| it.fail_after_commit = true);
    desk.desk().create(&with_reference(), &ticket()).await.expect("found by its reference");
    assert_eq!(desk.sent("POST", "service/tickets").len(), 1);
    let error = desk.desk().create(&acme(), &ticket()).await.expect_err("nothing to find it by");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(desk.sent("POST", "service/tickets").len(), 2);
    clean(&error);
}

#[tokio::test]
async fn a_reference_that_two_tickets_carry_proves_nothing() {
    let desk = desk().await;
    desk.desk().create(&with_reference(), &ticket()).await.expect("created");
    desk.state().data(|data| {
        let mut twin = data.tickets.last().cloned().expect("the ticket");
        twin["id"] = json!(7777);
        data.tickets.push(twin);
    });
    let error = desk.desk().create(&with_reference(), &ticket()).await.expect_err("which one?");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(desk.sent("POST", "service/tickets").len(), 1);
}

#[tokio::test]
async fn a_comment_says_where_it_is_shown_and_is_read_back_there() {
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
    let sent = desk.sent("POST", "service/tickets/4322/notes");
    let places = |it: &serde_json::Value| {
        ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"].map(|flag| it[flag] == json!(true))
    };
    assert_eq!(
        sent.iter().map(places).collect::<Vec<_>>(),
        [[true, false, false], [false, true, false], [true, false, false]]
    );
    assert!(sent.iter().all(|it| it["processNotifications"] == json!(false)));
    assert_eq!((&sent[0]["member"], &sent[2]["contact"]), (&json!({ "id": 176 }), &json!({ "id": 78 })));
    assert_eq!(sent[2]["customerUpdatedFlag"], json!(true));
}

#[tokio::test]
async fn the_account_signs_for_whom_no_member_has_the_name() {
    let desk = desk().await;
    for name in ["Somebody Else", "Gone Agent", "Agent", ""] {
        let author = Author::Agent(Agent { name: name.into(), ..ada() });
        let stored = desk.desk().comment(&acme(), &tid("4322"), &NewComment { author, ..note(true) }).await;
        let stored = open(stored.expect("stored")).expect("Acme's");
        assert!(matches!(stored.author, Author::Agent(Agent { name, .. }) if name == "Postern Account"), "{name}");
    }
    desk.state().can("GET", "system/info/members", 403, "application/json", r#"{"code":"Security"}"#);
    desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect("stored all the same");
}

#[tokio::test]
async fn a_note_that_was_stored_as_visible_is_not_answered_as_done() {
    let desk = desk().await;
    desk.state().quirks(|it| it.expose_notes = true);
    let error = desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect_err("exposed");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let error = desk.desk().escalate(&acme(), &tid("4322"), &up("Network Team")).await.expect_err("exposed");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_comment_that_reads_back_without_flags_is_not_answered_as_public() {
    let desk = desk().await;
    desk.state().quirks(|it| it.no_note_flags = true);
    let error = desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect_err("not plainly visible");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn w09_a_comment_whose_answer_was_lost_is_found_by_what_it_says() {
    let desk = desk().await;
    desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect("the same words, before");
    desk.state().quirks(|it| it.fail_after_commit = true);
    let stored = desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect("found");
    assert_eq!(open(stored).expect("Acme's").body.expose(), "one\ntwo <b>");
    assert_eq!(desk.sent("POST", "service/tickets/4322/notes").len(), 2, "each sent once");
    desk.state().quirks(|it| it.fail_after_commit = false);
    // Refused for certain by a server that answers 500: what was there before is not taken for it.
    desk.state().can("POST", "service/tickets/4322/notes", 500, "application/json", "{}");
    let error = desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect_err("not there");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn closing_tells_the_customer_why_and_then_sets_the_boards_own_status() {
    let desk = desk().await;
    let closed = desk.desk().close(&with_reference(), &tid("4322"), &closure()).await.expect("closed");
    let closed = open(closed).expect("Acme's");
    assert_eq!(closed.status, TicketStatus::Closed);
    assert_eq!(closed.resolution.as_ref().map(Text::expose), Some("Rebooted <twice>"));
    assert_eq!((closed.public_comments, closed.internal_comments), (0, 0));
    let sent = desk.sent("PATCH", "service/tickets/4322");
    assert_eq!(sent, [json!([{ "op": "replace", "path": "status", "value": { "id": 15 } }])]);
    let order: Vec<String> =
        desk.state().log.all().iter().filter(|it| it.method != "GET").map(|it| it.method.clone()).collect();
    assert_eq!(order, ["POST", "PATCH"]);
    let again = desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect_err("closed already");
    assert_eq!((again.kind(), desk.writes()), (ErrorKind::Conflict, 2));
}

#[tokio::test]
async fn a_closing_that_stopped_half_way_goes_on_where_it_stopped() {
    let desk = desk().await;
    desk.state().can("PATCH", "service/tickets/4322", 400, "application/json", "{}");
    let error = desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "the resolution is there");
    desk.state().quirks(|it| it.canned.clear());
    let closed = open(desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect("closed")).expect("Acme's");
    assert_eq!(closed.resolution.as_ref().map(Text::expose), Some("Rebooted <twice>"));
    assert_eq!(desk.sent("POST", "service/tickets/4322/notes").len(), 1, "written once");
}

#[tokio::test]
async fn what_an_earlier_closing_said_is_not_taken_for_this_one() {
    let desk = desk().await;
    for text in ["Rebooted", "Replaced", "Rebooted"] {
        let closure = Closure { resolution: text.into(), ..closure() };
        let closed = open(desk.desk().close(&acme(), &tid("4322"), &closure).await.expect("closed")).expect("Acme's");
        assert_eq!(closed.resolution.as_ref().map(Text::expose), Some(text));
        desk.state().data(|data| {
            let row = data.tickets.iter_mut().find(|it| it["id"] == json!(4322)).expect("a seeded row");
            (row["status"], row["closedFlag"]) = (json!({ "id": 11 }), json!(false));
        });
    }
    assert_eq!(desk.sent("POST", "service/tickets/4322/notes").len(), 3);
}

#[tokio::test]
async fn a_change_that_says_it_was_done_and_was_not_is_found_out() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_patch = true);
    let error = desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect_err("still open");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let error = desk.desk().escalate(&acme(), &tid("4322"), &up("Network Team")).await.expect_err("not moved");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn w09_a_change_whose_answer_was_lost_is_read_back() {
    let desk = desk().await;
    desk.state().quirks(|it| it.fail_after_commit = true);
    let closed = open(desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect("closed")).expect("Acme's");
    assert_eq!((closed.status, desk.writes()), (TicketStatus::Closed, 2));
}

#[tokio::test]
async fn an_escalation_moves_the_ticket_and_stays_in_its_history_for_agents() {
    let desk = desk().await;
    let id = tid("4322");
    let ticket = desk.desk().escalate(&with_reference(), &id, &up("NETWORK team")).await.expect("escalated");
    let ticket = open(ticket).expect("Acme's");
    let [escalation] = ticket.escalations.as_slice() else { panic!("one escalation: {:?}", ticket.escalations) };
    assert_eq!((escalation.target.as_str(), escalation.by.as_str()), ("Network Team", "Ada Agent"));
    assert_eq!(escalation.reason.expose(), "Too hard\nfor us");
    assert_eq!((ticket.public_comments, ticket.internal_comments), (0, 0), "it is no comment");
    assert_eq!(ticket.assignee.map(|it| it.name).as_deref(), Some("Network Team"));
    desk.desk().escalate(&with_reference(), &id, &up("Network Team")).await.expect("the same again is the same");
    assert_eq!(desk.writes(), 2);
    let ticket = desk.desk().escalate(&acme(), &id, &up("aagent")).await.expect("escalated");
    let ticket = open(ticket).expect("Acme's");
    assert_eq!((ticket.escalations.len(), ticket.assignee.map(|it| it.id)), (2, Some("176".into())));
    let sent = desk.sent("PATCH", "service/tickets/4322");
    assert_eq!(sent[1], json!([{ "op": "replace", "path": "owner", "value": { "id": 176 } }]));
}

#[tokio::test]
async fn an_escalation_to_nobody_or_of_a_closed_ticket_sends_nothing() {
    let desk = desk().await;
    for nobody in ["Third Line", "Gone Agent", "Sales Team", ""] {
        let error = desk.desk().escalate(&acme(), &tid("4322"), &up(nobody)).await.expect_err("nobody");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{nobody}");
    }
    let error = desk.desk().escalate(&acme(), &tid("4324"), &up("Network Team")).await.expect_err("closed");
    assert_eq!((error.kind(), desk.writes()), (ErrorKind::Conflict, 0));
}

#[tokio::test]
async fn b01_no_write_reaches_another_companys_ticket() {
    let desk = desk().await;
    let cx = acme();
    for id in ["5001", "5002", "5003", "999", "x"] {
        let id = tid(id);
        let kinds = [
            desk.desk().comment(&cx, &id, &note(false)).await.expect_err("refused").kind(),
            desk.desk().close(&cx, &id, &closure()).await.expect_err("refused").kind(),
            desk.desk().escalate(&cx, &id, &up("Network Team")).await.expect_err("refused").kind(),
        ];
        assert_eq!(kinds, [ErrorKind::NotFound; 3], "{id}");
    }
    assert_eq!(desk.writes(), 0);
}

#[tokio::test]
async fn a_write_that_is_refused_is_no_unknown_outcome() {
    let cases = [
        (403, r#"{"code":"Security","message":"You do not have security permission. CANARY"}"#, ErrorKind::Forbidden),
        (
            400,
            r#"{"code":"InvalidObject","errors":[{"code":"NotFound","message":"CANARY"}]}"#,
            ErrorKind::InvalidArgument,
        ),
        (409, "", ErrorKind::Conflict),
        (429, r#"{"error":"ConnectWiseAPI","message":"CANARY"}"#, ErrorKind::RateLimited),
        (500, r#"{"code":"ConnectWiseApi","message":"A timeout has occured. CANARY"}"#, ErrorKind::OutcomeUnknown),
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
        assert_eq!(desk.writes(), 2, "each sent once");
    }
}

/// The simulator says 200 to a path inside of a field, as the vendor does; so no such path can be said at all.
#[tokio::test]
async fn only_whole_fields_are_changed() {
    let desk = desk().await;
    desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect("closed");
    desk.desk().escalate(&acme(), &tid("4321"), &up("Ada Agent")).await.expect("hers already");
    desk.desk().escalate(&acme(), &tid("4321"), &up("Network Team")).await.expect("escalated");
    for (ticket, count) in [("4322", 1), ("4321", 1)] {
        let sent = desk.sent("PATCH", &format!("service/tickets/{ticket}"));
        assert_eq!(sent.len(), count);
        for operation in sent.iter().filter_map(|it| it.as_array()).flatten() {
            assert!(["status", "team", "owner"].iter().any(|it| operation["path"] == json!(it)), "{operation}");
        }
    }
}
