//! Stripe as its documents describe it: forms with brackets, lists by cursor, a version that each request names, idempotency keys
//! that are kept and compared, errors with a type and a code, keys that may do some things and not others.

mod contract;
mod lists;
mod seed;
mod writes;

use crate::{Log, Recorded, Running, serve};
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
pub use contract::PERMISSIONS;
use parking_lot::Mutex;
pub use seed::{ACME, GLOBEX, OPEN, PAID};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The restricted key that it knows: test data.
pub const KEY: &str = "rk_test_0000000000simulated0000000000";
/// The account that it is.
pub const ACCOUNT: &str = "acct_1Simulated0000";
/// What webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_simulated0000000000000000000000";
/// The only version of the interface that it speaks.
pub const VERSION: &str = "2026-02-25.clover";

/// A canned answer for every path that begins with `path`.
#[derive(Debug, Clone, Default)]
pub struct Canned {
    /// The verbs that it answers; empty: every one.
    pub methods: Vec<String>,
    /// The beginning of the path below `/v1/`.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body.
    pub body: String,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// Says nothing at all.
    pub silent: bool,
}

/// Ways to misbehave.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// The most rows of a page; 0: 100, the vendor's own.
    pub page_size: usize,
    /// No filter does anything.
    pub ignore_filters: bool,
    /// Every list says that there is more and repeats itself.
    pub endless_pages: bool,
    /// Every request is one too many.
    pub rate_limit: bool,
    /// So many of the next writes are done and never answered.
    pub stall_after_commit: usize,
    /// So many of the next writes are done and answered with 500.
    pub fail_after_commit: usize,
    /// References to customers come as whole records.
    pub expand_customers: bool,
    /// Every object says that it is live data.
    pub live: bool,
    /// What the key may do; `None`: everything.
    pub permissions: Option<BTreeSet<&'static str>>,
    /// Answers instead of the usual ones; the first that fits.
    pub canned: Vec<Canned>,
}

/// The records, as the API shows them.
#[derive(Debug, Default)]
pub struct Data {
    /// `/invoices`, the newest last
    pub invoices: Vec<Value>,
    /// `/invoice_payments`
    pub invoice_payments: Vec<Value>,
    /// `/charges`
    pub charges: Vec<Value>,
    /// `/subscriptions`
    pub subscriptions: Vec<Value>,
    /// `/payment_links`
    pub payment_links: Vec<Value>,
    /// Writes that were done.
    pub writes: u32,
}

impl Data {
    /// Every kind of record, by its name here. One that is added is told here too.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut Vec<Value>)> {
        let Self { invoices, invoice_payments, charges, subscriptions, payment_links, writes: _ } = self;
        vec![
            ("invoices", invoices),
            ("invoice_payments", invoice_payments),
            ("charges", charges),
            ("subscriptions", subscriptions),
            ("payment_links", payment_links),
        ]
    }
}

/// What came of a request with a key: what was asked, and the answer.
type Kept = (String, (u16, Value));

/// The simulator's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    data: Arc<Mutex<Data>>,
    outside: Arc<Mutex<Vec<String>>>,
    keys: Arc<Mutex<BTreeMap<String, Kept>>>,
}

impl State {
    /// Changes how it misbehaves.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.quirks.lock());
    }

    /// Reads or changes the records.
    pub fn data<T>(&self, look: impl FnOnce(&mut Data) -> T) -> T {
        look(&mut self.data.lock())
    }

    /// What was asked that the description does not have; refused each time.
    pub fn outside(&self) -> Vec<String> {
        self.outside.lock().clone()
    }

    /// The idempotency keys that came with writes, in the order of arriving.
    pub fn keys(&self) -> Vec<String> {
        let written = self.log.all().into_iter().filter(|it| it.method == "POST");
        let key = |it: Recorded| it.headers.into_iter().find(|(name, _)| name == "idempotency-key");
        written.filter_map(key).map(|(_, key)| key).collect()
    }
}

/// Starts one on a free port of 127.0.0.1, with two customers in it.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State { data: Arc::new(Mutex::new(seed::data())), ..State::default() };
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(listen).await?, app, state).await
}

fn raw(status: u16, content_type: &str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    response
}

fn json_of(status: u16, body: &Value) -> Response {
    raw(status, "application/json", body.to_string())
}

/// The vendor's form of a refusal.
fn error(kind: &str, code: &str, message: &str) -> Value {
    json!({ "error": {
        "type": kind, "code": code, "message": format!("CANARY {message}"), "doc_url": "https://stripe.example/docs",
        "request_log_url": "https://dashboard.stripe.example/CANARY",
    } })
}

fn invalid(code: &str, message: &str) -> Value {
    error("invalid_request_error", code, message)
}

async fn handle(Extract(state): Extract<State>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    state.log.push(Recorded {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let quirks = state.quirks.lock().clone();
    let Some(below) = uri.path().strip_prefix("/v1/") else { return json_of(404, &invalid("", "unrecognized URL")) };
    if quirks.rate_limit {
        return json_of(429, &invalid("rate_limit", "too many requests"));
    }
    if headers.get("authorization").map(text).as_deref() != Some(&format!("Bearer {KEY}")) {
        return json_of(401, &invalid("", &format!("invalid API key provided: {KEY}")));
    }
    let fits = |it: &&Canned| {
        (it.methods.is_empty() || it.methods.iter().any(|it| it == method.as_str())) && below.starts_with(&it.path)
    };
    if let Some(canned) = quirks.canned.iter().find(fits) {
        if canned.silent {
            return std::future::pending().await;
        }
        let mut response = raw(canned.status, &canned.content_type, canned.body.clone());
        if let Some(seconds) = canned.retry_after {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        return response;
    }
    let segments: Vec<&str> = below.split('/').filter(|it| !it.is_empty()).collect();
    let sent = if method == Method::GET { uri.query().unwrap_or_default().as_bytes() } else { &body };
    let pairs = lists::pairs(sent);
    let version = headers.get("stripe-version").map(text);
    let checked = if version.as_deref() == Some(VERSION) {
        contract::check(&method, &segments, &pairs)
    } else {
        Err(format!("version {version:?}"))
    };
    let permission = match checked {
        Ok(permission) => permission,
        Err(why) => {
            state.outside.lock().push(format!("{method} {below}: {why}"));
            return json_of(400, &invalid("parameter_unknown", &why));
        }
    };
    if quirks.permissions.as_ref().is_some_and(|it| !it.contains(permission)) {
        return json_of(403, &invalid("more_permissions_required", "the provided key does not have it"));
    }
    if method == Method::GET {
        let (status, mut body) = lists::answer(&state.data.lock(), &quirks, &segments, &pairs);
        disguise(&mut body, &quirks);
        return json_of(status, &body);
    }
    write(&state, &quirks, (below, &segments, &pairs), headers.get("idempotency-key").map(text)).await
}

/// What some accounts and settings make of an answer.
fn disguise(body: &mut Value, quirks: &Quirks) {
    match body {
        Value::Object(fields) => {
            if quirks.live && fields.contains_key("livemode") {
                fields.insert("livemode".into(), json!(true));
            }
            if quirks.expand_customers
                && let Some(Value::String(id)) = fields.get("customer").cloned()
            {
                fields.insert("customer".into(), json!({ "id": id, "object": "customer", "name": "CANARY-CUSTOMER" }));
            }
            fields.values_mut().for_each(|it| disguise(it, quirks));
        }
        Value::Array(rows) => rows.iter_mut().for_each(|it| disguise(it, quirks)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn write(
    state: &State,
    quirks: &Quirks,
    (path, segments, pairs): (&str, &[&str], &[(String, String)]),
    key: Option<String>,
) -> Response {
    let Some(key) = key else {
        state.outside.lock().push(format!("POST {path}: no idempotency key"));
        return json_of(400, &invalid("parameter_missing", "a key is required here"));
    };
    let asked = format!("{path} {pairs:?}");
    let (status, mut body, replayed) = {
        // Kept for as long as it is being done, so that the same key at the same time does one thing.
        let mut keys = state.keys.lock();
        match keys.get(&key) {
            Some((before, _)) if *before != asked => {
                let told = error("idempotency_error", "", "keys can only be used with the same parameters");
                return json_of(400, &told);
            }
            Some((_, (status, body))) => (*status, body.clone(), true),
            None => {
                let (status, body) = writes::answer(&mut state.data.lock(), segments, pairs);
                // What was refused before anything was done is not kept.
                if status < 400 {
                    keys.insert(key, (asked, (status, body.clone())));
                }
                (status, body, false)
            }
        }
    };
    disguise(&mut body, quirks);
    let silent = {
        let mut quirks = state.quirks.lock();
        let stall = quirks.stall_after_commit > 0;
        quirks.stall_after_commit = quirks.stall_after_commit.saturating_sub(1);
        if !stall && quirks.fail_after_commit > 0 {
            quirks.fail_after_commit -= 1;
            return json_of(500, &error("api_error", "", "something went wrong on our end"));
        }
        stall
    };
    if silent {
        return std::future::pending().await;
    }
    let mut response = json_of(status, &body);
    if replayed && let Ok(value) = "true".parse() {
        response.headers_mut().insert("idempotent-replayed", value);
    }
    response
}
