//! Reading: lists with the filters that the vendor knows, and single records.

use super::answer::{exception, json};
use super::{Data, Quirks};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

type Pairs = [(String, String)];

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

fn is(pairs: &Pairs, name: &str) -> bool {
    value(pairs, name).is_some_and(|it| it.eq_ignore_ascii_case("true"))
}

fn number(row: &Value, field: &str) -> i64 {
    // Some lists write whole numbers as floats.
    let float = |it: &Value| it.as_f64().map(|it| it as i64);
    row.get(field).and_then(|it| it.as_i64().or_else(|| float(it))).unwrap_or_default()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The vendor's own order of the list's key.
fn key(kind: &str) -> &'static str {
    match kind {
        "client" => "clients",
        "users" => "users",
        "actions" => "actions",
        "attachment" => "attachments",
        "kbarticle" => "articles",
        "site" => "sites",
        "asset" => "assets",
        "invoice" => "invoices",
        "invoicepayment" => "invoicepayments",
        "clientcontract" => "contracts",
        "quotation" => "quotes",
        // Also `/Projects`.
        _ => "tickets",
    }
}

pub(super) fn list(data: &Data, quirks: &Quirks, kind: &str, pairs: &Pairs) -> Response {
    let bare = match kind {
        "status" => Some(&data.statuses),
        "team" => Some(&data.teams),
        "agent" => Some(&data.agents),
        "priority" => Some(&data.priorities),
        _ => None,
    };
    if let Some(rows) = bare {
        return json(200, &Value::Array(rows.clone()));
    }
    let owned = |rows: Vec<Value>| rows.into_iter().map(Cow::Owned).collect();
    let mut rows: Vec<Cow<'_, Value>> = match kind {
        "client" => owned(data.clients.clone()),
        "users" => owned(users(data, quirks, pairs)),
        "actions" => owned(of_ticket(&data.actions, quirks, pairs)),
        "attachment" => owned(of_ticket(&data.attachments, quirks, pairs)),
        "kbarticle" => owned(articles(data, quirks, pairs)),
        kind if super::records::LISTS.contains(&kind) => {
            let word = value(pairs, "search").unwrap_or_default().to_lowercase();
            let found = |row: &Value| text(row, "key_field").to_lowercase().contains(&word);
            let fits = |row: &&Value| {
                quirks.ignore_filters
                    || (by_client(quirks, row, pairs) && (kind != "asset" || found(row)) && of_invoice(row, pairs))
            };
            super::records::rows(data, kind).iter().filter(fits).map(Cow::Borrowed).collect()
        }
        _ => tickets(data, quirks, pairs).into_iter().map(Cow::Borrowed).collect(),
    };
    if quirks.endless_pages {
        let page: i64 = value(pairs, "page_no").and_then(|it| it.parse().ok()).unwrap_or(1);
        if let Some(mut row) = rows.first().map(|it| it.as_ref().clone()) {
            set(&mut row, "id", json!(1_000_000 + page));
            rows = vec![Cow::Owned(row)];
        }
    }
    let count = quirks.record_count.unwrap_or(rows.len() as u64);
    let rows: Vec<Value> =
        page(quirks, rows, pairs).into_iter().map(|row| shown(quirks, kind, row.into_owned())).collect();
    let mut body = Map::new();
    body.insert("record_count".into(), json!(count));
    body.insert("columns".into(), json!([]));
    body.insert(key(kind).into(), Value::Array(rows));
    json(200, &Value::Object(body))
}

pub(super) fn one(data: &Data, quirks: &Quirks, kind: &str, id: &str, pairs: &Pairs) -> Response {
    let rows = match kind {
        "client" => &data.clients,
        "users" => &data.users,
        "attachment" => &data.attachments,
        "kbarticle" => &data.articles,
        "tickets" => &data.tickets,
        kind @ ("invoice" | "projects") => super::records::rows(data, kind),
        "actions" if value(pairs, "ticket_id").is_some() => &data.actions,
        _ => return exception(400, "Record not found."),
    };
    let Ok(id) = id.parse::<i64>() else { return exception(400, "The request is invalid.") };
    match rows.iter().find(|it| number(it, "id") == id) {
        Some(row) => json(200, &shown(quirks, kind, row.clone())),
        None if kind == "tickets" => exception(400, "Ticket not found."),
        None => super::answer::status(404),
    }
}

/// Only `pageinate`, spelt like that, turns pages on; without it, 50 rows or `count` of them.
fn page<T>(quirks: &Quirks, rows: Vec<T>, pairs: &Pairs) -> Vec<T> {
    let ask = |name| value(pairs, name).and_then(|it| it.parse::<usize>().ok());
    if is(pairs, "pageinate") && !quirks.ignore_paging {
        let size = ask("page_size").unwrap_or(50).clamp(1, 100);
        let skip = if quirks.endless_pages { 0 } else { ask("page_no").unwrap_or(1).saturating_sub(1) * size };
        return rows.into_iter().skip(skip).take(size).collect();
    }
    let cap = if quirks.whole_cap == 0 { 1000 } else { quirks.whole_cap };
    let take = ask("count").unwrap_or(50).min(cap);
    rows.into_iter().take(take).collect()
}

fn of_invoice(row: &Value, pairs: &Pairs) -> bool {
    let wanted = value(pairs, "invoice_id").and_then(|it| it.parse::<i64>().ok());
    wanted.is_none_or(|it| number(row, "invoice_id") == it)
}

fn by_client(quirks: &Quirks, row: &Value, pairs: &Pairs) -> bool {
    let wanted = value(pairs, "client_id").and_then(|it| it.parse::<i64>().ok());
    quirks.leak_other_clients || wanted.is_none_or(|it| number(row, "client_id") == it)
}

/// Of many rows the page alone is copied.
fn tickets<'a>(data: &'a Data, quirks: &Quirks, pairs: &Pairs) -> Vec<&'a Value> {
    let mut rows: Vec<&Value> =
        data.tickets.iter().filter(|row| quirks.ignore_filters || ticket_fits(data, quirks, row, pairs)).collect();
    let by = value(pairs, "order").unwrap_or("id");
    if by == "id" {
        rows.sort_by_key(|row| number(row, "id"));
    } else {
        rows.sort_by(|a, b| text(a, by).cmp(text(b, by)).then(number(a, "id").cmp(&number(b, "id"))));
    }
    if is(pairs, "orderdesc") {
        rows.reverse();
    }
    rows
}

fn ticket_fits(data: &Data, quirks: &Quirks, row: &Value, pairs: &Pairs) -> bool {
    // Everything that is not named here, `tickettype_id` for one, is ignored, as the vendor does.
    let same = |name: &str, field: &str| {
        value(pairs, name).and_then(|it| it.parse::<i64>().ok()).is_none_or(|it| number(row, field) == it)
    };
    let has = |name: &str, found: &dyn Fn(&str) -> bool| value(pairs, name).is_none_or(|it| found(&it.to_lowercase()));
    let id = number(row, "id");
    let in_ticket = |word: &str| {
        text(row, "summary").to_lowercase().contains(word) || text(row, "details").to_lowercase().contains(word)
    };
    let in_actions = |word: &str| {
        let note = |it: &&Value| number(it, "ticket_id") == id;
        data.actions.iter().filter(note).any(|it| text(it, "note").to_lowercase().contains(word))
    };
    let by_date = value(pairs, "datesearch") == Some("dateoccurred");
    let since = value(pairs, "startdate").filter(|_| by_date);
    let until = value(pairs, "enddate").filter(|_| by_date);
    by_client(quirks, row, pairs)
        && same("user_id", "user_id")
        && same("status_id", "status_id")
        && same("priority", "priority_id")
        && same("requesttype", "tickettype_id")
        && !(is(pairs, "open_only") && number(row, "status_id") == super::seed::CLOSED)
        && has("search_summary", &|word| text(row, "summary").to_lowercase().contains(word))
        && has("search_details", &|word| text(row, "details").to_lowercase().contains(word))
        && has("search", &|word| in_ticket(word) || (is(pairs, "searchactions") && in_actions(word)))
        && since.is_none_or(|it| text(row, "dateoccurred") >= it)
        && until.is_none_or(|it| text(row, "dateoccurred") <= it)
}

fn users(data: &Data, quirks: &Quirks, pairs: &Pairs) -> Vec<Value> {
    let fits = |row: &&Value| {
        let word = value(pairs, "search").unwrap_or_default().to_lowercase();
        let found = text(row, "name").to_lowercase().contains(&word)
            || text(row, "emailaddress").to_lowercase().contains(&word);
        let active = row.get("inactive") != Some(&json!(true)) || is(pairs, "includeinactive");
        quirks.ignore_filters || (by_client(quirks, row, pairs) && found && active)
    };
    data.users.iter().filter(fits).cloned().collect()
}

/// Without a ticket there is nothing.
fn of_ticket(rows: &[Value], quirks: &Quirks, pairs: &Pairs) -> Vec<Value> {
    let Some(ticket) = value(pairs, "ticket_id").and_then(|it| it.parse::<i64>().ok()) else { return vec![] };
    rows.iter().filter(|row| quirks.mix_tickets || number(row, "ticket_id") == ticket).cloned().collect()
}

fn articles(data: &Data, quirks: &Quirks, pairs: &Pairs) -> Vec<Value> {
    let word = value(pairs, "search").unwrap_or_default().to_lowercase();
    let fits = |row: &&Value| {
        let fields = ["name", "description", "resolution", "internalmemoagent"];
        quirks.ignore_filters || fields.iter().any(|it| text(row, it).to_lowercase().contains(&word))
    };
    let short = |row: &Value| {
        let keep =
            ["id", "name", "description", "view_count", "useful_count", "notuseful_count", "date_edited", "inactive"];
        let some = keep.iter().filter_map(|it| Some(((*it).to_owned(), row.get(*it)?.clone())));
        Value::Object(some.collect())
    };
    data.articles.iter().filter(fits).map(short).collect()
}

fn set(row: &mut Value, field: &str, value: Value) {
    if let Some(row) = row.as_object_mut() {
        row.insert(field.to_owned(), value);
    }
}

/// The row as it is sent.
fn shown(quirks: &Quirks, kind: &str, mut row: Value) -> Value {
    if kind == "actions"
        && quirks.no_hidden_flag
        && let Some(row) = row.as_object_mut()
    {
        row.remove("hiddenfromuser");
    }
    if quirks.odd_numbers {
        for field in ["id", "client_id", "user_id", "ticket_id", "status_id"] {
            let number = number(&row, field);
            if number > 0 {
                let odd = if number % 2 == 1 { json!(number as f64) } else { json!(number.to_string()) };
                set(&mut row, field, odd);
            }
        }
    }
    row
}
