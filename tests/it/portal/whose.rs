//! Whose records: no argument moves a customer, and nothing of two customers is merged.

use super::{BASIC, LEAD, SERVICE_LEAD};
use crate::gateway::{Gateway, Person};
use crate::mcp::wire::within;
use postern::tools::{Kind, catalogue};
use serde_json::{Value, json};

/// The reads that take a customer's ID.
fn tools() -> Vec<&'static str> {
    let takes = |it: &&postern::tools::Described| {
        it.input()["properties"].get("customer_id").is_some()
            && it.entry.kind == Kind::Read
            && it.entry.name.starts_with("portal.")
    };
    catalogue().iter().filter(takes).map(|it| it.entry.name).collect()
}

async fn bytes(who: &Person, tool: &str, arguments: Value) -> String {
    let params = json!({ "name": tool, "arguments": arguments });
    let response = within(who.user.modern_request(7, "tools/call", params).send()).await.unwrap();
    within(response.text()).await.unwrap()
}

#[tokio::test]
async fn b01_b02_a_customer_naming_another_organisation_is_answered_as_for_a_missing_one() {
    let gateway = Gateway::start().await;
    let mut tried = 0;
    for email in [LEAD, BASIC] {
        let me = gateway.person(email);
        let mut listed = me.clone();
        listed.user.url.push_str("?toolsets=all");
        let names = listed.names().await;
        for tool in tools().into_iter().filter(|it| names.iter().any(|name| name == it)) {
            let missing = bytes(&me, tool, json!({ "customer_id": "nobody" })).await;
            assert!(missing.contains("ORGANIZATION_NOT_FOUND"), "{tool}: {missing}");
            for other in ["globex", "initech", "msp-other"] {
                assert_eq!(bytes(&me, tool, json!({ "customer_id": other })).await, missing, "{tool} {other}");
            }
            let own = bytes(&me, tool, json!({ "customer_id": "acme" })).await;
            assert_eq!(own, bytes(&me, tool, json!({})).await, "{tool}: the own one needs no name");
            tried += 1;
        }
    }
    assert!(tried >= 17, "{tried}");
}

#[tokio::test]
async fn b01_an_employee_gets_one_customers_records_and_of_an_unmapped_one_none() {
    let gateway = Gateway::start().await;
    let staff = gateway.person(SERVICE_LEAD);
    for tool in tools() {
        let missing = bytes(&staff, tool, json!({ "customer_id": "nobody" })).await;
        assert!(missing.contains("ORGANIZATION_NOT_FOUND"), "{tool}: {missing}");
        assert_eq!(bytes(&staff, tool, json!({ "customer_id": "msp-other" })).await, missing, "{tool}");
        for (customer, others) in [("acme", ["globex", "initech"]), ("globex", ["acme.example", "initech"])] {
            let answer = staff.ask(tool, json!({ "customer_id": customer })).await;
            assert_eq!(answer["status"], "success", "{tool} {answer}");
            let text = answer.to_string().to_lowercase();
            assert!(others.iter().all(|it| !text.contains(it)), "{tool} {customer}: {answer}");
        }
        if tool != "portal.requests.list" {
            assert_eq!(staff.code(tool, json!({})).await, "VALIDATION_ERROR", "{tool} needs to be told whose");
        }
    }
}

#[tokio::test]
async fn the_second_tenant_without_these_systems_is_told_so() {
    let gateway = Gateway::start().await;
    let elsewhere = gateway.elsewhere(SERVICE_LEAD);
    assert_eq!(elsewhere.code("portal.invoices.list", json!({ "customer_id": "acme" })).await, "NOT_SUPPORTED");
    assert_eq!(elsewhere.code("portal.config.get", json!({})).await, "NOT_SUPPORTED");
}
