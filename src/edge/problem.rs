//! Errors over HTTP, as problem details (RFC 9457). The only place that maps a failure to an HTTP status.
//!
//! **Invariant:** a body depends on the kind alone, and on a message meant for the caller; never on the cause.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use postern_api::{Error, ErrorKind};
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

/// What went wrong, as HTTP tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read.
    BadRequest,
    /// No valid token.
    Unauthenticated,
    /// Known, and still not allowed.
    Forbidden,
    /// Nothing here.
    NotFound,
    /// Not with this method.
    MethodNotAllowed,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The state of the record forbids it.
    Conflict,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is of another type.
    UnsupportedMediaType,
    /// This host is not served here.
    Misdirected,
    /// A value is refused.
    Invalid,
    /// Too many requests.
    TooManyRequests,
    /// The headers are too large.
    HeadersTooLarge,
    /// Our own mistake.
    Internal,
    /// Not something that this deployment does.
    NotImplemented,
    /// A system behind Postern answered badly.
    BadGateway,
    /// Not possible just now.
    Unavailable,
    /// A system behind Postern did not answer in time.
    GatewayTimeout,
}

impl Kind {
    /// The status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::BadRequest => "the request cannot be read",
            Self::Unauthenticated => "a valid access token is needed",
            Self::Forbidden => "not allowed",
            Self::NotFound => "nothing is here",
            Self::MethodNotAllowed => "not with this method",
            Self::RequestTimeout => "the request took too long to arrive",
            Self::Conflict => "the record changed meanwhile, read it again",
            Self::PayloadTooLarge => "the body is too large",
            Self::UnsupportedMediaType => "send application/json in UTF-8, not encoded",
            Self::Misdirected => "this host is not served here",
            Self::Invalid => "a value is not accepted",
            Self::TooManyRequests => "too many requests, wait and try again",
            Self::HeadersTooLarge => "the headers are too many or too large",
            Self::Internal => "an internal error occurred",
            Self::NotImplemented => "this deployment cannot do this",
            Self::BadGateway => "the connected system sent an answer that could not be read",
            Self::Unavailable => "not possible just now, try again later",
            Self::GatewayTimeout => "the answer took too long",
        }
    }
}

/// One failure, ready to be answered.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Wire<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    /// A failure of a kind, in that kind's words.
    pub fn new(kind: Kind) -> Self {
        Self { kind, detail: Cow::Borrowed(kind.detail()), retry_after: None }
    }

    /// With other words for the caller: lower case, no full stop, what to do next.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With the time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::Forbidden => Kind::Forbidden,
            ErrorKind::InvalidArgument => Kind::Invalid,
            ErrorKind::Conflict => Kind::Conflict,
            ErrorKind::LimitReached => Kind::Conflict,
            ErrorKind::Unsupported => Kind::NotImplemented,
            ErrorKind::Unauthenticated => Kind::BadGateway,
            ErrorKind::RateLimited => Kind::Unavailable,
            ErrorKind::Unavailable => Kind::Unavailable,
            ErrorKind::Timeout => Kind::GatewayTimeout,
            ErrorKind::OutcomeUnknown => Kind::GatewayTimeout,
            ErrorKind::BadReply => Kind::BadGateway,
            ErrorKind::Internal => Kind::Internal,
        };
        Self { kind, detail: Cow::Owned(error.message().to_owned()), retry_after: error.wait() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let wire = Wire {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.detail,
        };
        let body = serde_json::to_vec(&wire).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds(wait));
        }
        response
    }
}

/// Whole seconds, rounded up, at least one (RFC 9110 section 10.2.3).
fn seconds(wait: Duration) -> HeaderValue {
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_problem_is_rfc_9457_and_says_when_to_come_back() {
        let response = Problem::new(Kind::TooManyRequests).retry_after(Duration::from_millis(1200)).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "2");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["status"], 429);
        assert_eq!(body["title"], "Too Many Requests");
        assert_eq!(body["type"], "about:blank");
    }

    #[tokio::test]
    async fn l02_the_cause_of_an_error_is_not_in_its_body() {
        let error = Error::internal("SELECT secret FROM tokens").because("Bearer abc");
        let body = Problem::from(&error).into_response().into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(!body.contains("SELECT") && !body.contains("abc"), "{body}");
    }
}
