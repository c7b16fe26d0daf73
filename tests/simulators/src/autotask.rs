//! Autotask PSA as its users found it: a zone to ask for, three headers, failures as status 500 with a list of texts, 200 and
//! `null` for what is not there, pages by the same `POST` again, three threads an endpoint, and workflow rules that undo what
//! was answered with 200.

mod answer;
mod query;
mod records;
mod schema;
mod seed;
mod writes;

use crate::{Log, Recorded, Running, serve};
use answer::{errors, json, message, status};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use parking_lot::Mutex;
pub use seed::{
    ACME, ACME_LEAD, ACME_USER, ADA, API_USER, COMPLETE, GLOBEX, GLOBEX_USER, SECOND_LINE, many_tickets, ticket,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The API user's name.
pub const USERNAME: &str = "postern@simulated.example";
/// Its tracking identifier.
pub const INTEGRATION_CODE: &str = "SIMULATEDTRACKINGIDENTIFIER";
/// Its secret.
pub const SECRET: &str = "simulated-secret-4f6a";
/// What the database takes in an hour.
pub const THRESHOLD: u32 = 10_000;

/// Which requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// `GET`, and `POST` of a query.
    #[default]
    Reads,
    /// Everything else.
    Writes,
}

/// A canned answer for every path that begins with `path`.
#[derive(Debug, Clone, Default)]
pub struct Canned {
    /// Which requests it answers.
    pub kind: Kind,
    /// The beginning of the path below `/atservicesrest/v1.0/`, in lower case, for example `tickets/`.
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

/// Ways to misbehave; each was seen on a live database or follows from the vendor's description.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// Answers instead of the usual ones; the first that fits.
    pub canned: Vec<Canned>,
    /// What the zone's address is said to be.
    pub zone_url: Option<String>,
    /// The database has moved: nobody is known below the zone's usual path until it is asked for again.
    pub moved: bool,
    /// Rows of one page; 0: 500.
    pub page_size: usize,
    /// No filter does anything.
    pub ignore_filters: bool,
    /// Conditions on `companyID` do nothing.
    pub leak_other_companies: bool,
    /// The next page is always this one again.
    pub duplicate_pages: bool,
    /// Every page has rows that no page had before, and a next one.
    pub endless_pages: bool,
    /// What `nextPageUrl` is.
    pub next_page: Option<String>,
    /// Writes are done and never answered.
    pub stall_after_commit: bool,
    /// Writes are done and answered with 500 and a text that says nothing.
    pub fail_after_commit: bool,
    /// Writes are done, and the connection ends in the middle of the answer.
    pub reset_after_commit: bool,
    /// Workflow rules put these fields back after a change that was answered with 200.
    pub revert: Vec<&'static str>,
    /// Notes are stored with this `publish`, whatever was sent.
    pub publish: Option<i64>,
    /// Notes come without `publish`.
    pub no_publish: bool,
    /// New tickets are stored for this company, whatever was sent.
    pub create_for: Option<i64>,
    /// New tickets lose their user-defined fields.
    pub lose_fields: bool,
    /// Requests that other integrations sent in this hour.
    pub used_by_others: u32,
    /// Too many threads are told with 500 and not with 429.
    pub threads_as_500: bool,
}

/// The records by entity, as the API shows them.
#[derive(Debug, Default)]
pub struct Data {
    rows: BTreeMap<&'static str, Vec<Value>>,
    writes: u32,
}

impl Data {
    /// The rows of an entity, for example `Tickets`.
    pub fn rows(&mut self, entity: &'static str) -> &mut Vec<Value> {
        self.rows.entry(entity).or_default()
    }

    /// Every kind of record, by its name here.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut Vec<Value>)> {
        self.rows.iter_mut().map(|(entity, rows)| (*entity, rows)).collect()
    }
}

/// The simulator's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    data: Arc<Mutex<Data>>,
    threads: Arc<Mutex<Threads>>,
    gate: Arc<Mutex<Option<Arc<Semaphore>>>>,
}

#[derive(Debug, Default)]
struct Threads {
    active: BTreeMap<String, usize>,
    most: usize,
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

    /// Answers a path with this instead, from now on.
    pub fn can(&self, kind: Kind, path: &str, status: u16, body: impl Into<String>) {
        let canned = Canned {
            kind,
            path: path.to_ascii_lowercase(),
            status,
            content_type: "application/json; charset=utf-8".into(),
            body: body.into(),
            ..Canned::default()
        };
        self.quirks.lock().canned.insert(0, canned);
    }

    /// Holds every request below an entity until the gate is opened.
    pub fn hold(&self) {
        *self.gate.lock() = Some(Arc::new(Semaphore::new(0)));
    }

    /// Lets everybody through.
    pub fn open(&self) {
        if let Some(gate) = self.gate.lock().take() {
            gate.close();
        }
    }

    /// Requests that are being answered at this moment.
    pub fn active(&self) -> usize {
        self.threads.lock().active.values().sum()
    }

    /// The most requests that were under way at one endpoint at once.
    pub fn most_threads(&self) -> usize {
        self.threads.lock().most
    }
}

/// Starts one on a free port of 127.0.0.1, with two companies in it.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State { data: Arc::new(Mutex::new(seed::data())), ..State::default() };
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(listen).await?, app, state).await
}

/// A thread at an endpoint, until it is dropped.
struct Thread(State, String);

impl Thread {
    /// The thread, and how many there are now.
    fn begin(state: &State, endpoint: &str) -> (Self, usize) {
        let mut threads = state.threads.lock();
        let now = {
            let active = threads.active.entry(endpoint.to_owned()).or_default();
            *active += 1;
            *active
        };
        threads.most = threads.most.max(now);
        (Self(state.clone(), endpoint.to_owned()), now)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(active) = self.0.threads.lock().active.get_mut(&self.1) {
            *active = active.saturating_sub(1);
        }
    }
}

/// One request, taken apart.
struct Asked<'a> {
    method: &'a Method,
    /// Below the version, in lower case.
    path: &'a [&'a str],
    pairs: &'a [(String, String)],
    body: &'a [u8],
    /// Where the simulator is, as the request named it.
    host: &'a str,
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
    // Paths work in any case.
    let path = uri.path().to_ascii_lowercase();
    let pairs = answer::pairs(uri.query().unwrap_or_default());
    let segments: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let host = headers.get("host").map(text).unwrap_or_default();
    let ["atservicesrest", "v1.0", below @ ..] = segments.as_slice() else { return status(404) };
    if below == ["zoneinformation"] {
        return zone(&state, &quirks, &pairs, &host);
    }
    let says = |name: &str, value: &str| headers.get(name).map(text).as_deref() == Some(value);
    let known = says("username", USERNAME) && says("apiintegrationcode", INTEGRATION_CODE) && says("secret", SECRET);
    if !known || quirks.moved {
        return status(401);
    }
    let asked = Asked { method: &method, path: below, pairs: &pairs, body: &body, host: &host };
    let (_thread, now) = Thread::begin(&state, below.first().copied().unwrap_or_default());
    if now > 3 {
        let text = "The thread threshold of 3 threads has been exceeded for this endpoint (Itgenatr005).";
        return errors(if quirks.threads_as_500 { 500 } else { 429 }, text);
    }
    let gate = state.gate.lock().clone();
    if let Some(gate) = gate {
        // Opened by closing it.
        drop(gate.acquire().await);
    }
    if used(&state, &quirks) > THRESHOLD {
        return errors(429, "The request threshold of 10000 requests per 60 minutes has been exceeded.");
    }
    let kind = if method == Method::GET || below.contains(&"query") { Kind::Reads } else { Kind::Writes };
    let joined = below.join("/");
    if let Some(canned) = quirks.canned.iter().find(|it| it.kind == kind && joined.starts_with(&it.path)) {
        if canned.silent {
            return std::future::pending().await;
        }
        return answer::canned(canned);
    }
    api(&state, &quirks, &asked).await
}

fn used(state: &State, quirks: &Quirks) -> u32 {
    u32::try_from(state.log.all().len()).unwrap_or(u32::MAX).saturating_add(quirks.used_by_others)
}

fn zone(state: &State, quirks: &Quirks, pairs: &[(String, String)], host: &str) -> Response {
    if !pairs.iter().any(|(name, value)| name == "user" && value == USERNAME) {
        return errors(500, "Zone information could not be determined");
    }
    let url = quirks.zone_url.clone().unwrap_or_else(|| format!("http://{host}/ATServicesRest/"));
    if quirks.zone_url.is_some() {
        state.quirks.lock().moved = false;
    }
    json(200, &json!({ "zoneName": "Simulated", "url": url, "webUrl": "http://canary.example/", "ci": 123_456 }))
}

async fn api(state: &State, quirks: &Quirks, asked: &Asked<'_>) -> Response {
    let wrong_verb = || {
        let text = format!("The requested resource does not support http method '{}'.", asked.method);
        message(405, &text)
    };
    if let ["thresholdinformation"] = asked.path {
        let used = used(state, quirks);
        return json(
            200,
            &json!({ "externalRequestThreshold": THRESHOLD, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": used }),
        );
    }
    let Some(entity) = asked.path.first().and_then(|it| schema::entity(it)) else { return status(404) };
    let get = asked.method == Method::GET;
    let post = asked.method == Method::POST;
    match asked.path {
        [_, "entityinformation", "fields"] if get => json(200, &schema::fields(entity)),
        [_, "query" | "entityinformation", ..] if !post => wrong_verb(),
        [_, "query"] | [_, "query", "next"] => query::rows(&mut state.data.lock(), quirks, entity, asked),
        [_, "query", "count"] => query::count(&mut state.data.lock(), quirks, entity, asked),
        ["tickets", id, "attachments"] if get => query::files(&mut state.data.lock(), id),
        ["knowledgebasearticles", id, "plaintextcontent"] if get => query::contents(&mut state.data.lock(), id),
        ["tickets", id, "notes"] if post => {
            let written = writes::note(&mut state.data.lock(), quirks, id, asked.body);
            done(quirks, written).await
        }
        ["tickets"] if post => {
            let written = writes::create(&mut state.data.lock(), quirks, asked.body);
            done(quirks, written).await
        }
        ["tickets"] if asked.method == Method::PATCH => {
            let written = writes::change(&mut state.data.lock(), quirks, asked.body);
            done(quirks, written).await
        }
        // Children are made below their parent.
        ["ticketnotes"] if post => status(404),
        [_, id] if get => query::one(&mut state.data.lock(), quirks, entity, id),
        [_] | [_, _] => wrong_verb(),
        _ => status(404),
    }
}

async fn done(quirks: &Quirks, written: Result<i64, String>) -> Response {
    match written {
        Ok(_) if quirks.stall_after_commit => std::future::pending().await,
        Ok(_) if quirks.reset_after_commit => crate::halopsa::cut(),
        Ok(_) if quirks.fail_after_commit => errors(500, "An error occurred while updating the entries."),
        Ok(id) => json(200, &json!({ "itemId": id })),
        Err(text) => errors(500, &text),
    }
}
