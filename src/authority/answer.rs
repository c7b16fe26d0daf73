//! Answers: pages and standard errors, with the headers that every one of them has.

use super::Authority;
use super::pages::ErrorView;
use crate::caller::RequestId;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use postern_api::ErrorKind;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parameters, each at most once.
pub(super) type Params = BTreeMap<String, String>;

/// Reads `application/x-www-form-urlencoded` text; `Err` names what came twice.
pub(super) fn params(text: &str) -> Result<Params, String> {
    let mut found = Params::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        if found.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            return Err(name.into_owned());
        }
    }
    // RFC 6749 section 3.1: a parameter without a value is as if it was not there.
    found.retain(|_, value| !value.is_empty());
    Ok(found)
}

/// Whether a body says that it is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A page: framed by nobody, loads nothing of anybody else's, and its forms go to us, and from there to `onward` alone.
///
/// `same-origin` sends no address to anybody else, as `no-referrer` would; but under `no-referrer` browsers send the forms of a
/// page with `Origin: null`, which is refused here.
pub(super) fn page(mut response: Response, status: StatusCode, onward: Option<&str>) -> Response {
    *response.status_mut() = status;
    let headers = response.headers_mut();
    guard(headers);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let onward = onward.map(|it| format!(" {it}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'{onward}; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// 303 with nothing to remember.
pub(super) fn see_other(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    guard(headers);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    match HeaderValue::from_str(to) {
        Ok(to) => drop(headers.insert(header::LOCATION, to)),
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}

/// JSON that nobody keeps.
pub(super) fn json_answer(status: StatusCode, body: serde_json::Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    guard(response.headers_mut());
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A standard error (RFC 6749 section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) error: &'static str,
    pub(super) says: &'static str,
    /// For the audit.
    pub(super) reason: &'static str,
}

impl OAuthError {
    pub(super) fn new(error: &'static str, says: &'static str, reason: &'static str) -> Self {
        Self { error, says, reason }
    }

    pub(super) fn answer(self) -> Response {
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" | "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = json_answer(status, json!({"error": self.error, "error_description": self.says}));
        if status == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"postern\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

impl From<postern_api::Error> for OAuthError {
    fn from(error: postern_api::Error) -> Self {
        // What is only busy was told where it was found.
        if error.kind() != ErrorKind::Unavailable {
            tracing::error!(error = %error, source = ?std::error::Error::source(&error), "the authority's store failed");
        }
        Self::new("temporarily_unavailable", "not possible just now, try again later", "store")
    }
}

impl Authority {
    /// A page that says what is wrong, and goes nowhere.
    pub(super) fn error_page(
        &self,
        status: StatusCode,
        (title, message, code): (&'static str, &'static str, &'static str),
        id: &RequestId,
        back: Option<(String, String)>,
    ) -> Response {
        let view =
            ErrorView { server: Arc::clone(&self.server), title, message, code, request_id: Arc::clone(&id.0), back };
        page(self.pages.error(&view), status, None)
    }

    /// Where an answer to a client goes: its address with these parameters and our name (RFC 9207).
    pub(super) fn back_to(&self, redirect_uri: &str, state: Option<&str>, answer: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &self.issuer);
        let joint = if redirect_uri.contains('?') { '&' } else { '?' };
        format!("{redirect_uri}{joint}{}", query.finish())
    }
}
