//! Answers in the vendor's forms.

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Any answer.
pub(super) fn raw(status: u16, content_type: &str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    response
}

/// What was put in the place of an answer.
pub(super) fn canned(canned: &super::Canned) -> Response {
    let mut response = raw(canned.status, &canned.content_type, canned.body.clone());
    if let Some(seconds) = canned.retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

/// JSON.
pub(super) fn json(status: u16, body: &Value) -> Response {
    raw(status, "application/json; charset=utf-8", body.to_string())
}

/// A bare status.
pub(super) fn status(status: u16) -> Response {
    raw(status, "text/plain", String::new())
}

/// A body that ends in the middle, and the connection with it.
#[derive(Debug)]
struct Cut;

impl http_body::Body for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}

/// An answer that ends before it began to say anything.
pub(crate) fn cut() -> Response {
    Response::new(Body::new(Cut))
}

/// The web server's own error page: a quarter of a megabyte.
pub(super) fn html(status: u16) -> Response {
    let filler = "<div class=\"stack\">CANARY-HTML at Nethelpdesk.Web</div>".repeat(4600);
    raw(status, "text/html; charset=utf-8", format!("<!DOCTYPE html><html><body>{filler}</body></html>"))
}

/// An exception of the framework, with everything in it.
pub(super) fn exception(status: u16, message: &str) -> Response {
    let body = json!({
        "ClassName": "System.Exception", "Message": message, "Data": null, "InnerException": null,
        "StackTraceString": "   at CANARY-STACK.Nethelpdesk.Api.Lookup()",
    });
    json(status, &body)
}

/// The pairs of a query or a form.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let parsed = reqwest::Url::parse(&format!("http://here/?{text}"));
    parsed.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
