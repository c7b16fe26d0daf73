//! Files with replies and requests: as the service desk knows them.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.support_reply.preview";
const REPLY: &str = "portal.request.reply_add";
const CREATE: &str = "portal.request.create";
const VPN: &str = "VPN drops every few minutes from home";

/// A file that waits to be used.
fn upload(gateway: &Gateway, organisation: &str, id: &str, (name, kind, size): (&str, &str, u64), internal: u8) {
    gateway.sql(&format!(
        "INSERT INTO attachment (tenant, id, organisation, name, content_type, size, created_at, internal)
         SELECT tenant, '{id}', key, '{name}', '{kind}', {size}, 1, {internal} FROM organisation
         WHERE id = '{organisation}' AND tenant = 'msp-example'"
    ));
}

fn reply(request: &str, visibility: &str, files: &[&str]) -> Value {
    json!({ "request_id": request, "visibility": visibility, "content": "Here it is.", "attachments": files })
}

#[tokio::test]
async fn a_file_goes_with_a_reply_once_and_is_read_by_whoever_reads_the_reply() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    upload(&gateway, "acme", "AT-guide", ("guide.pdf", "application/pdf", 1_000), 0);
    upload(&gateway, "acme", "AT-trace", ("trace.log", "text/plain", 1_000), 0);
    let preview = agent.data(PREVIEW, reply(&id, "customer_visible", &["AT-guide"])).await;
    assert_eq!(preview["needs"], "confirmation", "{preview}");
    assert!(preview["summary"].as_str().unwrap().contains("guide.pdf, application/pdf"), "{preview}");
    let named = json!({ "preview_id": preview["preview_id"] });
    let confirmation = agent.pending(REPLY, named.clone()).await;
    assert_eq!(gateway.count("attachment WHERE id = 'AT-guide' AND ticket IS NULL"), 1, "a preview uses no file");
    let (_, done) = agent.settle(&confirmation, true).await;
    assert_eq!(done["status"], "success", "{done}");
    let comments = gateway.count("comment");
    assert_eq!(agent.data(REPLY, named).await, done["data"]);
    assert_eq!(gateway.count("comment"), comments);
    let note = agent.data(PREVIEW, reply(&id, "internal", &["AT-trace"])).await;
    agent.data(REPLY, json!({ "preview_id": note["preview_id"] })).await;
    let customer = gateway.person("basic@acme.example").data("portal.request.get", json!({ "request_id": id })).await;
    let files = customer["attachments"].to_string();
    assert!(files.contains("guide.pdf") && !files.contains("trace.log"), "{files}");
    assert!(!customer.to_string().contains("http"), "no address of a file is told: {customer}");
    let staff = agent.data("portal.request.get", json!({ "request_id": id })).await;
    assert!(staff["attachments"].to_string().contains("trace.log"));
    // It is used up.
    assert_eq!(agent.code(PREVIEW, reply(&id, "internal", &["AT-guide"])).await, "VALIDATION_ERROR");
}

/// What a caller says of a file is nothing; what the service desk knows of it counts.
#[tokio::test]
async fn files_that_are_not_safe_too_large_internal_or_anothers_go_with_nothing() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    let pdf = "application/pdf";
    upload(&gateway, "acme", "AT-exe", ("tool.exe", "application/x-msdownload", 9), 0);
    upload(&gateway, "acme", "AT-two", ("bill.exe.pdf", pdf, 9), 0);
    upload(&gateway, "acme", "AT-lie", ("bill.pdf", "application/x-msdownload", 9), 0);
    upload(&gateway, "acme", "AT-big", ("big.pdf", pdf, 26 * 1024 * 1024), 0);
    upload(&gateway, "acme", "AT-own", ("margins.pdf", pdf, 9), 1);
    for n in 0..3 {
        upload(&gateway, "acme", &format!("AT-all{n}"), ("part.pdf", pdf, 20 * 1024 * 1024), 0);
    }
    let bob = gateway.person("basic@acme.example");
    for (files, code) in [
        (&["AT-exe"][..], "BLOCKED_BY_RULE"),
        (&["AT-two"], "BLOCKED_BY_RULE"),
        (&["AT-lie"], "BLOCKED_BY_RULE"),
        (&["AT-big"], "BLOCKED_BY_RULE"),
        (&["AT-own"], "BLOCKED_BY_RULE"),
        (&["AT-all0", "AT-all1", "AT-all2"], "BLOCKED_BY_RULE"),
        (&["AT-acme-1", "AT-acme-1"], "VALIDATION_ERROR"),
        (&["AT-globex-1"], "VALIDATION_ERROR"),
        (&["AT-none"], "VALIDATION_ERROR"),
    ] {
        assert_eq!(agent.code(PREVIEW, reply(&id, "customer_visible", files)).await, code, "{files:?}");
        let new = json!({ "subject": "Another", "description": "x", "attachments": files });
        assert_eq!(bob.code(CREATE, new).await, code, "{files:?}");
    }
    // Among ourselves the last but one is no secret.
    let preview = agent.data(PREVIEW, reply(&id, "internal", &["AT-own"])).await;
    assert!(preview["summary"].as_str().unwrap().contains("margins.pdf"));
    assert_eq!(gateway.count("attachment WHERE ticket IS NOT NULL AND id LIKE 'AT-acme%'"), 0);
}

/// W02: another file under the same number is not what was confirmed.
#[tokio::test]
async fn w02_a_file_that_changed_after_the_preview_goes_with_nothing() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket(VPN).await;
    for (change, code) in [
        ("UPDATE attachment SET size = 9 WHERE id = 'AT-acme-1' AND tenant = 'msp-example'", "PREVIEW_STALE"),
        ("UPDATE attachment SET name = 'a.exe' WHERE id = 'AT-acme-1' AND tenant = 'msp-example'", "BLOCKED_BY_RULE"),
    ] {
        let preview = agent.data(PREVIEW, reply(&id, "internal", &["AT-acme-1"])).await;
        gateway.sql(change);
        assert_eq!(agent.code(REPLY, json!({ "preview_id": preview["preview_id"] })).await, code);
    }
    assert_eq!(gateway.count("attachment WHERE id = 'AT-acme-1' AND tenant = 'msp-example' AND ticket IS NULL"), 1);
}

#[tokio::test]
async fn a_request_is_raised_with_a_file_of_the_customers_own() {
    let gateway = Gateway::start().await;
    let bob = gateway.person("basic@acme.example");
    let new = json!({ "subject": "See the picture", "description": "x", "attachments": ["AT-acme-1"] });
    let done = bob.data(CREATE, new.clone()).await;
    let kept = bob.data("portal.request.get", json!({ "request_id": done["request_id"] })).await;
    assert!(kept["attachments"].to_string().contains("screenshot.png"), "{kept}");
    assert_eq!(bob.code(CREATE, with(new, "subject", json!("Again"))).await, "VALIDATION_ERROR", "it is used up");
}
