//! What the vendor's failures mean. **Invariant:** nothing that the vendor wrote gets into an error, not even for the log: its
//! messages repeat properties and what was sent. Of a refusal, only a category of a few known ones remains.

use postern_api::http::{Effect, Response};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::time::Duration;

const KNOWN: [&str; 7] = [
    "CONFLICT",
    "INVALID_AUTHENTICATION",
    "MISSING_SCOPES",
    "OBJECT_NOT_FOUND",
    "PROPERTY_DOESNT_EXIST",
    "RATE_LIMITS",
    "VALIDATION_ERROR",
];

#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    category: Option<String>,
    #[serde(default, rename = "policyName")]
    policy: Option<String>,
}

/// What a list is called here.
pub(crate) const LIST: &str = "list";

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for.
pub(crate) fn check(response: Response, effect: Effect, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !response.is_html() { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let body: Body = serde_json::from_slice(&response.body).unwrap_or_default();
    let error = match response.status.as_u16() {
        200..=299 if effect == Effect::Write => unknown(),
        200..=299 => Error::bad_reply("not what was asked for"),
        401 => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's token; ask an administrator to check it",
        ),
        403 => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's token; ask an administrator to add the scope",
        ),
        404 if what == LIST => Error::bad_reply("a list that is not there"),
        404 => Error::not_found(what),
        429 => busy(response, body.policy.as_deref()),
        409 => Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"),
        400 | 413 | 414 | 422 => {
            Error::new(ErrorKind::InvalidArgument, "the connected system refuses this; check what is to be done")
        }
        // 423: the account is locked for a while; 477: it is being moved. Neither is about the request.
        423 | 477 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        408 | 500..=599 if effect == Effect::Write => unknown(),
        408 => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        500..=599 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        _ if effect == Effect::Write && !response.status.is_client_error() => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    let error = error.with("status", response.status.as_str());
    match KNOWN.iter().find(|it| Some(**it) == body.category.as_deref()) {
        Some(category) => error.with("category", *category),
        None => error,
    }
}

/// Too many: of these seconds, or of the day. The vendor says which, and not always for how long.
fn busy(response: &Response, policy: Option<&str>) -> Error {
    let (message, wait) = match policy {
        Some("DAILY") => ("the connected system takes no more requests today; try again tomorrow", 3_600),
        Some("SECONDLY") => ("the connected system asks to slow down; try again shortly", 1),
        Some(_) | None => ("the connected system asks to slow down; try again shortly", 10),
    };
    let wait = response.retry_after().unwrap_or(Duration::from_secs(wait));
    Error::new(ErrorKind::RateLimited, message).retry_after(wait)
}

/// A write went out and what became of it cannot be told.
pub(crate) fn unknown() -> Error {
    Error::unknown_outcome()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a test status");
        Response { status, headers: HeaderMap::new(), body: body.to_owned().into_bytes().into() }
    }

    #[test]
    fn each_body_means_what_it_says() {
        use Effect::{Read, Write};
        let error = |category: &str| format!(r#"{{"status":"error","message":"x","category":"{category}"}}"#);
        let cases: &[(u16, String, Effect, ErrorKind)] = &[
            (401, error("INVALID_AUTHENTICATION"), Read, ErrorKind::Unauthenticated),
            (403, error("MISSING_SCOPES"), Write, ErrorKind::Forbidden),
            (404, error("OBJECT_NOT_FOUND"), Read, ErrorKind::NotFound),
            (400, error("VALIDATION_ERROR"), Write, ErrorKind::InvalidArgument),
            (409, error("CONFLICT"), Write, ErrorKind::Conflict),
            (423, String::new(), Read, ErrorKind::Unavailable),
            (477, String::new(), Write, ErrorKind::Unavailable),
            (500, error(""), Read, ErrorKind::Unavailable),
            (500, error(""), Write, ErrorKind::OutcomeUnknown),
            (302, String::new(), Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>".into(), Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>".into(), Write, ErrorKind::OutcomeUnknown),
        ];
        for (status, body, effect, kind) in cases {
            let error = check(answer(*status, body), *effect, "contact").expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {effect:?} {body}");
        }
    }

    #[test]
    fn a_429_says_when_to_come_back_by_its_policy() {
        let of_policy = |policy: &str| {
            let body = format!(r#"{{"errorType":"RATE_LIMIT","policyName":"{policy}","message":"CANARY"}}"#);
            of(&answer(429, &body), Effect::Read, "contact")
        };
        for (policy, seconds) in [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10), ("DAILY", 3_600)] {
            let error = of_policy(policy);
            assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, Some(Duration::from_secs(seconds))));
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
    }
}
