//! Invoices, payments and orders.

use super::{LEAD, OWNER, SERVICE_LEAD};
use crate::gateway::Gateway;
use crate::support::{column, keys};
use serde_json::json;

const FINANCE: &str = "finance@msp.example";
const TOOLS: [&str; 3] = ["portal.invoices.list", "portal.payments.list", "portal.orders.list"];

#[tokio::test]
async fn a_lead_sees_the_invoices_that_are_for_customers_and_counts_no_other() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let list = lead.data("portal.invoices.list", json!({})).await;
    assert_eq!(column(&list["invoices"], "number"), ["INV-2103", "INV-2102", "INV-2101", "INV-2105"]);
    assert_eq!(list["pagination"], json!({ "total": 4, "limit": 20, "offset": 0, "has_more": false }));
    let open = &list["invoices"][1];
    let fields =
        ["balance", "due_on", "invoice_id", "issued_on", "number", "overdue", "payment_link", "status", "total"];
    assert_eq!(keys(open), fields);
    assert_eq!((&open["balance"], &open["overdue"]), (&json!("4200.00 USD"), &json!(true)));
    assert_eq!(column(&list["invoices"], "payment_link"), ["none", "active", "ended", "none"]);
    let drafts = lead.data("portal.invoices.list", json!({ "status": "draft" })).await;
    assert_eq!((&drafts["invoices"], &drafts["pagination"]["total"]), (&json!([]), &json!(0)));
    let mut seen = Vec::new();
    for offset in [0, 2, 4] {
        let answer = lead.ask("portal.invoices.list", json!({ "limit": 2, "offset": offset })).await;
        assert_eq!(answer["data"]["pagination"]["total"], 4);
        assert_eq!(answer["metadata"]["truncated"] == true, offset == 0);
        seen.extend(answer["data"]["invoices"].as_array().unwrap().clone());
    }
    assert_eq!(json!(seen), list["invoices"]);
}

#[tokio::test]
async fn employees_see_drafts_and_hidden_invoices_and_notes_as_their_role_shows_them() {
    let gateway = Gateway::start().await;
    let of_acme = json!({ "customer_id": "acme" });
    for (email, notes, visible) in [(OWNER, true, true), (SERVICE_LEAD, true, true), (FINANCE, false, false)] {
        let list = gateway.person(email).data("portal.invoices.list", of_acme.clone()).await;
        assert_eq!(list["pagination"]["total"], 6, "{email}");
        let rows = list["invoices"].as_array().unwrap();
        assert_eq!(rows.iter().any(|it| it.get("notes").is_some()), notes, "{email}");
        assert_eq!(rows.iter().any(|it| it["customer_visible"] == false), visible, "{email}");
    }
    assert_eq!(gateway.person(FINANCE).code("portal.invoices.list", json!({})).await, "VALIDATION_ERROR");
}

#[tokio::test]
async fn payments_tell_what_came_of_them_and_no_number_of_a_card() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let list = lead.data("portal.payments.list", json!({})).await;
    assert_eq!(column(&list["payments"], "payment_id"), ["PAY-3103", "PAY-3102", "PAY-3101", "PAY-3104"]);
    assert_eq!(column(&list["payments"], "status"), ["succeeded", "failed", "succeeded", "refunded"]);
    assert_eq!(list["payments"][1]["failure"], "the bank refused the card");
    assert_eq!(list["payments"][1]["finance_notified"], false);
    assert_eq!(
        (&list["payments"][2]["receipt"], &list["payments"][3]["refunded"]),
        (&json!("R-3101"), &json!("310.00 USD"))
    );
    gateway
        .sql("UPDATE payment SET method = 'card 4000123412341234 x' WHERE id = 'PAY-3101' AND tenant = 'msp-example'");
    for who in [&lead, &gateway.person(FINANCE), &gateway.person(OWNER)] {
        let arguments = json!({ "customer_id": "acme", "invoice_id": "INV-2101" });
        let list = who.data("portal.payments.list", arguments).await;
        assert_eq!(column(&list["payments"], "method"), ["card ************1234 x"]);
    }
    let failed = lead.data("portal.payments.list", json!({ "status": "failed" })).await;
    assert_eq!(column(&failed["payments"], "payment_id"), ["PAY-3102"]);
}

/// A payment tells of its invoice: that of a hidden one is hidden, and not counted.
#[tokio::test]
async fn r02_a_payment_of_a_hidden_invoice_is_hidden_from_customers() {
    let gateway = Gateway::start().await;
    gateway.sql(
        "UPDATE payment SET invoice = (SELECT key FROM invoice WHERE tenant = 'msp-example' AND id = 'INV-2106')
         WHERE tenant = 'msp-example' AND id = 'PAY-3103'",
    );
    let lead = gateway.person(LEAD);
    let list = lead.data("portal.payments.list", json!({})).await;
    assert_eq!(column(&list["payments"], "payment_id"), ["PAY-3102", "PAY-3101", "PAY-3104"]);
    assert_eq!(list["pagination"]["total"], 3);
    let staff = gateway.person(FINANCE).data("portal.payments.list", json!({ "customer_id": "acme" })).await;
    assert_eq!(staff["pagination"]["total"], 4);
    let missing = lead.ask("portal.payments.list", json!({ "invoice_id": "INV-9999" })).await;
    assert_eq!(missing["code"], "RECORD_NOT_FOUND");
    for hidden in ["INV-2106", "INV-2104", "INV-2201"] {
        assert_eq!(lead.ask("portal.payments.list", json!({ "invoice_id": hidden })).await, missing, "{hidden}");
    }
    let owner = gateway.person(OWNER);
    let other = json!({ "customer_id": "acme", "invoice_id": "INV-2201" });
    assert_eq!(owner.code("portal.payments.list", other).await, "RECORD_NOT_FOUND", "nothing is merged");
}

#[tokio::test]
async fn orders_are_one_customers_without_drafts_and_costs() {
    let gateway = Gateway::start().await;
    let list = gateway.person(LEAD).data("portal.orders.list", json!({})).await;
    assert_eq!(column(&list["orders"], "order_id"), ["OR-13", "OR-12", "OR-11"]);
    assert_eq!(list["pagination"]["total"], 3);
    let fields = ["created_at", "delivery_on", "files", "kind", "order_id", "owner", "status", "title", "total"];
    assert_eq!(keys(&list["orders"][1]), fields);
    let quotes = gateway.person(LEAD).data("portal.orders.list", json!({ "kind": "quote" })).await;
    assert_eq!(column(&quotes["orders"], "order_id"), ["OR-13"]);
    for (email, cost, visible) in [(OWNER, true, true), (FINANCE, true, false), (SERVICE_LEAD, false, true)] {
        let list = gateway.person(email).data("portal.orders.list", json!({ "customer_id": "acme" })).await;
        assert_eq!(list["pagination"]["total"], 5, "{email}");
        assert_eq!(list["orders"][0].get("cost").is_some(), cost, "{email}");
        assert_eq!(list["orders"][0].get("customer_visible").is_some(), visible, "{email}");
    }
}

/// The lead's role in the realm is not enough: the portal's own access roles decide about money too.
#[tokio::test]
async fn without_the_access_role_for_it_nothing_about_money_is_told() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    for (role, refused) in
        [("viewer", &TOOLS[..]), ("member", &TOOLS[..2]), ("payer", &TOOLS[2..]), ("manager", &TOOLS[3..])]
    {
        gateway.has_role(LEAD, role);
        for tool in TOOLS {
            let answer = lead.ask(tool, json!({})).await;
            let denied = answer["code"] == "ACCESS_DENIED";
            assert_eq!(denied, refused.contains(&tool), "{role} {tool}: {answer}");
            assert!(!denied || answer.get("data").is_none());
        }
    }
    let nobody = gateway.claiming(LEAD, |claims| claims["email"] = json!("nobody@acme.example"));
    let others = gateway.claiming(LEAD, |claims| claims["email"] = json!("lead@globex.example"));
    for tool in TOOLS {
        assert_eq!(nobody.code(tool, json!({})).await, "ACCESS_DENIED", "no portal user has the address");
        assert_eq!(others.code(tool, json!({})).await, "ACCESS_DENIED", "another organisation's user is nobody here");
    }
    gateway.sql("UPDATE login SET status = 2 WHERE tenant = 'msp-example' AND email = 'lead@acme.example'");
    assert_eq!(lead.code(TOOLS[0], json!({})).await, "ACCESS_DENIED", "a disabled portal user has no rights");
}

/// Rights of the MSP's own role count for nothing in a customer's hands.
#[tokio::test]
async fn the_providers_own_access_role_gives_a_customer_nothing() {
    let gateway = Gateway::start().await;
    gateway.has_role(LEAD, "msp-operator");
    for tool in TOOLS {
        assert_eq!(gateway.person(LEAD).code(tool, json!({})).await, "ACCESS_DENIED");
    }
    let users = gateway.person(LEAD).data("portal.portal_users.list", json!({})).await;
    assert!(!users.to_string().contains("msp-operator"), "{users}");
}
