//! Rules that are this backend's own, beside the kit's.

use crate::support::{cx, demo, everywhere, external, kind, marcus, now};
use jiff::{SignedDuration, Timestamp};
use postern_api::*;

#[tokio::test]
async fn an_attachment_is_used_once_and_by_its_own_organisation() {
    let demo = demo();
    let upload = |of: &str| {
        demo.embedded.upload(&demo.tenant, &external(of), "log.txt", "text/plain", 12).expect("an attachment")
    };
    let (own, foreign) = (upload("acme"), upload("globex"));
    let with = async |files: Vec<AttachmentId>| {
        let new = NewTicket { attachments: files, ..demo.new_ticket("acme").await };
        demo.desk().create(&everywhere(), &new).await
    };
    assert_eq!(kind(with(vec![foreign]).await), ErrorKind::InvalidArgument);
    assert_eq!(kind(with(vec![own.clone(), own.clone()]).await), ErrorKind::InvalidArgument);
    let ticket = demo.open(with(vec![own.clone()]).await.expect("a ticket"));
    assert_eq!(ticket.attachments.first().map(|it| (&it.id, it.size)), Some((&own, 12)));
    assert_eq!(kind(with(vec![own]).await), ErrorKind::InvalidArgument);
    let nobody = demo.embedded.upload(&demo.tenant, &external("nobody"), "a", "b", 1);
    assert_eq!(kind(nobody), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_refused_ticket_leaves_no_gap_in_the_numbers() {
    let demo = demo();
    let first = demo.open(demo.desk().create(&cx("acme"), &demo.new_ticket("acme").await).await.expect("a ticket"));
    let file = AttachmentId::new("AT-999999").expect("an id");
    let refused = NewTicket { attachments: vec![file], ..demo.new_ticket("acme").await };
    assert_eq!(kind(demo.desk().create(&cx("acme"), &refused).await), ErrorKind::InvalidArgument);
    let second = demo.open(demo.desk().create(&cx("acme"), &demo.new_ticket("acme").await).await.expect("a ticket"));
    let number = |it: &Ticket| it.id.as_str().rsplit('-').next().expect("a number").parse::<u32>().expect("a number");
    assert_eq!(number(&second), number(&first) + 1);
    assert!(first.id.as_str().starts_with("TK-20"), "{}", first.id);
}

#[tokio::test]
async fn the_limit_holds_when_many_create_at_once() {
    let demo = demo();
    let since = now();
    let new = NewTicket { limit: Some((3, since)), ..demo.new_ticket("acme").await };
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (adapter, new) = (demo.adapter.clone(), new.clone());
            tokio::spawn(async move {
                let desk = adapter.service_desk().expect("a service desk");
                desk.create(&cx("acme"), &new).await.map(drop).map_err(|e| e.kind())
            })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        match task.await.expect("a task") {
            Ok(()) => created += 1,
            Err(kind) => assert_eq!(kind, ErrorKind::LimitReached),
        }
    }
    assert_eq!(created, 3);
}

#[tokio::test]
async fn w09_every_write_with_the_same_reference_has_one_effect() {
    let demo = demo();
    let desk = demo.desk();
    let cx = |reference: &str| CallCx { reference: Some(reference.to_owned()), ..cx("acme") };
    let new = demo.new_ticket("acme").await;
    let id = demo.open(desk.create(&cx("gw:1"), &new).await.expect("a ticket")).id;
    assert_eq!(demo.open(desk.create(&cx("gw:1"), &new).await.expect("the same")).id, id);

    let note = NewComment { author: Author::Agent(marcus()), body: "once".into(), internal: false };
    let first = demo.open(desk.comment(&cx("gw:2"), &id, &note).await.expect("a comment")).id;
    assert_eq!(demo.open(desk.comment(&cx("gw:2"), &id, &note).await.expect("the same")).id, first);

    let escalation = NewEscalation { target: "Second line".into(), reason: "once".into(), by: marcus() };
    for _ in 0..2 {
        let ticket = demo.open(desk.escalate(&cx("gw:3"), &id, &escalation).await.expect("a ticket"));
        assert_eq!((ticket.escalations.len(), ticket.comments.len()), (1, 1));
    }
    let closure = Closure { resolution: "done".into(), by: marcus() };
    desk.close(&cx("gw:4"), &id, &closure).await.expect("a closed ticket");
    desk.close(&cx("gw:4"), &id, &closure).await.expect("the same");
    assert_eq!(kind(desk.close(&cx("gw:5"), &id, &closure).await), ErrorKind::Conflict);
}

/// A reference of another organisation's ticket opens nothing.
#[tokio::test]
async fn b05_a_foreign_reference_is_not_found() {
    let demo = demo();
    let with = |organisation| CallCx { reference: Some("gw:1".to_owned()), ..cx(organisation) };
    demo.desk().create(&with("globex"), &demo.new_ticket("globex").await).await.expect("a ticket");
    let answer = demo.desk().create(&with("acme"), &demo.new_ticket("acme").await).await;
    assert_eq!(kind(answer), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_closed_ticket_takes_no_comment_and_a_customers_comment_reopens_a_resolved_one() {
    let demo = demo();
    let person = Person { contact: Some(demo.contact("acme", "alice.wong").await), name: "Alice".into(), email: None };
    let new = NewComment { author: Author::Customer(person), body: "Still broken".into(), internal: false };
    let resolved = demo.find("acme", "Invoice portal password").await;
    demo.desk().comment(&cx("acme"), &resolved, &new).await.expect("a comment");
    let ticket = demo.open(demo.desk().ticket(&cx("acme"), &resolved).await.expect("a ticket"));
    assert_eq!((ticket.status, ticket.sla.resolved_at), (TicketStatus::Open, None));
    let closed = demo.find("acme", "Build server").await;
    assert_eq!(kind(demo.desk().comment(&cx("acme"), &closed, &new).await), ErrorKind::Conflict);
}

#[tokio::test]
async fn b09_a_customer_writes_no_notes_and_not_in_a_strangers_name() {
    let demo = demo();
    let id = demo.find("acme", "VPN drops").await;
    for (contact, internal) in
        [(demo.contact("acme", "basic").await, true), (demo.contact("globex", "basic").await, false)]
    {
        let author = Author::Customer(Person { contact: Some(contact), name: "Somebody".into(), email: None });
        let new = NewComment { author, body: "no".into(), internal };
        assert_eq!(kind(demo.desk().comment(&cx("acme"), &id, &new).await), ErrorKind::InvalidArgument);
    }
}

/// A viewer of one organisation sees nothing of another, even where the call reaches both.
#[tokio::test]
async fn b01_a_lead_sees_their_own_organisation_alone_whatever_the_reach() {
    let demo = demo();
    let viewer = Viewer { contact: demo.contact("acme", "lead").await, organisation_wide: true };
    let query = TicketQuery { viewer: Some(viewer), limit: 200, ..TicketQuery::default() };
    let (narrow, _) = demo.list(&cx("acme"), query.clone()).await;
    let (wide, total) = demo.list(&everywhere(), query).await;
    assert!(!narrow.is_empty());
    assert_eq!((wide.len(), total), (narrow.len(), narrow.len() as u64));
}

#[tokio::test]
async fn b16_search_words_are_words_and_not_a_language() {
    let demo = demo();
    for text in [
        "\"",
        "a\" OR scope:\"b",
        "NEAR(a b)",
        "text:*",
        "qqq OR VPN",
        "NOT qqq",
        "') OR 1=1 --",
        "^qqq",
        "{a}:b",
        "\0",
        "qq\0q",
    ] {
        let query = TicketQuery { text: Some(text.to_owned()), ..TicketQuery::default() };
        assert_eq!(demo.list(&cx("acme"), query).await.1, 0, "{text:?}");
        let query = ArticleQuery { text: text.to_owned(), category: None, public_only: true, limit: 10 };
        demo.adapter.knowledge().expect("articles").search(&cx("acme"), &query).await.expect("an answer");
    }
    let beginning = TicketQuery { text: Some("PRINT flòor".into()), ..TicketQuery::default() };
    assert_eq!(demo.list(&cx("initech"), beginning).await.1, 1, "from the beginning, in any case, without accents");
}

/// What employees wrote in internal articles does not change what customers see, not even a score.
#[tokio::test]
async fn b06_a_public_search_is_the_same_with_and_without_internal_articles() {
    let demo = demo();
    let search = async |public_only, limit| {
        let query = ArticleQuery { text: "VPN password phone".into(), category: None, public_only, limit };
        let page = demo.adapter.knowledge().expect("articles").search(&cx("acme"), &query).await.expect("a page");
        let rows: Vec<_> = page.rows.into_iter().map(|it| demo.open(it)).collect();
        (rows.into_iter().map(|it| (it.public, it.id, it.relevance)).collect::<Vec<_>>(), page.total)
    };
    let (all, everything) = search(false, 50).await;
    let (public, total) = search(true, 50).await;
    assert!(total < everything);
    assert_eq!(public, all.into_iter().filter(|it| it.0).collect::<Vec<_>>());
    assert_eq!(search(true, 1).await.1, total, "the total does not depend on the page");
}

#[tokio::test]
async fn moving_the_lead_role_tells_both_people() {
    let demo = demo();
    let (from, to) = (demo.contact("acme", "lead").await, demo.contact("acme", "basic").await);
    let transfer = LeadTransfer {
        organisation: external("acme"),
        from: from.clone(),
        to: to.clone(),
        reason: Some("leave".into()),
    };
    let call = CallCx { reference: Some("gw:1".into()), ..cx("acme") };
    for _ in 0..2 {
        demo.identity().transfer_lead(&call, &transfer).await.expect("the new lead");
    }
    for (contact, words) in [(from, "to Bob Miller"), (to, "Jane Smith handed")] {
        let told = demo.embedded.notifications(&demo.tenant, &contact).expect("notifications");
        assert_eq!(told.len(), 1, "sent again, it has one effect");
        assert!(told.iter().any(|it| it.1.contains(words)), "{told:?}");
    }
}

#[tokio::test]
async fn an_invitation_that_lapsed_can_be_sent_again() {
    let demo = demo();
    let invite = async |expires_at: Timestamp| {
        let invitation = Invitation {
            organisation: external("acme"),
            email: "new@acme.example".into(),
            first_name: "Nadia".into(),
            last_name: "West".into(),
            by: "Jane Smith".into(),
            expires_at,
            max_logins: None,
        };
        demo.identity().invite(&cx("acme"), &invitation).await.map(|it| demo.open(it))
    };
    let week = SignedDuration::from_hours(7 * 24);
    let first = invite(now().saturating_sub(week).expect("a time")).await.expect("a login");
    let second = invite(now().saturating_add(week).expect("a time")).await.expect("the same login");
    assert_eq!((&second.id, &second.name), (&first.id, &first.name));
    assert_eq!(kind(invite(now()).await), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_call_whose_time_is_over_does_nothing() {
    let demo = demo();
    let late = CallCx { deadline: std::time::Instant::now(), ..cx("acme") };
    let (_, before) = demo.list(&cx("acme"), TicketQuery::default()).await;
    assert_eq!(kind(demo.desk().create(&late, &demo.new_ticket("acme").await).await), ErrorKind::Timeout);
    assert_eq!(kind(demo.desk().tickets(&late, &TicketQuery::default()).await), ErrorKind::Timeout);
    assert_eq!(demo.list(&cx("acme"), TicketQuery::default()).await.1, before);
}

#[tokio::test]
async fn a_requester_is_found_in_any_case_and_in_reach_alone() {
    let demo = demo();
    let acme = external("acme");
    let found = demo.desk().requester(&cx("acme"), &acme, "BASIC@acme.example").await.expect("an answer");
    assert!(found.is_some());
    let out_of_reach = demo.desk().requester(&cx("globex"), &acme, "basic@acme.example").await.expect("an answer");
    assert!(out_of_reach.is_none());
}

/// A record out of reach answers exactly like a missing one, in kind and in words.
#[tokio::test]
async fn b01_out_of_reach_is_the_same_answer_as_missing() {
    let demo = demo();
    let says = |error: Error| format!("{:?} {error}", error.kind());
    let (desk, crm) = (demo.desk(), demo.adapter.crm().expect("a CRM"));
    let (foreign, missing) = (demo.find("globex", "CAD licence").await, TicketId::new("TK-1999-1").expect("an id"));
    let ticket = async |id: &TicketId| says(desk.ticket(&cx("acme"), id).await.map(drop).expect_err("refused"));
    assert_eq!(ticket(&foreign).await, ticket(&missing).await);
    let closure = Closure { resolution: "no".into(), by: marcus() };
    let close = async |id: &TicketId| says(desk.close(&cx("acme"), id, &closure).await.map(drop).expect_err("refused"));
    assert_eq!(close(&foreign).await, close(&missing).await);
    let (foreign, missing) = (demo.contact("globex", "lead").await, ContactId::new("CT-999").expect("an id"));
    let contact = async |id: &ContactId| says(crm.contact(&cx("acme"), id).await.map(drop).expect_err("refused"));
    assert_eq!(contact(&foreign).await, contact(&missing).await);
    let organisation =
        async |id: &str| says(crm.organisation(&cx("acme"), &external(id)).await.map(drop).expect_err("refused"));
    assert_eq!(organisation("globex").await, organisation("nobody").await);
}
