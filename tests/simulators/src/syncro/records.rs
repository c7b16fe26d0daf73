//! Equipment, money and timers of the two customers. Everything that must not get out says CANARY.

use super::Data;
use super::seed::{ACME, GLOBEX};
use serde_json::{Value, json};

pub(super) fn add(data: &mut Data) {
    let asset = |id: i64, customer: i64, name: &str| {
        json!({
            "id": id, "customer_id": customer, "name": name, "asset_type": "Server", "asset_serial": "S-1",
            "properties": { "license key": "CANARY-KEY" }, "external_rmm_link": "https://canary.example/",
            "customer": { "id": customer, "online_profile_url": "https://x/?portal_key=CANARY" }, "rmm_store": { "id": 4 },
        })
    };
    data.assets = vec![
        asset(201, ACME, "web-01"),
        asset(202, ACME, "ann-laptop"),
        asset(203, GLOBEX, "CANARY-GLOBEX web"),
        asset(204, 0, "CANARY-NOBODY web"),
    ];
    let line = json!({
        "id": 1, "item": "Labour", "name": "CANARY-NAME", "price": "50.05", "quantity": "2.0", "cost": "4711.0",
    });
    let invoice = |id: i64, customer: i64, day: u32, paid: Value| {
        json!({
            "id": id, "customer_id": customer, "number": format!("INV-{id}"), "date": format!("2026-09-{day:02}T00:00:00.000Z"),
            "due_date": "2026-12-01T00:00:00.000Z", "subtotal": "100.1", "total": "119.10", "tax": "19.0", "is_paid": paid,
            "verified_paid": false, "note": "CANARY-NOTE", "hardwarecost": 4711.0, "line_items": [line],
            "pdf_url": "https://canary.example/CANARY-PDF",
        })
    };
    let mut twofold = invoice(307, ACME, 7, json!(false));
    if let Some(row) = twofold.as_object_mut() {
        row.insert("customer".into(), json!({ "id": GLOBEX, "business_name": "CANARY-TWOFOLD" }));
    }
    data.invoices = vec![
        invoice(301, ACME, 1, json!(true)),
        invoice(302, ACME, 2, json!(false)),
        invoice(304, ACME, 4, json!("perhaps")),
        invoice(305, GLOBEX, 5, json!(false)),
        invoice(306, 0, 6, json!(false)),
        twofold,
    ];
    let payment = |id: i64, customer: i64, invoices: Value, success: Value| {
        json!({
            "id": id, "success": success, "payment_amount": 5955, "invoice_ids": invoices, "ref_num": "CANARY-11006",
            "applied_at": format!("2026-10-{:02}T00:00:00.000Z", id % 100), "payment_method": "Check",
            "transaction_response": "CANARY-RESPONSE", "customer": { "id": customer, "fullname": "CANARY-CUSTOMER",
            "online_profile_url": "https://x/?portal_key=CANARY" },
        })
    };
    data.payments = vec![
        payment(701, ACME, json!([301]), json!(true)),
        payment(702, ACME, json!([301]), json!(false)),
        payment(703, ACME, json!([301, 302]), json!(true)),
        payment(704, GLOBEX, json!([305]), json!(true)),
        payment(705, 0, json!([306]), json!(true)),
        payment(706, ACME, json!([null]), json!("perhaps")),
    ];
    let contract = |id: i64, customer: i64, name: &str, status: &str| {
        json!({
            "id": id, "customer_id": customer, "name": name, "contract_amount": "CANARY 30k", "status": status,
            "start_date": "2024-01-01T00:00:00.000Z", "end_date": "2099-01-01T00:00:00.000Z", "description": "CANARY",
            "likelihood": 30,
        })
    };
    data.contracts = vec![
        contract(401, ACME, "Care", "Active"),
        contract(402, ACME, "Maybe care", "Opportunity"),
        contract(403, GLOBEX, "CANARY-GLOBEX", "Active"),
    ];
    let estimate = |id: i64, customer: i64, name: &str, status: &str| {
        json!({
            "id": id, "customer_id": customer, "name": name, "number": id.to_string(), "status": status, "total": "640.00",
            "created_at": format!("2026-09-0{}T00:00:00.000Z", id % 10), "employee": "CANARY-EMPLOYEE",
        })
    };
    data.estimates = vec![
        estimate(501, ACME, "New firewall", "approved"),
        estimate(502, ACME, "Still being written", "Fresh"),
        estimate(503, ACME, "Odd", "Quantum"),
        estimate(504, GLOBEX, "CANARY-GLOBEX", "approved"),
    ];
    let timer = |id: i64, ticket: i64, seconds: Value| {
        json!({
            "id": id, "ticket_id": ticket, "user_id": 14, "start_time": "2026-09-02T09:00:00.000Z",
            "end_time": "2026-09-02T10:00:00.000Z", "recorded": false, "billable": true, "notes": "Cleaned the rollers",
            "active_duration": seconds, "billable_time": 120,
        })
    };
    for row in &mut data.tickets {
        if row.get("id") == Some(&json!(4321))
            && let Some(row) = row.as_object_mut()
        {
            let timers = [timer(601, 4321, json!(600)), timer(602, 4321, Value::Null), timer(603, 5001, json!(60))];
            row.insert("ticket_timers".into(), json!(timers));
        }
    }
}
