//! Replies, internal notes, and requests that are raised and moved.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.support_reply.preview";
const REPLY: &str = "portal.request.reply_add";
const CREATE: &str = "portal.request.create";
const UPDATE: &str = "portal.request.status_update";
const VPN: &str = "VPN drops every few minutes from home";

fn reply(id: &str, text: &str) -> Value {
    json!({ "request_id": id, "visibility": "customer_visible", "content": text })
}

#[tokio::test]
async fn a_reply_is_previewed_confirmed_and_written_once() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    let before = gateway.count("comment WHERE internal = 0");
    let preview = agent.data(PREVIEW, reply(&id, "The update is in place since tonight.")).await;
    assert_eq!((&preview["needs"], &preview["write"]), (&json!("confirmation"), &json!(REPLY)));
    let named = json!({ "preview_id": preview["preview_id"] });
    let confirmation = agent.pending(REPLY, named.clone()).await;
    assert_eq!(gateway.count("comment WHERE internal = 0"), before);
    let (_, done) = agent.settle(&confirmation, true).await;
    assert_eq!(done["data"]["visibility"], "customer_visible", "{done}");
    assert_eq!(gateway.count("comment WHERE internal = 0"), before + 1);
    assert_eq!(agent.data(REPLY, named).await, done["data"], "the stored answer");
    assert_eq!(gateway.count("comment WHERE internal = 0"), before + 1);
    let customer = gateway.person("basic@acme.example").data("customer_get_ticket", json!({ "ticket_id": id })).await;
    assert!(customer.to_string().contains("The update is in place since tonight."));
}

/// Nothing of this reaches a customer, whoever approves.
#[tokio::test]
async fn internal_words_other_customers_and_loose_promises_are_no_part_of_a_reply() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    for text in [
        "As you know, we knew since last month and did not roll it out.",
        "The cause is on ACMEGW02, which gets an update.",
        "We first had to finish a change at Globex Manufacturing, and globex.example was slow.",
        "We guarantee that it never happens again.",
        "You will get a refund for June.",
    ] {
        assert_eq!(agent.code(PREVIEW, reply(&id, text)).await, "BLOCKED_BY_RULE", "{text}");
    }
    for (name, value, code) in [
        ("faq_entry_ids", json!(["FQ-0005"]), "BLOCKED_BY_RULE"),
        ("faq_entry_ids", json!(["FQ-0007"]), "BLOCKED_BY_RULE"),
        ("faq_entry_ids", json!(["FQ-9999"]), "RECORD_NOT_FOUND"),
        ("document_ids", json!(["DOC-1003"]), "BLOCKED_BY_RULE"),
        ("document_ids", json!(["DOC-1005"]), "BLOCKED_BY_RULE"),
        ("document_ids", json!(["DOC-2002"]), "BLOCKED_BY_RULE"),
        ("request_id", json!("TK-none"), "TICKET_NOT_FOUND"),
        ("visibility", json!("whoever"), "VALIDATION_ERROR"),
    ] {
        let arguments = with(reply(&id, "Here is what we found."), name, value.clone());
        assert_eq!(agent.code(PREVIEW, arguments).await, code, "{name} {value}");
    }
    let mut silent = reply(&id, "x");
    silent.as_object_mut().unwrap().remove("visibility");
    assert_eq!(agent.code(PREVIEW, silent).await, "VALIDATION_ERROR");
    // The same words are fine among ourselves, and need nobody.
    let note = with(reply(&id, "ACMEGW02: we knew since last month."), "visibility", json!("internal"));
    let preview = agent.data(PREVIEW, note).await;
    assert_eq!(preview["needs"], "nothing");
    let before = gateway.count("comment WHERE internal = 1");
    agent.data(REPLY, json!({ "preview_id": preview["preview_id"] })).await;
    assert_eq!(gateway.count("comment WHERE internal = 1"), before + 1);
}

/// P05: words that somebody outside wrote go out again only when somebody else has looked.
#[tokio::test]
async fn p05_a_reply_that_quotes_the_customer_waits_for_somebody_else() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    let text = "You wrote: I work from home and lose my session each time. We see it.";
    let (waiting, _) = agent.waits(PREVIEW, reply(&id, text)).await;
    assert!(gateway.decide(&waiting, true));
    assert_eq!(agent.data(REPLY, json!({ "preview_id": waiting })).await["visibility"], "customer_visible");
}

#[tokio::test]
async fn w02_a_reply_to_a_request_that_moved_on_is_stale() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    let preview = agent.data(PREVIEW, reply(&id, "All is well.")).await;
    let customer = gateway.person("basic@acme.example");
    customer.data("customer_add_comment", json!({ "ticket_id": id, "content": "It happened again." })).await;
    assert_eq!(agent.code(REPLY, json!({ "preview_id": preview["preview_id"] })).await, "PREVIEW_STALE");
}

#[tokio::test]
async fn b09_a_customer_sees_no_tool_that_replies_or_moves_requests() {
    let gateway = Gateway::start().await;
    for email in ["lead@acme.example", "basic@acme.example"] {
        let person = gateway.person(email);
        let unknown = person.user.call("no_such_tool", json!({})).await;
        for tool in [PREVIEW, REPLY, UPDATE] {
            assert_eq!(person.user.call(tool, json!({})).await, unknown, "{email} {tool}");
        }
    }
}

#[tokio::test]
async fn a_customer_raises_a_request_at_once_and_not_twice() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let new = json!({ "subject": "A new keyboard", "description": "The old one is broken." });
    let before = gateway.count("ticket");
    let done = bob.data(CREATE, new.clone()).await;
    assert_eq!(gateway.count("ticket"), before + 1);
    assert_eq!(
        bob.data("customer_get_ticket", json!({ "ticket_id": done["request_id"] })).await["subject"],
        "A new keyboard"
    );
    assert_eq!(bob.code(CREATE, new.clone()).await, "CONFLICT");
    for (name, value, code) in [
        ("customer_id", json!("globex"), "ORGANIZATION_NOT_FOUND"),
        ("requester_email", json!("lead@acme.example"), "VALIDATION_ERROR"),
        ("attachments", json!(["A-1"]), "VALIDATION_ERROR"),
        ("kind", json!("internal_task"), "VALIDATION_ERROR"),
    ] {
        let arguments = with(with(new.clone(), "subject", json!("Another")), name, value.clone());
        assert_eq!(bob.code(CREATE, arguments).await, code, "{name} {value}");
    }
    assert_eq!(gateway.count("ticket"), before + 1);
}

#[tokio::test]
async fn what_an_employee_raises_says_where_it_came_from() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let new = json!({ "customer_id": "acme", "requester_email": "lead@acme.example", "source": "telephone",
        "subject": "Line is noisy", "description": "Since this morning." });
    let done = agent.data(CREATE, new.clone()).await;
    let kept = agent.data("get_ticket", json!({ "ticket_id": done["request_id"] })).await;
    assert!(
        kept["description"].as_str().unwrap().starts_with("[Recorded by Marcus Hale, came in by telephone]"),
        "{kept}"
    );
    for (name, value, code) in [
        ("requester_email", json!("lead@globex.example"), "CONTACT_NOT_FOUND"),
        ("requester_email", Value::Null, "VALIDATION_ERROR"),
        ("source", Value::Null, "VALIDATION_ERROR"),
        ("customer_id", json!("nobody"), "ORGANIZATION_NOT_FOUND"),
    ] {
        let arguments = with(with(new.clone(), "subject", json!("Another")), name, value.clone());
        assert_eq!(agent.code(CREATE, arguments).await, code, "{name} {value}");
    }
}

#[tokio::test]
async fn everyday_work_on_a_request_is_done_at_once_and_keeps_its_reason() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    let done = agent
        .data(UPDATE, json!({ "request_id": id, "status": "pending", "reason": "Waits for the customer's log." }))
        .await;
    assert_eq!((&done["status"], &done["reason_kept"]), (&json!("pending"), &json!(true)));
    let kept = agent.data("get_ticket", json!({ "ticket_id": id })).await;
    let note = kept["internal_notes"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    assert!(note.contains("Marcus Hale") && note.contains("Waits for the customer's log."), "{note}");
    for arguments in [
        json!({ "request_id": id, "reason": "x" }),
        json!({ "request_id": id, "status": "closed", "reason": "x" }),
        json!({ "request_id": id, "status": "open" }),
        json!({ "request_id": id, "escalate_to": "Second line", "status": "open", "reason": "x" }),
    ] {
        assert_eq!(agent.code(UPDATE, arguments.clone()).await, "VALIDATION_ERROR", "{arguments}");
    }
}

#[tokio::test]
async fn closing_and_setting_the_service_level_aside_need_a_yes() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    let close = json!({ "request_id": id, "status": "closed", "resolution": "Updated.", "reason": "Done." });
    let later = json!({ "request_id": id, "priority": "low", "reason": "Can wait." });
    let (first, _) = agent.waits(UPDATE, close.clone()).await;
    agent.waits(UPDATE, later).await;
    let open = agent.data("get_ticket", json!({ "ticket_id": id })).await;
    assert_eq!((&open["status"], &open["priority"]), (&json!("open"), &json!("high")));
    // Asked again, it is the same request; approved, it is done.
    let (again, _) = agent.waits(UPDATE, close.clone()).await;
    assert_eq!(first, again);
    assert!(gateway.decide(&first, true));
    assert_eq!(agent.data(UPDATE, close).await["status"], "closed");
    // The lead confirms it in person.
    let other = gateway.ticket("Second monitor flickers").await;
    let lead = gateway.person("service-lead@msp.example");
    let close = json!({ "request_id": other, "status": "closed", "resolution": "New cable.", "reason": "Done." });
    let confirmation = lead.pending(UPDATE, close).await;
    assert_eq!(lead.settle(&confirmation, true).await.1["data"]["status"], "closed");
    let leaking = json!({ "request_id": gateway.ticket("Cannot open the month-end workbook").await, "status": "closed",
        "resolution": "The account was never removed on the file server.", "reason": "Done." });
    assert_eq!(lead.code(UPDATE, leaking).await, "BLOCKED_BY_RULE");
}
