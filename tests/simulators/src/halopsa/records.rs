//! Places, equipment, money and projects of the two clients. Everything that must not get out says CANARY.

use super::Data;
use super::seed::{ACME, GLOBEX};
use serde_json::{Value, json};

/// The lists beside the service desk's.
pub(super) const LISTS: [&str; 8] =
    ["site", "asset", "invoice", "invoicepayment", "clientcontract", "quotation", "projects", "priority"];

pub(super) fn rows<'a>(data: &'a Data, kind: &str) -> &'a Vec<Value> {
    match kind {
        "site" => &data.sites,
        "asset" => &data.assets,
        "invoice" => &data.invoices,
        "invoicepayment" => &data.payments,
        "clientcontract" => &data.contracts,
        "quotation" => &data.quotes,
        _ => &data.projects,
    }
}

pub(super) fn data() -> Data {
    let priority = |id: i64, name: &str, sla: i64| json!({ "id": format!("{sla}{id}"), "slaid": sla, "priorityid": id, "name": name, "ishidden": false });
    let site = |id: i64, client: i64, name: &str, inactive: Value| {
        json!({
            "id": id, "client_id": client as f64, "name": name, "phonenumber": "555 0100", "notes": "CANARY-NOTES",
            "delivery_address_line1": "1 Main Street", "delivery_address_line2": "", "delivery_address_line3": "Springfield",
            "delivery_address_line4": null, "inactive": inactive,
        })
    };
    let asset = |id: i64, client: i64, name: &str, inactive: Value| {
        json!({
            "id": id, "client_id": client, "key_field": name, "inventory_number": format!("T{id}"), "site_name": "Main",
            "assettype_name": "Server", "warranty_end": "2027-05-01T00:00:00", "inactive": inactive, "contract_value": 4711.0,
            "customfields": [{ "id": 1, "name": "CFPassword", "value": "CANARY-PASSWORD" }],
        })
    };
    let invoice = |id: i64, client: i64, day: u32, posted: Value, voided: Value, due: f64| {
        json!({
            "id": id, "client_id": client, "invoicenumber": format!("INV-{id}"),
            "invoice_date": format!("2026-09-{day:02}T00:00:00"), "duedate": "2026-12-01T00:00:00",
            "datesent": "1900-01-01T00:00:00", "posted": posted, "voided": voided, "total": 119.1, "amountdue": due,
            "currency_code": 0, "currency_code_name": "", "notes_1": "CANARY-NOTES",
            "lines": [{ "id": 1, "item_shortdescription": "Monthly care", "net_amount": 100.1, "unit_cost": 4711.0 }],
        })
    };
    let mut foreign = invoice(307, ACME, 7, json!(true), json!(false), 119.1);
    if let Some(row) = foreign.as_object_mut() {
        row.insert("currency_code_name".into(), json!("EUR"));
        row.insert("currency_code".into(), json!(3));
    }
    let payment = |id: i64, client: i64, invoice: Value, status: i64| {
        json!({
            "id": id, "client_id": client, "invoice_id": invoice, "date": format!("2026-10-{:02}T00:00:00", id % 100), "amount": 59.55,
            "method": 2, "status": status, "intent_id": "CANARY-INTENT", "intent_response": "CANARY-RESPONSE",
            "webhook_payload": "CANARY-PAYLOAD", "sage50_reference": "CANARY-REFERENCE",
        })
    };
    let contract = |id: i64, client: i64, name: &str, active: Value, end: &str| {
        json!({
            "id": id, "client_id": client, "ref": name, "start_date": "2024-01-01T00:00:00", "end_date": end, "active": active,
            "expired": false, "contracttype_name": "Managed", "billing_period_string": "Monthly", "periodchargeamount": 99.5,
            "note": "CANARY-NOTE",
        })
    };
    let quote = |id: i64, client: i64, title: &str, status: i64| {
        json!({
            "id": id, "client_id": client, "title": title, "status": status, "date": format!("2026-09-0{}T00:00:00", id % 10),
            "expiry_date": "2026-12-01T00:00:00", "total": 640, "revenue": 4711.0, "margin": "CANARY-MARGIN",
        })
    };
    let project = |id: i64, client: i64, summary: &str, mark: Value| {
        json!({
            "id": id, "client_id": client, "summary": summary, "details": "<p>About it</p>", "status_id": 2, "tickettype_id": 9,
            "is_project": mark, "is_sensitive": id == 605, "agent_id": 14, "agent_name": "Ada Agent", "startdate": "2026-09-01T00:00:00",
            "targetdate": "2026-12-01T00:00:00", "last_update": format!("2026-09-0{}T00:00:00", id % 10),
            "projectmoneybudget": 4711.0, "private_note": "CANARY-PRIVATE", "milestones": [
                { "id": 2, "name": "Go live", "sequence": 2, "start_date": "2026-11-01T00:00:00", "target_date": null },
                { "id": 1, "name": "Planning", "sequence": 1, "start_date": "1900-01-01T00:00:00", "target_date": null }],
        })
    };
    let never = "1900-01-01T00:00:00";
    Data {
        priorities: vec![
            priority(1, "Critical", 1),
            priority(2, "High", 1),
            priority(1, "Critical", 2),
            priority(9, "Whenever", 2),
        ],
        sites: vec![
            site(18, ACME, "Main", json!(false)),
            site(19, ACME, "Annex", Value::Null),
            site(20, GLOBEX, "CANARY-GLOBEX", json!(false)),
        ],
        assets: vec![
            asset(201, ACME, "web-01", json!(false)),
            asset(202, ACME, "ann-laptop", json!("perhaps")),
            asset(203, GLOBEX, "CANARY-GLOBEX web", json!(false)),
            asset(204, -1, "CANARY-NOBODY web", json!(false)),
        ],
        invoices: vec![
            invoice(301, ACME, 1, json!(true), json!(false), 0.0),
            invoice(302, ACME, 2, json!(true), json!(false), 119.1),
            invoice(303, ACME, 3, Value::Null, json!(false), 119.1),
            invoice(304, ACME, 4, json!(true), json!(true), 119.1),
            invoice(308, ACME, 6, json!(true), Value::Null, 119.1),
            foreign,
            invoice(305, GLOBEX, 5, json!(true), json!(false), 119.1),
            invoice(306, 0, 5, json!(true), json!(false), 119.1),
        ],
        payments: vec![
            payment(701, ACME, json!(301), 1),
            payment(702, ACME, json!(301), 7),
            payment(703, ACME, json!(302), 1),
            payment(704, GLOBEX, json!(305), 1),
            payment(705, 0, json!(306), 1),
            payment(706, ACME, Value::Null, 1),
        ],
        contracts: vec![
            contract(401, ACME, "Care", json!(true), never),
            contract(402, ACME, "Old care", json!(true), "2025-01-01T00:00:00"),
            contract(403, ACME, "Unmarked care", Value::Null, never),
            contract(404, GLOBEX, "CANARY-GLOBEX", json!(true), never),
        ],
        quotes: vec![
            quote(501, ACME, "New firewall", 2),
            quote(502, ACME, "Still being written", 1),
            quote(503, ACME, "Odd", 99),
            quote(504, GLOBEX, "CANARY-GLOBEX", 2),
        ],
        projects: vec![
            project(601, ACME, "Office move", json!(true)),
            project(602, ACME, "CANARY-TICKET", json!(false)),
            project(603, ACME, "CANARY-UNMARKED", Value::Null),
            project(605, ACME, "Merger", json!(true)),
            project(604, GLOBEX, "CANARY-GLOBEX", json!(true)),
        ],
        ..Data::default()
    }
}
