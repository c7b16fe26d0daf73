//! Finding a write again by its reference alone.

use super::fake::{page, row};
use super::{acme, rig};
use jiff::Timestamp;
use postern_api::http::Method;
use postern_api::*;
use serde_json::{Value, json};

const OURS: &str = "gw:0123456789abcdef0123456789abcdef";

fn sought(op: Op, record: Option<&str>) -> Sought {
    Sought {
        op,
        reference: OURS.into(),
        organisation: Some(ExternalId::new("3").expect("an id")),
        record: record.map(str::to_owned),
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

fn marked(id: i64, queue: i64, reference: &str) -> Value {
    let mut row = row(id, queue, "open");
    row["CustomFields"] =
        json!([{ "id": "3", "type": "customfield", "name": "PosternReference", "values": [reference] }]);
    row
}

fn message(id: i64, creator: &str, kind: &str, reference: &str) -> Value {
    let note = json!({ "kind": kind, "agent": { "id": "e-7", "name": "Sam", "email": null }, "reference": reference });
    let way = if kind == "escalation" { "Comment" } else { "Correspond" };
    json!({
        "id": id.to_string(), "Type": way, "ObjectId": "1", "Created": "2026-11-21T10:00:00Z",
        "Creator": { "id": 33, "type": "user", "Name": creator },
        "CustomFields": [{ "name": "PosternEntry", "values": [note.to_string()] }],
    })
}

#[tokio::test]
async fn w09_a_ticket_is_found_by_its_field_and_only_for_its_own_queue() {
    let upper = OURS.to_uppercase();
    for (rows, found) in [
        (json!([marked(7, 3, OURS)]), true),
        (json!([]), false),
        // Upstream compares in any case, and a filter may be ignored.
        (json!([marked(7, 3, &upper)]), false),
        (json!([row(7, 3, "open")]), false),
        (json!([marked(7, 4, OURS)]), false),
    ] {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(rows.clone()));
        let trace = adapter.trace(&acme(), &sought(Op::TicketCreate, None)).await.expect("a search");
        assert_eq!(trace.is_some(), found, "{rows}");
        assert_eq!(http.writes(), 0);
    }
    let (http, adapter) = rig();
    http.on(Method::GET, "tickets", 200, page(json!([marked(7, 3, OURS), marked(8, 3, OURS)])));
    adapter.trace(&acme(), &sought(Op::TicketCreate, None)).await.expect_err("which one?");
    let elsewhere =
        Sought { organisation: Some(ExternalId::new("4").expect("an id")), ..sought(Op::TicketCreate, None) };
    let error = adapter.trace(&acme(), &elsewhere).await.expect_err("out of reach");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn w09_a_message_is_found_by_our_note_on_it_as_what_it_is_and_if_we_wrote_it() {
    let other = "gw:ffffffffffffffffffffffffffffffff";
    for (op, stored, found) in [
        (Op::TicketComment, message(59, "postern", "comment", OURS), true),
        (Op::TicketClose, message(59, "postern", "resolution", OURS), true),
        (Op::TicketEscalate, message(59, "postern", "escalation", OURS), true),
        (Op::TicketClose, message(59, "postern", "comment", OURS), false),
        (Op::TicketComment, message(59, "jane", "comment", OURS), false),
        (Op::TicketComment, message(59, "postern", "comment", other), false),
    ] {
        let (http, adapter) = rig();
        http.on(Method::GET, "tickets", 200, page(json!([row(1, 3, "open")])));
        http.on(Method::GET, "transactions", 200, page(json!([stored])));
        let trace = adapter.trace(&acme(), &sought(op, Some("1"))).await.expect("a search");
        assert_eq!(trace.is_some(), found, "{op:?} {stored}");
    }
    let (http, adapter) = rig();
    http.on(Method::GET, "tickets", 200, page(json!([row(1, 4, "open")])));
    let error = adapter.trace(&acme(), &sought(Op::TicketComment, Some("1"))).await.expect_err("another queue's");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = adapter.trace(&acme(), &sought(Op::TicketList, None)).await.expect_err("no write");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
