//! HubSpot as its documents describe it: properties as texts, cursors, batches that answer 207 for what is not there, records that
//! were merged answering under another number, a search that lags behind, two limits, and scopes of a private app.

mod contract;
mod records;
mod seed;

use crate::{Log, Recorded, Running, serve};
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
pub use contract::SCOPES;
use parking_lot::Mutex;
pub use seed::{ACME, ACME_USER, GLOBEX, GLOBEX_USER, MERGED};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The token of the private app that it knows.
pub const TOKEN: &str = "pat-eu1-00000000-simulated";
/// The account's number.
pub const ACCOUNT: u64 = 7_700_001;
/// What webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "00000000-simulated-client-secret";
/// The property that holds our reference.
pub const REFERENCE: &str = "postern_reference";

/// A canned answer for every path that begins with `path`.
#[derive(Debug, Clone, Default)]
pub struct Canned {
    /// The verbs that it answers; empty: every one.
    pub methods: Vec<String>,
    /// The beginning of the path, for example `/crm/v3`.
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
    /// The most rows of a page; 0: as many as were asked for.
    pub page_size: usize,
    /// Every list says that there is more, and goes round in a circle.
    pub endless_pages: bool,
    /// Every association is one of the company that was asked for.
    pub mix_companies: bool,
    /// Every request is one too many, by this policy: `SECONDLY`, `TEN_SECONDLY_ROLLING` or `DAILY`.
    pub rate_limit: Option<&'static str>,
    /// Writes are done and never answered.
    pub stall_after_commit: bool,
    /// Writes are done and answered with 500.
    pub fail_after_commit: bool,
    /// Changes are answered and not made.
    pub revert_changes: bool,
    /// What the private app may do; `None`: everything.
    pub scopes: Option<BTreeSet<&'static str>>,
    /// Answers instead of the usual ones; the first that fits.
    pub canned: Vec<Canned>,
}

/// The records, as the API shows them.
#[derive(Debug, Default)]
pub struct Data {
    /// Companies.
    pub companies: Vec<Value>,
    /// Contacts.
    pub contacts: Vec<Value>,
    /// Which company and which contact are connected.
    pub associations: Vec<(u64, u64)>,
    /// Companies that went into another: the old number and the new one.
    pub merged: Vec<(u64, u64)>,
    /// Writes that were done.
    pub writes: u32,
}

impl Data {
    /// Every kind of record, by its name here. One that is added is told here too.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut Vec<Value>)> {
        let Self { companies, contacts, associations: _, merged: _, writes: _ } = self;
        vec![("companies", companies), ("contacts", contacts)]
    }
}

/// The simulator's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    data: Arc<Mutex<Data>>,
    outside: Arc<Mutex<Vec<String>>>,
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

fn json_of((status, body): (u16, Value)) -> Response {
    raw(status, "application/json;charset=utf-8", body.to_string())
}

/// The vendor's form of a refusal.
fn refusal(status: u16, category: &str, message: &str) -> (u16, Value) {
    let body = json!({
        "status": "error", "message": format!("CANARY {message}"), "category": category,
        "correlationId": "00000000-0000-0000-0000-000000000000",
    });
    (status, body)
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
    if let Some(policy) = quirks.rate_limit {
        let body = json!({
            "status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "CANARY limit",
            "correlationId": "00000000-0000-0000-0000-000000000000",
        });
        return json_of((429, body));
    }
    if headers.get("authorization").map(text).as_deref() != Some(&format!("Bearer {TOKEN}")) {
        return json_of(refusal(401, "INVALID_AUTHENTICATION", "the token is not right"));
    }
    let fits = |it: &&Canned| {
        (it.methods.is_empty() || it.methods.iter().any(|it| it == method.as_str())) && uri.path().starts_with(&it.path)
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
    let segments: Vec<&str> = uri.path().split('/').filter(|it| !it.is_empty()).collect();
    let pairs = records::pairs(uri.query().unwrap_or_default());
    let scope = match contract::check(&method, &segments, &pairs, &body) {
        Ok(scope) => scope,
        Err(why) => {
            state.outside.lock().push(format!("{method} {}: {why}", uri.path()));
            return json_of(refusal(400, "VALIDATION_ERROR", &why));
        }
    };
    if quirks.scopes.as_ref().is_some_and(|it| !it.contains(scope)) {
        return json_of(refusal(403, "MISSING_SCOPES", "the app has not all scopes"));
    }
    let answer = records::answer(&mut state.data.lock(), &quirks, &method, (&segments, &pairs), &body);
    if method == Method::PATCH && answer.0 < 300 {
        if quirks.stall_after_commit {
            return std::future::pending().await;
        }
        if quirks.fail_after_commit {
            return json_of(refusal(500, "", "internal error"));
        }
    }
    json_of(answer)
}
