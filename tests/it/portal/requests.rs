//! Requests as the portal shows them.

use super::{BASIC, LEAD, SERVICE_LEAD};
use crate::gateway::Gateway;
use crate::support::{column, keys};
use serde_json::json;
use std::collections::BTreeSet;

const LIST: &str = "portal.requests.list";
const GET: &str = "portal.request.get";
const VPN: &str = "VPN drops every few minutes from home";

#[tokio::test]
async fn customers_see_the_requests_that_they_see_as_tickets() {
    let gateway = Gateway::start().await;
    for (email, total) in [(LEAD, 12), (BASIC, 4)] {
        let me = gateway.person(email);
        let tickets = me.data("customer_list_tickets", json!({ "limit": 50 })).await;
        let requests = me.data(LIST, json!({ "limit": 50 })).await;
        assert_eq!(column(&requests["requests"], "request_id"), column(&tickets["tickets"], "ticket_id"));
        assert_eq!(requests["pagination"]["total"], total, "{email}");
        assert!(column(&requests["requests"], "customer_id").iter().all(|it| *it == "acme"));
        assert!(requests["requests"].as_array().unwrap().iter().all(|it| it.get("internal_note_count").is_none()));
    }
}

#[tokio::test]
async fn requests_are_found_by_customer_state_type_urgency_owner_and_service_level() {
    let gateway = Gateway::start().await;
    let staff = gateway.person(SERVICE_LEAD);
    let all = staff.data(LIST, json!({ "limit": 50 })).await;
    assert_eq!(all["pagination"]["total"], 37);
    let all = all["requests"].as_array().unwrap();
    for (argument, field) in [
        ("customer_id", "customer_id"),
        ("status", "status"),
        ("priority", "priority"),
        ("category", "category"),
        ("owner", "owner"),
    ] {
        let values: BTreeSet<_> = all.iter().filter_map(|it| it[field].as_str()).collect();
        assert!(values.len() > 1, "{field}");
        for value in values {
            let expected: Vec<_> = all.iter().filter(|it| it[field] == value).collect();
            let some = staff.data(LIST, json!({ argument: value, "limit": 50 })).await;
            assert_eq!(some["requests"].as_array().unwrap().iter().collect::<Vec<_>>(), expected, "{argument} {value}");
            assert_eq!(some["pagination"]["total"], expected.len());
        }
    }
    let mut counted = 0;
    for state in ["on_track", "at_risk", "breached"] {
        let some = staff.data(LIST, json!({ "sla": state, "limit": 50 })).await;
        assert!(some["requests"].as_array().unwrap().iter().all(|it| it["sla"]["resolution"] == state));
        counted += some["pagination"]["total"].as_u64().unwrap();
    }
    assert_eq!(counted, 37);
}

#[tokio::test]
async fn r02_a_request_has_no_field_for_internal_notes_when_a_customer_reads_it() {
    let gateway = Gateway::start().await;
    let id = gateway.ticket(VPN).await;
    let of = json!({ "request_id": id });
    let basic = gateway.person(BASIC).data(GET, of.clone()).await;
    for field in ["internal_notes", "handling_history", "internal_note_count"] {
        assert_eq!(basic.get(field), None, "{field}");
    }
    assert_eq!(basic["conversation"].as_array().unwrap().len(), 3);
    assert_eq!(keys(&basic["sla"]), ["resolution", "resolution_due", "response", "response_due"]);
    assert_eq!(column(&basic["attachments"], "file_name"), ["vpn-client.log"]);
    let staff = gateway.person(SERVICE_LEAD).data(GET, of).await;
    assert!(!staff["internal_notes"].as_array().unwrap().is_empty());
    assert_eq!(staff["conversation"].as_array().unwrap().len(), 3, "notes stand apart from what the customer reads");
    assert_eq!(column(&staff["attachments"], "file_name").len(), 2);
}

#[tokio::test]
async fn a_colleagues_request_is_denied_and_another_organisations_is_missing() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person(LEAD), gateway.person(BASIC));
    let of = async |subject: &str| json!({ "request_id": gateway.ticket(subject).await });
    let colleague = of("Cannot open the month-end workbook").await;
    assert_eq!(basic.code(GET, colleague).await, "ACCESS_DENIED");
    let private = of("Request about parental leave and my account").await;
    assert_eq!(lead.code(GET, private).await, "ACCESS_DENIED");
    let missing = lead.ask(GET, json!({ "request_id": "TK-2026-999999" })).await;
    assert_eq!(missing["code"], "TICKET_NOT_FOUND");
    assert_eq!(lead.ask(GET, of("Label printer prints the wrong size").await).await, missing);
}
