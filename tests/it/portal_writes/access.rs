//! What portal users may see, and resets of their logins.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const PREVIEW: &str = "portal.access_scope.preview";
const ROLES: &str = "portal.user.role_update";
const RESET: &str = "portal.user.access_reset";

fn held(gateway: &Gateway, email: &str) -> String {
    gateway.text(&format!(
        "SELECT group_concat(r.id) FROM login_role g JOIN access_role r ON r.key = g.role
         JOIN login l ON l.contact = g.contact WHERE l.email = '{email}' AND l.tenant = 'msp-example'"
    ))
}

fn roles(gateway: &Gateway, email: &str, ids: &[&str]) -> Value {
    json!({ "customer_id": "acme", "user_id": gateway.contact(email), "role_ids": ids })
}

#[tokio::test]
async fn more_rights_name_what_becomes_visible_and_wait_for_an_approval() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let (id, waiting) = lead.waits(PREVIEW, roles(&gateway, "basic@acme.example", &["manager"])).await;
    let effect = &waiting["data"]["effect"];
    let gained: Vec<_> = effect["rights_gained"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(gained.contains(&"payments") && gained.contains(&"user_management") && !gained.contains(&"documents"));
    assert!(effect["newly_visible_documents"].to_string().contains("Managed services contract"));
    assert!(effect["newly_visible_invoices"].to_string().contains("INV-2102"));
    for (kind, name) in
        [("newly_visible_orders", "OR-"), ("newly_visible_payments", "PAY-"), ("newly_visible_requests", "TK-")]
    {
        let named = effect[kind].as_array().unwrap();
        assert!(
            !named.is_empty() && named.iter().all(|it| it["id"].as_str().unwrap().starts_with(name)),
            "{kind}: {effect}"
        );
    }
    assert_eq!(effect["named_in_part"], false);
    for hidden in ["INV-2104", "OR-14", "OR-15", "INV-2106", "INV-2201", "ACMEFLOOR88", "msp-operator"] {
        assert!(!waiting.to_string().contains(hidden), "{hidden}");
    }
    assert_eq!(held(&gateway, "basic@acme.example"), "viewer");
    assert!(gateway.decide(&id, true));
    let done = lead.data(ROLES, json!({ "preview_id": id })).await;
    assert_eq!(done["role_ids"], json!(["manager"]));
    assert_eq!(held(&gateway, "basic@acme.example"), "manager");
    let changes = "access_event WHERE kind = 'role_change' AND email = 'basic@acme.example'";
    assert_eq!(gateway.count(changes), 1);
    assert_eq!(lead.data(ROLES, json!({ "preview_id": id })).await, done);
    assert_eq!(gateway.count(changes), 1);
}

/// Whoever gives access to records need not be able to read them: which ones is told, and not what they say.
#[tokio::test]
async fn r04_an_administrator_who_reads_no_orders_gets_their_numbers_alone() {
    let gateway = Gateway::start().await;
    let arguments = roles(&gateway, "basic@acme.example", &["manager"]);
    let (_, waiting) = gateway.person("admin@msp.example").waits(PREVIEW, arguments.clone()).await;
    let (_, full) = gateway.person("service-lead@msp.example").waits(PREVIEW, arguments).await;
    for kind in ["newly_visible_orders", "newly_visible_payments"] {
        let (bare, named) = (&waiting["data"]["effect"][kind], &full["data"]["effect"][kind]);
        let (bare, named) = (bare.as_array().unwrap(), named.as_array().unwrap());
        assert!(!bare.is_empty() && bare.len() == named.len(), "{kind}");
        assert!(bare.iter().all(|it| it["name"].is_null()) && named.iter().all(|it| it["name"].is_string()), "{kind}");
        for it in named {
            assert!(!waiting.to_string().contains(it["name"].as_str().unwrap()), "{it}");
        }
    }
}

#[tokio::test]
async fn fewer_rights_need_nobody() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    // A payer sees no bookings and a viewer does, so that is more as well as less.
    lead.waits(PREVIEW, roles(&gateway, "alice.wong@acme.example", &["viewer"])).await;
    let preview = lead.data(PREVIEW, roles(&gateway, "rachel.adams@acme.example", &["viewer"])).await;
    assert_eq!(preview["needs"], "nothing", "{preview}");
    lead.data(ROLES, json!({ "preview_id": preview["preview_id"] })).await;
    assert_eq!(held(&gateway, "rachel.adams@acme.example"), "viewer");
}

/// No approval lifts these.
#[tokio::test]
async fn the_providers_own_role_and_other_customers_users_are_out_of_the_question() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let bob = "basic@acme.example";
    for (arguments, code) in [
        (roles(&gateway, bob, &["msp-operator"]), "BLOCKED_BY_RULE"),
        (roles(&gateway, bob, &["viewer", "msp-operator"]), "BLOCKED_BY_RULE"),
        (roles(&gateway, bob, &["viewer"]), "CONFLICT"),
        (roles(&gateway, bob, &["nobody"]), "VALIDATION_ERROR"),
        (roles(&gateway, bob, &[]), "VALIDATION_ERROR"),
        (roles(&gateway, "basic@globex.example", &["member"]), "CONTACT_NOT_FOUND"),
        (with(roles(&gateway, bob, &["member"]), "user_id", json!("C-none")), "CONTACT_NOT_FOUND"),
        (with(roles(&gateway, bob, &["member"]), "customer_id", json!("nobody")), "ORGANIZATION_NOT_FOUND"),
    ] {
        assert_eq!(lead.code(PREVIEW, arguments.clone()).await, code, "{arguments}");
    }
    assert_eq!(held(&gateway, bob), "viewer");
}

#[tokio::test]
async fn w02_roles_that_changed_meanwhile_are_stale() {
    for (change, code) in [
        ("UPDATE access_role SET rights = '[\"invoices\"]' WHERE id = 'member'", "PREVIEW_STALE"),
        ("UPDATE login SET status = 2 WHERE email = 'basic@acme.example'", "PREVIEW_STALE"),
        ("UPDATE access_role SET internal = 1 WHERE id = 'member'", "BLOCKED_BY_RULE"),
    ] {
        let gateway = Gateway::start().await;
        let lead = gateway.person("service-lead@msp.example");
        let (id, _) = lead.waits(PREVIEW, roles(&gateway, "basic@acme.example", &["member"])).await;
        assert!(gateway.decide(&id, true));
        gateway.sql(change);
        assert_eq!(lead.code(ROLES, json!({ "preview_id": id })).await, code, "{change}");
        assert_eq!(held(&gateway, "basic@acme.example"), "viewer");
    }
}

#[tokio::test]
async fn a_reset_is_confirmed_audited_and_tells_no_secret() {
    let gateway = Gateway::start().await;
    let admin = gateway.person("admin@msp.example");
    let alice = gateway.contact("alice.wong@acme.example");
    let reset = json!({ "customer_id": "acme", "user_id": alice, "reset": "password_reset",
        "identity_verified_by": "called back on the number on file", "reason": "Forgot it." });
    let events = "access_event WHERE kind = 'reset' AND email = 'alice.wong@acme.example'";
    let id = admin.pending(RESET, reset.clone()).await;
    assert_eq!(gateway.count(events), 0);
    let (_, done) = admin.settle(&id, true).await;
    assert_eq!(done["data"]["status"], "active", "{done}");
    assert_eq!(gateway.count(events), 1);
    let secret = gateway.text(
        "SELECT secret FROM login_link WHERE contact = (SELECT contact FROM login WHERE email = 'alice.wong@acme.example')",
    );
    assert!(!done.to_string().contains(&secret));
    assert!(gateway.text("SELECT detail FROM access_event ORDER BY key DESC LIMIT 1").contains("called back"));
    // Who lets somebody in has made sure who it is.
    let mut unverified = reset.clone();
    unverified.as_object_mut().unwrap().remove("identity_verified_by");
    assert_eq!(admin.code(RESET, unverified).await, "BLOCKED_BY_RULE");
    for (name, value, code) in [
        ("reset", json!("enable"), "CONFLICT"),
        ("reset", json!("unlock"), "CONFLICT"),
        ("reset", json!("reissue_invitation"), "CONFLICT"),
        ("user_id", json!(gateway.contact("lead@globex.example")), "CONTACT_NOT_FOUND"),
    ] {
        assert_eq!(admin.code(RESET, with(reset.clone(), name, value.clone())).await, code, "{name} {value}");
    }
}
