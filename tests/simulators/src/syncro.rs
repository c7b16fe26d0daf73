//! Syncro as its users found it: pages whose size differs from list to list, records wrapped or bare, 401 for a missing
//! permission, refusals in ten shapes, comments that are public and mailed unless told otherwise, and 180 requests a minute.

mod answer;
mod contract;
mod lists;
mod records;
mod seed;
mod writes;

use crate::{Log, Recorded, Running, serve};
use answer::{html, json, status};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
pub use contract::PERMISSIONS;
use parking_lot::Mutex;
pub use seed::{ACME, ACME_LEAD, ACME_USER, GLOBEX, GLOBEX_USER};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// The API token that it knows.
pub const TOKEN: &str = "T0000000000000000-simulated-syncro-token";
/// What the vendor takes from one address in a minute.
pub const PER_MINUTE: usize = 180;

/// A canned answer for every path that begins with `path`.
#[derive(Debug, Clone, Default)]
pub struct Canned {
    /// The verbs that it answers; empty: every one.
    pub methods: Vec<String>,
    /// The beginning of the path below `/api/v1`, for example `tickets/`.
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

/// Ways to misbehave; each was seen on a live account or follows from the vendor's description.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// Rows of a page; 0: 25.
    pub page_size: usize,
    /// `page` does nothing: every page is the first one.
    pub ignore_paging: bool,
    /// Every page has rows that no page had before, and `meta` says that there are more.
    pub endless_pages: bool,
    /// Each page begins with the last row of the one before.
    pub overlap: bool,
    /// Lists come without `meta`.
    pub no_meta: bool,
    /// No filter does anything.
    pub ignore_filters: bool,
    /// `customer_id` does nothing; other filters work.
    pub leak_other_customers: bool,
    /// Every answer of the API is a large HTML page with status 500.
    pub html_500: bool,
    /// Every answer of the API is 429 without `Retry-After`.
    pub rate_limit: bool,
    /// Requests that are taken in a minute; what is more gets 429. `None`: any number.
    pub per_minute: Option<usize>,
    /// Writes are done and never answered.
    pub stall_after_commit: bool,
    /// Writes are done and answered with 500.
    pub fail_after_commit: bool,
    /// Writes are done, and the connection ends in the middle of the answer.
    pub reset_after_commit: bool,
    /// Wrapped records come bare and bare ones wrapped.
    pub swap_wrapping: bool,
    /// Comments come without `hidden`.
    pub no_hidden_flag: bool,
    /// Comments are stored as public whatever was sent.
    pub expose_notes: bool,
    /// New tickets are stored for this customer, whatever was sent.
    pub create_for: Option<i64>,
    /// New tickets lose their custom fields.
    pub lose_properties: bool,
    /// Changes of a ticket are answered with 200 and not made.
    pub revert_changes: bool,
    /// Comments of every ticket come back for each.
    pub mix_tickets: bool,
    /// What the token's group may do; `None`: everything.
    pub permissions: Option<BTreeSet<&'static str>>,
    /// Answers instead of the usual ones; the first that fits.
    pub canned: Vec<Canned>,
}

/// The records, as the API shows them.
#[derive(Debug, Default)]
pub struct Data {
    /// `/customers`
    pub customers: Vec<Value>,
    /// `/contacts`
    pub contacts: Vec<Value>,
    /// `/tickets`, without their comments
    pub tickets: Vec<Value>,
    /// `/tickets/{id}/comments`
    pub comments: Vec<Value>,
    /// `/wiki_pages`
    pub pages: Vec<Value>,
    /// Technicians.
    pub users: Vec<Value>,
    /// Names of statuses.
    pub statuses: Vec<String>,
    /// `/customer_assets`
    pub assets: Vec<Value>,
    /// `/invoices`
    pub invoices: Vec<Value>,
    /// `/payments`
    pub payments: Vec<Value>,
    /// `/contracts`
    pub contracts: Vec<Value>,
    /// `/estimates`
    pub estimates: Vec<Value>,
    /// E-mails that went to customers, by what they said.
    pub mails: Vec<String>,
    writes: u32,
}

impl Data {
    /// Every kind of record, by its name here. One that is added is told here too.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut Vec<Value>)> {
        let Self {
            customers,
            contacts,
            tickets,
            comments,
            pages,
            users,
            statuses: _,
            mails: _,
            assets,
            invoices,
            payments,
            contracts,
            estimates,
            writes: _,
        } = self;
        vec![
            ("customers", customers),
            ("contacts", contacts),
            ("tickets", tickets),
            ("comments", comments),
            ("pages", pages),
            ("users", users),
            ("assets", assets),
            ("invoices", invoices),
            ("payments", payments),
            ("contracts", contracts),
            ("estimates", estimates),
        ]
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
    window: Arc<Mutex<VecDeque<Instant>>>,
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

    /// What was asked that the vendor's description does not have; refused each time.
    pub fn outside(&self) -> Vec<String> {
        self.outside.lock().clone()
    }

    /// Answers a path with this instead, from now on.
    pub fn can(&self, method: &str, path: &str, status: u16, content_type: &str, body: impl Into<String>) {
        let canned = Canned {
            methods: vec![method.into()],
            path: path.into(),
            status,
            content_type: content_type.into(),
            body: body.into(),
            ..Canned::default()
        };
        self.quirks.lock().canned.insert(0, canned);
    }

    /// Whether this request is one too many in a minute.
    fn exceeds(&self, per_minute: Option<usize>) -> bool {
        let Some(most) = per_minute else { return false };
        let (mut window, now) = (self.window.lock(), Instant::now());
        while window.front().is_some_and(|it| now.duration_since(*it) >= Duration::from_secs(60)) {
            window.pop_front();
        }
        window.push_back(now);
        window.len() > most
    }
}

/// Starts one on a free port of 127.0.0.1, with two customers in it and any number of requests a minute.
pub async fn start() -> std::io::Result<Running<State>> {
    start_with("127.0.0.1:0", None).await
}

/// Starts one on this address, with the vendor's limit.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    start_with(listen, Some(PER_MINUTE)).await
}

async fn start_with(listen: &str, per_minute: Option<usize>) -> std::io::Result<Running<State>> {
    let state = State { data: Arc::new(Mutex::new(seed::data())), ..State::default() };
    state.quirks(|it| it.per_minute = per_minute);
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(listen).await?, app, state).await
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
    let Some(below) = uri.path().strip_prefix("/api/v1/") else { return html(404) };
    if state.exceeds(quirks.per_minute) || quirks.rate_limit {
        return status(429);
    }
    if headers.get("authorization").map(text).as_deref() != Some(&format!("Bearer {TOKEN}")) {
        return json(401, &json!({ "error": "Invalid token" }));
    }
    if quirks.html_500 {
        return html(500);
    }
    let fits = |it: &&Canned| {
        (it.methods.is_empty() || it.methods.iter().any(|it| it == method.as_str())) && below.starts_with(&it.path)
    };
    if let Some(canned) = quirks.canned.iter().find(fits) {
        if canned.silent {
            return std::future::pending().await;
        }
        return answer::canned(canned);
    }
    let segments: Vec<&str> = below.split('/').filter(|it| !it.is_empty()).collect();
    let pairs = answer::pairs(uri.query().unwrap_or_default());
    let permission = match contract::check(&method, &segments, &pairs, &body) {
        Ok(permission) => permission,
        Err(refused) => {
            state.outside.lock().push(format!("{method} {below}: {}", refused.why));
            return refused.answer;
        }
    };
    if quirks.permissions.as_ref().is_some_and(|it| !permission.is_empty() && !it.contains(permission)) {
        let message = "Not authorized. Please ask account admin to update your group permissions.";
        return json(401, &json!({ "error": message }));
    }
    api(&state, &quirks, &method, &segments, &pairs, &body).await
}

async fn api(
    state: &State,
    quirks: &Quirks,
    method: &Method,
    path: &[&str],
    pairs: &[(String, String)],
    body: &[u8],
) -> Response {
    let written = {
        let data = &mut state.data.lock();
        match (method, path) {
            (&Method::GET, ["tickets", "settings"]) => return lists::settings(data),
            (&Method::GET, ["tickets", id, "comments"]) => return lists::comments(data, quirks, id, pairs),
            (&Method::GET, [kind]) => return lists::list(data, quirks, kind, pairs),
            (&Method::GET, [kind, id]) => return lists::one(data, quirks, kind, id),
            (&Method::POST, ["tickets"]) => writes::create(data, quirks, body),
            (&Method::PUT, ["tickets", id]) => writes::change(data, quirks, id, body),
            (&Method::POST, ["tickets", id, "comment"]) => writes::comment(data, quirks, id, body),
            _ => return status(405),
        }
    };
    match written {
        Ok(_) if quirks.stall_after_commit => std::future::pending().await,
        Ok(_) if quirks.reset_after_commit => crate::halopsa::cut(),
        Ok(_) if quirks.fail_after_commit => html(500),
        Ok(row) => json(200, &row),
        Err(refused) => *refused,
    }
}
