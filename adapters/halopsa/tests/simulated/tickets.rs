//! One ticket with everything on it, and who asked.

use crate::setup::*;
use postern_api::*;
use serde_json::json;

async fn get(desk: &Desk, id: &str) -> Ticket {
    open(desk.desk().ticket(&acme(), &tid(id)).await.expect("a ticket")).expect("one of Acme's")
}

#[tokio::test]
async fn a_ticket_comes_with_comments_files_and_clock_in_our_words() {
    let desk = desk().await;
    let ticket = get(&desk, "4321").await;
    assert_eq!(ticket.subject.expose(), "Printer offline");
    assert_eq!(ticket.description.expose(), "The printer on floor 2");
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Open, Priority::High));
    assert_eq!(ticket.category, "Hardware>Printer");
    assert_eq!(ticket.requester.email.as_deref(), Some("ann.lead@acme.example"));
    assert_eq!(ticket.assignee.as_ref().map(|it| it.name.as_str()), Some("Ada Agent"));
    assert_eq!(ticket.created_at.to_string(), "2026-09-01T08:55:00Z");
    let due = |at: Option<jiff::Timestamp>| at.map(|it| it.to_string());
    assert_eq!(due(ticket.sla.response_due).as_deref(), Some("2026-09-01T12:55:00Z"));
    assert_eq!(due(ticket.sla.responded_at).as_deref(), Some("2026-09-01T09:15:00Z"));
    assert_eq!(due(ticket.sla.resolution_due).as_deref(), Some("2026-09-02T08:55:00Z"));
    assert_eq!(due(ticket.sla.resolved_at), None, "1899 is no date");
    assert_eq!((ticket.public_comments, ticket.internal_comments), (2, 2));
    assert_eq!(ticket.public_updated_at.to_string(), "2026-09-01T10:00:00Z", "the last comment that users see");
    assert_eq!(ticket.updated_at.to_string(), "2026-09-03T10:00:00Z");
    let authors: Vec<bool> = ticket.comments.iter().map(|it| matches!(it.author, Author::Customer(_))).collect();
    assert_eq!(authors, [false, false, true, false]);
}

#[tokio::test]
async fn an_action_that_is_not_plainly_shown_to_users_is_internal() {
    let desk = desk().await;
    let ticket = get(&desk, "4321").await;
    let public: Vec<&Comment> = ticket.comments.iter().filter(|it| !it.internal).collect();
    assert_eq!(public.len(), 2);
    clean(&public);
    desk.state().quirks(|it| it.no_hidden_flag = true);
    assert!(get(&desk, "4321").await.comments.iter().all(|it| it.internal), "without the flag all of them are");
}

#[tokio::test]
async fn a_file_on_an_internal_note_or_without_a_mark_is_internal_and_links_are_not_read() {
    let desk = desk().await;
    let ticket = get(&desk, "4321").await;
    assert_eq!(ticket.attachments.len(), 3);
    let public: Vec<&Attachment> = ticket.attachments.iter().filter(|it| !it.internal).collect();
    assert_eq!(public.iter().map(|it| it.name.expose()).collect::<Vec<_>>(), ["photo.png"]);
    let all = format!("{:?}", ticket.attachments);
    assert!(!all.contains("CANARY-LINK") && !all.contains("CANARYDATA"), "{all}");
}

#[tokio::test]
async fn private_notes_copies_and_costs_are_not_read() {
    let desk = desk().await;
    let all = format!("{:?}", get(&desk, "4321").await);
    for bad in ["CANARY-PRIVATE-NOTE", "canary-bcc", "canary-cc", "CANARY-LASTNOTE", "4711", "99.5"] {
        assert!(!all.contains(bad), "{bad}");
    }
}

#[tokio::test]
async fn b04_actions_and_files_of_other_tickets_are_dropped() {
    let desk = desk().await;
    desk.state().quirks(|it| it.mix_tickets = true);
    let all = format!("{:?}", get(&desk, "4321").await);
    assert!(!all.contains("GLOBEX") && !all.contains("globex") && !all.contains("toner"), "{all}");
}

#[tokio::test]
async fn actions_without_a_ticket_are_none() {
    // What the simulator does, as the vendor was seen to: asking without a ticket finds nothing at all.
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("works");
    get(&desk, "4321").await;
    let asked = desk.state().log.all();
    let actions: Vec<_> = asked.iter().filter(|it| it.path == "/api/Actions").collect();
    assert!(!actions.is_empty() && actions.iter().all(|it| it.query.contains("ticket_id=4321")));
}

#[tokio::test]
async fn b01_another_clients_ticket_names_its_owner_and_nothing_more_of_it_is_read() {
    let desk = desk().await;
    let row = desk.desk().ticket(&acme(), &tid("5001")).await.expect("the vendor gives it");
    assert_eq!(open(row).map(|it| it.id).expect_err("not Acme's"), Owner::Organisation(ext(GLOBEX)));
    assert_eq!(desk.state().log.count("GET", "/api/Actions"), 0);
    assert_eq!(desk.state().log.count("GET", "/api/Attachment"), 0);
    let row = desk.desk().ticket(&acme(), &tid("5002")).await.expect("the vendor gives it");
    assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown);
}

#[tokio::test]
async fn a_missing_and_a_deleted_ticket_are_the_same_error() {
    let desk = desk().await;
    for id in ["999", "5003", "TK-1", "jane@acme.example", "04321"] {
        let error = desk.desk().ticket(&acme(), &tid(id)).await.expect_err("missing");
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"), "{id}");
    }
}

#[tokio::test]
async fn numbers_as_floats_and_texts_are_the_same_numbers() {
    let desk = desk().await;
    let before = format!("{:?}", get(&desk, "4321").await);
    desk.state().quirks(|it| it.odd_numbers = true);
    assert_eq!(format!("{:?}", get(&desk, "4321").await), before);
    assert_eq!(desk.list(&TicketQuery::default()).await.total, 5);
}

#[tokio::test]
async fn the_resolution_is_what_the_customer_was_told() {
    let desk = desk().await;
    let ticket = get(&desk, "4324").await;
    assert_eq!(ticket.resolution.map(|it| it.expose().to_owned()).as_deref(), Some("Replaced the toner"));
    assert_eq!(ticket.sla.resolved_at.map(|it| it.to_string()).as_deref(), Some("2026-08-02T08:00:00Z"));
    desk.state().data(|data| data.actions[5]["hiddenfromuser"] = json!(true));
    assert!(get(&desk, "4324").await.resolution.is_none(), "an internal note is no resolution");
}

#[tokio::test]
async fn configured_statuses_win_over_names_and_an_unknown_one_is_other() {
    let desk = desk_with(|it| {
        it.statuses.insert("1".into(), TicketStatus::Closed);
    })
    .await;
    assert_eq!(get(&desk, "4323").await.status, TicketStatus::Closed);
    assert_eq!(get(&desk, "4321").await.status, TicketStatus::Other);
    assert_eq!(desk.state().log.count("GET", "/api/Status"), 0);
}

#[tokio::test]
async fn times_are_in_the_configured_zone() {
    let desk = desk_with(|it| it.time_zone = "Europe/London".into()).await;
    assert_eq!(get(&desk, "4321").await.created_at.to_string(), "2026-09-01T07:55:00Z");
}

#[tokio::test]
async fn a_requester_is_found_by_address_in_any_case_and_only_at_the_organisation() {
    let desk = desk().await;
    let find = async |email: &str| desk.desk().requester(&acme(), &ext(ACME), email).await;
    for ignored in [false, true] {
        desk.state().quirks(|it| it.ignore_filters = ignored);
        let person = open(find("ANN.lead@ACME.example").await.expect("an answer").expect("a person")).expect("Acme's");
        assert_eq!(person.contact, Some(cid(ANN)));
        assert_eq!(person.email.as_deref(), Some("ann.lead@acme.example"));
        for nobody in ["gil@globex.example", "stray@acme.example", "old@acme.example", "ann", "", "%"] {
            assert!(find(nobody).await.expect("an answer").is_none(), "{nobody}");
        }
        assert_eq!(find("twin@acme.example").await.expect_err("two").kind(), ErrorKind::Conflict);
    }
    let elsewhere = desk.desk().requester(&acme(), &ext(GLOBEX), "gil@globex.example").await.expect("an answer");
    assert!(elsewhere.is_none(), "not in reach");
}
