//! A caller's own key: one person's, one tenant's, one write's.

use crate::gateway::Gateway;
use serde_json::{Value, json};

const CREATE: &str = "portal.request.create";
const LEAD: &str = "lead@acme.example";

fn raised(subject: &str) -> Value {
    json!({ "subject": subject, "description": "Since this morning.", "idempotency_key": "k-1" })
}

#[tokio::test]
async fn w08_a_key_is_one_persons_of_one_tenant_and_stands_for_one_write() {
    let gateway = Gateway::start().await;
    let tickets = |subject: &str| gateway.count(&format!("ticket WHERE subject = '{subject}'"));
    let lead = gateway.person(LEAD);
    let done = lead.data(CREATE, raised("Line is noisy")).await;
    assert_eq!(lead.data(CREATE, raised("Line is noisy")).await, done, "the stored answer");
    assert_eq!(tickets("Line is noisy"), 1);
    let conflict = lead.ask(CREATE, raised("Line is dead")).await;
    assert_eq!((&conflict["code"], tickets("Line is dead")), (&json!("IDEMPOTENCY_CONFLICT"), 0), "{conflict}");
    // Somebody else's, of the same organisation and of the tenant that has everything of the same name.
    let colleague = gateway.person("basic@acme.example").data(CREATE, raised("Line is noisy, too")).await;
    let elsewhere = gateway.elsewhere(LEAD).data(CREATE, raised("Line is noisy")).await;
    assert_ne!(colleague["request_id"], done["request_id"]);
    assert_eq!((tickets("Line is noisy"), tickets("Line is noisy, too")), (2, 1));
    assert_eq!(gateway.elsewhere(LEAD).data(CREATE, raised("Line is noisy")).await, elsewhere);
    assert_eq!(lead.data(CREATE, raised("Line is noisy")).await, done);
    assert_eq!(tickets("Line is noisy"), 2);
    assert_eq!(gateway.elsewhere(LEAD).code(CREATE, raised("Line is dead")).await, "IDEMPOTENCY_CONFLICT");
}

#[tokio::test]
async fn w08_w04_a_hundred_parallel_calls_under_one_key_make_one_thing() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let tries = (0..100).map(|_| {
        let lead = lead.clone();
        tokio::spawn(async move { lead.ask(CREATE, raised("Line is noisy")).await })
    });
    for attempt in tries.collect::<Vec<_>>() {
        let told = attempt.await.unwrap();
        assert!(told["status"] == "success" || told["code"] == "CONFLICT", "{told}");
    }
    assert_eq!(gateway.count("ticket WHERE subject = 'Line is noisy'"), 1);
    assert_eq!(lead.ask(CREATE, raised("Line is noisy")).await["status"], "success");
    assert_eq!(gateway.count("ticket WHERE subject = 'Line is noisy'"), 1);
}
