//! Hudu's articles as its description has them: a key in a header, pages without a total, articles of no company, failures as
//! `{"error"}` and `{"errors"}`.

use crate::dav::answer::of;
use crate::{Log, Recorded, Running, serve};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The key that it knows.
pub const API_KEY: &str = "simulated-hudu-key";
/// Acme's number.
pub const ACME: i64 = 11;
/// Globex's number.
pub const GLOBEX: i64 = 12;
/// The folder that customers may read.
pub const PUBLIC_FOLDER: i64 = 5;

/// Ways to misbehave.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// The most rows of a page, whatever is asked for; 0: 1,000.
    pub page_cap: usize,
    /// `page` does nothing.
    pub ignore_paging: bool,
    /// `company_id` does nothing.
    pub ignore_company: bool,
    /// `/articles/{id}` answers another one.
    pub wrong_article: bool,
}

/// The simulator's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    articles: Arc<Mutex<Vec<Value>>>,
}

impl State {
    /// Changes how it misbehaves.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.quirks.lock());
    }

    /// Reads or changes the articles.
    pub fn articles<T>(&self, look: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        look(&mut self.articles.lock())
    }
}

/// An article as the API shows it.
pub fn article(id: i64, company: Option<i64>, folder: Option<i64>, name: &str, content: &str) -> Value {
    json!({
        "id": id, "slug": format!("a{id}"), "name": name, "draft": false, "content": content, "object_type": "Article",
        "url": format!("/a/{id}"), "folder_id": folder, "enable_sharing": false, "share_url": null, "company_id": company,
        "created_at": "2026-01-05T08:00:00.000Z", "updated_at": "2026-09-01T08:00:00.000Z", "public_photos": [],
    })
}

fn with(mut article: Value, key: &str, value: Value) -> Value {
    if let Some(fields) = article.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
    article
}

/// Whether a number is written so in a path or a query.
fn is(number: &Value, text: &str) -> bool {
    text.parse().is_ok_and(|it: i64| number.as_i64() == Some(it))
}

/// Starts one on a free port of 127.0.0.1.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State::default();
    let shared = article(4, None, None, "VPN internals", "<p>shared with the world, VPN, SHAREDCANARY</p>");
    let shared = with(shared, "enable_sharing", json!(true));
    let shared = with(shared, "share_url", json!("https://docs.msp.example/shared/4"));
    let draft = article(5, None, Some(PUBLIC_FOLDER), "VPN for phones", "<p>VPN draft DRAFTCANARY</p>");
    let draft = with(draft, "draft", json!(true));
    state.articles(|rows| {
        rows.extend([
            article(1, None, Some(PUBLIC_FOLDER), "Set up the VPN", "<p>Install the client &amp; <b>sign in</b>.</p>"),
            article(2, None, Some(9), "VPN runbook", "<p>Rekey with INTERNALCANARY first. VPN.</p>"),
            article(3, Some(ACME), Some(PUBLIC_FOLDER), "Acme VPN gateway", "<p>The VPN of Acme.</p>"),
            shared,
            draft,
            article(6, Some(GLOBEX), Some(PUBLIC_FOLDER), "Globex VPN gateway", "<p>VPN GLOBEXCANARY</p>"),
        ]);
    });
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(listen).await?, app, state).await
}

fn json_of(status: u16, body: &Value) -> Response {
    of(status, "application/json; charset=utf-8", body.to_string())
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
    if headers.get("x-api-key").is_none_or(|it| text(it) != API_KEY) {
        return json_of(401, &json!({ "error": "Unauthorized" }));
    }
    let quirks = state.quirks.lock().clone();
    let articles = state.articles.lock().clone();
    let missing = || json_of(404, &json!({ "error": "Not Found" }));
    let Some(path) = uri.path().strip_prefix("/api/v1/articles") else { return missing() };
    if method != Method::GET {
        return missing();
    }
    if let Some(id) = path.strip_prefix('/') {
        let found = articles.iter().find(|it| is(&it["id"], id));
        let found = if quirks.wrong_article { articles.last().filter(|_| found.is_some()) } else { found };
        return found.map_or_else(missing, |it| json_of(200, &json!({ "article": it })));
    }
    let Ok(pairs) = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri) else { return missing() };
    let asked = |name: &str| pairs.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    let number = |name: &str, usual: usize| asked(name).map_or(Some(usual), |it| it.parse().ok());
    let (Some(page), Some(size)) = (number("page", 1), number("page_size", 25)) else {
        return json_of(422, &json!({ "errors": { "page": ["is not a number"] } }));
    };
    let words: Vec<String> = asked("search").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let company = asked("company_id").filter(|_| !quirks.ignore_company);
    let fits = |it: &&Value| {
        let text = format!("{} {}", it["name"], it["content"]).to_lowercase();
        words.iter().all(|word| text.contains(word)) && company.is_none_or(|id| is(&it["company_id"], id))
    };
    let cap = if quirks.page_cap == 0 { 1_000 } else { quirks.page_cap };
    let size = size.min(cap);
    let skip = if quirks.ignore_paging { 0 } else { page.saturating_sub(1) * size };
    let rows: Vec<&Value> = articles.iter().filter(fits).skip(skip).take(size).collect();
    json_of(200, &json!({ "articles": rows }))
}
