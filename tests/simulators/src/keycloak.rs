//! Keycloak 26 as it was seen: 201 with a `Location` and no body, 204 for changes, substring search unless `exact` is said,
//! attribute queries that do not mind case, changes that lose what they leave out, attributes that are dropped without a word,
//! roles that come by groups and other roles, and errors in two forms.

mod access;
mod answer;
mod organisations;
mod seed;
mod users;

use crate::{Log, Recorded, Running, serve};
use answer::{error, json, pairs};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use parking_lot::Mutex;
pub use seed::{ALICE, BOB, GLOBEX_LEAD, GLOBEX_USER, LEAD, ORG_ACME, ORG_GLOBEX, STAFF};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The realm.
pub const REALM: &str = "customers";
/// The client whose service account may administer it.
pub const CLIENT_ID: &str = "postern-directory";
/// That client's secret.
pub const CLIENT_SECRET: &str = "simulated-directory-secret";

/// An answer in the place of the usual one, for some requests.
#[derive(Debug, Clone, Default)]
pub struct Trip {
    /// The verb; empty: every verb but `GET`.
    pub method: String,
    /// What the path below the realm holds.
    pub path: String,
    /// Requests that fit and are answered as ever before.
    pub skip: u32,
    /// How many are answered with this; 0: all that come.
    pub times: u32,
    /// Whether the request is carried out all the same.
    pub commit: bool,
    /// The status.
    pub status: u16,
    /// The media type; empty: JSON.
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
    /// `q` does nothing: everybody's users come.
    pub ignore_query: bool,
    /// `first` does nothing: every page is the first one.
    pub ignore_first: bool,
    /// No mail can be sent.
    pub no_mail: bool,
    /// Answers instead of the usual ones; the first that fits.
    pub trips: Vec<Trip>,
}

/// A mail that went to somebody, with the secret that nobody else gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What it asks for.
    pub actions: Vec<String>,
    /// How long the link works, in seconds.
    pub lifespan: Option<u64>,
    /// The link's secret.
    pub token: String,
}

/// The realm.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// Its settings.
    pub realm: Value,
    /// Which attributes users have.
    pub profile: Value,
    /// Roles of the service account in `realm-management`.
    pub granted: BTreeSet<String>,
    /// Its users.
    pub users: Vec<Value>,
    /// Its roles.
    pub roles: Vec<Value>,
    /// Roles that hang on users, by user.
    pub direct: BTreeMap<String, BTreeSet<String>>,
    /// Roles that users have by groups, by user.
    pub by_group: BTreeMap<String, BTreeSet<String>>,
    /// Roles that bring others, by role.
    pub brings: BTreeMap<String, BTreeSet<String>>,
    /// Credentials, by user.
    pub credentials: BTreeMap<String, Vec<Value>>,
    /// Sessions, by user.
    pub sessions: BTreeMap<String, Vec<Value>>,
    /// Users who are locked.
    pub locked: BTreeSet<String>,
    /// What users did, oldest first.
    pub events: Vec<Value>,
    /// What administrators did, oldest first.
    pub admin_events: Vec<Value>,
    /// Organisations.
    pub organisations: Vec<Value>,
    /// Their members, by organisation.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// Mails that went out, oldest first.
    pub mails: Vec<Mail>,
    next: u64,
}

impl Data {
    /// One user.
    pub fn user(&mut self, id: &str) -> Option<&mut Value> {
        self.users.iter_mut().find(|it| it["id"] == json!(id))
    }

    /// The roles that hang on a user, by name.
    pub fn roles_of(&self, id: &str) -> Vec<&str> {
        self.direct.get(id).into_iter().flatten().map(String::as_str).collect()
    }

    fn fresh(&mut self) -> String {
        self.next += 1;
        seed::uuid(0x1000 + self.next)
    }
}

/// The simulator's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    data: Arc<Mutex<Data>>,
    tokens: Arc<Mutex<(BTreeSet<String>, u64)>>,
}

impl State {
    /// Changes how it misbehaves.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.quirks.lock());
    }

    /// Reads or changes the realm.
    pub fn data<T>(&self, look: impl FnOnce(&mut Data) -> T) -> T {
        look(&mut self.data.lock())
    }

    /// Ends every access token.
    pub fn revoke_tokens(&self) {
        self.tokens.lock().0.clear();
    }

    /// How many access tokens were handed out.
    pub fn tokens_issued(&self) -> u64 {
        self.tokens.lock().1
    }

    /// Answers some requests with this from now on.
    pub fn trip(&self, trip: Trip) {
        self.quirks.lock().trips.push(trip);
    }
}

/// Starts one on a free port of 127.0.0.1, with two organisations in it.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State { data: Arc::new(Mutex::new(seed::data())), ..State::default() };
    let routes = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(listen).await?, routes, state).await
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
    let host = headers.get("host").map(text).unwrap_or_default();
    let segments: Vec<&str> = uri.path().split('/').skip(1).collect();
    match segments.as_slice() {
        ["realms", realm, "protocol", "openid-connect", "token"] => token(&state, &method, realm, &body),
        ["admin", "realms", realm, below @ ..] => {
            let bearer =
                headers.get("authorization").map(text).and_then(|it| it.strip_prefix("Bearer ").map(str::to_owned));
            if !bearer.is_some_and(|it| state.tokens.lock().0.contains(&it)) {
                return error(401, "HTTP 401 Unauthorized");
            }
            if *realm != REALM {
                return error(404, "Realm not found.");
            }
            let request = Request {
                method: method.as_str(),
                path: below,
                query: pairs(uri.query().unwrap_or_default()),
                body: &body,
                location: format!("http://{host}{}", uri.path()),
            };
            asked(&state, &request).await
        }
        _ => error(404, "HTTP 404 Not Found"),
    }
}

/// A request below the realm.
struct Request<'a> {
    method: &'a str,
    path: &'a [&'a str],
    query: Vec<(String, String)>,
    body: &'a [u8],
    location: String,
}

impl Request<'_> {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |it| it.0 == name).map(|it| it.1.as_str())
    }

    fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The rows of the page that was asked for.
    fn page(&self, rows: Vec<Value>, quirks: &Quirks) -> Response {
        let number = |name| self.one(name).and_then(|it| it.parse::<usize>().ok());
        let first = if quirks.ignore_first { 0 } else { number("first").unwrap_or(0) };
        let rows = rows.into_iter().skip(first).take(number("max").unwrap_or(100)).collect();
        json(200, &Value::Array(rows))
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok()
    }
}

async fn asked(state: &State, request: &Request<'_>) -> Response {
    let joined = request.path.join("/");
    let trip = {
        let mut quirks = state.quirks.lock();
        let fits = |it: &&mut Trip| {
            let verb = if it.method.is_empty() { request.method != "GET" } else { it.method == request.method };
            verb && joined.contains(&it.path)
        };
        let mut fitting = None;
        if let Some(trip) = quirks.trips.iter_mut().find(fits) {
            if trip.skip > 0 {
                trip.skip -= 1;
            } else {
                fitting = Some(trip.clone());
                if trip.times > 0 {
                    trip.times -= 1;
                    if trip.times == 0 {
                        // Never again, and nothing else is found in its place.
                        trip.method = "-".into();
                    }
                }
            }
        }
        fitting
    };
    let Some(trip) = trip else { return api(state, request) };
    if trip.commit {
        drop(api(state, request));
    }
    if trip.silent {
        return std::future::pending().await;
    }
    answer::tripped(&trip)
}

fn api(state: &State, request: &Request<'_>) -> Response {
    let quirks = state.quirks.lock().clone();
    let data = &mut *state.data.lock();
    let may = |role: &str| data.granted.contains(role);
    let reads = request.method == "GET";
    let allowed = match request.path {
        [] | [""] | ["users", "profile"] => true,
        ["organizations", "members", _, "organizations"] if reads => may("manage-users") || may("view-users"),
        ["organizations", ..] => may("manage-realm"),
        ["roles", ..] => may("view-realm") || may("manage-realm"),
        ["events" | "admin-events"] => may("view-events"),
        ["users", ..] | ["attack-detection", ..] => may("manage-users") || reads && may("view-users"),
        _ => return error(404, "HTTP 404 Not Found"),
    };
    if !allowed {
        return error(403, "HTTP 403 Forbidden");
    }
    match request.path {
        [] | [""] if reads => json(200, &access::realm(data)),
        ["users", "profile"] if reads => json(200, &data.profile),
        ["users"] | ["users", _] => users::handle(data, &quirks, request),
        ["organizations", ..] => organisations::handle(data, &quirks, request),
        _ => access::handle(data, &quirks, request),
    }
}

fn token(state: &State, method: &Method, realm: &str, body: &[u8]) -> Response {
    if method != Method::POST {
        return error(405, "HTTP 405 Method Not Allowed");
    }
    if realm != REALM {
        return error(404, "Realm does not exist");
    }
    let form = pairs(&String::from_utf8_lossy(body));
    let says = |name: &str, value: &str| form.iter().any(|(n, v)| n == name && v == value);
    if !says("grant_type", "client_credentials") {
        return json(400, &json!({ "error": "unsupported_grant_type" }));
    }
    if !says("client_id", CLIENT_ID) || !says("client_secret", CLIENT_SECRET) {
        let code = if says("client_id", CLIENT_ID) { "unauthorized_client" } else { "invalid_client" };
        let words = "Invalid client or Invalid client credentials";
        return json(401, &json!({ "error": code, "error_description": words }));
    }
    let mut tokens = state.tokens.lock();
    tokens.1 += 1;
    let token = format!("simulated-{}", tokens.1);
    tokens.0.insert(token.clone());
    json(200, &json!({ "access_token": token, "expires_in": 300, "refresh_expires_in": 0, "token_type": "Bearer" }))
}
