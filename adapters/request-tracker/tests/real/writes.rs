//! Writing, and reading back.

use crate::rig::{Rig, staff, word};
use postern_api::*;

pub(crate) async fn a_created_ticket_reads_back(rig: &Rig) {
    let description = "it's \"odd\" & <b>bold</b>; a < b\n\nFrom here -- 100% _done_ \\o/ café 日本 💾\n-- \nJane";
    let due: jiff::Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
    let new = NewTicket {
        subject: format!("it's \"odd\" & {} 💾", word()),
        description: description.to_owned(),
        priority: Priority::High,
        visibility: Visibility::Private,
        resolution_due: Some(due),
        ..rig.new_ticket("x")
    };
    let made = rig.create(&new).await;
    for it in [&made, &rig.get(made.id.as_str()).await] {
        assert_eq!(it.subject.expose(), new.subject);
        assert_eq!(it.description.expose(), description);
        assert_eq!((it.priority, it.visibility, it.status), (Priority::High, Visibility::Private, TicketStatus::Open));
        assert_eq!(it.requester.contact.as_ref(), Some(&rig.jane));
        assert_eq!(it.sla.resolution_due, Some(due));
        assert_eq!((it.public_comments, it.internal_comments, it.category.as_str()), (0, 0, "General"));
        assert_eq!(it.sla.responded_at, None);
    }
    let zero = rig.create(&NewTicket { description: "0".into(), ..rig.new_ticket(&word()) }).await;
    assert_eq!(zero.description.expose(), "0");
    let files = vec![AttachmentId::new("1").expect("an id")];
    let error = rig.desk().create(&rig.at_acme(), &NewTicket { attachments: files, ..new.clone() }).await;
    assert_eq!(error.expect_err("no files").kind(), ErrorKind::InvalidArgument);
    let long = NewTicket { subject: "x".repeat(201), ..new };
    assert_eq!(
        rig.desk().create(&rig.at_acme(), &long).await.expect_err("too long").kind(),
        ErrorKind::InvalidArgument
    );
}

pub(crate) async fn the_same_reference_creates_one_ticket(rig: &Rig) {
    let mark = word();
    let cx = CallCx { reference: Some(format!("gw:{mark}")), ..rig.at_acme() };
    let first = rig.acmes(rig.desk().create(&cx, &rig.new_ticket(&mark)).await.expect("a ticket"));
    let second = rig.acmes(rig.desk().create(&cx, &rig.new_ticket(&mark)).await.expect("the same ticket"));
    assert_eq!(first.id, second.id);
    let (rows, _) = rig.list(&TicketQuery { text: Some(mark), ..TicketQuery::default() }).await;
    assert_eq!(rows.len(), 1);
}

pub(crate) async fn a_ticket_is_not_created_for_somebody_elses_person(rig: &Rig) {
    let mark = word();
    // Request Tracker gives every account a group with the next number, and would take the group for a requester.
    let jane: i64 = rig.jane.as_str().parse().expect("a number");
    for wrong in [rig.bob.to_string(), (jane + 1).to_string(), "999999".into(), "jane".into()] {
        let requester = ContactId::new(&wrong).expect("an id");
        let new = NewTicket { requester, ..rig.new_ticket(&mark) };
        let error = rig.desk().create(&rig.at_acme(), &new).await.expect_err("not a person of Acme");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong}");
    }
    let query = TicketQuery { text: Some(mark), ..TicketQuery::default() };
    assert_eq!(rig.desk().tickets(&rig.tenant(), &query).await.expect("tickets").total, 0);
}

pub(crate) async fn comments_are_read_back_with_author_and_visibility(rig: &Rig) {
    let id = rig.create(&rig.new_ticket(&word())).await.id;
    let jane =
        Person { contact: Some(rig.jane.clone()), name: "Jane Smith".into(), email: Some("jane@acme.example".into()) };
    let notes = [
        (Author::Customer(jane.clone()), false, format!("It's {} <again>", word())),
        (Author::Agent(staff()), true, "0".to_owned()),
        (Author::Agent(staff()), false, format!("line one\nline two é {}", "long ".repeat(2000).trim_end())),
    ];
    for (author, internal, body) in notes.clone() {
        let new = NewComment { author: author.clone(), body: body.clone(), internal };
        let cx = CallCx { reference: Some("gw:c1".into()), ..rig.at_acme() };
        let stored = rig.acmes(rig.desk().comment(&cx, &id, &new).await.expect("a comment"));
        let whole = rig.get(id.as_str()).await;
        let read = whole.comments.iter().find(|it| it.id == stored.id).expect("the comment");
        for it in [&stored, read] {
            assert_eq!((it.internal, it.body.expose(), &it.author), (internal, body.as_str(), &author));
        }
        assert_eq!(whole.sla.responded_at.is_some(), matches!(&author, Author::Agent(_)) && !internal);
    }
    let whole = rig.get(id.as_str()).await;
    assert_eq!((whole.public_comments, whole.internal_comments), (2, 1));
    let (rows, _) = rig.list(&TicketQuery { limit: 1, ..TicketQuery::default() }).await;
    assert_eq!((rows[0].id.clone(), rows[0].public_comments, rows[0].internal_comments), (id.clone(), 2, 1));
    // A customer's answer by other ways has that customer as its author.
    let body = serde_json::json!({ "Content": "by mail", "ContentType": "text/plain" });
    assert_eq!(rig.raw("jane", &format!("/ticket/{id}/correspond"), body).await, 201);
    let whole = rig.get(id.as_str()).await;
    assert_eq!(whole.comments.last().map(|it| it.author.clone()), Some(Author::Customer(jane)));
    let missing = TicketId::new("999999").expect("an id");
    let new = NewComment { author: Author::Agent(staff()), body: word(), internal: true };
    let error = rig.desk().comment(&rig.at_acme(), &missing, &new).await.expect_err("missing");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

pub(crate) async fn a_closed_ticket_is_closed_once_even_by_two(rig: &Rig) {
    let id = rig.create(&rig.new_ticket(&word())).await.id;
    let closure = Closure { resolution: format!("Replaced the drum {}", word()), by: staff() };
    let cx = rig.at_acme();
    let (one, two) = futures::join!(rig.desk().close(&cx, &id, &closure), rig.desk().close(&cx, &id, &closure));
    let (closed, error) = match (one, two) {
        (Ok(row), Err(error)) | (Err(error), Ok(row)) => (rig.acmes(row), error),
        (one, two) => panic!("one of two closes it: {one:?} {two:?}"),
    };
    assert_eq!(error.kind(), ErrorKind::Conflict);
    for it in [&closed, &rig.get(id.as_str()).await] {
        assert_eq!(it.status, TicketStatus::Closed);
        assert_eq!(it.resolution.as_ref().map(Text::expose), Some(closure.resolution.as_str()));
        assert!(it.sla.resolved_at.is_some());
        assert!(it.comments.is_empty(), "written once, and in its own field alone: {:?}", it.comments);
    }
    let again = rig.desk().close(&cx, &id, &closure).await.expect_err("closed already");
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let escalation = NewEscalation { target: "Second line".into(), reason: word(), by: staff() };
    let error = rig.desk().escalate(&cx, &id, &escalation).await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

pub(crate) async fn an_escalation_is_kept_and_the_queue_stays(rig: &Rig) {
    let id = rig.create(&rig.new_ticket(&word())).await.id;
    for target in ["Second line", "Second line", "Network team"] {
        let new = NewEscalation { target: target.into(), reason: format!("Beyond us {}", word()), by: staff() };
        let cx = rig.at_acme();
        let answer = rig.acmes(rig.desk().escalate(&cx, &id, &new).await.expect("an escalation"));
        for it in [&answer, &rig.get(id.as_str()).await] {
            let last = it.escalations.last().expect("an escalation");
            assert_eq!((last.target.as_str(), last.by.as_str()), (target, "Sam Service"));
            assert_eq!(last.reason.expose(), new.reason);
            assert!(it.comments.is_empty(), "{:?}", it.comments);
        }
    }
    assert_eq!(rig.get(id.as_str()).await.escalations.len(), 3);
}

pub(crate) async fn a_refusal_in_200_is_a_refusal(rig: &Rig) {
    let id = rig.create(&rig.new_ticket(&word())).await.id;
    let reader = rig.other("reader", "reader-pass-1").await;
    let desk = reader.service_desk().expect("a service desk");
    let closure = Closure { resolution: word(), by: staff() };
    let error = desk.close(&rig.at_acme(), &id, &closure).await.expect_err("no right to close");
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error:?}");
    let escalation = NewEscalation { target: "Second line".into(), reason: word(), by: staff() };
    let error = desk.escalate(&rig.at_acme(), &id, &escalation).await.expect_err("no right to change");
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error:?}");
    let note = NewComment { author: Author::Agent(staff()), body: word(), internal: true };
    let error = desk.comment(&rig.at_acme(), &id, &note).await.expect_err("no right to comment");
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error:?}");
    assert!(!error.to_string().contains("/usr"), "{error}");
    let it = rig.get(id.as_str()).await;
    assert_eq!((it.status, it.comments.len(), it.escalations.len()), (TicketStatus::Open, 0, 0));
}
