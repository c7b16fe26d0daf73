//! Vendors that are down, slow, lying or sending HTML; ids that try to leave their place.

use crate::setup::*;
use postern_api::*;

#[tokio::test]
async fn an_error_page_of_a_quarter_megabyte_is_unavailable_without_its_text() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("a token is there");
    desk.state().quirks(|it| it.html_500 = true);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("down");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    clean(&error);
}

#[tokio::test]
async fn b01_another_clients_ticket_costs_the_same_requests_as_a_missing_one() {
    let desk = desk().await;
    // What is kept for later (the token, the statuses) is there.
    desk.desk().ticket(&acme(), &tid("4321")).await.expect("one of ours");
    let mut asked = Vec::new();
    for id in ["5001", "999"] {
        desk.state().log.clear();
        drop(desk.desk().ticket(&acme(), &tid(id)).await);
        asked.push(desk.state().log.all().len());
    }
    assert_eq!(asked, [1, 1]);
}

#[tokio::test]
async fn a_429_without_retry_after_is_rate_limited() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("a token is there");
    desk.state().quirks(|it| it.rate_limit = true);
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too many");
    assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, None));
    assert_eq!(postern_halopsa::RATE, (700, std::time::Duration::from_secs(300)));
}

#[tokio::test]
async fn a_net_exception_is_not_found_and_says_nothing_more() {
    let desk = desk().await;
    let error =
        desk.desk().ticket(&acme(), &tid("999")).await.expect_err("the simulator answers 400 with a stack trace");
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"));
    clean(&error);
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_bad_replies_and_never_panics() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        "",
        "null",
        "true",
        "\"CANARY\"",
        "{",
        "{\"record_count\":1,\"tickets\":[{\"id\":4321,",
        "{\"record_count\":1,\"tickets\":{\"id\":4321}}",
        "{\"record_count\":1,\"tickets\":[17]}",
        "{\"record_count\":1,\"tickets\":[{\"client_id\":12}]}",
        "{\"record_count\":1,\"tickets\":[{\"id\":\"CANARY\",\"client_id\":12}]}",
        "{\"columns\":[]}",
        "<html>CANARY</html>",
        &deep,
    ];
    for body in bodies {
        let desk = desk().await;
        desk.state().can("GET", "tickets", 200, "application/json", body);
        let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("no list");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{}", body.get(..60).unwrap_or(body));
        clean(&error);
        let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("no ticket");
        assert!(matches!(error.kind(), ErrorKind::BadReply | ErrorKind::NotFound));
        clean(&error);
    }
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_not_taken() {
    let desk = desk().await;
    desk.state().can("GET", "tickets/4321", 200, "application/json", r#"{"id":4322,"client_id":12,"summary":"x"}"#);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("another one");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn an_owner_that_cannot_be_read_is_nobody() {
    for client in ["0", "-1", "null", "true", "12.5", "[12]", "{\"id\":12}", "\"12 \\u0000\"", "\"acme\""] {
        let desk = desk().await;
        let row = format!(r#"{{"id":4321,"summary":"x","client_id":{client}}}"#);
        desk.state().can("GET", "tickets/4321", 200, "application/json", row);
        let row = desk.desk().ticket(&acme(), &tid("4321")).await.expect("a ticket");
        assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown, "{client}");
    }
}

#[tokio::test]
async fn values_of_wrong_types_are_missing_values() {
    let desk = desk().await;
    let row = r#"{"id":4321,"client_id":12,"summary":["x"],"details":7,"status_id":{},"priority_id":"high",
        "user_id":true,"dateoccurred":20260901,"customfields":"none","is_sensitive":"maybe","attachment_count":"many"}"#;
    desk.state().can("GET", "tickets/4321", 200, "application/json", row);
    let ticket = open(desk.desk().ticket(&acme(), &tid("4321")).await.expect("a ticket")).expect("Acme's");
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium));
    assert_eq!(ticket.visibility, Visibility::Private);
    assert_eq!(ticket.requester.contact, None);
}

#[tokio::test]
async fn b15_ids_stay_in_their_place() {
    let desk = desk().await;
    for bad in ["../1", "1?client_id=13", "%2f", "1/../../agent", "1\r\nx: y"] {
        assert!(TicketId::new(bad).is_err(), "{bad} is no id");
    }
    // What is an id elsewhere is no number here, and is not asked for.
    for odd in ["a", "1e3", "0x10e1", "4321.0", "+4321", "0004321", "4321:1", "99999999999999999999"] {
        let Ok(id) = TicketId::new(odd) else { continue };
        assert_eq!(desk.desk().ticket(&acme(), &id).await.expect_err("no record").kind(), ErrorKind::NotFound, "{odd}");
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn b16_search_words_stay_in_their_place() {
    let desk = desk().await;
    let text = "x&client_id=13#&ignore=1%0a".to_owned();
    desk.list(&TicketQuery { text: Some(text), ..viewer(ANN, true) }).await;
    let asked = desk.state().log.all();
    for request in asked.iter().filter(|it| it.path == "/api/Tickets") {
        assert_eq!(request.query.matches("client_id=").count(), 1, "{}", request.query);
        assert!(request.query.contains("client_id=12") && !request.query.contains("ignore=1"), "{}", request.query);
    }
}

#[tokio::test]
async fn more_than_can_be_read_is_a_bad_reply() {
    let desk = desk().await;
    desk.state().can("GET", "tickets", 200, "application/json", " ".repeat(17 * 1024 * 1024));
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too much");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_unavailable() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("a token is there");
    let gone = desk_with(|it| it.base_url = "http://127.0.0.1:9/api".into()).await;
    let error = gone.adapter.probe(&acme()).await.expect_err("nothing listens");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn the_wrong_address_is_told_from_a_missing_record() {
    let desk = desk().await;
    desk.state().can("GET", "status", 404, "text/html", "<html>CANARY</html>");
    let error = desk.adapter.probe(&acme()).await.expect_err("no such page");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("base_url"));
}

#[tokio::test]
async fn values_that_nobody_has_heard_of_are_other_usual_and_internal() {
    use serde_json::json;
    for odd in [json!(99_999), json!(-7), json!("Brand new"), json!(i64::MAX), json!(null)] {
        let desk = desk().await;
        desk.state().data(|data| {
            let row = data.tickets.iter_mut().find(|it| it["id"] == json!(4321)).expect("a row");
            (row["status_id"], row["priority_id"], row["tickettype_id"]) = (odd.clone(), odd.clone(), odd.clone());
            for action in &mut data.actions {
                action["hiddenfromuser"] = odd.clone();
            }
        });
        let ticket = open(desk.desk().ticket(&acme(), &tid("4321")).await.expect("a ticket")).expect("Acme's");
        assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium), "{odd}");
        assert!(ticket.comments.iter().all(|it| it.internal), "{odd}");
    }
}

#[tokio::test]
async fn what_is_not_supported_says_so() {
    let desk = desk().await;
    for op in [Op::LoginList, Op::LoginInvite, Op::LeadTransfer, Op::RoleChangeList] {
        assert!(!desk.adapter.supports().contains(&op), "{op:?}");
    }
    assert!(desk.adapter.identity().is_none());
}
