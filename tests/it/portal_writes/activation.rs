//! Opening portals and inviting people.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.activation.preview";
const CREATE: &str = "portal.workspace.create";
const INVITE: &str = "portal.user.invite";
const THERE: &str = "workspace w JOIN organisation o ON o.key = w.organisation
    WHERE o.id = 'initech' AND o.tenant = 'msp-example'";

fn initech() -> Value {
    json!({
        "customer_id": "initech",
        "welcome_text": "Welcome, Initech.",
        "service_record_ids": ["PRJ-301"],
        "document_ids": ["DOC-3001", "DOC-3003"],
        "invoice_ids": ["INV-2302"],
        "users": [{ "email": "new.one@initech.example", "first_name": "New", "last_name": "One", "role_id": "viewer" }],
    })
}

#[tokio::test]
async fn a_portal_is_opened_once_and_its_people_are_invited_as_approved() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, waiting) = lead.waits(PREVIEW, initech()).await;
    let text = waiting["message"].as_str().unwrap();
    for words in [
        "Open a customer's portal",
        "Welcome, Initech.",
        "Viewer",
        "Printer care",
        "Printer fleet report",
        "new.one@initech.example",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let invite = json!({ "activation_preview_id": id, "email": "new.one@initech.example" });
    assert_eq!(lead.code(INVITE, invite.clone()).await, "BLOCKED_BY_RULE", "not approved yet");
    assert!(gateway.decide(&id, true));
    assert_eq!(gateway.count(THERE), 0);
    let done = lead.data(CREATE, json!({ "preview_id": id })).await;
    assert_eq!((&done["active"], &done["to_invite"]), (&json!(true), &json!(1)));
    assert_eq!(lead.data(CREATE, json!({ "preview_id": id })).await, done);
    assert_eq!(gateway.count(THERE), 1);
    assert_eq!(lead.code(PREVIEW, initech()).await, "BLOCKED_BY_RULE", "never a second one");
    for (name, value, code) in [
        ("email", json!("other@initech.example"), "BLOCKED_BY_RULE"),
        ("activation_preview_id", json!(format!("act-{}", "0".repeat(32))), "ACTION_REQUEST_NOT_FOUND"),
    ] {
        assert_eq!(lead.code(INVITE, with(invite.clone(), name, value)).await, code, "{name}");
    }
    let stranger =
        gateway.claiming("owner@msp.example", |it| it["realm_access"] = json!({ "roles": ["service-lead"] }));
    assert_eq!(stranger.code(INVITE, invite.clone()).await, "ACTION_REQUEST_NOT_FOUND");
    let invited = lead.data(INVITE, invite.clone()).await;
    assert_eq!(invited["status"], "pending");
    assert!(invited["expires_at"].is_string());
    let secret = gateway.text(
        "SELECT secret FROM login_link WHERE contact = (SELECT contact FROM login WHERE email = 'new.one@initech.example')",
    );
    assert!(!invited.to_string().contains(&secret));
    assert!(!gateway.rows().iter().any(|row| row.to_string().contains(&secret)));
    assert_eq!(gateway.count("login WHERE email = 'new.one@initech.example'"), 1);
    assert_eq!(lead.code(INVITE, with(invite, "idempotency_key", json!("k"))).await, "CONTACT_EXISTS");
}

#[tokio::test]
async fn what_is_not_for_this_customer_is_no_part_of_an_activation() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let user =
        |email: &str, role: &str| json!([{ "email": email, "first_name": "A", "last_name": "B", "role_id": role }]);
    for (name, value, code) in [
        ("customer_id", json!("acme"), "BLOCKED_BY_RULE"),
        ("customer_id", json!("nobody"), "ORGANIZATION_NOT_FOUND"),
        ("service_record_ids", json!(["PRJ-303"]), "BLOCKED_BY_RULE"),
        ("service_record_ids", json!(["PRJ-201"]), "BLOCKED_BY_RULE"),
        ("service_record_ids", json!(["PRJ-999"]), "RECORD_NOT_FOUND"),
        ("document_ids", json!(["DOC-3002"]), "BLOCKED_BY_RULE"),
        ("document_ids", json!(["DOC-2001"]), "BLOCKED_BY_RULE"),
        ("document_ids", json!(["DOC-9999"]), "RECORD_NOT_FOUND"),
        ("invoice_ids", json!(["INV-2201"]), "BLOCKED_BY_RULE"),
        ("default_role_id", json!("msp-operator"), "BLOCKED_BY_RULE"),
        ("default_role_id", json!("manager"), "BLOCKED_BY_RULE"),
        ("default_role_id", json!("nobody"), "VALIDATION_ERROR"),
        ("users", user("x@initech.example", "msp-operator"), "BLOCKED_BY_RULE"),
        ("users", user("x@globex.example", "viewer"), "BLOCKED_BY_RULE"),
        ("users", user("lead@initech.example", "viewer"), "CONTACT_EXISTS"),
        ("welcome_text", json!("You paid for a refurbished drum, inidrum8."), "BLOCKED_BY_RULE"),
        ("welcome_text", json!("As for our friends at Acme Corporation, you see it all here."), "BLOCKED_BY_RULE"),
    ] {
        let arguments = with(initech(), name, value.clone());
        assert_eq!(lead.code(PREVIEW, arguments).await, code, "{name} {value}");
    }
    assert_eq!(gateway.count(THERE), 0);
}

#[tokio::test]
async fn w02_an_activation_whose_records_changed_is_stale() {
    for (change, code) in [
        ("UPDATE document SET updated_at = updated_at + 1 WHERE id = 'DOC-3003'", "PREVIEW_STALE"),
        ("UPDATE access_role SET rights = '[\"invoices\"]' WHERE id = 'viewer'", "PREVIEW_STALE"),
        ("UPDATE document SET internal = 1 WHERE id = 'DOC-3003'", "BLOCKED_BY_RULE"),
        ("UPDATE project SET customer_visible = 0 WHERE id = 'PRJ-301'", "BLOCKED_BY_RULE"),
    ] {
        let gateway = Gateway::start().await;
        let lead = gateway.person("service-lead@msp.example");
        let (id, _) = lead.waits(PREVIEW, initech()).await;
        assert!(gateway.decide(&id, true));
        gateway.sql(change);
        assert_eq!(lead.code(CREATE, json!({ "preview_id": id })).await, code, "{change}");
        assert_eq!(gateway.count(THERE), 0, "{change}");
    }
}

/// A role that opens more than it did when it was approved is not what was approved.
#[tokio::test]
async fn an_invitation_with_a_role_that_grew_needs_an_approval_of_its_own() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, initech()).await;
    assert!(gateway.decide(&id, true));
    lead.data(CREATE, json!({ "preview_id": id })).await;
    gateway.sql("UPDATE access_role SET rights = '[\"invoices\",\"payments\"]' WHERE id = 'viewer'");
    let invite = json!({ "activation_preview_id": id, "email": "new.one@initech.example" });
    let (again, _) = lead.waits(INVITE, invite.clone()).await;
    assert_eq!(gateway.count("login WHERE email = 'new.one@initech.example'"), 0);
    assert!(gateway.decide(&again, true));
    assert_eq!(lead.data(INVITE, invite).await["status"], "pending");
}

/// Words of one's own to a customer are approved as in any other notification.
#[tokio::test]
async fn an_invitation_in_own_words_needs_an_approval_of_its_own() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, initech()).await;
    assert!(gateway.decide(&id, true));
    let invite = json!({ "activation_preview_id": id, "email": "new.one@initech.example" });
    let worded = with(invite, "message", json!("Come in, the door is open."));
    let (waiting, _) = lead.waits(INVITE, worded.clone()).await;
    assert_eq!(gateway.count("login WHERE email = 'new.one@initech.example'"), 0);
    assert!(gateway.decide(&waiting, true));
    assert_eq!(lead.data(INVITE, worded).await["status"], "pending");
}

/// Somebody more for a portal that is open: asked for by whoever works with it, approved by the service lead.
fn further(email: &str) -> Value {
    json!({ "customer_id": "acme", "email": email, "first_name": "Nina", "last_name": "Further", "role_id": "viewer" })
}

fn logins(gateway: &Gateway, email: &str) -> i64 {
    gateway.count(&format!("login WHERE email = '{email}'"))
}

#[tokio::test]
async fn an_employee_invites_one_more_person_to_an_open_portal_once_somebody_else_approved() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person("service-lead@msp.example"), gateway.person("owner@msp.example"));
    let email = "nina.further@acme.example";
    let (id, waiting) = lead.waits(INVITE, further(email)).await;
    let text = waiting["message"].as_str().unwrap();
    for words in ["Customer: Acme Corporation", "Nina Further", email, "Viewer"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // What the person gets to see is named, for who may read such records.
    let page = gateway.page(&owner, &format!("/console/approvals/{id}")).await;
    assert!(page.contains("Becomes visible") && page.contains("Acme Corporation (acme)"), "{page}");
    assert_eq!(gateway.approves(&lead, &id).await, 404, "not one's own");
    assert_eq!(logins(&gateway, email), 0);
    assert_eq!(gateway.approves(&owner, &id).await, 200);
    let done = lead.data(INVITE, further(email)).await;
    assert_eq!((&done["status"], done["expires_at"].is_string()), (&json!("pending"), true));
    assert_eq!(logins(&gateway, email), 1);
    let secret = gateway.text(&format!(
        "SELECT secret FROM login_link WHERE contact = (SELECT contact FROM login WHERE email = '{email}')"
    ));
    assert!(!done.to_string().contains(&secret));
    assert_eq!(lead.code(INVITE, with(further(email), "idempotency_key", json!("k"))).await, "CONTACT_EXISTS");
}

#[tokio::test]
async fn a_customers_lead_asks_for_one_more_person_of_their_own_and_the_service_lead_approves() {
    let gateway = Gateway::start().await;
    let (jane, lead) = (gateway.person("lead@acme.example"), gateway.person("service-lead@msp.example"));
    let email = "nina.further@acme.example";
    let mut own = further(email);
    own.as_object_mut().unwrap().remove("customer_id");
    // Some of what that role opens may be meant for it alone, so it has no name for the lead, who does not see all of it.
    let (id, waiting) = jane.waits(INVITE, own.clone()).await;
    let documents = waiting["confirmation_data"]["effect"]["newly_visible_documents"].as_array();
    let documents = documents.unwrap_or_else(|| panic!("{waiting}"));
    assert!(!documents.is_empty(), "{waiting}");
    assert!(documents.iter().all(|it| it["id"].is_string() && it.get("name").is_none()), "{waiting}");
    assert_eq!(jane.ask(INVITE, own.clone()).await["status"], "pending_approval", "asked again it is the same");
    assert_eq!(gateway.approves(&jane, &id).await, 404);
    assert_eq!(gateway.approves(&gateway.person("support-write@msp.example"), &id).await, 404, "the wrong role");
    assert_eq!(logins(&gateway, email), 0);
    // Whoever decides reads the names, and nothing of what the lead can ask for does.
    let page = gateway.page(&lead, &format!("/console/approvals/{id}")).await;
    let status = jane.ask("portal.action_request.status", json!({ "action_request_id": id })).await.to_string();
    let mine = gateway.page(&jane, "/console/requests").await;
    for document in documents {
        let document = document["id"].as_str().unwrap();
        let name = gateway.text(&format!("SELECT name FROM document WHERE id = '{document}'"));
        assert!(page.contains(&format!("<bdi>Documents: {name} ({document})</bdi>")), "{name}: {page}");
        assert!(!waiting.to_string().contains(&name) && !status.contains(&name) && !mine.contains(&name), "{name}");
    }
    assert_eq!(gateway.approves(&lead, &id).await, 200);
    assert_eq!(jane.data(INVITE, own.clone()).await["status"], "pending");
    assert_eq!(logins(&gateway, email), 1);
    // For anybody else's portal there is none, and nobody below the lead asks at all.
    let other = with(further("x@globex.example"), "customer_id", json!("globex"));
    assert_eq!(jane.code(INVITE, other).await, "ORGANIZATION_NOT_FOUND");
    let basic = gateway.person("basic@acme.example");
    assert!(!basic.names().await.iter().any(|it| it == INVITE));
    assert_eq!(basic.code(INVITE, own).await, "LEAD_REQUIRED");
}

/// What no approval lifts.
#[tokio::test]
async fn nobody_is_let_into_an_open_portal_from_outside_or_with_more_than_the_asker_has() {
    let gateway = Gateway::start().await;
    let (lead, jane) = (gateway.person("service-lead@msp.example"), gateway.person("lead@acme.example"));
    let ours = further("nina.further@acme.example");
    for (name, value, code) in [
        ("email", json!("nina@elsewhere.example"), "BLOCKED_BY_RULE"),
        ("email", json!("nina@globex.example"), "BLOCKED_BY_RULE"),
        ("email", json!("basic@acme.example"), "CONTACT_EXISTS"),
        ("role_id", json!("msp-operator"), "BLOCKED_BY_RULE"),
        ("role_id", json!("nobody"), "VALIDATION_ERROR"),
        ("first_name", Value::Null, "VALIDATION_ERROR"),
        ("last_name", Value::Null, "VALIDATION_ERROR"),
        ("message", json!("Just as at Globex GmbH."), "BLOCKED_BY_RULE"),
        ("customer_id", json!("initech"), "BLOCKED_BY_RULE"),
        ("customer_id", json!("nobody"), "ORGANIZATION_NOT_FOUND"),
        ("customer_id", Value::Null, "VALIDATION_ERROR"),
        ("activation_preview_id", json!(format!("act-{}", "0".repeat(32))), "VALIDATION_ERROR"),
    ] {
        assert_eq!(lead.code(INVITE, with(ours.clone(), name, value.clone())).await, code, "{name} {value}");
    }
    // A lead asks for nobody who may do what they themselves may not.
    gateway.sql("UPDATE access_role SET rights = '[\"payments\",\"orders\"]' WHERE id = 'viewer'");
    gateway.sql("UPDATE access_role SET rights = '[\"documents\"]' WHERE id NOT IN ('viewer', 'msp-operator')");
    assert_eq!(jane.code(INVITE, ours.clone()).await, "BLOCKED_BY_RULE");
    assert_eq!(jane.code(INVITE, with(ours.clone(), "role_id", json!("msp-operator"))).await, "BLOCKED_BY_RULE");
    assert_eq!(logins(&gateway, "nina.further@acme.example"), 0);
}

#[tokio::test]
async fn nobody_is_let_into_an_open_portal_beyond_what_the_customers_plan_allows() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    lead.approved(&gateway, PREVIEW, CREATE, json!({ "customer_id": "initech" })).await;
    let one = with(further("nina.further@initech.example"), "customer_id", json!("initech"));
    assert_eq!(lead.code(INVITE, one).await, "CONTACT_LIMIT_REACHED");
}

/// W02: what was approved was one role in one open portal.
#[tokio::test]
async fn w02_an_invitation_whose_role_or_portal_changed_is_stale() {
    for (change, code) in [
        ("UPDATE access_role SET rights = '[\"invoices\"]' WHERE id = 'viewer'", "PREVIEW_STALE"),
        ("UPDATE workspace SET active = 0", "BLOCKED_BY_RULE"),
    ] {
        let gateway = Gateway::start().await;
        let lead = gateway.person("service-lead@msp.example");
        let email = "nina.further@acme.example";
        let arguments = with(further(email), "idempotency_key", json!("nina"));
        let (id, _) = lead.waits(INVITE, arguments.clone()).await;
        assert!(gateway.decide(&id, true));
        gateway.sql(change);
        assert_eq!(lead.code(INVITE, arguments).await, code, "{change}");
        assert_eq!(logins(&gateway, email), 0, "{change}");
    }
}
