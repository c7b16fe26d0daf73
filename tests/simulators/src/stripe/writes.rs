//! Writing: notes on an invoice, and payment links.

use super::lists::text;
use super::{Data, invalid};
use serde_json::{Map, Value, json};

type Pairs = [(String, String)];

/// `metadata[name]` of a form.
fn metadata(pairs: &Pairs) -> Map<String, Value> {
    let inner = |name: &str| Some(name.strip_prefix("metadata[")?.strip_suffix(']')?.to_owned());
    pairs.iter().filter_map(|(name, value)| Some((inner(name)?, json!(value)))).collect()
}

pub(super) fn answer(data: &mut Data, path: &[&str], pairs: &Pairs) -> (u16, Value) {
    match path {
        ["invoices", id] => note(&mut data.invoices, &mut data.writes, "invoice", id, pairs),
        ["payment_links", id] => note(&mut data.payment_links, &mut data.writes, "payment link", id, pairs),
        ["payment_links"] => link(data, pairs),
        _ => (404, invalid("", "unrecognized request URL")),
    }
}

fn note(rows: &mut [Value], writes: &mut u32, what: &str, id: &str, pairs: &Pairs) -> (u16, Value) {
    let Some(row) = rows.iter_mut().find(|it| text(it, "id") == id) else {
        return (404, invalid("resource_missing", &format!("no such {what}: '{id}'")));
    };
    *writes += 1;
    if let Some(known) = row.get_mut("metadata").and_then(Value::as_object_mut) {
        known.extend(metadata(pairs));
    }
    (200, row.clone())
}

fn link(data: &mut Data, pairs: &Pairs) -> (u16, Value) {
    let said = |name: &str| pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
    let price = |name: &str| said(&format!("line_items[0][price_data][{name}]"));
    let (Some(amount), Some(currency), Some(_)) =
        (price("unit_amount"), price("currency"), said("line_items[0][price_data][product_data][name]"))
    else {
        return (400, invalid("parameter_missing", "line_items[0][price_data]"));
    };
    data.writes += 1;
    let id = format!("plink_{:014}", data.writes);
    let limit: Option<u32> = said("restrictions[completed_sessions][limit]").and_then(|it| it.parse().ok());
    let row = json!({
        "id": id, "object": "payment_link", "active": true, "livemode": false, "currency": currency,
        "metadata": metadata(pairs), "url": format!("https://buy.stripe.example/CANARY-{id}"),
        "restrictions": limit.map(|limit| json!({ "completed_sessions": { "count": 0, "limit": limit } })),
        "after_completion": { "type": "hosted_confirmation" }, "simulated_amount": amount,
    });
    data.payment_links.push(row.clone());
    (200, row)
}
