//! Documents taken back from one person alone.

use super::with;
use crate::gateway::Gateway;
use serde_json::{Value, json};

const REVOKE: &str = "portal.document.revoke";
const GET: &str = "portal.document_version.get";
const LIST: &str = "portal.documents.list";

fn handbook(gateway: &Gateway, email: &str) -> Value {
    json!({ "customer_id": "acme", "document_id": "DOC-1007", "user_id": gateway.contact(email), "reason": "Left the team." })
}

async fn sees(gateway: &Gateway, email: &str) -> bool {
    let person = gateway.person(email);
    let listed = person.data(LIST, json!({ "limit": 50 })).await.to_string().contains("DOC-1007");
    let opened = person.ask(GET, json!({ "document_id": "DOC-1007" })).await["status"] == "success";
    assert_eq!(listed, opened, "{email}: a list and a look agree");
    opened
}

#[tokio::test]
async fn a_document_is_taken_back_from_one_person_and_everybody_else_goes_on() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    assert!(sees(&gateway, "basic@acme.example").await && sees(&gateway, "lead@acme.example").await);
    let rows = gateway.count("publication");
    let id = lead.pending(REVOKE, handbook(&gateway, "basic@acme.example")).await;
    assert!(sees(&gateway, "basic@acme.example").await, "asking changes nothing");
    let (_, done) = lead.settle(&id, true).await;
    assert_eq!(done["data"]["still_published"], json!(["DOC-1007-v1"]), "{done}");
    assert!(!sees(&gateway, "basic@acme.example").await && sees(&gateway, "lead@acme.example").await);
    assert_eq!(gateway.count("publication"), rows + 1, "a row is added and none goes");
    assert_eq!(gateway.count("publication WHERE reason = 'Left the team.'"), 1);
    // To who lost it, it is as if it was not there.
    let basic = gateway.person("basic@acme.example");
    let missing = basic.ask(GET, json!({ "document_id": "DOC-9999" })).await;
    assert_eq!(basic.ask(GET, json!({ "document_id": "DOC-1007" })).await, missing);
    let staff = lead.data(GET, json!({ "document_id": "DOC-1007" })).await;
    assert_eq!(staff["taken_back_from"], json!([gateway.contact("basic@acme.example")]));
    assert_eq!(lead.code(REVOKE, handbook(&gateway, "basic@acme.example")).await, "CONFLICT");
    // Publishing it again names whom it becomes visible to again.
    let again =
        json!({ "customer_id": "acme", "document_id": "DOC-1007", "version_id": "DOC-1007-v1", "download": true });
    let (again, waiting) = lead.waits("portal.document_publish.preview", again).await;
    assert!(waiting["data"]["effect"]["newly_visible_to"].to_string().contains("basic@acme.example"), "{waiting}");
    assert!(waiting["message"].as_str().unwrap().contains("taken back from alone"), "{waiting}");
    assert!(gateway.decide(&again, true));
    lead.data("portal.document.publish", json!({ "preview_id": again })).await;
    assert!(sees(&gateway, "basic@acme.example").await);
}

#[tokio::test]
async fn the_right_to_save_is_taken_back_from_one_person_alone() {
    let gateway = Gateway::start().await;
    gateway.has_role("basic@acme.example", "manager");
    let may_save = async |email: &str| {
        let detail = gateway.person(email).data(GET, json!({ "document_id": "DOC-1007" })).await;
        detail["download"].as_bool().unwrap()
    };
    assert!(may_save("basic@acme.example").await && may_save("lead@acme.example").await);
    let lead = gateway.person("service-lead@msp.example");
    let back = with(handbook(&gateway, "basic@acme.example"), "download_only", json!(true));
    let id = lead.pending(REVOKE, back).await;
    assert_eq!(lead.settle(&id, true).await.1["status"], "success");
    assert!(!may_save("basic@acme.example").await && may_save("lead@acme.example").await);
}

/// Who did not see it before sees it by no other role either, and the preview of roles says so.
#[tokio::test]
async fn other_roles_do_not_bring_back_what_was_taken_back_from_somebody() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let id = lead.pending(REVOKE, handbook(&gateway, "basic@acme.example")).await;
    lead.settle(&id, true).await;
    let roles =
        json!({ "customer_id": "acme", "user_id": gateway.contact("basic@acme.example"), "role_ids": ["manager"] });
    let (_, waiting) = lead.waits("portal.access_scope.preview", roles).await;
    let newly = waiting["data"]["effect"]["newly_visible_documents"].to_string();
    assert!(newly.contains("DOC-1001") && !newly.contains("DOC-1007"), "{newly}");
    gateway.has_role("basic@acme.example", "manager");
    assert!(!sees(&gateway, "basic@acme.example").await);
}

/// B01: another customer's user and none at all are the same.
#[tokio::test]
async fn b01_nothing_is_taken_back_from_anothers_user() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("service-lead@msp.example");
    let foreign = with(handbook(&gateway, "lead@globex.example"), "reason", json!("x"));
    let missing = with(foreign.clone(), "user_id", json!("CT-none"));
    let mut answers = Vec::new();
    for arguments in [foreign, missing] {
        let mut answer = lead.ask(REVOKE, arguments).await;
        assert_eq!(answer["code"], "CONTACT_NOT_FOUND");
        answer["request_id"].take();
        answers.push(answer.to_string());
    }
    assert_eq!(answers[0], answers[1]);
}
