//! Service records, project status and bookings.

use super::{BASIC, LEAD, OWNER, SERVICE_LEAD};
use crate::gateway::Gateway;
use crate::support::{column, keys};
use serde_json::json;

const RECORDS: &str = "portal.service_records.list";
const RECORD: &str = "portal.service_record.get";
const STATUS: &str = "portal.project_status.list";
const BOOKINGS: &str = "portal.bookings.list";

#[tokio::test]
async fn customers_see_the_service_records_that_are_for_them() {
    let gateway = Gateway::start().await;
    for email in [LEAD, BASIC] {
        let list = gateway.person(email).data(RECORDS, json!({})).await;
        assert_eq!(column(&list["records"], "record_id"), ["PRJ-101", "PRJ-102"], "{email}");
        assert_eq!(list["pagination"]["total"], 2);
        let fields = ["ends_on", "kind", "name", "owner", "percent_complete", "record_id", "starts_on", "status"];
        assert_eq!(keys(&list["records"][0]), fields);
        let some = gateway.person(email).data(RECORDS, json!({ "kind": "after_sales" })).await;
        assert_eq!((&some["records"], &some["pagination"]["total"]), (&json!([]), &json!(0)));
    }
    for (email, cost) in [(SERVICE_LEAD, false), (OWNER, true)] {
        let list = gateway.person(email).data(RECORDS, json!({ "customer_id": "acme" })).await;
        assert_eq!(list["pagination"]["total"], 3, "{email}");
        let rows = list["records"].as_array().unwrap();
        assert_eq!(rows.iter().any(|it| it.get("cost").is_some()), cost, "{email}");
        assert!(rows.iter().any(|it| it["customer_visible"] == false && it.get("notes").is_some()));
    }
}

#[tokio::test]
async fn a_service_record_keeps_what_customers_read_apart_from_what_employees_note() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD).data(RECORD, json!({ "record_id": "PRJ-101" })).await;
    let texts = ["The survey is done, the report is with you.", "Hall A is cabled."];
    assert_eq!(column(&lead["comments"], "text"), texts);
    assert_eq!(lead["files"], json!(["survey-warehouse.pdf"]));
    assert_eq!(lead["deliverables"], json!(["Report of the survey", "Plan of the access points"]));
    for field in ["internal_notes", "internal_files", "notes", "cost", "updated_at", "customer_visible"] {
        assert_eq!(lead.get(field), None, "{field}");
    }
    let paid = &lead["related_payments"][0];
    assert_eq!((&paid["invoice_id"], &paid["balance"]), (&json!("INV-2103"), &json!("849.50 USD")));
    assert_eq!(column(&paid["payments"], "amount"), ["1000.00 USD"]);
    let basic = gateway.person(BASIC).data(RECORD, json!({ "record_id": "PRJ-101" })).await;
    assert_eq!(basic.get("related_payments"), None, "without the right there is nothing about money");
    let staff = gateway.person(SERVICE_LEAD).data(RECORD, json!({ "record_id": "PRJ-101" })).await;
    assert_eq!(column(&staff["comments"], "text"), texts);
    assert_eq!(staff["internal_notes"].as_array().unwrap().len(), 1);
    assert_eq!(staff["internal_files"], json!(["hours-and-margin-ACMEFILE3.xlsx"]));
}

#[tokio::test]
async fn b01_r02_a_hidden_record_anothers_and_a_missing_one_are_the_same_for_a_customer() {
    let gateway = Gateway::start().await;
    let (lead, staff) = (gateway.person(LEAD), gateway.person(SERVICE_LEAD));
    let missing = lead.ask(RECORD, json!({ "record_id": "PRJ-999" })).await;
    assert_eq!(missing["code"], "RECORD_NOT_FOUND");
    for hidden in ["PRJ-103", "PRJ-201", "PRJ-203"] {
        assert_eq!(lead.ask(RECORD, json!({ "record_id": hidden })).await, missing, "{hidden}");
        assert_eq!(staff.data(RECORD, json!({ "record_id": hidden })).await["record_id"], hidden);
        let status = lead.data(STATUS, json!({ "record_id": hidden })).await;
        assert_eq!((&status["projects"], &status["pagination"]["total"]), (&json!([]), &json!(0)));
    }
}

#[tokio::test]
async fn project_status_holds_what_the_customer_may_read_whoever_asks() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD).data(STATUS, json!({})).await;
    assert_eq!(column(&lead["projects"], "record_id"), ["PRJ-101"]);
    let project = &lead["projects"][0];
    let fields = ["expected_completion", "name", "percent_complete", "record_id", "stages", "status", "tasks"];
    assert_eq!(keys(project), fields);
    assert_eq!(column(&project["stages"], "name"), ["Survey", "Cabling", "Hand-over"]);
    assert_eq!(project["stages"][1]["blocker"], "The lift is booked until Thursday");
    assert_eq!(project["stages"][2]["milestone"], true);
    let (tasks, stages) = (&project["tasks"], project["stages"].as_array().unwrap());
    let standing = |status: &str| stages.iter().filter(|it| it["status"] == status).count();
    assert_eq!(tasks["total"], stages.len(), "the internal phase is not counted either");
    assert_eq!((&tasks["done"], &tasks["in_progress"]), (&json!(standing("done")), &json!(standing("in_progress"))));
    assert_eq!(tasks["blocked"], 1);
    for email in [SERVICE_LEAD, OWNER] {
        let staff = gateway.person(email).data(STATUS, json!({ "customer_id": "acme" })).await;
        assert_eq!(staff, lead, "{email}");
    }
}

#[tokio::test]
async fn bookings_are_the_organisations_and_who_comes_is_for_employees() {
    let gateway = Gateway::start().await;
    let long_ago = json!({ "since": "2020-01-01T00:00:00Z", "customer_id": "acme" });
    for email in [LEAD, BASIC] {
        let me = gateway.person(email);
        let next = me.data(BOOKINGS, json!({})).await;
        assert_eq!(column(&next["bookings"], "booking_id"), ["BK-11", "BK-12"], "{email}");
        assert_eq!(next["bookings"][1]["status"], "reschedule_requested");
        assert!(next["bookings"][1]["rescheduled_from"].is_string());
        let all = me.data(BOOKINGS, long_ago.clone()).await;
        assert_eq!(all["pagination"]["total"], 4);
        assert!(!all.to_string().contains("Brandt") && !all.to_string().contains("Lindqvist"), "{all}");
    }
    let staff = gateway.person(SERVICE_LEAD).data(BOOKINGS, long_ago).await;
    assert!(column(&staff["bookings"], "staff").contains(&"Leo Brandt"));
    gateway.has_role(BASIC, "payer");
    assert_eq!(gateway.person(BASIC).code(BOOKINGS, json!({})).await, "ACCESS_DENIED");
}
