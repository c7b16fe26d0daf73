//! Answers in the vendor's forms.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

/// Any answer.
fn raw(status: u16, content_type: &str, body: String) -> Response {
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

/// The vendor's own form of a failure.
pub(super) fn errors(status: u16, text: &str) -> Response {
    json(status, &json!({ "errors": [text] }))
}

/// The framework's form of one.
pub(super) fn message(status: u16, text: &str) -> Response {
    json(status, &json!({ "Message": text }))
}

/// The pairs of a query.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let parsed = reqwest::Url::parse(&format!("http://here/?{text}"));
    parsed.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
