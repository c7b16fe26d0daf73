//! Payment links.

use super::with;
use crate::gateway::{Gateway, Person};
use serde_json::{Value, json};

const PREVIEW: &str = "portal.payment_action.preview";
const LINK: &str = "portal.invoice.payment_link.create";
const LINKS: &str = "payment_link l JOIN invoice i ON i.key = l.invoice WHERE i.id = 'INV-2103'";

impl Gateway {
    /// The id of somebody at a customer.
    pub(crate) fn contact(&self, email: &str) -> String {
        self.text(&format!("SELECT id FROM contact WHERE tenant = 'msp-example' AND email = '{email}'"))
    }
}

fn link(gateway: &Gateway) -> Value {
    let jane = gateway.contact("lead@acme.example");
    json!({ "customer_id": "acme", "invoice_id": "INV-2103", "recipient_contact_id": jane })
}

/// How often the link was sent as this person is told, and whether they are told when.
async fn sent(who: &Person) -> (Value, bool) {
    let listed = who.data("portal.invoices.list", json!({ "customer_id": "acme" })).await;
    let found = listed["invoices"].as_array().unwrap().iter().find(|it| it["invoice_id"] == "INV-2103");
    let found = found.unwrap();
    (found["payment_link_sent"].clone(), found["payment_link_sent_at"].is_string())
}

#[tokio::test]
async fn a_payment_link_is_made_once_and_its_address_is_in_no_answer() {
    let gateway = Gateway::start().await;
    let finance = gateway.person("finance@msp.example");
    let (id, waiting) = finance.waits(PREVIEW, link(&gateway)).await;
    let text = waiting["message"].as_str().unwrap();
    for words in ["849.50", "INV-2103", "Jane Smith", "there is none", "1000.00"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(gateway.count(LINKS), 0);
    assert!(gateway.decide(&id, true));
    let done = finance.data(LINK, json!({ "preview_id": id })).await;
    assert_eq!((&done["link_active"], &done["notification"]), (&json!(true), &json!("sent")));
    // Finance follows in the billing system how often it was asked for.
    assert_eq!(done["finance_tracking"], "updated");
    assert_eq!(sent(&finance).await, (json!(1), true));
    assert_eq!(gateway.count(LINKS), 1);
    let token = gateway.text("SELECT token FROM payment_link ORDER BY key DESC LIMIT 1");
    assert!(!done.to_string().contains(&token) && !waiting.to_string().contains(&token));
    assert_eq!(finance.data(LINK, json!({ "preview_id": id })).await, done);
    assert_eq!(gateway.count(LINKS), 1);
    // A second one is refused, whoever approves; the same can be sent again.
    assert_eq!(finance.code(PREVIEW, link(&gateway)).await, "BLOCKED_BY_RULE");
    let again = with(link(&gateway), "resend", json!(true));
    let again = finance.approved(&gateway, PREVIEW, LINK, again).await;
    assert_eq!((&again["message"], &again["finance_tracking"]), (&json!("Payment link sent again"), &json!("updated")));
    assert_eq!(sent(&finance).await, (json!(2), true));
    assert_eq!(sent(&gateway.person("lead@acme.example")).await, (Value::Null, false), "the provider's own to know");
    assert_eq!(gateway.count(LINKS), 1);
}

#[tokio::test]
async fn duplicate_charges_and_recipients_without_the_right_are_blocked() {
    let gateway = Gateway::start().await;
    let finance = gateway.person("finance@msp.example");
    for (invoice, code) in [
        ("INV-2102", "BLOCKED_BY_RULE"),
        ("INV-2101", "BLOCKED_BY_RULE"),
        ("INV-2104", "BLOCKED_BY_RULE"),
        ("INV-2106", "BLOCKED_BY_RULE"),
        ("INV-2203", "BLOCKED_BY_RULE"),
        ("INV-9999", "RECORD_NOT_FOUND"),
    ] {
        let arguments = with(link(&gateway), "invoice_id", json!(invoice));
        assert_eq!(finance.code(PREVIEW, arguments).await, code, "{invoice}");
    }
    for (email, code) in [
        ("basic@acme.example", "BLOCKED_BY_RULE"),
        ("lead@globex.example", "CONTACT_NOT_FOUND"),
        // Alice had as many of these today as a day allows.
        ("alice.wong@acme.example", "NOTIFICATION_REFUSED"),
    ] {
        let arguments = with(link(&gateway), "recipient_contact_id", json!(gateway.contact(email)));
        assert_eq!(finance.code(PREVIEW, arguments).await, code, "{email}");
    }
    assert_eq!(
        finance.code(PREVIEW, with(link(&gateway), "customer_id", json!("nobody"))).await,
        "ORGANIZATION_NOT_FOUND"
    );
    assert_eq!(finance.code(PREVIEW, with(link(&gateway), "resend", json!(true))).await, "VALIDATION_ERROR");
    assert_eq!(finance.code(PREVIEW, with(link(&gateway), "amount", json!(1))).await, "VALIDATION_ERROR");
    let naming = with(link(&gateway), "note", json!("As Globex GmbH did last week."));
    assert_eq!(finance.code(PREVIEW, naming).await, "BLOCKED_BY_RULE");
    // A payment that is on its way.
    gateway.sql("UPDATE payment SET status = 'pending' WHERE id = 'PAY-3103'");
    assert_eq!(finance.code(PREVIEW, link(&gateway)).await, "BLOCKED_BY_RULE");
    assert_eq!(gateway.count(LINKS), 0);
}

/// W02: the price is part of what was approved.
#[tokio::test]
async fn w02_another_balance_than_the_approved_one_is_stale() {
    for (change, code) in [
        ("UPDATE invoice SET balance = '749.50' WHERE id = 'INV-2103'", "PREVIEW_STALE"),
        ("UPDATE payment SET status = 'failed' WHERE id = 'PAY-3103'", "PREVIEW_STALE"),
        ("UPDATE invoice SET customer_visible = 0 WHERE id = 'INV-2103'", "BLOCKED_BY_RULE"),
        ("UPDATE login SET status = 2 WHERE email = 'lead@acme.example'", "BLOCKED_BY_RULE"),
        ("UPDATE portal_config SET payments_enabled = 0", "BLOCKED_BY_RULE"),
    ] {
        let gateway = Gateway::start().await;
        let finance = gateway.person("finance@msp.example");
        let (id, _) = finance.waits(PREVIEW, link(&gateway)).await;
        assert!(gateway.decide(&id, true));
        gateway.sql(change);
        assert_eq!(finance.code(LINK, json!({ "preview_id": id })).await, code, "{change}");
        assert_eq!(gateway.count(LINKS), 0, "{change}");
    }
}

#[tokio::test]
async fn only_finance_and_the_owner_see_these_tools() {
    let gateway = Gateway::start().await;
    for email in ["service-lead@msp.example", "support-write@msp.example", "admin@msp.example", "lead@acme.example"] {
        let names = gateway.person(email).names().await;
        assert!(!names.iter().any(|it| it == PREVIEW || it == LINK), "{email}");
        let answer = gateway.person(email).user.call(PREVIEW, link(&gateway)).await;
        assert_ne!(answer["result"]["structuredContent"]["status"], "pending_approval", "{email}: {answer}");
    }
    let (_, waiting) = gateway.person("owner@msp.example").waits(PREVIEW, link(&gateway)).await;
    assert_eq!(waiting["status"], "pending_approval");
}
