//! Vendors that are down, slow, lying or sending HTML.

use crate::setup::*;
use postern_api::*;

#[tokio::test]
async fn an_error_page_is_unavailable_without_its_text() {
    let desk = desk().await;
    desk.state().quirks(|it| it.html_500 = true);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("down");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    clean(&error);
}

#[tokio::test]
async fn a_429_without_retry_after_is_rate_limited() {
    let desk = desk().await;
    desk.state().quirks(|it| it.rate_limit = true);
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too many");
    assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, None));
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_bad_replies_and_never_panics() {
    let deep = format!("{{\"tickets\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        "",
        "null",
        "true",
        "\"CANARY\"",
        "[]",
        "{",
        "{\"tickets\":[{\"id\":4321,",
        "{\"tickets\":{\"id\":4321}}",
        "{\"tickets\":[17]}",
        "{\"tickets\":[{\"customer_id\":12}]}",
        "{\"tickets\":[{\"id\":\"CANARY\",\"customer_id\":12}]}",
        "{\"tickets\":[{\"id\":4321,\"customer_id\":12,\"comments\":[3]}]}",
        "{\"tickets\":[],\"tickets\":[]}",
        "{\"meta\":{\"total_pages\":1}}",
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
async fn a_deleted_record_is_null_and_not_found() {
    let desk = desk().await;
    desk.state().can("GET", "tickets/4321", 200, "application/json", " null ");
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("gone");
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"));
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_not_taken() {
    let desk = desk().await;
    let row = r#"{"ticket":{"id":4322,"customer_id":12,"subject":"x"}}"#;
    desk.state().can("GET", "tickets/4321", 200, "application/json", row);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("another one");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn an_owner_that_cannot_be_read_is_nobody() {
    for customer in ["0", "-1", "null", "true", "12.5", "[12]", "{\"id\":12}", "\"12 \\u0000\"", "\"acme\""] {
        let desk = desk().await;
        let row = format!(r#"{{"ticket":{{"id":4321,"subject":"x","customer_id":{customer}}}}}"#);
        desk.state().can("GET", "tickets/4321", 200, "application/json", row);
        let row = desk.desk().ticket(&acme(), &tid("4321")).await.expect("a ticket");
        assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown, "{customer}");
        assert_eq!(desk.state().log.all().len(), 1, "nothing more of it is read");
    }
}

#[tokio::test]
async fn values_of_wrong_types_are_missing_values() {
    let desk = desk().await;
    let row = r#"{"tickets":[{"id":4321,"customer_id":12,"subject":["x"],"status":{},"priority":7.5,"contact_id":true,
        "created_at":{"at":1},"properties":"none","comments":"many","user":[],"contact":3,"attachments":{},"due_date":"soon",
        "updated_at":"99999-01-01T00:00:00Z","user_id":"x"}],"meta":[]}"#;
    desk.state().can("GET", "tickets/4321", 200, "application/json", r#"{"comments":[]}"#);
    desk.state().quirks(|it| {
        it.canned.push(postern_simulators::syncro::Canned {
            path: "tickets".into(),
            status: 200,
            content_type: "application/json".into(),
            body: row.into(),
            ..postern_simulators::syncro::Canned::default()
        })
    });
    let rows = opened(desk.list(&TicketQuery::default()).await.rows);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].status, rows[0].priority), (TicketStatus::Other, Priority::Medium));
    assert_eq!((rows[0].visibility, rows[0].requester.contact.clone()), (Visibility::Private, None));
    assert_eq!((rows[0].created_at, rows[0].updated_at), (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::UNIX_EPOCH));
}

#[tokio::test]
async fn more_than_can_be_read_is_a_bad_reply() {
    let desk = desk().await;
    desk.state().can("GET", "tickets", 200, "application/json", " ".repeat(17 * 1024 * 1024));
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too much");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn the_wrong_address_is_told_from_a_missing_record() {
    let desk = desk_with(|it| it.base_url = it.base_url.replace("/api/v1", "/other/api/v1")).await;
    let error = desk.adapter.probe(&acme()).await.expect_err("no such page");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("base_url"));
    let gone = desk_with(|it| it.base_url = "http://127.0.0.1:9/api/v1".into()).await;
    assert_eq!(gone.adapter.probe(&acme()).await.expect_err("nothing listens").kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn what_is_not_supported_says_so() {
    let desk = desk().await;
    for op in [Op::LoginList, Op::LoginInvite, Op::LeadTransfer, Op::RoleChangeList] {
        assert!(!desk.adapter.supports().contains(&op), "{op:?}");
    }
    assert!(desk.adapter.identity().is_none());
}

#[tokio::test]
async fn values_that_nobody_has_heard_of_are_other_and_usual() {
    for odd in ["Zebra", "", "9 Whenever", "\u{202e}Zebra"] {
        let desk = desk().await;
        desk.state().data(|data| {
            let row = data.tickets.iter_mut().find(|it| it["id"] == 4321).expect("a row");
            (row["status"], row["priority"], row["problem_type"]) = (odd.into(), odd.into(), odd.into());
        });
        let rows = opened(desk.list(&TicketQuery { limit: 100, ..TicketQuery::default() }).await.rows);
        let row = rows.iter().find(|it| it.id.as_str() == "4321").expect("a ticket");
        assert_eq!((row.status, row.priority), (TicketStatus::Other, Priority::Medium), "{odd}");
    }
}
