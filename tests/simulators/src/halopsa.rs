//! HaloPSA as its users found it: pages of at most 100 rows, filters that are ignored without a word, writes as arrays,
//! times without a zone, and error pages where JSON was asked for.

mod answer;
mod lists;
mod records;
mod seed;
mod writes;

use crate::{Log, Recorded, Running, serve};
pub(crate) use answer::cut;
use answer::{html, json, status};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use parking_lot::Mutex;
pub use seed::{ACME, ACME_LEAD, ACME_USER, GLOBEX, GLOBEX_USER};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The tenant that the token server knows.
pub const TENANT: &str = "simulated";
/// The API application that it knows.
pub const CLIENT_ID: &str = "5f0c2a7e-0000-4000-8000-000000000001";
/// The application's secret.
pub const CLIENT_SECRET: &str = "5f0c2a7e-0000-4000-8000-00000000000a-5f0c2a7e-0000-4000-8000-00000000000b";

/// A canned answer for every path that begins with `path`.
#[derive(Debug, Clone, Default)]
pub struct Canned {
    /// The verb that it answers.
    pub method: String,
    /// The beginning of the path below `/api`, in lower case, for example `tickets/`.
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

/// Ways to misbehave; each was seen on a live tenant or follows from the vendor's description.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// `pageinate`, `page_no` and `page_size` do nothing: every page is the first one.
    pub ignore_paging: bool,
    /// The most rows of a list without pages; 0: a thousand.
    pub whole_cap: usize,
    /// Every page has rows that no page had before.
    pub endless_pages: bool,
    /// `record_count` is this.
    pub record_count: Option<u64>,
    /// No filter does anything.
    pub ignore_filters: bool,
    /// `client_id` does nothing; other filters work.
    pub leak_other_clients: bool,
    /// Every answer of the API is a large HTML page with status 500.
    pub html_500: bool,
    /// Every answer of the API is 429 without `Retry-After`.
    pub rate_limit: bool,
    /// Writes are done and never answered.
    pub stall_after_commit: bool,
    /// Writes are done and answered with 500.
    pub fail_after_commit: bool,
    /// Writes are done, and the connection ends in the middle of the answer.
    pub reset_after_commit: bool,
    /// Writes of one record are answered with an array.
    pub array_replies: bool,
    /// Numbers of records are written as floats in odd rows and as texts in even ones.
    pub odd_numbers: bool,
    /// Actions come without `hiddenfromuser`.
    pub no_hidden_flag: bool,
    /// Actions are stored as visible whatever was sent.
    pub expose_notes: bool,
    /// New tickets are stored for this client, whatever was sent.
    pub create_for: Option<i64>,
    /// New tickets lose their custom fields.
    pub lose_custom_fields: bool,
    /// Changes of a ticket are answered as done, and a rule puts these fields back.
    pub revert: Vec<&'static str>,
    /// `ticket_id` of `/Actions` and `/Attachment` does nothing.
    pub mix_tickets: bool,
    /// Writes carry the machine's time.
    pub real_time: bool,
    /// Answers instead of the usual ones; the first that fits.
    pub canned: Vec<Canned>,
}

/// The records, as the API shows them.
#[derive(Debug, Default)]
pub struct Data {
    /// `/Client`
    pub clients: Vec<Value>,
    /// `/Users`
    pub users: Vec<Value>,
    /// `/Tickets`
    pub tickets: Vec<Value>,
    /// `/Actions`
    pub actions: Vec<Value>,
    /// `/Attachment`
    pub attachments: Vec<Value>,
    /// `/KBArticle`
    pub articles: Vec<Value>,
    /// `/Status`
    pub statuses: Vec<Value>,
    /// `/Team`
    pub teams: Vec<Value>,
    /// `/Agent`
    pub agents: Vec<Value>,
    /// `/Priority`
    pub priorities: Vec<Value>,
    /// `/Site`
    pub sites: Vec<Value>,
    /// `/Asset`
    pub assets: Vec<Value>,
    /// `/Invoice`
    pub invoices: Vec<Value>,
    /// `/InvoicePayment`
    pub payments: Vec<Value>,
    /// `/ClientContract`
    pub contracts: Vec<Value>,
    /// `/Quotation`
    pub quotes: Vec<Value>,
    /// `/Projects`
    pub projects: Vec<Value>,
    writes: u32,
}

impl Data {
    /// Every kind of record, by its name here. One that is added is told here too.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut Vec<Value>)> {
        let Self {
            clients,
            users,
            tickets,
            actions,
            attachments,
            articles,
            statuses,
            teams,
            agents,
            priorities,
            sites,
            assets,
            invoices,
            payments,
            contracts,
            quotes,
            projects,
            writes: _,
        } = self;
        vec![
            ("clients", clients),
            ("users", users),
            ("tickets", tickets),
            ("actions", actions),
            ("attachments", attachments),
            ("articles", articles),
            ("statuses", statuses),
            ("teams", teams),
            ("agents", agents),
            ("priorities", priorities),
            ("sites", sites),
            ("assets", assets),
            ("invoices", invoices),
            ("payments", payments),
            ("contracts", contracts),
            ("quotes", quotes),
            ("projects", projects),
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
    tokens: Arc<Mutex<Tokens>>,
}

#[derive(Debug, Default)]
struct Tokens {
    valid: BTreeSet<String>,
    issued: u64,
    /// Which of many it is, so that a token which is sent to another is refused there.
    of: String,
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

    /// Ends every access token.
    pub fn revoke_tokens(&self) {
        self.tokens.lock().valid.clear();
    }

    /// How many access tokens were handed out.
    pub fn tokens_issued(&self) -> u64 {
        self.tokens.lock().issued
    }

    /// Answers a path with this instead, from now on.
    pub fn can(&self, method: &str, path: &str, status: u16, content_type: &str, body: impl Into<String>) {
        let canned = Canned {
            method: method.into(),
            path: path.to_ascii_lowercase(),
            status,
            content_type: content_type.into(),
            body: body.into(),
            ..Canned::default()
        };
        self.quirks.lock().canned.insert(0, canned);
    }
}

/// Starts one on a free port of 127.0.0.1, with two clients in it.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State { data: Arc::new(Mutex::new(seed::data())), ..State::default() };
    serve(TcpListener::bind(listen).await?, routes(state.clone()), state).await
}

/// Starts this many behind one address, each with its own data and tokens, below `/0`, `/1` and so on.
pub async fn start_many(many: usize) -> std::io::Result<Running<Vec<State>>> {
    let state = |nth: usize| {
        let tokens = Tokens { of: format!("-{nth}"), ..Tokens::default() };
        State { data: Arc::new(Mutex::new(seed::data())), tokens: Arc::new(Mutex::new(tokens)), ..State::default() }
    };
    let states: Vec<_> = (0..many).map(state).collect();
    let app = states
        .iter()
        .enumerate()
        .fold(axum::Router::new(), |app, (nth, state)| app.nest(&format!("/{nth}"), routes(state.clone())));
    serve(TcpListener::bind("127.0.0.1:0").await?, app, states).await
}

fn routes(state: State) -> axum::Router {
    axum::Router::new().fallback(handle).with_state(state)
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
    match segments.as_slice() {
        ["auth", "token"] => token(&state, &method, &pairs, &body),
        ["api", "authinfo"] if method == Method::GET => json(200, &json!({ "auth_url": "/auth", "tenant_id": TENANT })),
        ["api", below @ ..] => {
            let authorised =
                headers.get("authorization").map(text).and_then(|it| it.strip_prefix("Bearer ").map(str::to_owned));
            if !authorised.is_some_and(|token| state.tokens.lock().valid.contains(&token)) {
                return status(401);
            }
            if quirks.html_500 {
                return html(500);
            }
            if quirks.rate_limit {
                return status(429);
            }
            let joined = below.join("/");
            let fits = |it: &&Canned| it.method == method.as_str() && joined.starts_with(&it.path);
            if let Some(canned) = quirks.canned.iter().find(fits) {
                if canned.silent {
                    return std::future::pending().await;
                }
                return answer::canned(canned);
            }
            api(&state, &quirks, &method, below, &pairs, &body).await
        }
        _ => html(404),
    }
}

async fn api(
    state: &State,
    quirks: &Quirks,
    method: &Method,
    path: &[&str],
    pairs: &[(String, String)],
    body: &[u8],
) -> Response {
    const LISTS: [&str; 9] =
        ["client", "users", "tickets", "actions", "attachment", "kbarticle", "status", "team", "agent"];
    let known = path.first().is_some_and(|it| LISTS.contains(it) || records::LISTS.contains(it)) && path.len() <= 2;
    if !known {
        return html(404);
    }
    match (method, path) {
        (&Method::GET, [kind]) => lists::list(&state.data.lock(), quirks, kind, pairs),
        (&Method::GET, [kind, id]) => lists::one(&state.data.lock(), quirks, kind, id, pairs),
        (&Method::POST, [kind @ ("tickets" | "actions")]) => {
            let written = writes::write(&mut state.data.lock(), quirks, kind, body);
            match written {
                Ok(_) if quirks.stall_after_commit => std::future::pending().await,
                Ok(_) if quirks.fail_after_commit => html(500),
                Ok(_) if quirks.reset_after_commit => cut(),
                Ok(mut rows) if rows.len() == 1 && !quirks.array_replies => json(201, &rows.remove(0)),
                Ok(rows) => json(201, &Value::Array(rows)),
                Err(refused) => *refused,
            }
        }
        _ => status(405),
    }
}

fn token(state: &State, method: &Method, pairs: &[(String, String)], body: &[u8]) -> Response {
    if method != Method::POST {
        return status(405);
    }
    if !pairs.iter().any(|(name, value)| name == "tenant" && value == TENANT) {
        // An unknown tenant is a fault of the whole server.
        return html(500);
    }
    if state.quirks.lock().rate_limit {
        return status(429);
    }
    let form = answer::pairs(&String::from_utf8_lossy(body));
    let says = |name: &str, value: &str| form.iter().any(|(n, v)| n == name && v == value);
    if !says("grant_type", "client_credentials")
        || !says("client_id", CLIENT_ID)
        || !says("client_secret", CLIENT_SECRET)
    {
        return json(401, &json!({ "error": "invalid_client" }));
    }
    let mut tokens = state.tokens.lock();
    tokens.issued += 1;
    let token = format!("simulated{}-{}", tokens.of, tokens.issued);
    tokens.valid.insert(token.clone());
    json(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "all" }))
}
