//! The adapter against canned answers in the shape of Request Tracker 5.0.3's own: what it sends, and what it makes of
//! answers that lie, fail or are broken. Runs everywhere.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "canned/fake.rs"]
mod fake;
#[path = "canned/traces.rs"]
mod traces;

use fake::{Canned, page, row};
use postern_api::http::{Body, Method};
use postern_api::*;
use postern_request_tracker::{Config, connect};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn rig() -> (Arc<Canned>, Arc<dyn Adapter>) {
    let http = Arc::new(Canned::default());
    let config = Config { queue_suffix: " Support".into(), ..Config::new("https://rt.example", "postern") };
    (http.clone(), connect(config, http).expect("an adapter"))
}

fn acme() -> CallCx {
    CallCx::new(Reach::Organisations(vec![ExternalId::new("3").expect("an id")]), Duration::from_secs(5))
}

fn standing(queue: i64, status: &str) -> Value {
    json!({ "id": 1, "Status": status, "Queue": { "id": queue.to_string(), "type": "queue" } })
}

fn staff() -> Agent {
    Agent { id: "e-7".into(), name: "Sam".into(), email: None }
}

fn ticket(id: &str) -> TicketId {
    TicketId::new(id).expect("an id")
}

fn globex_row_all_the_same(http: &Canned) {
    http.on(Method::GET, "tickets", 200, page(json!([row(1, 4, "open")])));
    http.with(Method::GET, "ticket/1", 200, vec![("etag", "\"34\"".into())], standing(4, "open"));
}

async fn kind_of_close(http: &Canned, adapter: &dyn Adapter) -> ErrorKind {
    let closure = Closure { resolution: "done".into(), by: staff() };
    let desk = adapter.service_desk().expect("a desk");
    let error = desk.close(&acme(), &ticket("1"), &closure).await.expect_err("refused");
    assert!(!error.to_string().contains("CANARY"), "{error}");
    assert!(!format!("{:?}", error.context()).contains("CANARY"), "{error:?}");
    assert!(http.asked(&Method::POST, "ticket/1/correspond").is_empty(), "nothing is said to the customer");
    error.kind()
}

#[tokio::test]
async fn b01_a_ticket_of_another_queue_costs_the_same_requests_as_a_missing_one() {
    let mut asked = Vec::new();
    for rows in [json!([row(1, 4, "open")]), json!([])] {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(rows));
        drop(adapter.service_desk().expect("a desk").ticket(&acme(), &ticket("1")).await);
        asked.push(http.asked.lock().expect("a lock").len());
    }
    assert_eq!(asked, [1, 1]);
}

#[tokio::test]
async fn b03_no_write_is_sent_to_a_ticket_whose_row_names_another_queue() {
    let (http, adapter) = rig();
    globex_row_all_the_same(&http);
    let desk = adapter.service_desk().expect("a desk");
    let comment = NewComment { author: Author::Agent(staff()), body: "x".into(), internal: false };
    let escalation = NewEscalation { target: "t".into(), reason: "r".into(), by: staff() };
    let kinds = [
        desk.comment(&acme(), &ticket("1"), &comment).await.map(drop),
        desk.escalate(&acme(), &ticket("1"), &escalation).await.map(drop),
    ];
    for kind in kinds {
        assert_eq!(kind.expect_err("refused").kind(), ErrorKind::NotFound);
    }
    assert_eq!(kind_of_close(&http, &*adapter).await, ErrorKind::NotFound);
    assert_eq!(http.writes(), 0);
}

#[tokio::test]
async fn b03_a_ticket_that_was_moved_or_merged_in_between_is_not_written_to() {
    for now in [standing(4, "open"), json!({ "id": 9, "Status": "open", "Queue": { "id": "3" } })] {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
        http.with(Method::GET, "ticket/1", 200, vec![("etag", "\"34\"".into())], now);
        assert_eq!(kind_of_close(&http, &*adapter).await, ErrorKind::NotFound);
        assert_eq!(http.writes(), 0);
    }
}

#[tokio::test]
async fn b03_a_row_of_another_queue_keeps_its_own_owner() {
    let (http, adapter) = rig();
    http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open"), row(2, 4, "open")])));
    http.on(Method::GET, "transactions", 200, page(json!([])));
    let desk = adapter.service_desk().expect("a desk");
    let rows = desk.tickets(&acme(), &TicketQuery::default()).await.expect("a page").rows;
    let org = OrganisationId::new("acme").expect("an id");
    let map = OrganisationMap::new([(org.clone(), ExternalId::new("3").expect("an id"))]);
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), org);
    let opened: Vec<_> = rows.into_iter().filter_map(|it| scope.admit(&map, it).ok()).collect();
    assert_eq!(opened.len(), 1);
    let it = &opened[0].record;
    assert_eq!(it.requester.contact.as_ref().map(ContactId::as_str), Some("30"), "a group is not the requester");
    assert_eq!(it.requester.email.as_deref(), Some("jane@acme.example"));
    assert_eq!(it.public_updated_at.to_string(), "2026-11-21T10:00:00Z", "`LastUpdated` moves with notes");
    assert_eq!(it.updated_at.to_string(), "2026-11-21T12:00:00Z");
    assert!(it.assignee.is_none() && it.sla.resolution_due.is_none() && it.sla.resolved_at.is_none());
}

#[tokio::test]
async fn b03_nothing_is_written_for_a_stranger_as_a_customers_note_or_on_a_closed_ticket() {
    let person = |id: &str| {
        Author::Customer(Person {
            contact: Some(ContactId::new(id).expect("an id")),
            name: "Jane".into(),
            email: Some("jane@acme.example".into()),
        })
    };
    let user = |id: i64, organisation: &str| json!({ "id": id, "Name": "x", "Organization": organisation });
    let cases = [
        ("open", person("34"), false, ErrorKind::InvalidArgument),
        ("open", person("35"), false, ErrorKind::InvalidArgument),
        ("open", person("nobody"), false, ErrorKind::InvalidArgument),
        ("open", person("30"), true, ErrorKind::InvalidArgument),
        ("resolved", person("30"), false, ErrorKind::Conflict),
        ("resolved", person("31"), false, ErrorKind::Conflict),
        ("resolved", Author::Agent(staff()), true, ErrorKind::Conflict),
    ];
    for (status, author, internal, kind) in cases {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, status)])));
        http.on(Method::GET, "user/31", 200, user(31, "Acme"));
        http.on(Method::GET, "user/34", 200, user(34, "Globex"));
        http.on(Method::GET, "user/35", 404, json!({ "message": "Not Found" }));
        let new = NewComment { author, body: "x".into(), internal };
        let desk = adapter.service_desk().expect("a desk");
        let error = desk.comment(&acme(), &ticket("1"), &new).await.expect_err("refused");
        assert_eq!(error.kind(), kind, "{status} {new:?}");
        assert_eq!(http.writes(), 0);
    }
}

#[tokio::test]
async fn a_stale_mark_is_a_conflict_and_nothing_is_said_to_the_customer() {
    let (http, adapter) = rig();
    http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
    http.with(Method::GET, "ticket/1", 200, vec![("etag", "\"34\"".into())], standing(3, "open"));
    http.on(Method::PUT, "ticket/1", 412, json!({ "message": "Precondition Failed CANARY" }));
    assert_eq!(kind_of_close(&http, &*adapter).await, ErrorKind::Conflict);
    let put = &http.asked(&Method::PUT, "ticket/1")[0];
    let mark = put.headers.iter().find(|(name, _)| name == "if-match").map(|(_, value)| value.as_str());
    assert_eq!(mark, Some("\"34\""));
    let Body::Json(body) = &put.body else { panic!("a json body") };
    let body: Value = serde_json::from_slice(body).expect("json");
    assert_eq!(body, json!({ "Status": "resolved" }), "the queue is never sent");
}

#[tokio::test]
async fn two_hundred_and_prose_is_not_believed() {
    for (prose, kind) in [
        ("Ticket 1: Permission Denied", ErrorKind::Forbidden),
        ("Ticket 1: Status 'CANARY' isn't a valid status for this ticket.", ErrorKind::InvalidArgument),
        ("Ticket 1: Status changed from 'open' to 'resolved' CANARY", ErrorKind::InvalidArgument),
    ] {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
        http.with(Method::GET, "ticket/1", 200, vec![("etag", "\"34\"".into())], standing(3, "open"));
        http.on(Method::PUT, "ticket/1", 200, json!([prose]));
        assert_eq!(kind_of_close(&http, &*adapter).await, kind, "{prose}");
    }
}

#[tokio::test]
async fn a_message_that_was_stored_otherwise_is_an_unknown_outcome() {
    let transaction = |kind: &str, object: i64| {
        json!({ "id": "59", "Type": kind, "ObjectId": object.to_string(), "Created": "2026-11-21T10:00:00Z",
                "Creator": { "id": 33, "type": "user", "Name": "postern" }, "CustomFields": [] })
    };
    let text =
        |content: &str| json!({ "id": "1", "TransactionId": "59", "ContentType": "text/plain", "Content": content });
    for (stored, part) in [
        (json!([]), json!([text("for us\n")])),
        (json!([transaction("Correspond", 1)]), json!([text("for us\n")])),
        (json!([transaction("Comment", 2)]), json!([text("for us\n")])),
        (json!([transaction("Comment", 1)]), json!([text("something else")])),
        (json!([transaction("Comment", 1)]), json!([text("for us\n")])),
    ] {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
        let location = vec![("location", "/REST/2.0/transaction/59".to_owned())];
        http.with(Method::POST, "ticket/1/comment", 201, location, json!(["Comments added"]));
        http.on(Method::GET, "transactions", 200, page(stored.clone()));
        http.on(Method::POST, "attachments", 200, page(part));
        let new = NewComment { author: Author::Agent(staff()), body: "for us".into(), internal: true };
        let desk = adapter.service_desk().expect("a desk");
        let error = desk.comment(&acme(), &ticket("1"), &new).await.expect_err("not proven");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{stored}");
        assert_eq!(http.writes(), 1, "sent once");
    }
}

#[tokio::test]
async fn broken_answers_have_their_kind_and_no_word_of_the_backends() {
    let leak = r#"{"message":"CANARY at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"}"#;
    let table = [
        (401, leak, ErrorKind::Unauthenticated, ErrorKind::Unauthenticated),
        (403, leak, ErrorKind::Forbidden, ErrorKind::Forbidden),
        (400, leak, ErrorKind::InvalidArgument, ErrorKind::InvalidArgument),
        (500, "", ErrorKind::Unavailable, ErrorKind::OutcomeUnknown),
        (502, "<html>CANARY", ErrorKind::Unavailable, ErrorKind::OutcomeUnknown),
        (200, "<html>CANARY</html>", ErrorKind::BadReply, ErrorKind::OutcomeUnknown),
        (200, "{\"items\":[{\"CANARY\"", ErrorKind::BadReply, ErrorKind::OutcomeUnknown),
        (200, "{\"CANARY\":1}", ErrorKind::BadReply, ErrorKind::OutcomeUnknown),
        (302, "Login required", ErrorKind::BadReply, ErrorKind::OutcomeUnknown),
    ];
    for (status, body, read, write) in table {
        let (http, adapter) = rig();
        let desk = adapter.service_desk().expect("a desk");
        http.on(Method::GET, "tickets", status, body);
        let errors = [
            desk.ticket(&acme(), &ticket("1")).await.map(drop).expect_err("broken"),
            desk.tickets(&acme(), &TicketQuery::default()).await.map(drop).expect_err("broken"),
        ];
        for error in errors {
            assert_eq!(error.kind(), read, "{status} {body}");
            assert!(!format!("{error} {:?}", error.context()).contains("CANARY"), "{error:?}");
        }
        let (http, adapter) = rig();
        let desk = adapter.service_desk().expect("a desk");
        http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
        http.on(Method::POST, "ticket/1/comment", status, body);
        let new = NewComment { author: Author::Agent(staff()), body: "for us".into(), internal: true };
        let error = desk.comment(&acme(), &ticket("1"), &new).await.expect_err("broken");
        assert_eq!(error.kind(), write, "{status} {body}");
        assert!(!format!("{error} {:?}", error.context()).contains("CANARY"), "{error:?}");
    }
}

#[tokio::test]
async fn b16_the_query_holds_callers_text_between_quotes_alone() {
    let (http, adapter) = rig();
    http.on(Method::GET, "tickets", 200, page(json!([])));
    http.on(Method::GET, "transactions", 200, page(json!([])));
    let desk = adapter.service_desk().expect("a desk");
    let text = Some("x' OR Queue = 4 OR Subject = '\\".to_owned());
    let viewer = Some(Viewer { contact: ContactId::new("30").expect("an id"), organisation_wide: true });
    for viewer in [None, viewer] {
        let query = TicketQuery { text: text.clone(), viewer, ..TicketQuery::default() };
        desk.tickets(&acme(), &query).await.expect("a page");
    }
    let sent = |path: &str| {
        let asked = http.asked(&Method::GET, path);
        asked.into_iter().filter_map(|it| it.query.into_iter().find(|(name, _)| name == "query")).map(|it| it.1)
    };
    let quoted = r"LIKE 'x\' OR Queue = 4 OR Subject = \'\\'";
    let tickets: Vec<String> = sent("tickets").collect();
    assert_eq!(tickets[0], format!("(Queue = 3 AND (Subject {quoted} OR Content {quoted}))"));
    let own = "('CF.{Visibility}' = 'organization' OR Requestor.id = 30)";
    assert_eq!(
        tickets[1],
        format!("(Queue = 3 AND {own} AND Subject {quoted})"),
        "a viewer's search reads no `Content`"
    );
    let messages: Vec<String> = sent("transactions").collect();
    let kinds = "(Type = 'Create' OR Type = 'Correspond')";
    assert_eq!(messages[0], format!("(TicketQueue = 3 AND {kinds} AND Content {quoted})"));
}

#[tokio::test]
async fn what_cannot_match_asks_nothing() {
    let (http, adapter) = rig();
    let desk = adapter.service_desk().expect("a desk");
    let contact = |id: &str| ContactId::new(id).expect("an id");
    let external = |id: &str| ExternalId::new(id).expect("an id");
    let queries = [
        (acme(), TicketQuery { organisation: Some(external("4")), ..TicketQuery::default() }),
        (acme(), TicketQuery { requester: Some(contact("jane")), ..TicketQuery::default() }),
        (
            acme(),
            TicketQuery {
                viewer: Some(Viewer { contact: contact("jane"), organisation_wide: false }),
                ..TicketQuery::default()
            },
        ),
        (acme(), TicketQuery { statuses: vec![TicketStatus::Resolved], ..TicketQuery::default() }),
        (CallCx { reach: Reach::Organisations(vec![]), ..acme() }, TicketQuery::default()),
        (CallCx { reach: Reach::Organisations(vec![external("acme")]), ..acme() }, TicketQuery::default()),
    ];
    for (cx, query) in queries {
        let page = desk.tickets(&cx, &query).await.expect("an empty page");
        assert_eq!((page.rows.len(), page.total), (0, 0), "{query:?}");
    }
    for id in ["abc", "1.json", "0"] {
        assert_eq!(desk.ticket(&acme(), &ticket(id)).await.expect_err("missing").kind(), ErrorKind::NotFound);
    }
    assert_eq!(http.asked.lock().expect("a lock").len(), 0);
}

#[tokio::test]
async fn everybody_in_place_of_a_filtered_list_is_nobodys() {
    let (http, adapter) = rig();
    http.on(Method::GET, "queue/3", 200, json!({ "id": 3, "Name": "Acme Support", "Disabled": "0" }));
    let user = |id: i64, name: &str, organisation: &str| json!({ "id": id, "type": "user", "Name": name, "RealName": "", "EmailAddress": format!("{name}@x.example"), "Organization": organisation });
    let everybody =
        json!([user(30, "jane", "Acme"), user(34, "bob", "Globex"), user(36, "tech1", ""), user(38, "x", "acme")]);
    http.on(Method::POST, "users", 200, page(everybody));
    let rows = adapter.crm().expect("records").contacts(&acme(), &ExternalId::new("3").expect("an id")).await;
    let org = OrganisationId::new("acme").expect("an id");
    let map = OrganisationMap::new([(org.clone(), ExternalId::new("3").expect("an id"))]);
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), org);
    let opened: Vec<_> =
        rows.expect("rows").into_iter().filter_map(|it| scope.admit(&map, it).ok()).map(|it| it.record.name).collect();
    assert_eq!(opened, ["jane"]);
    let desk = adapter.service_desk().expect("a desk");
    let found = desk.requester(&acme(), &ExternalId::new("3").expect("an id"), "bob@x.example").await;
    assert!(found.expect("an answer").is_none());
    http.on(Method::GET, "rt", 200, json!({ "Version": "5.0.3", "Plugins": [] }));
    let error = adapter.probe(&acme()).await.expect_err("a filter that is ignored");
    assert!(error.message().contains("`Organization`"), "{error}");
}

#[tokio::test]
async fn what_is_not_supported_says_so() {
    let (_, adapter) = rig();
    assert!(adapter.identity().is_none() && adapter.knowledge().is_none());
    let ports =
        [Op::ArticleSearch, Op::ArticleGet, Op::LoginList, Op::LoginInvite, Op::LeadTransfer, Op::RoleChangeList];
    assert!(ports.iter().all(|it| !adapter.supports().contains(it)));
}
