//! Documents that are published and taken back.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.document_publish.preview";
const PUBLISH: &str = "portal.document.publish";
const REVOKE: &str = "portal.document.revoke";
const PUBLISHED: &str = "publication WHERE version = (SELECT key FROM document_version WHERE id = 'DOC-1004-v2')";

fn drawing() -> Value {
    json!({ "customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2" })
}

#[tokio::test]
async fn a_document_is_previewed_approved_and_published_once() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, waiting) = lead.waits(PREVIEW, with(drawing(), "notify", json!(true))).await;
    let text = waiting["message"].as_str().unwrap();
    for words in [
        "Publish a document",
        "Server room drawing",
        "For: everybody",
        "Jane Smith",
        "Newly visible to",
        "until it is taken back",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Globex") && !text.contains("Ines"));
    assert_eq!(gateway.count(PUBLISHED), 0);
    // Not before somebody approved it.
    let early = lead.ask(PUBLISH, json!({ "preview_id": id })).await;
    assert_eq!(early["status"], "pending_approval", "{early}");
    assert_eq!(gateway.count(PUBLISHED), 0);
    assert!(gateway.decide(&id, true));
    let done = lead.data(PUBLISH, json!({ "preview_id": id })).await;
    assert_eq!((&done["document_id"], &done["notification"]), (&json!("DOC-1004"), &json!("sent")));
    assert_eq!(gateway.count(PUBLISHED), 1);
    // Jane agreed, and nobody who did not want it was told.
    let told = "notice WHERE subject = 'A document is ready for you'";
    assert_eq!(gateway.count(told), done["notified"].as_i64().unwrap());
    assert!(done["notified"].as_i64().unwrap() >= 1);
    let rachel = "recipient IN (SELECT key FROM contact WHERE email = 'rachel.adams@acme.example')";
    assert_eq!(gateway.count(&format!("{told} AND {rachel}")), 0, "who opted out");
    // W04: asked again, it answers the same and does nothing.
    assert_eq!(lead.data(PUBLISH, json!({ "preview_id": id })).await, done);
    assert_eq!(gateway.count(PUBLISHED), 1);
    let row = gateway.rows().into_iter().rfind(|row| row["phase"] == "outcome").unwrap();
    assert_eq!(row["action"], json!(id), "{row}");
}

#[tokio::test]
async fn w04_a_hundred_parallel_tries_publish_one_thing() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    assert!(gateway.decide(&id, true));
    let tries = (0..100).map(|_| {
        let (lead, id) = (lead.clone(), id.clone());
        tokio::spawn(async move { lead.ask(PUBLISH, json!({ "preview_id": id })).await })
    });
    for attempt in tries.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        let busy = answer["code"] == "CONFLICT";
        assert!(busy || answer["status"] == "success", "{answer}");
    }
    assert_eq!(gateway.count(PUBLISHED), 1);
}

/// No approval lifts these.
#[tokio::test]
async fn what_is_internal_old_unapproved_or_another_customers_is_blocked_in_the_preview() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    for (document, version, code) in [
        ("DOC-1003", "DOC-1003-v1", "BLOCKED_BY_RULE"),
        ("DOC-1001", "DOC-1001-v1", "BLOCKED_BY_RULE"),
        ("DOC-1002", "DOC-1002-v2", "BLOCKED_BY_RULE"),
        ("DOC-1002", "DOC-1002-v1", "BLOCKED_BY_RULE"),
        ("DOC-1005", "DOC-1005-v1", "BLOCKED_BY_RULE"),
        ("DOC-2004", "DOC-2004-v1", "BLOCKED_BY_RULE"),
        ("DOC-1004", "DOC-2004-v1", "RECORD_NOT_FOUND"),
        ("DOC-9999", "DOC-9999-v1", "RECORD_NOT_FOUND"),
    ] {
        let arguments = json!({ "customer_id": "acme", "document_id": document, "version_id": version });
        assert_eq!(lead.code(PREVIEW, arguments).await, code, "{version}");
    }
    let internal = with(drawing(), "role_ids", json!(["msp-operator"]));
    assert_eq!(lead.code(PREVIEW, internal).await, "BLOCKED_BY_RULE");
    for (name, value) in
        [("role_ids", json!(["nobody"])), ("expires_at", json!("2020-01-01T00:00:00Z")), ("approved", json!(true))]
    {
        assert_eq!(lead.code(PREVIEW, with(drawing(), name, value)).await, "VALIDATION_ERROR", "{name}");
    }
}

#[tokio::test]
async fn only_those_who_look_after_documents_see_these_tools() {
    let gateway = Gateway::start().await;
    for email in ["support-write@msp.example", "admin@msp.example", "lead@acme.example", "basic@acme.example"] {
        let person = gateway.person(email);
        let unknown = person.user.call("no_such_tool", json!({})).await;
        for tool in [PREVIEW, PUBLISH, REVOKE] {
            let answer = person.user.call(tool, drawing()).await;
            assert!(answer == unknown || answer["result"]["isError"] == true, "{email} {tool}: {answer}");
        }
    }
    assert_eq!(gateway.count(PUBLISHED), 0);
}

#[tokio::test]
async fn w01_a_preview_is_one_persons_and_of_one_write() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    assert!(gateway.decide(&id, true));
    let named = json!({ "preview_id": id });
    for other in [gateway.person("owner@msp.example"), gateway.elsewhere("service-lead@msp.example")] {
        assert_eq!(other.code(PUBLISH, named.clone()).await, "ACTION_REQUEST_NOT_FOUND");
    }
    assert_eq!(lead.code("portal.workspace.create", named.clone()).await, "ACTION_REQUEST_NOT_FOUND");
    let made_up = json!({ "preview_id": format!("act-{}", "0".repeat(32)) });
    assert_eq!(lead.code(PUBLISH, made_up).await, "ACTION_REQUEST_NOT_FOUND");
    let (rejected, _) = lead.waits(PREVIEW, with(drawing(), "download", json!(true))).await;
    assert!(gateway.decide(&rejected, false));
    assert_eq!(lead.code(PUBLISH, json!({ "preview_id": rejected })).await, "ACTION_REQUEST_REJECTED");
    assert_eq!(gateway.count(PUBLISHED), 0);
    assert_eq!(lead.data(PUBLISH, named).await["document_id"], "DOC-1004");
}

/// W02: what was approved is what is done, or nothing is.
#[tokio::test]
async fn w02_what_changed_after_the_preview_is_stale_or_blocked() {
    for (change, code) in [
        ("UPDATE document SET updated_at = updated_at + 1 WHERE id = 'DOC-1004'", "PREVIEW_STALE"),
        ("UPDATE login SET status = 2 WHERE email = 'lead@acme.example'", "PREVIEW_STALE"),
        ("UPDATE document SET internal = 1 WHERE id = 'DOC-1004'", "BLOCKED_BY_RULE"),
        ("UPDATE document_version SET state = 'rejected' WHERE id = 'DOC-1004-v2'", "BLOCKED_BY_RULE"),
    ] {
        let gateway = Gateway::start().await;
        let lead = gateway.person("service-lead@msp.example");
        let (id, _) = lead.waits(PREVIEW, drawing()).await;
        assert!(gateway.decide(&id, true));
        gateway.sql(change);
        assert_eq!(lead.code(PUBLISH, json!({ "preview_id": id })).await, code, "{change}");
        assert_eq!(gateway.count(PUBLISHED), 0, "{change}");
    }
}

/// W11: who lost the role meanwhile publishes nothing.
#[tokio::test]
async fn w11_a_role_that_was_lost_after_the_approval_publishes_nothing() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    assert!(gateway.decide(&id, true));
    let demoted =
        gateway.claiming("service-lead@msp.example", |it| it["realm_access"] = json!({ "roles": ["support-write"] }));
    let answer = demoted.user.call(PUBLISH, json!({ "preview_id": id })).await;
    assert!(answer["result"]["structuredContent"]["status"] != "success", "{answer}");
    assert_eq!(gateway.count(PUBLISHED), 0);
}

#[tokio::test]
async fn a_document_is_taken_back_with_a_reason_and_nothing_is_deleted() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let back = json!({ "customer_id": "acme", "document_id": "DOC-1007", "reason": "It names a former colleague." });
    let before = gateway.count("publication");
    let id = lead.pending(REVOKE, back.clone()).await;
    assert_eq!(gateway.count("publication"), before);
    let (_, done) = lead.settle(&id, true).await;
    assert_eq!((&done["status"], &done["data"]["still_published"]), (&json!("success"), &json!([])), "{done}");
    assert_eq!(gateway.count("publication"), before + 1, "a row is added and none goes");
    assert_eq!(gateway.count("publication WHERE reason = 'It names a former colleague.'"), 1);
    assert_eq!(lead.code(REVOKE, back.clone()).await, "CONFLICT");
    let other = with(back.clone(), "document_id", json!("DOC-2001"));
    assert_eq!(lead.code(REVOKE, other).await, "BLOCKED_BY_RULE");
    let silent = json!({ "customer_id": "acme", "document_id": "DOC-1001" });
    assert_eq!(lead.code(REVOKE, silent).await, "VALIDATION_ERROR");
}

/// W08: the same word for the same write is the same write.
#[tokio::test]
async fn w08_an_idempotency_key_stands_for_one_write() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let back = json!({ "customer_id": "acme", "document_id": "DOC-1001", "download_only": true, "reason": "x",
        "idempotency_key": "back-1" });
    let id = lead.pending(REVOKE, back.clone()).await;
    let (_, done) = lead.settle(&id, true).await;
    assert_eq!(done["status"], "success", "{done}");
    assert_eq!(lead.data(REVOKE, back.clone()).await, done["data"], "the stored answer");
    let other = with(back, "reason", json!("y"));
    assert_eq!(lead.code(REVOKE, other).await, "IDEMPOTENCY_CONFLICT");
    assert_eq!(gateway.count("publication WHERE reason = 'x'"), 1);
}
