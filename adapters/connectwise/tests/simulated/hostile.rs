//! Vendors that are down, slow, lying or sending HTML; keys that are wrong; ids that try to leave their place.

use crate::setup::*;
use postern_api::http::{ExposeSecret, SecretString};
use postern_api::*;
use postern_simulators::connectwise;
use postern_simulators::http::PlainHttp;
use serde_json::json;

#[tokio::test]
async fn each_request_is_signed_names_its_client_and_pins_the_version() {
    let desk = desk().await;
    desk.ticket("4321").await;
    desk.desk().comment(&acme(), &tid("4322"), &note(true)).await.expect("stored");
    for request in desk.state().log.all() {
        let header = |name: &str| request.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let pair = "Basic c2ltdWxhdGVkK1NpbXVsYXRlZFB1YmxpYzE6U2ltdWxhdGVkUHJpdmF0ZTk=";
        assert_eq!(header("authorization"), Some(pair));
        assert_eq!(header("clientid"), Some(connectwise::CLIENT_ID));
        assert_eq!(header("accept"), Some("application/vnd.connectwise.com+json; version=2026.4"));
        assert!(request.path.starts_with("/v4_6_release/apis/3.0/"), "{}", request.path);
        assert!(!format!("{}{}{}", request.path, request.query, request.body).contains(connectwise::PRIVATE_KEY));
    }
}

#[tokio::test]
async fn wrong_keys_are_told_from_missing_records_although_the_cloud_says_404_to_both() {
    let wrong: [fn(&mut postern_connectwise::Config); 5] = [
        |it| it.private_key = SecretString::from("wrong"),
        |it| it.public_key = "wrong".into(),
        |it| it.company_id = "wrong".into(),
        |it| it.client_id = "wrong".into(),
        |it| it.base_url = it.base_url.replace("v4_6_release", "v2017_3"),
    ];
    for change in wrong {
        let desk = desk_with(change).await;
        let error = desk.adapter.probe(&acme()).await.expect_err("wrong");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.message().contains("base_url") && error.message().contains("company_id"));
        clean(&error);
        let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("wrong");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
    let desk = desk().await;
    let error = desk.desk().ticket(&acme(), &tid("999")).await.expect_err("missing");
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "ticket not found"));
    clean(&error);
}

#[tokio::test]
async fn a_web_servers_page_is_unavailable_without_its_text() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("all is well");
    desk.state().quirks(|it| it.html_500 = true);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("down");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    clean(&error);
}

#[tokio::test]
async fn a_429_says_when_to_come_back() {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("all is well");
    desk.state().quirks(|it| it.rate_limit = true);
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too many");
    assert_eq!((error.kind(), error.wait().map(|it| it.as_secs())), (ErrorKind::RateLimited, Some(30)));
    assert_eq!(postern_connectwise::RATE, (1000, std::time::Duration::from_secs(60)));
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
        "[{\"id\":4321,",
        "{\"tickets\":[]}",
        "[17]",
        "[{\"company\":{\"id\":12}}]",
        "[{\"id\":\"CANARY\",\"company\":{\"id\":12}}]",
        "[{\"id\":-1,\"company\":{\"id\":12}}]",
        "<html>CANARY</html>",
        &deep,
    ];
    for body in bodies {
        let desk = desk().await;
        desk.state().can("GET", "service/tickets", 200, "application/json", body);
        let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("no list");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{}", body.get(..60).unwrap_or(body));
        clean(&error);
        let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("no ticket");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{}", body.get(..60).unwrap_or(body));
        clean(&error);
    }
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_not_taken() {
    let desk = desk().await;
    let row = r#"{"id":4322,"board":{"id":1},"company":{"id":12},"summary":"x"}"#;
    desk.state().can("GET", "service/tickets/4321", 200, "application/json", row);
    let error = desk.desk().ticket(&acme(), &tid("4321")).await.expect_err("another one");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn an_owner_that_cannot_be_read_is_nobody() {
    for company in
        ["0", "-1", "null", "true", "12", "\"12\"", "[12]", "{\"id\":[12]}", "{\"id\":0}", "{\"identifier\":\"acme\"}"]
    {
        let desk = desk().await;
        let row = format!(r#"{{"id":4321,"board":{{"id":1}},"summary":"x","company":{company}}}"#);
        desk.state().can("GET", "service/tickets/4321", 200, "application/json", row);
        let row = desk.desk().ticket(&acme(), &tid("4321")).await.expect("a ticket");
        assert_eq!(open(row).map(|it| it.id).expect_err("nobody's"), Owner::Unknown, "{company}");
    }
}

#[tokio::test]
async fn values_of_wrong_types_and_clocks_that_are_wrong_are_missing_values() {
    let row = r#"{"id":4321,"board":{"id":1},"company":{"id":12},"summary":["x"],"status":"new","priority":[],"owner":7,
        "contact":true,"closedFlag":"perhaps","customFields":"none","requiredDate":20260901,"type":null,
        "dateResponded":"1800-01-01T08:00:00Z","closedDate":"9999-99-99","_info":{"dateEntered":{},"lastUpdated":"soon"}}"#;
    let desk = desk().await;
    desk.state().can("GET", "service/tickets/4321/documents", 200, "application/json", "[]");
    desk.state().can("GET", "service/tickets/4321/notes", 200, "application/json", "[]");
    desk.state().quirks(|it| {
        let canned = connectwise::Canned {
            method: "GET".into(),
            path: "service/tickets/4321".into(),
            status: 200,
            content_type: "application/json".into(),
            body: row.into(),
            ..connectwise::Canned::default()
        };
        it.canned.push(canned);
    });
    let ticket = desk.ticket("4321").await;
    assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium));
    assert_eq!((ticket.visibility, ticket.category.as_str()), (Visibility::Private, "General"));
    assert_eq!((ticket.requester.contact, ticket.assignee), (None, None));
    assert_eq!((ticket.sla.responded_at, ticket.sla.resolved_at, ticket.sla.resolution_due), (None, None, None));
    assert_eq!(ticket.created_at.to_string(), "1970-01-01T00:00:00Z");
}

#[tokio::test]
async fn b15_ids_stay_in_their_place() {
    let desk = desk().await;
    for bad in ["../1", "1?conditions=company/id=13", "%2f", "1/../../company", "1\r\nx: y"] {
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
async fn more_than_can_be_read_is_a_bad_reply() {
    let desk = desk().await;
    desk.state().can("GET", "service/tickets", 200, "application/json", " ".repeat(17 * 1024 * 1024));
    let error = desk.desk().tickets(&acme(), &TicketQuery::default()).await.expect_err("too much");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_unavailable() {
    let gone = desk_with(|it| it.base_url = "http://127.0.0.1:9/v4_6_release/apis/3.0".into()).await;
    let error = gone.adapter.probe(&acme()).await.expect_err("nothing listens");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn the_simulator_refuses_what_is_not_described() {
    let desk = desk().await;
    let base = format!("{}{}", desk.psa.url, connectwise::BASE);
    let config = config(&desk.psa.url);
    let http = PlainHttp::new(&base, Some(postern_connectwise::authenticator(&config))).expect("a client");
    let mut dressed = postern_api::http::Request::get(&[]);
    dressed.headers = vec![
        ("clientid".parse().expect("a name"), connectwise::CLIENT_ID.into()),
        ("accept".parse().expect("a name"), "application/vnd.connectwise.com+json; version=2026.4".into()),
    ];
    let ask = async |method: &str, path: &[&str], query: &[(&str, &str)], body: Option<serde_json::Value>| {
        use postern_api::http::Http as _;
        let mut request = dressed.clone();
        request.method = method.parse().expect("a verb");
        request.path = path.iter().map(|it| (*it).to_owned()).collect();
        request.query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some(body) = body {
            request = request.json(&body).expect("json");
        }
        http.send(&acme(), request).await.expect("an answer").status.as_u16()
    };
    let tickets = ["service", "tickets"];
    assert_eq!(ask("GET", &tickets, &[], None).await, 200);
    assert_eq!(ask("GET", &["service", "ticket"], &[], None).await, 404);
    assert_eq!(ask("GET", &["system", "members"], &[], None).await, 404);
    assert_eq!(ask("DELETE", &["service", "tickets", "4321"], &[], None).await, 405);
    for (name, value) in [
        ("conditions", "summary=x"),
        ("conditions", "hourlyCost=1"),
        ("conditions", "id=1 or"),
        ("fields", "id,password"),
        ("orderBy", "hourlyCost desc"),
        ("filter", "id=1"),
    ] {
        assert_eq!(ask("GET", &tickets, &[(name, value)], None).await, 400, "{name}={value}");
    }
    let notes = ["service", "tickets", "4322", "notes"];
    let bare = serde_json::json!({ "text": "x" });
    assert_eq!(ask("POST", &notes, &[], Some(bare)).await, 400, "a note needs a place");
    let inner = serde_json::json!([{ "op": "replace", "path": "company/identifier", "value": "globex" }]);
    assert_eq!(ask("PATCH", &["service", "tickets", "4322"], &[], Some(inner)).await, 200, "and nothing is done");
    assert_eq!(desk.ticket("4322").await.id, tid("4322"));
    let status = serde_json::json!([{ "op": "replace", "path": "status", "value": { "id": 25 } }]);
    assert_eq!(ask("PATCH", &["service", "tickets", "4322"], &[], Some(status)).await, 400, "another board's status");
}

#[tokio::test]
async fn what_is_not_supported_says_so() {
    let desk = desk().await;
    for op in [Op::LoginList, Op::LoginInvite, Op::LeadTransfer, Op::RoleChangeList] {
        assert!(!desk.adapter.supports().contains(&op), "{op:?}");
    }
    assert!(desk.adapter.identity().is_none());
}

#[test]
fn l03_every_mistake_is_named_at_once_and_secrets_are_not_printed() {
    let mut config = config("http://127.0.0.1:1");
    assert_eq!(config.mistakes(), vec![]);
    let shown = format!("{config:?} {:?}", postern_connectwise::authenticator(&config));
    assert!(!shown.contains(connectwise::PRIVATE_KEY) && !shown.contains("c2ltdWxhdGVk"), "{shown}");
    assert_eq!(config.private_key.expose_secret(), connectwise::PRIVATE_KEY);
    config.base_url = "https://na.myconnectwise.net".into();
    config.company_id = "msp+other".into();
    config.version = "latest".into();
    config.page_size = 1001;
    config.unmarked_visibility = Visibility::Staff;
    config.boards = vec![2];
    let statuses = |id: &str, meaning| std::collections::BTreeMap::from([(id.to_owned(), meaning)]);
    config.statuses.insert("2".into(), statuses("7", TicketStatus::Open));
    config.statuses.insert("3".into(), statuses("7", TicketStatus::Closed));
    config.priorities.insert("high".into(), Priority::High);
    config.tiers[0].tier = " ".into();
    let paths: Vec<String> = config.mistakes().into_iter().map(|it| it.path).collect();
    let expected = [
        "base_url",
        "company_id",
        "version",
        "statuses.2",
        "statuses.3",
        "statuses.3.7",
        "priorities.high",
        "unmarked_visibility",
        "page_size",
        "tiers[0].tier",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn an_unknown_setting_is_refused_and_so_is_a_secret_in_the_table() {
    let table = "base_url = 'https://x.example/v4_6_release/apis/3.0'\ncompany_id = 'a'\npublic_key = 'b'\nclient_id = 'c'\nboard = 1\n";
    assert!(toml::from_str::<postern_connectwise::Config>(table).is_ok());
    assert!(toml::from_str::<postern_connectwise::Config>(&format!("{table}private_key = 'a'")).is_err());
    assert!(toml::from_str::<postern_connectwise::Config>(&format!("{table}colour = 'a'")).is_err());
}

#[tokio::test]
async fn values_that_nobody_has_heard_of_are_other_and_usual() {
    for odd in
        [json!({ "id": 9999, "name": "Brand new" }), json!({ "id": 9_999 }), json!({ "name": "CLOSED?" }), json!(null)]
    {
        let desk = desk().await;
        desk.state().data(|data| {
            let row = data.tickets.iter_mut().find(|it| it["id"] == json!(4321)).expect("a row");
            (row["status"], row["priority"], row["type"]) = (odd.clone(), odd.clone(), odd.clone());
        });
        let ticket = desk.ticket("4321").await;
        assert_eq!((ticket.status, ticket.priority), (TicketStatus::Other, Priority::Medium), "{odd}");
        // Nor is it among those of a status that there is.
        let query = TicketQuery { statuses: vec![TicketStatus::Open], ..TicketQuery::default() };
        let found = desk.desk().tickets(&acme(), &query).await.expect("a list");
        assert!(opened(found.rows).iter().all(|it| it.id != tid("4321")), "{odd}");
    }
}
