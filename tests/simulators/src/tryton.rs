//! Tryton's JSON-RPC as it was seen: 200 with an error in the place of a result, decimals and days with a class, sessions that end,
//! one address with a slash at its end, functions of a company in the context. Invoices and payments, nothing else.

use crate::{Log, Recorded, Running, serve};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Who may sign in.
pub const USERNAME: &str = "postern";
/// The password for it.
pub const PASSWORD: &str = "tryton-password-1";
/// The company that the account works for.
pub const COMPANY: i64 = 1;
/// A company that it may not look into.
pub const OTHER_COMPANY: i64 = 2;
/// The party Acme.
pub const ACME: i64 = 12;
/// The party Globex.
pub const GLOBEX: i64 = 13;
/// A word that stands in Globex's records alone.
pub const GLOBEX_CANARY: &str = "GlobexCanary8V";

/// What it does that it should not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quirks {
    /// Ignores what is asked about parties, companies and types.
    pub forgets_domains: bool,
    /// Ignores which invoice lines are asked for of.
    pub mixes_lines: bool,
    /// Ends every session before the next call.
    pub ends_sessions: bool,
    /// Answers every call with this error in the place of a result.
    pub error: Option<&'static str>,
    /// Sends amounts as floats.
    pub floats: bool,
}

/// The simulator's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    session: Arc<Mutex<u64>>,
}

impl State {
    /// How it behaves from now on.
    pub fn quirks(&self, quirks: Quirks) {
        *self.quirks.lock() = quirks;
    }
}

/// Starts one on a free port of 127.0.0.1.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on an address.
pub async fn start_on(address: &str) -> std::io::Result<Running<State>> {
    let state = State::default();
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(address).await?, app, state).await
}

async fn handle(Extract(state): Extract<State>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    let call: Value = serde_json::from_str(&text).unwrap_or_default();
    let name = call.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
    // The password is not kept.
    let kept = if name == "common.db.login" { String::new() } else { text };
    state.log.push(Recorded {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: name.clone(),
        headers: vec![],
        body: kept,
    });
    let page = |status: StatusCode| (status, Html("<!doctype html><title>Tryton</title>")).into_response();
    if uri.path() == "/msp" {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/msp/")]).into_response();
    }
    if uri.path() != "/msp/" || method != Method::POST {
        return page(StatusCode::NOT_FOUND);
    }
    let json_type = headers.get(header::CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    let params = call.get("params").and_then(Value::as_array).cloned().unwrap_or_default();
    if !json_type {
        return page(StatusCode::BAD_REQUEST);
    }
    if name == "common.db.login" {
        let good = params.first() == Some(&json!(USERNAME))
            && params.get(1).and_then(|it| it.get("password")) == Some(&json!(PASSWORD));
        if !good {
            return page(StatusCode::UNAUTHORIZED);
        }
        let number = *state.session.lock();
        return answer(json!([2, format!("session{number}")]));
    }
    let number = *state.session.lock();
    let expected = format!("Session {}", STANDARD.encode(format!("{USERNAME}:2:session{number}")));
    if headers.get(header::AUTHORIZATION).is_none_or(|it| it.as_bytes() != expected.as_bytes()) {
        return (StatusCode::UNAUTHORIZED, "").into_response();
    }
    let quirks = *state.quirks.lock();
    if quirks.ends_sessions {
        *state.session.lock() += 1;
    }
    if let Some(error) = quirks.error {
        let error: Value = serde_json::from_str(error).unwrap_or_default();
        return axum::Json(json!({ "id": 1, "error": error })).into_response();
    }
    match called(&name, &params, quirks) {
        Ok(result) => answer(result),
        Err(exception) => axum::Json(json!({ "id": 1, "error": [exception, ""] })).into_response(),
    }
}

fn answer(result: Value) -> Response {
    axum::Json(json!({ "id": 1, "result": result })).into_response()
}

fn called(name: &str, params: &[Value], quirks: Quirks) -> Result<Value, String> {
    let (model, function) = name.strip_prefix("model.").and_then(|it| it.rsplit_once('.')).unwrap_or_default();
    let domain = params.first().and_then(Value::as_array).ok_or("'domain'")?;
    let context = params.last().and_then(Value::as_object).ok_or("'context'")?;
    // What the record rules let through: records of the company of the context, which has to be the account's.
    let allowed = context.get("company") == Some(&json!(COMPANY));
    let mut found = Vec::new();
    for row in records(model).ok_or_else(|| format!("'{model}'"))? {
        let visible = row.get("company").is_none_or(|it| allowed && (*it == json!(COMPANY) || quirks.forgets_domains));
        let mut holds = visible;
        for clause in domain {
            holds &= clause_holds(&row, clause, quirks)?;
        }
        if holds {
            found.push(row);
        }
    }
    if function == "search_count" {
        return Ok(json!(found.len()));
    }
    if function != "search_read" {
        return Err(format!("'{function}'"));
    }
    let number = |nth: usize| params.get(nth).and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    let (offset, limit) = (number(1).unwrap_or(0), number(2).unwrap_or(usize::MAX));
    let order = params.get(3).and_then(Value::as_array).cloned().unwrap_or_default();
    for term in order.iter().rev() {
        let field = term.get(0).and_then(Value::as_str).unwrap_or_default();
        let down = term.get(1).and_then(Value::as_str).is_some_and(|it| it.starts_with("DESC"));
        found.sort_by(|a, b| {
            let order = sortable(a.get(field)).cmp(&sortable(b.get(field)));
            if down { order.reverse() } else { order }
        });
    }
    let fields = params.get(4).and_then(Value::as_array).cloned().unwrap_or_default();
    let rows = found.into_iter().skip(offset).take(limit).map(|row| read(&row, &fields, quirks));
    rows.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn sortable(value: Option<&Value>) -> (i64, i64, i64) {
    let part = |name: &str| value.and_then(|it| it.get(name)).and_then(Value::as_i64).unwrap_or_default();
    match value.and_then(Value::as_i64) {
        Some(number) => (number, 0, 0),
        None => (part("year"), part("month"), part("day")),
    }
}

/// One clause: a field, an operator and a value. A field that is not there is an exception, as over there.
fn clause_holds(row: &Map<String, Value>, clause: &Value, quirks: Quirks) -> Result<bool, String> {
    let (field, operator, wanted) = (
        clause.get(0).and_then(Value::as_str).unwrap_or_default(),
        clause.get(1).and_then(Value::as_str).unwrap_or_default(),
        clause.get(2).cloned().unwrap_or_default(),
    );
    if quirks.forgets_domains && matches!(field, "party" | "company" | "type" | "id" | "kind") {
        return Ok(true);
    }
    if quirks.mixes_lines && field == "invoice" {
        return Ok(true);
    }
    let value = match field.split_once('.') {
        Some((field, inner)) => row.get(&format!("{field}.")).and_then(|it| it.get(inner)).cloned(),
        None => row.get(field).cloned(),
    };
    let value = value.ok_or_else(|| format!("'{field}'"))?;
    let among = |wanted: &Value| wanted.as_array().is_some_and(|it| it.contains(&value));
    match operator {
        "=" => Ok(value == wanted),
        "in" => Ok(among(&wanted)),
        "not in" => Ok(!among(&wanted)),
        _ => Err(format!("'{operator}'")),
    }
}

fn read(row: &Map<String, Value>, fields: &[Value], quirks: Quirks) -> Result<Value, String> {
    let mut out = Map::new();
    out.insert("id".into(), row.get("id").cloned().unwrap_or_default());
    for field in fields.iter().filter_map(Value::as_str) {
        let key = field.split_once('.').map_or_else(|| field.to_owned(), |(first, _)| format!("{first}."));
        let mut value = row.get(&key).cloned().ok_or_else(|| format!("'{field}'"))?;
        if quirks.floats
            && let Some(amount) = value.get("decimal").and_then(Value::as_str).and_then(|it| it.parse::<f64>().ok())
        {
            value = json!(amount);
        }
        out.insert(key, value);
    }
    Ok(Value::Object(out))
}

fn decimal(text: &str) -> Value {
    json!({ "__class__": "Decimal", "decimal": text })
}

fn day(day: i64) -> Value {
    json!({ "__class__": "date", "year": 2026, "month": 11, "day": day })
}

/// Number, party, company, type, state, total, left, day, note.
type Invoice =
    (i64, i64, i64, &'static str, &'static str, &'static str, &'static str, Option<i64>, Option<&'static str>);

const INVOICES: [Invoice; 9] = [
    (101, ACME, COMPANY, "out", "posted", "392.5", "392.50", Some(20), Some("pays late")),
    (102, ACME, COMPANY, "out", "paid", "100.00", "0", Some(3), None),
    (103, ACME, COMPANY, "out", "draft", "14.10", "0", None, None),
    (104, ACME, COMPANY, "out", "cancelled", "9.99", "0", Some(4), None),
    (105, ACME, COMPANY, "out", "validated", "1.00", "0", Some(21), None),
    (106, ACME, COMPANY, "out", "posted", "-20.00", "-20.00", Some(21), None),
    (107, GLOBEX, COMPANY, "out", "posted", "999.95", "900.00", Some(22), Some(GLOBEX_CANARY)),
    (108, ACME, COMPANY, "in", "posted", "55.00", "55.00", Some(22), None),
    (109, ACME, OTHER_COMPANY, "out", "posted", "77.00", "77.00", Some(22), None),
];

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

/// The records of a model.
fn records(model: &str) -> Option<Vec<Map<String, Value>>> {
    let currency = json!({ "id": 1, "code": "GBP", "digits": 2 });
    let invoices = INVOICES.iter().map(|&(id, party, company, kind, state, total, left, on, comment)| {
        let posted = matches!(state, "posted" | "paid");
        object(json!({
            "id": id, "number": posted.then(|| format!("INV-{id}")), "state": state, "type": kind,
            "invoice_date": on.map(day), "total_amount": decimal(total), "amount_to_pay": decimal(left),
            "currency.": currency, "party": party, "company": company, "comment": comment,
            "lines_to_pay": if posted { vec![id * 10] } else { vec![] }, "move": posted.then_some(id + 1000),
        }))
    });
    let payment = |id: i64, party: i64, invoice: i64, state: &str, amount: &str, on: i64| {
        object(json!({
            "id": id, "state": state, "kind": "receivable", "amount": decimal(amount), "date": day(on),
            "currency.": currency, "party": party, "company": COMPANY,
            "line.": { "id": invoice * 10, "move": invoice + 1000 },
            "journal.": { "id": 1, "process_method": "manual", "name": "Bank 4242424242424242" },
        }))
    };
    Some(match model {
        "account.invoice" => invoices.collect(),
        "account.invoice.line" => {
            let text = |id: i64| if id == 107 { GLOBEX_CANARY } else { "Managed seats" };
            let lines = INVOICES.iter().flat_map(|it| {
                let line = json!({ "id": it.0 * 10 + 1, "invoice": it.0, "type": "line", "description": text(it.0),
                                   "amount": decimal(it.5), "sequence": null });
                let note = json!({ "id": it.0 * 10 + 2, "invoice": it.0, "type": "comment", "description": "Thank you",
                                   "amount": decimal("0"), "sequence": null });
                [object(line), object(note)]
            });
            lines.collect()
        }
        "account.move.line" => {
            let row = |it: &Invoice| {
                let paid = (it.4 == "paid").then_some(7);
                object(json!({ "id": it.0 * 10, "maturity_date": day(28), "reconciliation": paid }))
            };
            INVOICES.iter().map(row).collect()
        }
        "account.payment" => vec![
            payment(1, ACME, 102, "succeeded", "100", 5),
            payment(2, ACME, 101, "failed", "20.00", 22),
            payment(3, ACME, 101, "draft", "10.00", 23),
            payment(4, GLOBEX, 107, "succeeded", "99.95", 23),
        ],
        "company.company" => vec![object(json!({ "id": COMPANY })), object(json!({ "id": OTHER_COMPANY }))],
        _ => return None,
    })
}
