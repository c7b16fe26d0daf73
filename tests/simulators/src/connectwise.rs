//! ConnectWise PSA as its description and its users have it: keys that are answered with 404, filters in a language of their
//! own, two kinds of pages, changes that say they were done, notes that need a place, and a web server's pages in between.
//!
//! It refuses every path, verb, parameter and field that `connectwise/described.txt` does not name.

mod answer;
pub mod conditions;
mod description;
mod reads;
mod records;
mod seed;
mod writes;

use crate::{Log, Recorded, Running, serve};
use answer::{busy, error, html, sent};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use base64::Engine as _;
use parking_lot::Mutex;
pub use seed::{ACME, ACME_LEAD, ACME_USER, BOARD, CLOSED, DELETED, GLOBEX, GLOBEX_USER, PRIVATE};
use serde_json::Value;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The company that an agent signs in to.
pub const COMPANY: &str = "simulated";
/// The API member's public key.
pub const PUBLIC_KEY: &str = "SimulatedPublic1";
/// The API member's private key.
pub const PRIVATE_KEY: &str = "SimulatedPrivate9";
/// The integration's client id.
pub const CLIENT_ID: &str = "5f0c2a7e-0000-4000-8000-000000000001";
/// Where the API is, below the simulator's address.
pub const BASE: &str = "/v4_6_release/apis/3.0";

/// Where the key is that callbacks are signed with, and the key. Nobody has to sign in for it.
pub const KEY_PATH: &str = "/v4_6_release/apis/3.0/system/callbacks/keys/1";
/// The key that callbacks are signed with.
pub const SIGNING_KEY: &str = "simulated-callback-key";

/// A canned answer for every path that begins with `path`.
#[derive(Debug, Clone, Default)]
pub struct Canned {
    /// The verb that it answers; empty: POST and PATCH.
    pub method: String,
    /// The beginning of the path below [`BASE`], for example `service/tickets/`.
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

/// Ways to misbehave; each was seen on a live system or follows from the vendor's description.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// No page has more rows than this, whatever was asked for; 0: a thousand.
    pub page_cap: usize,
    /// Every page is the first one, and says that another one follows.
    pub repeat_pages: bool,
    /// Every page is full of rows that no page had before.
    pub endless_pages: bool,
    /// Lists come without `Link`.
    pub no_link: bool,
    /// `Link` names an address elsewhere.
    pub link_elsewhere: bool,
    /// Single records come as an array of one.
    pub array_of_one: bool,
    /// Conditions are read and do nothing.
    pub ignore_conditions: bool,
    /// Conditions on the company do nothing; others work.
    pub leak_other_companies: bool,
    /// Notes and files of every ticket come with each.
    pub mix_tickets: bool,
    /// Every answer of the API is an HTML page with status 500.
    pub html_500: bool,
    /// The address of the key of callbacks leads there.
    pub keys_elsewhere: Option<String>,
    /// Every answer of the API is 429.
    pub rate_limit: bool,
    /// Writes are done and never answered.
    pub stall_after_commit: bool,
    /// Writes are done and answered with 500.
    pub fail_after_commit: bool,
    /// Writes are done, and the connection ends in the middle of the answer.
    pub reset_after_commit: bool,
    /// Changes are answered with 200 and not done.
    pub ignore_patch: bool,
    /// Notes are stored as visible whatever was sent.
    pub expose_notes: bool,
    /// Notes come without their flags.
    pub no_note_flags: bool,
    /// Line ends in texts become blanks.
    pub lose_line_ends: bool,
    /// New tickets are stored for this company, whatever was sent.
    pub create_for: Option<i64>,
    /// New tickets lose their custom fields.
    pub lose_custom_fields: bool,
    /// Answers instead of the usual ones; the first that fits.
    pub canned: Vec<Canned>,
}

/// The records, as the API shows them.
#[derive(Debug, Default)]
pub struct Data {
    /// `/company/companies`
    pub companies: Vec<Value>,
    /// `/company/contacts`
    pub contacts: Vec<Value>,
    /// `/service/tickets`
    pub tickets: Vec<Value>,
    /// `/service/tickets/{id}/notes`
    pub notes: Vec<Value>,
    /// `/time/entries`
    pub time_entries: Vec<Value>,
    /// `/system/documents`
    pub documents: Vec<Value>,
    /// `/service/boards/{id}/statuses`
    pub statuses: Vec<Value>,
    /// `/service/boards/{id}/teams`
    pub teams: Vec<Value>,
    /// `/service/boards/{id}/types`
    pub types: Vec<Value>,
    /// `/service/priorities`
    pub priorities: Vec<Value>,
    /// `/system/info/members`
    pub members: Vec<Value>,
    /// `/finance/agreements`
    pub agreements: Vec<Value>,
    /// `/service/knowledgeBaseArticles`
    pub articles: Vec<Value>,
    /// `/service/knowledgeBaseCategories`
    pub categories: Vec<Value>,
    /// `/service/boards`
    pub boards: Vec<Value>,
    /// `/company/companies/{id}/sites`
    pub sites: Vec<Value>,
    /// `/company/configurations`
    pub configurations: Vec<Value>,
    /// `/finance/invoices`
    pub invoices: Vec<Value>,
    /// `/finance/invoices/{id}/payments`
    pub payments: Vec<Value>,
    /// `/sales/opportunities`
    pub opportunities: Vec<Value>,
    /// `/sales/orders`
    pub orders: Vec<Value>,
    /// `/project/projects`
    pub projects: Vec<Value>,
    /// `/project/projects/{id}/phases`
    pub phases: Vec<Value>,
    writes: u32,
}

impl Data {
    /// Every kind of record, by its name here. One that is added is told here too.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut Vec<Value>)> {
        let Self {
            companies,
            contacts,
            tickets,
            notes,
            time_entries,
            documents,
            statuses,
            teams,
            types,
            priorities,
            members,
            agreements,
            articles,
            categories,
            boards,
            sites,
            configurations,
            invoices,
            payments,
            opportunities,
            orders,
            projects,
            phases,
            writes: _,
        } = self;
        vec![
            ("companies", companies),
            ("contacts", contacts),
            ("tickets", tickets),
            ("notes", notes),
            ("time_entries", time_entries),
            ("documents", documents),
            ("statuses", statuses),
            ("teams", teams),
            ("types", types),
            ("priorities", priorities),
            ("members", members),
            ("agreements", agreements),
            ("articles", articles),
            ("categories", categories),
            ("boards", boards),
            ("sites", sites),
            ("configurations", configurations),
            ("invoices", invoices),
            ("payments", payments),
            ("opportunities", opportunities),
            ("orders", orders),
            ("projects", projects),
            ("phases", phases),
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
    pub fn can(&self, method: &str, path: &str, status: u16, content_type: &str, body: impl Into<String>) {
        let canned = Canned {
            method: method.into(),
            path: path.into(),
            status,
            content_type: content_type.into(),
            body: body.into(),
            ..Canned::default()
        };
        self.quirks.lock().canned.insert(0, canned);
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
    if uri.path() == KEY_PATH && method == Method::GET {
        return match &quirks.keys_elsewhere {
            Some(place) => answer::moved(place),
            None => sent(200, &serde_json::json!({ "signing_key": SIGNING_KEY })),
        };
    }
    let Some(below) = uri.path().strip_prefix(BASE).and_then(|it| it.strip_prefix('/')) else { return html(404) };
    let header = |name: &str| headers.get(name).map(text).unwrap_or_default();
    let pair = format!("{COMPANY}+{PUBLIC_KEY}:{PRIVATE_KEY}");
    if header("authorization") != format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)) {
        // The cloud does not say 401.
        return error(404, "NotFound", "Resource not found. CANARY", Value::Null);
    }
    if header("clientid") != CLIENT_ID {
        return error(401, "Unauthorized", "The clientId is missing or not known. CANARY", Value::Null);
    }
    if !header("accept").starts_with("application/vnd.connectwise.com+json; version=") {
        return error(406, "NotAcceptable", "A version has to be named here.", Value::Null);
    }
    if quirks.html_500 {
        return html(500);
    }
    if quirks.rate_limit {
        return busy();
    }
    let writing = method == Method::POST || method == Method::PATCH;
    let fits = |it: &&Canned| {
        let verb = if it.method.is_empty() { writing } else { it.method == method.as_str() };
        verb && below.starts_with(&it.path)
    };
    if let Some(canned) = quirks.canned.iter().find(fits) {
        if canned.silent {
            return std::future::pending().await;
        }
        return answer::canned(canned);
    }
    let segments: Vec<&str> = below.split('/').collect();
    let verbs = description::verbs(&segments);
    if verbs.is_empty() {
        return html(404);
    }
    let Some(path) = verbs.iter().find(|it| it.verb == method.as_str()) else {
        return error(405, "MethodNotAllowed", "The verb is not allowed here.", Value::Null);
    };
    if writing {
        return write(&state, &quirks, &method, &segments, &body).await;
    }
    let pairs = answer::pairs(uri.query().unwrap_or_default());
    let data = state.data.lock();
    let answer = if path.form == "list" {
        let forward = header("pagination-type") == "forward-only";
        reads::list(&data, &quirks, path, (uri.path(), &segments, &pairs), forward)
    } else {
        reads::one(&data, &quirks, path, &segments, &pairs)
    };
    answer.unwrap_or_else(|refused| *refused)
}

async fn write(state: &State, quirks: &Quirks, method: &Method, path: &[&str], body: &[u8]) -> Response {
    let number = path.get(2).and_then(|it| it.parse::<i64>().ok()).unwrap_or_default();
    let written = {
        let mut data = state.data.lock();
        match (method, path) {
            (&Method::PATCH, _) => writes::patch(&mut data, quirks, number, body),
            (_, [_, _, _, "notes"]) => writes::note(&mut data, quirks, number, body),
            _ => writes::ticket(&mut data, quirks, body),
        }
    };
    match written {
        Ok(_) if quirks.stall_after_commit => std::future::pending().await,
        Ok(_) if quirks.reset_after_commit => crate::halopsa::cut(),
        Ok(_) if quirks.fail_after_commit => html(500),
        Ok(row) => sent(if *method == Method::POST { 201 } else { 200 }, &row),
        Err(refused) => *refused,
    }
}
