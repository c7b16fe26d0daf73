//! Answers: pages, redirects and refusals, with the headers that all of them have.

use super::pages::{CONTENT_SECURITY_POLICY, MessagePage, Notice};
use super::{Asked, SignIn, SignInEvent};
use crate::caller::Principal;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use postern_api::{Error, ErrorKind, TenantId};

/// Why something was refused; one event in the audit, one page for the person.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) status: StatusCode,
    pub(super) notice: Notice,
    pub(super) tenant: Option<TenantId>,
    pub(super) principal: Option<Principal>,
}

impl Refused {
    pub(super) fn new(code: &'static str, status: StatusCode, notice: Notice) -> Self {
        Self { code, status, notice, tenant: None, principal: None }
    }

    /// The sign-in could not be finished. One page for every cause.
    pub(super) fn failed(code: &'static str) -> Self {
        Self::new(code, StatusCode::BAD_REQUEST, Notice::SignInFailed)
    }

    pub(super) fn at(mut self, tenant: &TenantId) -> Self {
        self.tenant = Some(tenant.clone());
        self
    }

    pub(super) fn by(mut self, who: &Principal) -> Self {
        self.principal = Some(who.clone());
        self
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        if error.kind() == ErrorKind::Unavailable {
            return Self::new("busy", StatusCode::SERVICE_UNAVAILABLE, Notice::Unavailable);
        }
        tracing::error!(%error, "the sign-in failed: {error}");
        Self::new("internal", StatusCode::INTERNAL_SERVER_ERROR, Notice::Unavailable)
    }
}

/// A page with cookies.
pub(super) fn page(status: StatusCode, html: String, cookies: Vec<Option<HeaderValue>>) -> Response {
    with_cookies((status, Html(html)).into_response(), cookies)
}

/// 303: whatever was posted is not posted again.
pub(super) fn redirect(to: &str, cookies: Vec<Option<HeaderValue>>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    with_cookies(response, cookies)
}

fn with_cookies(mut response: Response, cookies: Vec<Option<HeaderValue>>) -> Response {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The page of a refusal, told to the audit.
pub(super) fn refusal(desk: &SignIn, asked: &Asked, refused: Refused) -> Response {
    let request_id = asked.id.as_ref().map(|it| it.0.0.to_string());
    desk.events.happened(&SignInEvent {
        allowed: false,
        code: refused.code,
        tenant: refused.tenant,
        principal: refused.principal,
        request_id: request_id.clone().unwrap_or_default(),
    });
    let message = MessagePage { notice: refused.notice, request_id, next: "/sign-in".into() };
    page(refused.status, desk.pages.message(&message), vec![])
}

/// The answer, or the page of why not.
pub(super) fn or_refusal(desk: &SignIn, asked: &Asked, outcome: Result<Response, Refused>) -> Response {
    outcome.unwrap_or_else(|refused| refusal(desk, asked, refused))
}

/// The headers of every answer. Pages say `same-origin`: under `no-referrer` browsers send forms with `Origin: null`.
pub(super) fn own_headers(mut response: Response) -> Response {
    let is_page = !response.status().is_redirection();
    let headers = response.headers_mut();
    let referrer = if is_page { "same-origin" } else { "no-referrer" };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, referrer),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
