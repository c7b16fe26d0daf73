//! What one customer must not get from another, and a customer not from the MSP.

use crate::rig::{Rig, staff, ticket, word};
use postern_api::*;

pub(crate) async fn b01_a_foreign_ticket_is_a_missing_one(rig: &Rig) {
    let said = async |id: &str| {
        let error = rig.desk().ticket(&rig.at_acme(), &ticket(id)).await.expect_err("not Acme's");
        (error.kind(), error.to_string(), error.context().len())
    };
    assert_eq!(said("4").await, said("999999").await);
    assert_eq!(said("4").await.0, ErrorKind::NotFound);
    assert_eq!(said("6").await, said("999999").await);
}

pub(crate) async fn b03_the_owner_comes_from_the_row(rig: &Rig) {
    let row = rig.desk().ticket(&rig.tenant(), &ticket("4")).await.expect("Globex's ticket");
    let acme = OrganisationId::new("acme").expect("an id");
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), acme);
    let owner = scope.admit(&rig.map, row).expect_err("not opened for Acme");
    assert_eq!(owner, Owner::Organisation(rig.globex.clone()));
}

pub(crate) async fn b16_hostile_text_finds_nothing_of_others(rig: &Rig) {
    for hostile in [
        "zzz' OR Queue = 4 OR Subject = '",
        "zzz\\' OR Queue = 4 OR id > 0 --",
        "zzz\\\\' OR Queue = 4 OR Subject LIKE \\'",
        "zzz') OR (Queue = 4",
        "zzz\" OR Queue = 4 OR Subject = \"",
        "zzz\r\n' OR Queue = 4",
        "zzz' OR 'CF.{Visibility}' = 'organization",
        "zzz\\",
        "zzz'",
        "__CurrentUser__",
        "__Bookmarked__",
        "zzz%' OR '1' = '1",
        "日本' OR Queue = 4 --",
    ] {
        for viewer in [None, Some(Viewer { contact: rig.jane.clone(), organisation_wide: true })] {
            let query = TicketQuery { text: Some(hostile.to_owned()), viewer, ..TicketQuery::default() };
            let page = rig.desk().tickets(&rig.at_acme(), &query).await.expect("a query that is well formed");
            assert_eq!((page.rows.len(), page.total), (0, 0), "{hostile}");
        }
    }
    let quoted = format!("it's \\ {} 'here'", word());
    let made = rig.create(&NewTicket { subject: quoted.clone(), ..rig.new_ticket("x") }).await;
    let (rows, _) = rig.list(&TicketQuery { text: Some(quoted), ..TicketQuery::default() }).await;
    assert_eq!(rows.iter().map(|it| &it.id).collect::<Vec<_>>(), [&made.id], "what is quoted is found as it is");
    let cx = CallCx { reference: Some("gw:' OR Queue = 4 OR Subject = '".into()), ..rig.at_acme() };
    let odd = rig.acmes(rig.desk().create(&cx, &rig.new_ticket("odd")).await.expect("a ticket of its own"));
    assert!(odd.subject.expose().contains("odd"), "no other ticket passes for the earlier one");
}

pub(crate) async fn a_viewer_sees_what_is_theirs(rig: &Rig) {
    let ids = async |contact: &ContactId, organisation_wide| {
        let viewer = Some(Viewer { contact: contact.clone(), organisation_wide });
        let mut seen = vec![];
        for sort in [TicketSort::CreatedAt, TicketSort::UpdatedAt] {
            let (rows, total) =
                rig.list(&TicketQuery { viewer: viewer.clone(), sort, limit: 200, ..TicketQuery::default() }).await;
            assert_eq!(total, rows.len() as u64);
            let mut ids: Vec<String> = rows.iter().map(|it| it.id.to_string()).collect();
            ids.sort();
            seen.push(ids);
        }
        assert_eq!(seen[0], seen[1]);
        seen.remove(0)
    };
    let has = |ids: &[String], id: &str| ids.iter().any(|it| it == id);
    let jane = ids(&rig.jane, false).await;
    assert!(has(&jane, "1") && !has(&jane, "2") && !has(&jane, "3") && !has(&jane, "5"));
    let lead = ids(&rig.jane, true).await;
    assert!(has(&lead, "1") && has(&lead, "2"));
    assert!(!has(&lead, "3"), "a private ticket is its requester's alone");
    assert!(!has(&lead, "5"), "a ticket that does not say who may read it is private");
    assert!(!has(&lead, "4"), "another customer's");
    let john = ids(&rig.john, false).await;
    assert!(has(&john, "2") && has(&john, "3") && has(&john, "5") && !has(&john, "1"));
    assert!(ids(&rig.bob, false).await.is_empty(), "a person of another customer has nothing here");
    assert_eq!(rig.get("5").await.visibility, Visibility::Private);
    assert_eq!(rig.get("3").await.visibility, Visibility::Private);
}

pub(crate) async fn a_viewers_search_does_not_find_notes(rig: &Rig) {
    let search = async |text: &str, viewer: Option<Viewer>| {
        let (rows, total) = rig.list(&TicketQuery { text: Some(text.into()), viewer, ..TicketQuery::default() }).await;
        assert_eq!(total, rows.len() as u64);
        rows.into_iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    let jane = |organisation_wide| Some(Viewer { contact: rig.jane.clone(), organisation_wide });
    assert_eq!(search("canaryacme", None).await, ["1"]);
    for wide in [false, true] {
        assert!(search("canaryacme", jane(wide)).await.is_empty());
        assert!(search("globexonly", jane(wide)).await.is_empty());
        assert_eq!(search("0x8004010F", jane(wide)).await, ["1"], "what the requester wrote is found");
        assert_eq!(search("looking into", jane(wide)).await, ["1"], "and what was answered");
        assert_eq!(search("Outlook", jane(wide)).await, ["1"]);
    }
    assert!(search("globexonly", None).await.is_empty());
    assert!(search("Payroll", jane(true)).await.is_empty(), "somebody else's private ticket");
}

pub(crate) async fn an_internal_note_moves_nothing_for_a_viewer(rig: &Rig) {
    let mark = word();
    let older = rig.create(&rig.new_ticket(&mark)).await;
    let before = rig.get(older.id.as_str()).await.public_updated_at;
    let newer = rig.create(&rig.new_ticket(&mark)).await;
    let order = async || {
        let query = TicketQuery {
            viewer: Some(Viewer { contact: rig.jane.clone(), organisation_wide: true }),
            text: Some(mark.clone()),
            sort: TicketSort::UpdatedAt,
            ..TicketQuery::default()
        };
        rig.list(&query).await.0.into_iter().map(|it| (it.id, it.public_updated_at)).collect::<Vec<_>>()
    };
    let first = order().await;
    assert_eq!(first.len(), 2);
    // The next second, so that a moved time would show.
    while jiff::Timestamp::now().as_second() <= newer.updated_at.as_second() + 1 {
        tokio::task::yield_now().await;
    }
    let note = NewComment { author: Author::Agent(staff()), body: "for us".into(), internal: true };
    rig.desk().comment(&rig.at_acme(), &older.id, &note).await.expect("a note");
    assert_eq!(order().await, first);
    let after = rig.get(older.id.as_str()).await;
    assert_eq!(after.public_updated_at, before);
    assert!(after.updated_at > before, "an employee sees that it moved");
    let answer = NewComment { author: Author::Agent(staff()), body: "for you".into(), internal: false };
    rig.desk().comment(&rig.at_acme(), &older.id, &answer).await.expect("an answer");
    assert!(rig.get(older.id.as_str()).await.public_updated_at > before);
    assert_eq!(order().await[0].0, older.id, "an answer moves it to the top");
}

pub(crate) async fn a_foreign_ticket_takes_no_write_that_request_tracker_would_take(rig: &Rig) {
    let state = async || {
        let it = rig.open(rig.desk().ticket(&rig.tenant(), &ticket("4")).await.expect("Globex's ticket"));
        (it.status, it.comments.len(), it.escalations.len(), it.visibility)
    };
    let before = state().await;
    let cx = rig.at_acme();
    let foreign = ticket("4");
    let refused = |error: Error| assert_eq!(error.kind(), ErrorKind::NotFound);
    for internal in [false, true] {
        let new = NewComment { author: Author::Agent(staff()), body: word(), internal };
        refused(rig.desk().comment(&cx, &foreign, &new).await.expect_err("refused"));
    }
    let closure = Closure { resolution: word(), by: staff() };
    refused(rig.desk().close(&cx, &foreign, &closure).await.expect_err("refused"));
    let escalation = NewEscalation { target: "Second line".into(), reason: word(), by: staff() };
    refused(rig.desk().escalate(&cx, &foreign, &escalation).await.expect_err("refused"));
    let there = NewTicket { organisation: rig.globex.clone(), requester: rig.bob.clone(), ..rig.new_ticket(&word()) };
    refused(rig.desk().create(&cx, &there).await.expect_err("refused"));
    assert_eq!(state().await, before);
    // The proof that Request Tracker itself would have taken it: Acme's Jane answers Globex's ticket.
    let body = serde_json::json!({ "Content": "from the wrong customer", "ContentType": "text/plain" });
    let mine = rig.open(
        rig.desk().create(&rig.tenant(), &NewTicket { subject: word(), ..there }).await.expect("a ticket of Globex"),
    );
    assert_eq!(rig.raw("jane", &format!("/ticket/{}/correspond", mine.id), body).await, 201);
}
