//! Answers in the vendor's forms.

use axum::body::Body;
use axum::response::Response;
use serde_json::Value;

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

/// The web server's own error page.
pub(super) fn html(status: u16) -> Response {
    let filler = "<div class=\"page\">CANARY-HTML something went wrong</div>".repeat(1000);
    raw(status, "text/html; charset=utf-8", format!("<!DOCTYPE html><html><body>{filler}</body></html>"))
}

/// The pairs of a query.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let parsed = reqwest::Url::parse(&format!("http://here/?{text}"));
    parsed.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
