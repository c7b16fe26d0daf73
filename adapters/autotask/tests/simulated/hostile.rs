//! Vendors that are down, slow, lying or sending HTML; ids that try to leave their place.

use crate::setup::*;
use postern_api::*;
use postern_simulators::autotask::{Canned, Kind};
use serde_json::json;

#[tokio::test]
async fn answers_that_are_not_what_they_should_be_are_bad_replies_and_never_panics() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        "",
        "null",
        "true",
        "\"CANARY\"",
        "{",
        "{\"items\":null,\"pageDetails\":{}}",
        "{\"items\":[{\"id\":4322,",
        "{\"items\":{\"id\":4322},\"pageDetails\":{}}",
        "{\"items\":[17],\"pageDetails\":{}}",
        "{\"items\":[{\"companyID\":174}],\"pageDetails\":{}}",
        "{\"items\":[{\"id\":\"CANARY\",\"companyID\":174}],\"pageDetails\":{}}",
        "{\"items\":[]}",
        "{\"items\":[],\"pageDetails\":{\"nextPageUrl\":7}}",
        "{\"item\":[1]}",
        "{\"item\":7}",
        "<html>CANARY</html>",
        &deep,
    ];
    let desk = desk().await;
    desk.ticket("4322").await;
    for body in bodies {
        desk.state().quirks(|it| it.canned.clear());
        desk.state().can(Kind::Reads, "tickets", 200, body);
        let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("no list");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{}", body.get(..60).unwrap_or(body));
        clean(&error);
        let error = desk.desk().ticket(&acme(), &tid("4322")).await.expect_err("no ticket");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{}", body.get(..60).unwrap_or(body));
        clean(&error);
    }
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_not_taken() {
    let desk = desk().await;
    desk.state().can(Kind::Reads, "tickets/4322", 200, r#"{"item":{"id":4323,"companyID":174,"title":"x"}}"#);
    let error = desk.desk().ticket(&acme(), &tid("4322")).await.expect_err("another one");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn an_owner_that_cannot_be_read_is_nobody() {
    let desk = desk().await;
    for company in ["0", "-1", "null", "true", "174.5", "[174]", "{\"id\":174}", "\"acme\""] {
        desk.state().quirks(|it| it.canned.clear());
        let row = format!(r#"{{"item":{{"id":4322,"title":"x","companyID":{company}}}}}"#);
        desk.state().can(Kind::Reads, "tickets/4322", 200, row);
        let row = desk.desk().ticket(&acme(), &tid("4322")).await.expect("a ticket");
        assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown, "{company}");
        let error = desk.desk().close(&acme(), &tid("4322"), &closure()).await.expect_err("nobody's");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert_eq!(desk.asked("PATCH", ""), 0);
}

#[tokio::test]
async fn values_of_wrong_types_are_missing_values() {
    let desk = desk().await;
    desk.state().data(|data| {
        let rows = data.rows("Tickets");
        let row = rows.iter_mut().find(|it| it["id"] == json!(4322)).expect("a row");
        for (name, value) in [
            ("title", json!(["x"])),
            ("status", json!({})),
            ("priority", json!("high")),
            ("contactID", json!(true)),
            ("createDate", json!(true)),
            ("userDefinedFields", json!("none")),
            ("assignedResourceID", json!("many")),
        ] {
            row[name] = value;
        }
    });
    let ticket = desk.ticket("4322").await;
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium));
    assert_eq!((ticket.visibility, ticket.requester.contact), (Visibility::Private, None));
    assert_eq!(ticket.created_at, jiff::Timestamp::UNIX_EPOCH);
}

#[tokio::test]
async fn b15_ids_stay_in_their_place() {
    let desk = desk().await;
    // What is an id elsewhere is no number here, and is not asked for.
    for odd in ["a", "1e3", "0x10e2", "4322.0", "+4322", "0004322", "4322:1", "0", "99999999999999999999"] {
        let Ok(id) = TicketId::new(odd) else { continue };
        assert_eq!(desk.desk().ticket(&acme(), &id).await.expect_err("no record").kind(), ErrorKind::NotFound, "{odd}");
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn more_than_can_be_read_is_a_bad_reply() {
    let desk = desk().await;
    desk.ticket("4322").await;
    desk.state().can(Kind::Reads, "tickets", 200, " ".repeat(17 * 1024 * 1024));
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too much");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn the_simulator_refuses_what_the_vendor_refuses() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("well");
    let http = postern_simulators::http::PlainHttp::new(
        &format!("{}/atservicesrest/v1.0", desk.vendor.url),
        Some(postern_autotask::authenticator(&config(&desk.vendor.url))),
    )
    .expect("a client");
    use postern_api::http::{HeaderName, Http, Method, Request};
    let send = async |method: Method, path: &[&str], body: serde_json::Value| {
        let mut request = Request::post(path).json(&body).expect("a body");
        request.method = method;
        let request = request
            .header(HeaderName::from_static("username"), postern_simulators::autotask::USERNAME)
            .header(HeaderName::from_static("apiintegrationcode"), postern_simulators::autotask::INTEGRATION_CODE);
        http.send(&acme(), request).await.expect("an answer").status.as_u16()
    };
    let all = json!([{ "op": "gt", "field": "id", "value": 0 }]);
    let filter = |op: &str, field: &str| json!({ "filter": [{ "op": op, "field": field, "value": 1 }] });
    assert_eq!(send(Method::POST, &["Tickets", "query"], json!({ "filter": all })).await, 200);
    assert_eq!(send(Method::POST, &["Tickets", "query"], json!({})).await, 500);
    assert_eq!(send(Method::POST, &["Tickets", "query"], filter("eq", "internalCost")).await, 500);
    assert_eq!(send(Method::POST, &["Tickets", "query"], filter("like", "id")).await, 500);
    assert_eq!(send(Method::POST, &["Tickets", "query"], json!({ "filter": all, "MaxRecords": 501 })).await, 500);
    assert_eq!(send(Method::POST, &["Tickets", "query"], json!({ "filter": all, "IncludeFields": ["x"] })).await, 500);
    assert_eq!(send(Method::GET, &["Tickets", "query", "next"], json!({})).await, 405);
    assert_eq!(send(Method::POST, &["TicketNotes"], json!({})).await, 404);
    assert_eq!(send(Method::POST, &["Unheard"], json!({})).await, 404);
    assert_eq!(send(Method::DELETE, &["Tickets", "4322"], json!({})).await, 405);
    assert_eq!(send(Method::PATCH, &["Tickets"], json!({ "id": 4322, "assignedResourceID": 10 })).await, 500);
    assert_eq!(send(Method::PATCH, &["Tickets"], json!({ "id": 4322, "status": 3 })).await, 500);
    assert_eq!(send(Method::PATCH, &["Tickets"], json!({ "id": 4322, "createDate": "x" })).await, 500);
    assert_eq!(send(Method::PATCH, &["Tickets"], json!({ "id": 4322, "resolution": null })).await, 500);
}

#[tokio::test]
async fn a_vendor_that_is_slow_or_gone_is_told_apart() {
    let desk = desk().await;
    desk.ticket("4322").await;
    desk.state().quirks(|it| it.canned.push(Canned { silent: true, status: 200, ..Canned::default() }));
    let hasty = CallCx::new(acme().reach, std::time::Duration::from_millis(200));
    let error = desk.desk().ticket(&hasty, &tid("4322")).await.expect_err("slow");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let gone = desk_with(|it| it.lookup_url = "http://127.0.0.1:9/atservicesrest".into()).await;
    assert_eq!(gone.adapter.probe(&acme()).await.expect_err("gone").kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn what_is_not_supported_says_so() {
    let desk = desk().await;
    assert!(desk.adapter.identity().is_none() && desk.adapter.documents().is_none());
}

#[tokio::test]
async fn values_that_nobody_has_heard_of_are_other_usual_and_internal() {
    for odd in [json!(999), json!(-1), json!(i64::MAX), json!(null)] {
        let desk = desk().await;
        let public = |ticket: &Ticket| ticket.comments.iter().filter(|it| !it.internal).count();
        assert!(public(&desk.ticket("4322").await) > 0);
        desk.state().data(|data| {
            let rows = data.rows("Tickets");
            let row = rows.iter_mut().find(|it| it["id"] == json!(4322)).expect("a row");
            (row["status"], row["priority"], row["issueType"]) = (odd.clone(), odd.clone(), odd.clone());
            for row in data.rows("TicketNotes").iter_mut() {
                row["publish"] = odd.clone();
            }
        });
        let ticket = desk.ticket("4322").await;
        assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium), "{odd}");
        assert!(ticket.comments.iter().all(|it| it.internal || it.id.as_str().starts_with("time-")), "{odd}");
    }
}
