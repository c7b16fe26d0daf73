//! A backend in trouble: whatever is asked, the answer is the same. And a handle that sends some requests there instead.

use crate::{Log, Recorded, Running, serve};
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use parking_lot::Mutex;
use postern_api::http::{Effect, Http, Request};
use postern_api::{CallCx, Result};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The one answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
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

/// The backend's insides.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was asked.
    pub log: Log,
    answer: Arc<Mutex<Answer>>,
}

impl State {
    /// Answers everything with this from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock() = answer;
    }
}

/// Starts one on a free port of 127.0.0.1.
pub async fn start() -> std::io::Result<Running<State>> {
    let state = State::default();
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind("127.0.0.1:0").await?, app, state).await
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
    let answer = state.answer.lock().clone();
    if answer.silent {
        return std::future::pending().await;
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    if let Ok(value) = answer.content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

/// Sends requests of one effect elsewhere, while it is told to.
#[derive(Debug)]
pub struct Detour {
    usual: Arc<dyn Http>,
    elsewhere: Arc<dyn Http>,
    detoured: Mutex<Option<Effect>>,
}

impl Detour {
    /// A handle that sends everything the usual way.
    pub fn new(usual: Arc<dyn Http>, elsewhere: Arc<dyn Http>) -> Arc<Self> {
        Arc::new(Self { usual, elsewhere, detoured: Mutex::new(None) })
    }

    /// Which requests go elsewhere from now on.
    pub fn detour(&self, effect: Option<Effect>) {
        *self.detoured.lock() = effect;
    }
}

#[postern_api::async_trait]
impl Http for Detour {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<postern_api::http::Response> {
        let elsewhere = *self.detoured.lock() == Some(request.effect);
        if elsewhere { self.elsewhere.send(cx, request).await } else { self.usual.send(cx, request).await }
    }
}
