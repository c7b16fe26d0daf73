//! Reading: lists with the filters that the vendor knows, and single records.

use super::answer::json;
use super::{Data, Quirks};
use axum::response::Response;
use serde_json::{Map, Value, json};

type Pairs = [(String, String)];

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

pub(super) fn number(row: &Value, field: &str) -> i64 {
    row.get(field).and_then(Value::as_i64).unwrap_or_default()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn settings(data: &Data) -> Response {
    let users: Vec<Value> =
        data.users.iter().map(|it| json!({ "id": it.get("id"), "name": it.get("full_name") })).collect();
    json(
        200,
        &json!({ "ticket_status_list": data.statuses, "ticket_types": [], "users": users, "default_labor_product_id": null }),
    )
}

pub(super) fn list(data: &Data, quirks: &Quirks, kind: &str, pairs: &Pairs) -> Response {
    match kind {
        "tickets" => {
            let fits = |row: &&Value| quirks.ignore_filters || ticket_fits(data, quirks, row, pairs);
            // The newest first, each with its first comment alone.
            let mut rows: Vec<Value> =
                data.tickets.iter().filter(fits).map(|it| with_comments(data, quirks, it, true)).collect();
            rows.reverse();
            page(quirks, kind, rows, pairs, 25, true)
        }
        "customers" => {
            let all = value(pairs, "include_disabled") == Some("true");
            let served = |row: &&Value| all || row.get("disabled") != Some(&json!(true));
            page(quirks, kind, data.customers.iter().filter(served).cloned().collect(), pairs, 25, true)
        }
        "contacts" => {
            let fits = |row: &&Value| quirks.ignore_filters || by_customer(quirks, row, pairs);
            page(quirks, kind, data.contacts.iter().filter(fits).cloned().collect(), pairs, 50, true)
        }
        "customer_assets" => {
            let word = value(pairs, "query").unwrap_or_default().to_lowercase();
            let named = |row: &Value| text(row, "name").to_lowercase().contains(&word);
            let fits = |row: &&Value| quirks.ignore_filters || (by_customer(quirks, row, pairs) && named(row));
            page(quirks, "assets", data.assets.iter().filter(fits).cloned().collect(), pairs, 50, true)
        }
        // None of these takes a customer.
        "invoices" => page(quirks, kind, data.invoices.clone(), pairs, 25, true),
        "payments" => page(quirks, kind, data.payments.clone(), pairs, 25, true),
        "contracts" => page(quirks, kind, data.contracts.clone(), pairs, 50, true),
        "estimates" => page(quirks, kind, data.estimates.clone(), pairs, 50, true),
        // Documented without `meta`.
        _ => page(quirks, kind, data.pages.clone(), pairs, 100, false),
    }
}

pub(super) fn comments(data: &Data, quirks: &Quirks, id: &str, pairs: &Pairs) -> Response {
    let Ok(id) = id.parse::<i64>() else { return missing() };
    if !data.tickets.iter().any(|it| number(it, "id") == id) {
        return missing();
    }
    let mut rows: Vec<Value> = data
        .comments
        .iter()
        .filter(|it| quirks.mix_tickets || number(it, "ticket_id") == id)
        .map(|it| shown(quirks, it))
        .collect();
    rows.reverse();
    let size = value(pairs, "per_page").and_then(|it| it.parse().ok()).unwrap_or(10);
    page(quirks, "comments", rows, pairs, size, true)
}

pub(super) fn one(data: &Data, quirks: &Quirks, kind: &str, id: &str) -> Response {
    let (rows, name) = match kind {
        "tickets" => (&data.tickets, Some("ticket")),
        "customers" => (&data.customers, Some("customer")),
        "contacts" => (&data.contacts, None),
        "invoices" => (&data.invoices, Some("invoice")),
        _ => (&data.pages, Some("wiki_page")),
    };
    let found = id.parse::<i64>().ok().and_then(|id| rows.iter().find(|it| number(it, "id") == id));
    let Some(row) = found else { return missing() };
    let mut row = if kind == "tickets" { with_comments(data, quirks, row, false) } else { row.clone() };
    if kind == "tickets" {
        let pick =
            |rows: &[Value], field: &str| rows.iter().find(|it| number(it, "id") == number(&row, field)).cloned();
        let (contact, customer) = (pick(&data.contacts, "contact_id"), pick(&data.customers, "customer_id"));
        set(&mut row, "contact", contact.unwrap_or_default());
        set(&mut row, "customer", customer.unwrap_or_default());
    }
    json(200, &wrapped(quirks, name, row))
}

/// In its name, or bare, as the vendor does for this kind of record.
pub(super) fn wrapped(quirks: &Quirks, name: Option<&str>, row: Value) -> Value {
    match (name, quirks.swap_wrapping) {
        (Some(name), false) => json!({ name: row }),
        (Some(_), true) | (None, false) => row,
        (None, true) => json!({ "contact": row }),
    }
}

fn missing() -> Response {
    json(404, &json!({ "message": "Not found" }))
}

fn page(quirks: &Quirks, name: &str, mut rows: Vec<Value>, pairs: &Pairs, usual: usize, meta: bool) -> Response {
    let size = if quirks.page_size == 0 { usual } else { quirks.page_size };
    let page = value(pairs, "page").and_then(|it| it.parse::<usize>().ok()).unwrap_or(1).max(1);
    let mut pages = rows.len().div_ceil(size).max(1);
    if quirks.endless_pages {
        if let Some(mut row) = rows.first().cloned() {
            set(&mut row, "id", json!(1_000_000 + page));
            rows = vec![row];
        }
        pages = usize::MAX;
    } else if !quirks.ignore_paging {
        let from = ((page - 1) * size).saturating_sub(usize::from(quirks.overlap && page > 1));
        rows = rows.into_iter().take(page * size).skip(from).collect();
    } else {
        rows.truncate(size);
    }
    let mut body = Map::from_iter([(name.to_owned(), Value::Array(rows))]);
    if meta && !quirks.no_meta {
        body.insert("meta".into(), json!({ "total_pages": pages, "page": page }));
    }
    json(200, &Value::Object(body))
}

fn by_customer(quirks: &Quirks, row: &Value, pairs: &Pairs) -> bool {
    let wanted = value(pairs, "customer_id").and_then(|it| it.parse::<i64>().ok());
    quirks.leak_other_customers || wanted.is_none_or(|it| number(row, "customer_id") == it)
}

fn ticket_fits(data: &Data, quirks: &Quirks, row: &Value, pairs: &Pairs) -> bool {
    let contact = value(pairs, "contact_id").and_then(|it| it.parse::<i64>().ok());
    let id = number(row, "id");
    let found = |word: &str| {
        let said = |it: &&Value| number(it, "ticket_id") == id;
        text(row, "subject").to_lowercase().contains(word)
            || data.comments.iter().filter(said).any(|it| text(it, "body").to_lowercase().contains(word))
    };
    by_customer(quirks, row, pairs)
        && contact.is_none_or(|it| number(row, "contact_id") == it)
        && value(pairs, "status").is_none_or(|it| text(row, "status") == it)
        && value(pairs, "created_after").is_none_or(|it| text(row, "created_at") >= it)
        && value(pairs, "query").is_none_or(|it| found(&it.to_lowercase()))
}

/// The ticket with its comments, or with the first of them, and with the technician who has it.
pub(super) fn with_comments(data: &Data, quirks: &Quirks, row: &Value, first: bool) -> Value {
    let mut row = row.clone();
    let id = number(&row, "id");
    let said = data.comments.iter().filter(|it| number(it, "ticket_id") == id).map(|it| shown(quirks, it));
    let comments: Vec<Value> = if first { said.take(1).collect() } else { said.collect() };
    set(&mut row, "comments", Value::Array(comments));
    let user = number(&row, "user_id");
    set(&mut row, "user", data.users.iter().find(|it| number(it, "id") == user).cloned().unwrap_or_default());
    row
}

fn shown(quirks: &Quirks, row: &Value) -> Value {
    let mut row = row.clone();
    if quirks.no_hidden_flag
        && let Some(row) = row.as_object_mut()
    {
        row.remove("hidden");
    }
    row
}

pub(super) fn set(row: &mut Value, field: &str, value: Value) {
    if let Some(row) = row.as_object_mut() {
        row.insert(field.to_owned(), value);
    }
}
