//! The tower service that is mounted at `/mcp`.

use super::answers::Shared;
use super::direct::Plain;
use super::handler::Handler;
use super::held::Held;
use super::sessions::{Full, Sessions, Whose};
use super::{Facts, Host, McpConfig, Refusal, RequestId};
use crate::caller::Caller;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full as FullBody};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Serialize;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

const SESSION_ID: &str = "mcp-session-id";
const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// The body of every answer.
pub(super) type Body = BoxBody<Bytes, Infallible>;

/// The endpoint for every protocol version that we speak.
pub struct McpService<H = Handler> {
    /// Shared: a clone of the transport copies its settings, and there is one for every request.
    inner: Arc<StreamableHttpService<H, Sessions>>,
    sessions: Arc<Sessions>,
    /// What answers plain requests, and hears of what is refused here.
    shared: Option<Arc<Shared>>,
}

/// The endpoint in front of a host.
pub fn service(host: Arc<dyn Host>, config: McpConfig) -> McpService {
    let shared = Arc::new(Shared::new(host, config.clone()));
    serve(
        {
            let shared = shared.clone();
            move || Handler::new(shared.clone())
        },
        Some(shared),
        config,
    )
}

/// The endpoint in front of a handler: one for every session, and one for every request that has no session.
pub(super) fn serve<H>(
    handler: impl Fn() -> H + Send + Sync + 'static,
    shared: Option<Arc<Shared>>,
    config: McpConfig,
) -> McpService<H>
where
    H: ServerHandler + Send + 'static,
{
    let sessions = Arc::new(Sessions::new(config.session_idle, config.max_sessions, config.max_sessions_each));
    let transport = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(true)
        .with_json_response(true)
        .with_allowed_hosts(config.allowed_hosts)
        .with_allowed_origins(config.allowed_origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(config.max_body_bytes)
        .with_cancellation_token(config.stop);
    let inner = StreamableHttpService::new(move || Ok(handler()), sessions.clone(), transport);
    McpService { inner: Arc::new(inner), sessions, shared }
}

impl<H> McpService<H>
where
    H: ServerHandler + Send + 'static,
{
    async fn answer<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body + Send + 'static,
        B::Error: fmt::Display,
    {
        let Some(caller) = request.extensions().get::<Arc<Caller>>().cloned() else {
            tracing::error!("a request reached the MCP service without a caller: the authenticate layer is missing");
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
        };
        let mut named = request.headers().get_all(SESSION_ID).iter();
        let begins = match (named.next(), named.next()) {
            (Some(_), Some(_)) => return plain(StatusCode::BAD_REQUEST, "send one Mcp-Session-Id"),
            (Some(id), None) => {
                let whose = id.to_str().map_or(Whose::Nobodys, |id| self.sessions.whose(id, &caller.principal));
                if whose == Whose::Foreign
                    && let Some(shared) = &self.shared
                {
                    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
                    let facts =
                        Facts { request_id: request_id.as_deref().unwrap_or_default().to_owned(), ..Facts::default() };
                    shared.host.refused(&caller, Refusal::Session, &facts);
                }
                // The transport ignores an unknown id in requests of versions without sessions, and says that it has ended
                // what never was: only the latter would tell a foreign session from none.
                if whose == Whose::Foreign || (whose == Whose::Nobodys && request.method() == Method::DELETE) {
                    return plain(StatusCode::NOT_FOUND, "Not Found: Session not found");
                }
                false
            }
            (None, _) => {
                if let Some(shared) = &self.shared
                    && let Some(plain) = Plain::of(&request, &caller, &shared.config)
                {
                    return plain.answer(shared.clone()).await;
                }
                request.method() == Method::POST && !names_modern_version(request.headers())
            }
        };
        if begins && let Err(full) = self.sessions.room(&caller.principal) {
            return busy(full);
        }
        let held = if begins { None } else { Held::of(&request, &caller) };
        let mut response = self.inner.handle(request).await;
        if let Some(held) = held {
            response = held.begun(response).await;
        }
        if let Some(id) = response.headers().get(SESSION_ID).and_then(|id| id.to_str().ok()) {
            self.sessions.bind(id, caller.principal.clone()).await;
        }
        response
    }
}

impl<H, B> tower::Service<Request<B>> for McpService<H>
where
    H: ServerHandler + Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Error: fmt::Display,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}

impl<H> Clone for McpService<H> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), sessions: self.sessions.clone(), shared: self.shared.clone() }
    }
}

impl<H> fmt::Debug for McpService<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpService").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

/// Versions are dates, so their order is that of their text.
fn names_modern_version(headers: &HeaderMap) -> bool {
    headers.get(PROTOCOL_VERSION).is_some_and(|version| version.as_bytes() >= b"2026-07-28".as_slice())
}

fn busy(full: Full) -> Response<Body> {
    let mut response = match full {
        Full::Server => plain(StatusCode::SERVICE_UNAVAILABLE, "too many sessions: try again in a minute"),
        Full::Person => plain(StatusCode::TOO_MANY_REQUESTS, "too many sessions of yours: end one, or try again later"),
    };
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// A message as the body of an answer.
pub(super) fn json(message: &impl Serialize) -> Response<Body> {
    finish(serde_json::to_vec(message))
}

/// A written message as the body of an answer.
pub(super) fn finish(message: serde_json::Result<Vec<u8>>) -> Response<Body> {
    let Ok(body) = message else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
    };
    let mut response = Response::new(FullBody::new(Bytes::from(body)).boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(FullBody::new(Bytes::from_static(text.as_bytes())).boxed());
    *response.status_mut() = status;
    if status != StatusCode::NOT_FOUND {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    response
}
