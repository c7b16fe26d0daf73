//! Answers in Keycloak's forms.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

fn raw(status: u16, content_type: &str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    response
}

/// JSON.
pub(super) fn json(status: u16, body: &Value) -> Response {
    raw(status, "application/json;charset=UTF-8", body.to_string())
}

/// An error as the framework says it.
pub(super) fn error(status: u16, words: &str) -> Response {
    json(status, &json!({ "error": words }))
}

/// An error as the services say it.
pub(super) fn refused(status: u16, words: &str) -> Response {
    json(status, &json!({ "errorMessage": words }))
}

/// Done, and nothing to say.
pub(super) fn done() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = axum::http::StatusCode::NO_CONTENT;
    response
}

/// Made; where it is stands in a header alone.
pub(super) fn made(location: &str, id: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = axum::http::StatusCode::CREATED;
    if let Ok(value) = format!("{location}/{id}").parse() {
        response.headers_mut().insert("location", value);
    }
    response
}

/// The verb does not fit the path.
pub(super) fn wrong_verb() -> Response {
    error(405, "HTTP 405 Method Not Allowed")
}

/// What was put in the place of an answer.
pub(super) fn tripped(trip: &super::Trip) -> Response {
    let kind = if trip.content_type.is_empty() { "application/json" } else { &trip.content_type };
    let mut response = raw(trip.status, kind, trip.body.clone());
    if let Some(seconds) = trip.retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

/// The pairs of a query or a form.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let parsed = reqwest::Url::parse(&format!("http://here/?{text}"));
    parsed.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
