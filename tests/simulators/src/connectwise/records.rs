//! Places, equipment, money and projects of the two companies. Everything that must not get out says CANARY.

use super::Data;
use super::seed::{ACME, ACME_USER, BOARD, GLOBEX};
use serde_json::{Value, json};

fn merge(mut row: Value, rest: Value) -> Value {
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

pub(super) fn data() -> Data {
    Data {
        boards: vec![json!({ "id": BOARD, "name": "Service" }), json!({ "id": 2, "name": "CANARY-BOARD" })],
        sites: vec![
            site(1, ACME, "Main", false),
            site(2, ACME, "Annex", true),
            site(3, GLOBEX, "CANARY-GLOBEX", false),
        ],
        configurations: vec![
            configuration(201, ACME, "web-01", json!({})),
            configuration(202, ACME, "ann-laptop", json!({ "activeFlag": null, "type": null, "site": null })),
            configuration(203, GLOBEX, "CANARY-GLOBEX web", json!({})),
            configuration(204, 0, "CANARY-NOBODY web", json!({})),
        ],
        invoices: vec![
            invoice(
                301,
                ACME,
                "2026-08-01",
                json!({ "status": { "id": 3, "name": "Closed" }, "balance": 0.0, "payments": 119.1 }),
            ),
            invoice(302, ACME, "2026-09-01", json!({ "status": { "id": 2, "name": "Sent" } })),
            invoice(303, ACME, "2026-10-01", json!({ "status": { "id": 1, "name": "New" } })),
            invoice(304, ACME, "2026-07-01", json!({ "status": { "id": 9, "name": "Odd" }, "currency": null })),
            invoice(305, GLOBEX, "2026-09-02", json!({ "invoiceNumber": "CANARY-GLOBEX" })),
            invoice(306, 0, "2026-09-03", json!({ "invoiceNumber": "CANARY-NOBODY" })),
        ],
        payments: vec![
            payment(401, 301, 100.1, "2026-08-11"),
            payment(402, 301, 19.0, "2026-08-12"),
            payment(403, 305, 47.11, "2026-09-12"),
        ],
        opportunities: vec![
            opportunity(501, ACME, "New firewall", "Quote Sent", "Open"),
            opportunity(502, ACME, "Bigger contract", "Prospect", "Open"),
            opportunity(503, GLOBEX, "CANARY-GLOBEX", "Quote Sent", "Open"),
        ],
        orders: vec![order(501, ACME, "Two switches", "Shipped"), order(502, GLOBEX, "CANARY-GLOBEX", "Shipped")],
        projects: vec![
            project(601, ACME, "Office move", json!(false)),
            project(602, ACME, "Hidden one", json!(true)),
            project(603, ACME, "Unmarked one", json!("perhaps")),
            project(604, GLOBEX, "CANARY-GLOBEX", json!(false)),
        ],
        phases: vec![
            phase(
                702,
                601,
                "Go live",
                "1.10",
                json!({ "markAsMilestoneFlag": true, "status": { "name": "Scheduled" } }),
            ),
            phase(701, 601, "Planning", "1.2", json!({})),
            phase(703, 604, "CANARY-GLOBEX", "1", json!({})),
        ],
        ..Data::default()
    }
}

fn site(id: i64, company: i64, name: &str, gone: bool) -> Value {
    json!({
        "id": id, "name": name, "company": { "id": company }, "addressLine1": "1 Main Street", "addressLine2": null,
        "city": "Springfield", "zip": "12345", "stateReference": { "id": 4, "name": "Ohio" },
        "country": { "id": 1, "name": "United States" }, "phoneNumber": "555 0100", "inactiveFlag": gone,
    })
}

fn configuration(id: i64, company: i64, name: &str, rest: Value) -> Value {
    let row = json!({
        "id": id, "name": name, "company": { "id": company }, "type": { "id": 1, "name": "Server" },
        "contact": { "id": ACME_USER, "name": "Bob Basic" }, "site": { "id": 1, "name": "Main" }, "serialNumber": "S-1",
        "warrantyExpirationDate": "2027-05-01T00:00:00Z", "activeFlag": true, "vendorNotes": "CANARY-VENDOR",
        "questions": [{ "question": "Password", "answer": "CANARY-PASSWORD" }], "notes": "CANARY-NOTES",
        "managementLink": "https://canary.example/", "ipAddress": "192.0.2.1", "lastLoginName": "CANARY-LOGIN",
    });
    merge(row, rest)
}

fn invoice(id: i64, company: i64, date: &str, rest: Value) -> Value {
    let row = json!({
        "id": id, "invoiceNumber": format!("INV-{id}"), "type": "Standard", "company": { "id": company },
        "status": { "id": 2, "name": "Sent" }, "date": format!("{date}T00:00:00Z"), "dueDate": "2026-12-01T00:00:00Z",
        "currency": { "id": 7, "currencyCode": "USD" }, "serviceTotal": 100.1, "expenseTotal": 0.0, "productTotal": 0.0,
        "agreementAmount": null, "salesTax": 19.0, "total": 119.1, "payments": 0.0, "balance": 119.1,
        "internalNotes": "CANARY-INVOICE",
    });
    merge(row, rest)
}

fn payment(id: i64, invoice: i64, amount: f64, date: &str) -> Value {
    json!({
        "id": id, "type": "Payment", "invoice": { "id": invoice }, "amount": amount,
        "paymentDate": format!("{date}T00:00:00Z"), "appliedBy": "CANARY-APPLIED",
    })
}

fn opportunity(id: i64, company: i64, name: &str, stage: &str, status: &str) -> Value {
    json!({
        "id": id, "name": name, "company": { "id": company }, "stage": { "id": 1, "name": stage },
        "status": { "id": 1, "name": status }, "primarySalesRep": { "id": 176, "name": "Ada Agent" },
        "dateBecameLead": "2026-06-01T00:00:00Z", "notes": "CANARY-OPPORTUNITY", "probability": { "name": "CANARY" },
    })
}

fn order(id: i64, company: i64, what: &str, status: &str) -> Value {
    json!({
        "id": id, "description": what, "company": { "id": company }, "status": { "id": 1, "name": status },
        "salesRep": { "id": 176, "name": "Ada Agent" }, "orderDate": "2026-07-01T00:00:00Z",
        "dueDate": "2026-07-15T00:00:00Z", "total": 640, "currency": { "currencyCode": "USD" }, "notes": "CANARY-ORDER",
    })
}

fn project(id: i64, company: i64, name: &str, hidden: Value) -> Value {
    json!({
        "id": id, "name": name, "description": "About it", "company": { "id": company },
        "status": { "id": 1, "name": "In Progress" }, "manager": { "id": 176, "name": "Ada Agent" },
        "estimatedStart": "2026-09-01T00:00:00Z", "estimatedEnd": "2026-12-01T00:00:00Z", "closedFlag": false,
        "doNotDisplayInPortalFlag": hidden, "estimatedTimeCost": 4711.0, "billingAmount": 815.0,
        "_info": { "lastUpdated": format!("2026-09-0{}T00:00:00Z", id % 10) },
    })
}

fn phase(id: i64, project: i64, what: &str, code: &str, rest: Value) -> Value {
    let row = json!({
        "id": id, "projectId": project, "description": what, "wbsCode": code, "status": { "id": 1, "name": "Completed" },
        "markAsMilestoneFlag": false, "scheduledStart": "2026-09-01T00:00:00Z", "scheduledEnd": null,
        "estimatedTimeCost": 4711.0, "notes": "CANARY-PHASE",
    });
    merge(row, rest)
}
