//! Answers in the vendor's forms.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

/// Any answer.
pub(super) fn raw(status: u16, content_type: &str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    set(&mut response, "content-type", content_type);
    set(&mut response, "x-cw-request-id", "0a1b2c3d-4e5f");
    response
}

/// Sets a header.
pub(super) fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

/// What was put in the place of an answer.
pub(super) fn canned(canned: &super::Canned) -> Response {
    let mut response = raw(canned.status, &canned.content_type, canned.body.clone());
    if let Some(seconds) = canned.retry_after {
        set(&mut response, "retry-after", &seconds.to_string());
    }
    response
}

/// A record or a list.
pub(super) fn sent(status: u16, body: &Value) -> Response {
    raw(status, "application/vnd.connectwise.com+json; version=2026.4; charset=utf-8", body.to_string())
}

/// Something that is to be had elsewhere.
pub(super) fn moved(place: &str) -> Response {
    let mut response = raw(302, "text/html", String::new());
    set(&mut response, "location", place);
    response
}

/// The vendor's error.
pub(super) fn error(status: u16, code: &str, message: &str, errors: Value) -> Response {
    sent(status, &json!({ "code": code, "message": message, "errors": errors }))
}

/// A value that was refused.
pub(super) fn invalid(kind: &str, code: &str, field: &str, message: &str) -> Response {
    let errors = json!([{ "code": code, "message": message, "resource": kind, "field": field }]);
    error(400, "InvalidObject", &format!("{kind} object is invalid"), errors)
}

/// Too many requests. The body calls its code otherwise than every other error.
pub(super) fn busy() -> Response {
    let body = json!({ "error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 30 seconds." });
    let mut response = sent(429, &body);
    set(&mut response, "retry-after", "30");
    response
}

/// The web server's own page for an address that it does not know, or for its own troubles.
pub(super) fn html(status: u16) -> Response {
    let filler = "<div class=\"content\">CANARY-HTML the resource you are looking for</div>".repeat(400);
    let title = if status == 404 { "404 - File or directory not found." } else { "500 - Internal server error." };
    raw(
        status,
        "text/html",
        format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{filler}</body></html>"),
    )
}

/// The pairs of a query.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let parsed = reqwest::Url::parse(&format!("http://here/?{text}"));
    parsed.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
