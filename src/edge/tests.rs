//! The edge as a whole, over HTTP.

use super::*;
use crate::caller::Caller;
use crate::edge::envelope::RequestId;
use crate::edge::peer::Peer;
use crate::edge::reason::Reason;
use crate::edge::testing::{
    Bench, CUSTOMERS, HEADER, Noted, RESOURCE, Signer, bench, bench_with, changed, claims, token_with,
};
use crate::edge::token::{AlwaysStands, Standing};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Version};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

mod body;
mod hosts;
mod protocol;
mod rates;
mod sessions;
mod tokens;

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// Says what it was given, so that a test can see what reached the protocol.
async fn echo(request: Request<Body>) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if body.ends_with(b"panic\"}") {
        panic!("secret of the house");
    }
    let caller = parts.extensions.get::<Arc<Caller>>().unwrap();
    assert!(parts.extensions.get::<RequestId>().is_some());
    let headers: Vec<_> = parts.headers.keys().map(|it| it.as_str()).collect();
    let mut response = axum::Json(json!({
        "subject": &*caller.principal.subject,
        "issuer": &*caller.principal.issuer,
        "headers": headers,
        "bytes": body.len(),
    }))
    .into_response();
    if body.ends_with(b"\"initialize\"}") {
        let id = uuid::Uuid::new_v4().to_string().parse().unwrap();
        response.headers_mut().insert("mcp-session-id", id);
    }
    Ok(response)
}

struct Edge {
    router: Router,
    noted: Arc<Noted>,
    bench: Bench,
}

fn edge() -> Edge {
    edge_with(|_| {}, bench())
}

fn edge_with(change: impl FnOnce(&mut EdgeParts), bench: Bench) -> Edge {
    let noted = Arc::new(Noted::default());
    let mut config = EdgeConfig::new(RESOURCE);
    config.scopes = vec!["tickets:read".into(), "tickets:write".into()];
    let guarded = Router::new().route(
        "/confirmations/{id}",
        post(|caller: axum::Extension<Arc<Caller>>| async move { caller.principal.subject.to_string() }),
    );
    let mut parts = EdgeParts {
        config,
        verifier: Arc::clone(&bench.verifier),
        rejections: noted.clone(),
        listener: None,
        drain: CancellationToken::new(),
        streams: Default::default(),
        guarded,
        open: Router::new(),
    };
    change(&mut parts);
    Edge { router: router(tower::service_fn(echo), parts).unwrap(), noted, bench }
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

impl Edge {
    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    async fn post(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send(request(headers, body)).await
    }

    /// A call with a good token and these further headers.
    async fn call(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = request(headers, body);
        authorise(&mut request, &token_with(json!({})));
        self.send(request).await
    }
}

fn request(headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request =
        Request::post("/mcp").header("host", "mcp.example.com").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

fn authorise(request: &mut Request<Body>, token: &str) {
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
}
