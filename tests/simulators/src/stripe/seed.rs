//! Two customers with invoices, payments and subscriptions. Everything that must not get out says CANARY.

use super::Data;
use serde_json::{Value, json};

/// The customer Acme.
pub const ACME: &str = "cus_Acme000000001";
/// The customer Globex.
pub const GLOBEX: &str = "cus_Globex0000001";
/// An open invoice of Acme's, 849.50 EUR to pay of 1849.50.
pub const OPEN: &str = "in_Open0000000001";
/// A paid invoice of Acme's.
pub const PAID: &str = "in_Paid0000000001";

/// Midnight of a day of September 2026, in seconds.
fn september(day: i64) -> i64 {
    1_788_220_800 + (day - 1) * 86_400
}

fn invoice(id: &str, customer: Option<&str>, day: i64, status: &str, (total, left): (i64, i64)) -> Value {
    let line = |number: u32| {
        json!({
            "id": format!("il_{number:06}{}", id.trim_start_matches("in_")), "object": "line_item", "livemode": false, "amount": total / 2, "currency": "eur",
            "description": format!("Managed services, part {number}"), "metadata": { "cost": "CANARY-COST" },
        })
    };
    let issued = status != "draft";
    json!({
        "id": id, "object": "invoice", "livemode": false, "customer": customer, "customer_email": "canary@acme.example",
        "number": issued.then(|| format!("ACM-{day:04}")), "status": status, "currency": "eur", "total": total,
        "amount_due": total, "amount_paid": total - left, "amount_remaining": left, "due_date": september(day + 14),
        "created": september(day), "effective_at": issued.then(|| september(day)),
        "status_transitions": { "finalized_at": issued.then(|| september(day)) }, "description": "CANARY-MEMO",
        "hosted_invoice_url": issued.then(|| format!("https://invoice.stripe.example/CANARY-{id}")),
        "invoice_pdf": issued.then(|| format!("https://pay.stripe.example/CANARY-{id}/pdf")),
        "collection_method": "send_invoice", "metadata": { "margin": "CANARY-MARGIN" },
        "lines": { "object": "list", "has_more": false, "data": [line(1), line(2)] },
    })
}

fn charge(id: &str, customer: Option<&str>, (intent, day): (&str, i64), amount: i64, rest: Value) -> Value {
    let mut row = json!({
        "id": id, "object": "charge", "livemode": false, "customer": customer, "payment_intent": intent, "amount": amount,
        "amount_refunded": 0, "currency": "eur", "created": september(day) + 3_600, "status": "succeeded", "disputed": false,
        "failure_code": null, "failure_message": null, "receipt_number": "1234-5678", "receipt_email": "canary@acme.example",
        "receipt_url": "https://pay.stripe.example/CANARY-RECEIPT", "billing_details": { "name": "CANARY-NAME" },
        "payment_method_details": { "type": "card", "card": { "brand": "visa", "last4": "4242", "fingerprint": "CANARY-FP" } },
    });
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

fn paid_by(id: &str, invoice: &str, intent: &str, amount: i64) -> Value {
    json!({
        "id": id, "object": "invoice_payment", "livemode": false, "invoice": invoice, "amount_paid": amount, "currency": "eur",
        "payment": { "type": "payment_intent", "payment_intent": intent }, "status": "paid",
    })
}

fn subscription(id: &str, customer: &str, name: &str, (amount, count): (Value, u32)) -> Value {
    let recurring = json!({ "interval": "month", "interval_count": 1 });
    let price = json!({
        "id": "price_1", "object": "price", "currency": "eur", "nickname": null, "unit_amount": amount,
        "recurring": recurring, "metadata": { "cost": "CANARY-COST" },
    });
    json!({
        "id": id, "object": "subscription", "livemode": false, "customer": customer, "description": name,
        "status": "active", "start_date": september(1), "ended_at": null, "cancel_at": null,
        "items": { "object": "list", "has_more": false, "data": [{ "id": "si_1", "quantity": count, "price": price }] },
    })
}

pub(super) fn data() -> Data {
    let (acme, globex) = (Some(ACME), Some(GLOBEX));
    let failed = json!({
        "status": "failed", "failure_code": "card_declined", "failure_message": "CANARY-FAILURE", "receipt_number": null,
    });
    Data {
        invoices: vec![
            invoice(PAID, acme, 1, "paid", (10_000, 0)),
            invoice("in_Globex00000001", globex, 2, "open", (20_000, 20_000)),
            invoice("in_GlobexPaid0001", globex, 2, "paid", (30_000, 0)),
            invoice("in_Nobody00000001", None, 3, "open", (47_110, 47_110)),
            invoice("in_Void0000000001", acme, 4, "void", (5_000, 5_000)),
            invoice(OPEN, acme, 5, "open", (184_950, 84_950)),
            invoice("in_GivenUp0000001", acme, 6, "uncollectible", (6_000, 6_000)),
            invoice("in_Draft000000001", acme, 7, "draft", (7_000, 7_000)),
        ],
        invoice_payments: vec![
            paid_by("inpay_1", PAID, "pi_Paid1", 10_000),
            paid_by("inpay_2", OPEN, "pi_Open1", 100_000),
            paid_by("inpay_3", "in_GlobexPaid0001", "pi_Globex1", 30_000),
        ],
        charges: vec![
            charge("ch_Refused1", acme, ("pi_Paid1", 1), 10_000, failed),
            charge("ch_Paid1", acme, ("pi_Paid1", 2), 10_000, json!({ "amount_refunded": 2_500 })),
            charge("ch_Globex1", globex, ("pi_Globex1", 3), 30_000, json!({})),
            charge("ch_Nobody1", None, ("pi_Nobody1", 3), 4_711, json!({})),
            charge("ch_Open1", acme, ("pi_Open1", 6), 100_000, json!({})),
        ],
        subscriptions: vec![
            subscription("sub_1", ACME, "Managed workplace", (json!(4_950), 12)),
            subscription("sub_2", ACME, "Backup by use", (Value::Null, 1)),
            subscription("sub_3", GLOBEX, "CANARY-GLOBEX plan", (json!(9_900), 1)),
        ],
        payment_links: vec![json!({
            "id": "plink_Shop", "object": "payment_link", "active": true, "livemode": false, "metadata": {},
            "url": "https://buy.stripe.example/CANARY-SHOP", "restrictions": null,
        })],
        writes: 0,
    }
}
