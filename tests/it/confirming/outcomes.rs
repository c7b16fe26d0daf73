//! What is shown before, and what has changed after.

use crate::gateway::{Gateway, TENANT};
use crate::support::keys;
use jiff::{SignedDuration, Timestamp};
use postern::adapters::Registry;
use postern_api::{ContactId, TenantId};
use serde_json::{Value, json};

async fn contact(gateway: &Gateway, field: &str, value: &str) -> Value {
    let staff = gateway.person("service-lead@msp.example");
    let people = staff.data("internal_list_org_contacts", json!({ "organization_id": "acme" })).await;
    people["contacts"].as_array().unwrap().iter().find(|it| it[field] == value).cloned().unwrap_or_default()
}

#[tokio::test]
async fn an_invitation_is_shown_and_sent_when_it_is_confirmed() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let invited =
        json!({ "email": "Dana.Cole@ACME.example", "first_name": "Dana", "last_name": "Cole", "role": "basic" });
    let asked = lead.ask("customer_invite_contact", invited).await;
    assert_eq!(keys(&asked), ["confirmation_data", "confirmation_id", "message", "status", "suggested_action"]);
    let facts = json!({
        "action": "invite_contact",
        "organization": "Acme Corporation",
        "email": "dana.cole@acme.example",
        "name": "Dana Cole",
        "role": "basic",
        "current_contacts": 5,
        "max_contacts": 20,
    });
    assert_eq!(asked["confirmation_data"], facts);
    let message = asked["message"].as_str().unwrap();
    assert!(
        message
            .starts_with("Invite new contact to Acme Corporation?\n\nEmail: dana.cole@acme.example\nName: Dana Cole")
    );
    assert!(message.ends_with("Current contacts: 5 of 20 allowed."));
    assert_eq!(contact(&gateway, "name", "Dana Cole").await, Value::Null, "nobody was invited yet");
    let (status, done) = lead.settle(asked["confirmation_id"].as_str().unwrap(), true).await;
    assert_eq!((status.as_u16(), done["status"].as_str()), (200, Some("success")));
    let expires: Timestamp = done["data"]["expires_at"].as_str().unwrap().parse().unwrap();
    let days = expires.duration_since(Timestamp::now()).as_secs_f64() / 86_400.0;
    assert!((6.99..=7.0).contains(&days), "{days}");
    let dana = contact(&gateway, "name", "Dana Cole").await;
    assert_eq!((dana["status"].as_str(), dana["role"].as_str()), (Some("pending"), Some("basic")));
    assert_eq!(dana["contact_id"], done["data"]["contact_id"]);
}

#[tokio::test]
async fn a_transfer_changes_both_roles_tells_both_people_and_waits_for_new_tokens() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let transfer = json!({ "new_lead_contact_id": "CT-000002", "reason": "Bob takes over" });
    let asked = lead.ask("customer_transfer_lead", transfer.clone()).await;
    assert_eq!(asked["confirmation_data"]["action"], "transfer_lead");
    assert_eq!(asked["confirmation_data"]["from_contact_id"], "CT-000001");
    assert_eq!(asked["confirmation_data"]["to_contact_id"], "CT-000002");
    let words =
        "Transfer Lead Customer role?\n\nFrom: Jane Smith (lead@acme.example)\nTo: Bob Miller (basic@acme.example)";
    assert!(asked["message"].as_str().unwrap().starts_with(words), "{asked}");
    let (listed_before, old) = (lead.names().await, lead.clone());
    let (_, done) = lead.settle(asked["confirmation_id"].as_str().unwrap(), true).await;
    assert_eq!(done["data"]["new_lead_contact_id"], "CT-000002", "{done}");
    assert_eq!(contact(&gateway, "contact_id", "CT-000001").await["role"], "basic");
    assert_eq!(contact(&gateway, "contact_id", "CT-000002").await["role"], "lead");
    let registry = Registry::new(gateway.data());
    let tenant = TenantId::new(TENANT).unwrap();
    for id in ["CT-000001", "CT-000002"] {
        let told = registry.embedded().unwrap().notifications(&tenant, &ContactId::new(id).unwrap()).unwrap();
        assert_eq!(told.len(), 1, "{id}");
    }
    // A list is what the token says. What it says no longer holds at the directory, which is asked before a change.
    assert_eq!(old.names().await, listed_before);
    assert_eq!(old.code("customer_transfer_lead", transfer).await, "LEAD_REQUIRED");
    let basic = json!({ "roles": ["basic-customer"] });
    let renewed = gateway.claiming("lead@acme.example", |claims| claims["realm_access"] = basic);
    assert!(!renewed.names().await.contains(&"customer_transfer_lead".to_owned()));
    let lead_role = json!({ "roles": ["lead-customer"] });
    let bob = gateway.claiming("basic@acme.example", |claims| claims["realm_access"] = lead_role);
    assert!(bob.names().await.contains(&"customer_transfer_lead".to_owned()));
    let back = bob.pending("customer_transfer_lead", json!({ "new_lead_contact_id": "CT-000001" })).await;
    assert_eq!(bob.settle(&back, true).await.1["status"], "success");
    assert_eq!(contact(&gateway, "contact_id", "CT-000001").await["role"], "lead");
    let history = gateway.person("support-read@msp.example");
    let history = history.data("internal_view_customer_history", json!({ "contact_id": "CT-000001" })).await;
    let changes: Vec<_> =
        history["events"].as_array().unwrap().iter().filter(|it| it["type"] == "role_change").collect();
    assert_eq!(changes.len(), 3);
}

#[tokio::test]
async fn a_closed_ticket_shows_its_resolution_to_the_customer() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let id = gateway.ticket("Second monitor flickers").await;
    let close = json!({ "ticket_id": id, "resolution": "New dock delivered." });
    let asked = agent.ask("close_ticket", close.clone()).await;
    let words = format!(
        "Close ticket {id} of acme?\n\nSubject: Second monitor flickers\nResolution, which the customer will read:\nNew dock delivered."
    );
    assert_eq!(asked["message"], words);
    let basic = gateway.person("basic@acme.example");
    let read = async || basic.data("customer_get_ticket", json!({ "ticket_id": id })).await;
    assert_eq!(read().await["status"], "pending", "nothing was closed yet");
    let (_, done) = agent.settle(asked["confirmation_id"].as_str().unwrap(), true).await;
    assert_eq!(done["data"], json!({ "ticket_id": id, "status": "closed", "message": "Ticket closed successfully" }));
    let closed = read().await;
    assert_eq!(
        (closed["status"].as_str(), closed["resolution"].as_str()),
        (Some("closed"), Some("New dock delivered."))
    );
    assert_eq!(agent.code("close_ticket", close).await, "CONFLICT");
    let escalate = json!({ "ticket_id": id, "target": "Second line", "reason": "x" });
    assert_eq!(agent.code("escalate_ticket", escalate).await, "CONFLICT");
}

#[tokio::test]
async fn an_escalation_is_kept_for_employees() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("service-lead@msp.example");
    let id = gateway.ticket("Second monitor flickers").await;
    let escalate = json!({ "ticket_id": id, "target": "Field service", "reason": "Third dock this year" });
    let asked = agent.ask("escalate_ticket", escalate).await;
    assert_eq!(asked["confirmation_data"]["target"], "Field service");
    let (_, done) = agent.settle(asked["confirmation_id"].as_str().unwrap(), true).await;
    assert_eq!(done["data"]["message"], "Ticket escalated to Field service");
    let ticket = agent.data("get_ticket", json!({ "ticket_id": id })).await;
    let kept = &ticket["escalation_history"][0];
    assert_eq!(
        (kept["target"].as_str(), kept["reason"].as_str()),
        (Some("Field service"), Some("Third dock this year"))
    );
    assert_eq!(kept["by"], "Sofia Lindqvist");
    let at: Timestamp = kept["at"].as_str().unwrap().parse().unwrap();
    assert!(Timestamp::now().duration_since(at) < SignedDuration::from_mins(1));
}
