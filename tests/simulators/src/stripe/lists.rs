//! Reading: lists by cursor, the newest first, and single records.

use super::{Data, Quirks, invalid};
use serde_json::{Value, json};

type Pairs = [(String, String)];

/// Pairs of a query or a form.
pub(super) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://here/?{}", String::from_utf8_lossy(text)));
    url.map(|it| it.query_pairs().into_owned().collect()).unwrap_or_default()
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

pub(super) fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn missing(what: &str, id: &str) -> (u16, Value) {
    (404, invalid("resource_missing", &format!("no such {what}: '{id}'")))
}

pub(super) fn answer(data: &Data, quirks: &Quirks, path: &[&str], pairs: &Pairs) -> (u16, Value) {
    match path {
        ["invoices", id] => one(&data.invoices, "invoice", id).map_or_else(|e| e, |it| (200, cut(it))),
        ["charges", id] => one(&data.charges, "charge", id).map_or_else(|e| e, |it| (200, it)),
        ["invoices", id, "lines"] => {
            let rows = one(&data.invoices, "invoice", id).map(|it| {
                let lines = it.get("lines").and_then(|it| it.get("data")).and_then(Value::as_array).cloned();
                lines.unwrap_or_default()
            });
            rows.map_or_else(|e| e, |rows| page(quirks, rows, pairs, path))
        }
        [kind] => list(data, quirks, kind, pairs),
        _ => missing("page", ""),
    }
}

fn one(rows: &[Value], what: &str, id: &str) -> Result<Value, (u16, Value)> {
    rows.iter().find(|it| text(it, "id") == id).cloned().ok_or_else(|| missing(what, id))
}

/// An invoice carries ten lines at the most; the rest is asked for.
fn cut(mut invoice: Value) -> Value {
    let lines = invoice.get_mut("lines").and_then(Value::as_object_mut);
    if let Some(lines) = lines
        && let Some(Value::Array(rows)) = lines.get_mut("data")
    {
        let more = rows.len() > 10;
        rows.truncate(10);
        lines.insert("has_more".into(), json!(more));
    }
    invoice
}

fn list(data: &Data, quirks: &Quirks, kind: &str, pairs: &Pairs) -> (u16, Value) {
    let rows = match kind {
        "invoices" => &data.invoices,
        "invoice_payments" => &data.invoice_payments,
        "charges" => &data.charges,
        "subscriptions" => &data.subscriptions,
        "payment_links" => &data.payment_links,
        _ => return missing("list", kind),
    };
    // The vendor knows its customers, and says so of one that it does not know.
    if let Some(customer) = value(pairs, "customer")
        && !data.invoices.iter().any(|it| text(it, "customer") == customer)
    {
        return (400, invalid("resource_missing", &format!("no such customer: '{customer}'")));
    }
    let fits = |row: &&Value| {
        quirks.ignore_filters
            || pairs.iter().all(|(name, wanted)| match name.as_str() {
                "status" if wanted == "all" => true,
                "customer" | "status" | "invoice" | "payment_intent" => text(row, name) == wanted,
                _ => true,
            })
    };
    let mut rows: Vec<Value> = rows.iter().filter(fits).cloned().collect();
    rows.reverse();
    if kind == "invoices" {
        let with = value(pairs, "expand[]").is_some();
        rows = rows.into_iter().map(|it| expanded(data, cut(it), with)).collect();
    }
    page(quirks, rows, pairs, &[kind])
}

fn expanded(data: &Data, mut invoice: Value, with: bool) -> Value {
    let of = |it: &&Value| text(it, "invoice") == text(&invoice, "id");
    let payments: Vec<Value> = data.invoice_payments.iter().filter(of).cloned().collect();
    if with && let Some(fields) = invoice.as_object_mut() {
        fields.insert("payments".into(), json!({ "object": "list", "data": payments, "has_more": false }));
    }
    invoice
}

fn page(quirks: &Quirks, rows: Vec<Value>, pairs: &Pairs, path: &[&str]) -> (u16, Value) {
    let asked = value(pairs, "limit").and_then(|it| it.parse().ok()).unwrap_or(10);
    let size = if quirks.page_size == 0 { asked } else { asked.min(quirks.page_size) };
    let begin = match value(pairs, "starting_after").filter(|_| !quirks.endless_pages) {
        Some(last) => match rows.iter().position(|it| text(it, "id") == last) {
            Some(at) => at + 1,
            None => return (400, invalid("resource_missing", &format!("no such object: '{last}'"))),
        },
        None => 0,
    };
    let more = rows.len() > begin + size || quirks.endless_pages;
    let data: Vec<Value> = rows.into_iter().skip(begin).take(size).collect();
    (200, json!({ "object": "list", "url": format!("/v1/{}", path.join("/")), "has_more": more, "data": data }))
}
