//! What Postern may ask of Stripe: the verbs, paths and parameters that it uses, as the vendor's documents describe them, and the
//! permission of a restricted key that each needs. Everything else is refused, as the vendor refuses a parameter that it does not know.

use axum::http::Method;

/// A verb and a path, with `#` for an id; the permission; parameters with their types.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const INVOICES: &str = "Invoices: Read";
const INVOICES_WRITE: &str = "Invoices: Write";
const CHARGES: &str = "Charges and Refunds: Read";
const SUBSCRIPTIONS: &str = "Subscriptions: Read";
const LINKS: &str = "Payment Links: Read";
const LINKS_WRITE: &str = "Payment Links: Write";

/// Every permission that the adapter needs, with both kinds of links.
pub const PERMISSIONS: [&str; 6] = [INVOICES, INVOICES_WRITE, CHARGES, SUBSCRIPTIONS, LINKS, LINKS_WRITE];

const TABLE: &[Row] = &[
    (
        "GET",
        "invoices",
        INVOICES,
        &[
            ("customer", "customer"),
            ("status", "invoice status"),
            ("limit", "limit"),
            ("starting_after", "id"),
            ("expand[]", "data.payments"),
        ],
    ),
    ("GET", "invoices/#", INVOICES, &[]),
    ("GET", "invoices/#/lines", INVOICES, &[("limit", "limit"), ("starting_after", "id")]),
    ("GET", "invoice_payments", INVOICES, &[("invoice", "id"), ("limit", "limit"), ("starting_after", "id")]),
    (
        "GET",
        "charges",
        CHARGES,
        &[("customer", "customer"), ("payment_intent", "id"), ("limit", "limit"), ("starting_after", "id")],
    ),
    ("GET", "charges/#", CHARGES, &[]),
    (
        "GET",
        "subscriptions",
        SUBSCRIPTIONS,
        &[("customer", "customer"), ("status", "all"), ("limit", "limit"), ("starting_after", "id")],
    ),
    ("GET", "payment_links", LINKS, &[("limit", "limit"), ("starting_after", "id")]),
    (
        "POST",
        "invoices/#",
        INVOICES_WRITE,
        &[("metadata[postern_link]", "text"), ("metadata[postern_again]", "text"), ("metadata[postern_sent]", "count")],
    ),
    (
        "POST",
        "payment_links/#",
        LINKS_WRITE,
        &[("metadata[postern_again]", "text"), ("metadata[postern_sent]", "count")],
    ),
    (
        "POST",
        "payment_links",
        LINKS_WRITE,
        &[
            ("line_items[0][quantity]", "count"),
            ("line_items[0][price_data][currency]", "currency"),
            ("line_items[0][price_data][unit_amount]", "count"),
            ("line_items[0][price_data][product_data][name]", "text"),
            ("restrictions[completed_sessions][limit]", "count"),
            ("metadata[postern_link]", "text"),
            ("metadata[postern_invoice]", "text"),
            ("metadata[postern_sent]", "count"),
            ("payment_intent_data[metadata][postern_invoice]", "text"),
        ],
    ),
];

/// The permission that a request needs, or what about it the description does not have.
pub(super) fn check(method: &Method, path: &[&str], pairs: &[(String, String)]) -> Result<&'static str, String> {
    let fits = |(verb, shape, ..): &&Row| {
        let shape: Vec<&str> = shape.split('/').collect();
        let alike = shape.iter().zip(path).all(|(shape, it)| *shape == "#" && is_id(it) || shape == it);
        *verb == method.as_str() && shape.len() == path.len() && alike
    };
    let (.., permission, known) = TABLE.iter().find(fits).ok_or("no such path")?;
    for (name, value) in pairs {
        let Some((_, kind)) = known.iter().find(|(it, _)| it == name) else { return Err(format!("unknown `{name}`")) };
        if !is(kind, value) {
            return Err(format!("`{name}` is no {kind}"));
        }
        if pairs.iter().filter(|(it, _)| it == name).count() > 1 {
            return Err(format!("`{name}` twice"));
        }
    }
    Ok(permission)
}

fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

fn is(kind: &str, value: &str) -> bool {
    let number = value.parse::<u32>().ok();
    match kind {
        "customer" => value.starts_with("cus_") && is_id(value),
        "id" => is_id(value),
        "limit" => number.is_some_and(|it| (1..=100).contains(&it)),
        "count" => number.is_some_and(|it| it > 0),
        "currency" => value.len() == 3 && value.bytes().all(|it| it.is_ascii_lowercase()),
        "text" => !value.is_empty() && value.len() <= 500,
        "invoice status" => ["draft", "open", "paid", "uncollectible", "void"].contains(&value),
        word => word == value,
    }
}
