//! The body of a message to the MCP endpoint: whole, in time, small enough, and JSON with one meaning.
//!
//! The protocol library behind this reads JSON leniently: of a repeated key it takes the last. Whoever reads the first (a
//! proxy, a log, a policy) would see another call. So what could be read two ways does not get that far. What the
//! library does check (headers against body, versions, Accept) is not repeated here.

use super::check::take;
use super::config::LimitsConfig;
use super::json;
use super::problem::{Kind, Problem};
use super::reason::Reason;
use super::rejection::{RejectionFacts, Rejections};
use crate::caller::Message;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Headers that mean something to the protocol and that it reads the first of.
const SINGLE: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("last-event-id"),
];
const PARSE_ERROR: i32 = -32_700;
const INVALID_REQUEST: i32 = -32_600;

/// The layer.
#[derive(Debug, Clone)]
pub(crate) struct StrictBody {
    pub(crate) limits: LimitsConfig,
    pub(crate) rejections: Arc<dyn Rejections>,
}

impl<S> Layer<S> for StrictBody {
    type Service = StrictBodyService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        StrictBodyService { rule: self.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StrictBodyService<S> {
    rule: StrictBody,
    inner: S,
}

impl<S> Service<Request<Body>> for StrictBodyService<S>
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let rule = self.rule.clone();
        let mut inner = take(&mut self.inner);
        Box::pin(async move {
            let facts = RejectionFacts::of(&request);
            match rule.read(request).await {
                Ok(request) => inner.call(request).await,
                Err(answer) => {
                    rule.rejections.rejected(Reason::Body, &facts);
                    Ok(answer)
                }
            }
        })
    }
}

impl StrictBody {
    async fn read(&self, request: Request<Body>) -> Result<Request<Body>, Response> {
        if SINGLE.iter().any(|name| request.headers().get_all(name).iter().count() > 1) {
            return Err(Problem::new(Kind::BadRequest).into_response());
        }
        if request.method() != Method::POST {
            // Nothing behind this reads the body of another method, so none is passed on.
            return Ok(request.map(|_| Body::empty()));
        }
        if !is_plain_utf8(request.headers()) {
            return Err(Problem::new(Kind::UnsupportedMediaType).into_response());
        }
        let (mut parts, body) = request.into_parts();
        let body = self.collect(&parts.headers, body).await.map_err(|kind| Problem::new(kind).into_response())?;
        self.check(&body).map_err(Unread::answer)?;
        parts.extensions.insert(Message(body.clone()));
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn collect(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Kind> {
        let told = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
        if told.is_some_and(|it| it > self.limits.body_bytes as u64) {
            return Err(Kind::PayloadTooLarge);
        }
        let whole = Limited::new(body, self.limits.body_bytes).collect();
        match tokio::time::timeout(self.limits.body_read(), whole).await {
            Err(_) => Err(Kind::RequestTimeout),
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Kind::PayloadTooLarge),
            Ok(Err(_)) => Err(Kind::BadRequest),
        }
    }

    fn check(&self, body: &[u8]) -> Result<(), Unread> {
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Unread(INVALID_REQUEST, "batches are not supported, send one message a request"));
        }
        json::check(body, self.limits.json_depth).map_err(|error| {
            // Of the parser's words only those that are ours: its own quote the input.
            let message = if error.is_data() {
                "the message repeats a key, nests too deeply, or has a number over 2^53"
            } else {
                "the message is not JSON in UTF-8"
            };
            Unread(PARSE_ERROR, message)
        })
    }
}

/// Neither compressed nor in another character set. Absent types are the library's to refuse.
fn is_plain_utf8(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else { return true };
    let Ok(content_type) = content_type.to_str() else { return false };
    content_type.split(';').skip(1).filter_map(|it| it.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

/// Why a body is no message: a JSON-RPC error code, and words for the caller.
struct Unread(i32, &'static str);

impl Unread {
    fn answer(self) -> Response {
        let Self(code, message) = self;
        let body = serde_json::json!({
            "jsonrpc": "2.0",
            "id": null,
            "error": {"code": code, "message": message},
        });
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (StatusCode::BAD_REQUEST, json, body.to_string()).into_response()
    }
}
