//! What the vendor's failures mean. **Invariant:** nothing that the vendor wrote gets into an error, not even for the log:
//! its bodies carry customers' names and whole HTML pages. Its `x-cw-request-id` goes to the log, for its support.

use crate::wire::{Inner, Many, Str};
use postern_api::http::{HeaderName, Response, header};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;

/// What was asked: it decides what a 404 and a lost answer mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// One record, called this.
    Record(&'static str),
    /// A list, which is always there.
    List,
    /// A change to a record called this.
    Write(&'static str),
}

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for.
pub(crate) fn check(response: Response, asked: Asked) -> Result<Response> {
    if response.status.is_success() && !is_html(&response) { Ok(response) } else { Err(of(&response, asked)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, asked: Asked) -> Error {
    let html = is_html(response);
    let says = if html { Says::Nothing } else { says(&response.body) };
    let writing = matches!(asked, Asked::Write(_));
    let error = match (response.status.as_u16(), says) {
        (200..=299, _) if writing => unknown(),
        (200..=299, _) => Error::bad_reply("not what was asked for"),
        (429, _) => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        // The cloud answers wrong keys with 404; so does its web server what it does not know. A list is always there.
        (404, _) if html || asked == Asked::List => stranger(),
        (400..=404, Says::NotSignedIn) => stranger(),
        (401 | 403, Says::NotAllowed) | (403, _) | (400, Says::NotAllowed) => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's account; ask an administrator",
        ),
        (401, _) => stranger(),
        (404, _) => match asked {
            Asked::Record(what) | Asked::Write(what) => Error::not_found(what),
            Asked::List => stranger(),
        },
        (400, _) if html => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        (400, Says::NoSuchReference) => Error::new(
            ErrorKind::InvalidArgument,
            "the connected system knows no such board, status, type or team, or not together; ask an administrator",
        ),
        (400 | 413 | 422, _) => Error::new(ErrorKind::InvalidArgument, "the connected system refused a value"),
        (409, _) => Error::new(ErrorKind::Conflict, "the record is in use or changed meanwhile; read it again"),
        (408 | 500..=599, _) if writing => unknown(),
        (408, _) => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        (500..=599, _) => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        (300..=499, _) => Error::bad_reply("an unexpected status"),
        _ if writing => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    let error = error.with("status", response.status.as_str()).with("form", if html { "html" } else { "other" });
    let id = response.header(&HeaderName::from_static("x-cw-request-id"));
    let id = id.filter(|it| it.len() <= 64 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    id.into_iter().fold(error, |error, id| error.with("vendor_request", id))
}

fn stranger() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "the connected system does not know Postern's address or keys; ask an administrator to check them",
    )
}

/// A write went out and what became of it cannot be told.
pub(crate) fn unknown() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "the connected system may have done this, but did not say so clearly; look before trying again",
    )
}

/// After a write was accepted, whatever else goes wrong leaves its outcome unknown: a repetition could double it.
pub(crate) fn after_write(error: Error) -> Error {
    if error.kind() == ErrorKind::OutcomeUnknown { error } else { unknown().because(error) }
}

/// Whether this is a web page instead of an answer.
fn is_html(response: &Response) -> bool {
    let typed = response.header(&header::CONTENT_TYPE).is_some_and(|it| it.to_ascii_lowercase().contains("html"));
    typed || response.body.iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'<')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    NotSignedIn,
    NotAllowed,
    NoSuchReference,
    Nothing,
}

/// The vendor's error body, as far as it tells cases apart.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    code: Str,
    message: Str,
    errors: Many<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    code: Str,
}

fn says(body: &[u8]) -> Says {
    if body.len() > 64 * 1024 {
        return Says::Nothing;
    }
    let body = serde_json::from_slice::<Inner<Body>>(body).unwrap_or_default().0;
    let message = body.message.or_empty().to_ascii_lowercase();
    if message.contains("usernotauthenticated") {
        Says::NotSignedIn
    } else if message.contains("security permission")
        || (body.code.get() == Some("Security") && !message.contains("ssl is required"))
    {
        Says::NotAllowed
    } else if body.errors.0.iter().any(|it| it.code.get() == Some("NotFound")) {
        Says::NoSuchReference
    } else {
        Says::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a test status");
        Response { status, headers: HeaderMap::new(), body: body.to_owned().into_bytes().into() }
    }

    const INVALID: &str = r#"{"code":"InvalidObject","message":"serviceNote object is invalid","errors":[{"code":"MissingRequiredField","message":"CANARY","resource":"serviceNote","field":"text"}]}"#;
    const STATUS: &str = r#"{"code":"InvalidObject","message":"ticket object is invalid","errors":[{"code":"NotFound","message":"Service Status not found for Service Board CANARY","field":"status/name"}]}"#;
    const SECURITY: &str =
        r#"{"code":"Security","message":"You do not have security permission to perform this action. CANARY"}"#;
    const IIS: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"><title>404 - File or directory not found. CANARY</title>";
    const TIMEOUT: &str = r#"{"code":"ConnectWiseApi","message":"A timeout has occured. Please try again. CANARY"}"#;
    const BUSY: &str = r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#;

    #[test]
    fn each_body_that_was_seen_means_what_it_says() {
        const RECORD: Asked = Asked::Record("ticket");
        const WRITE: Asked = Asked::Write("ticket");
        let cases: &[(u16, &str, Asked, ErrorKind)] = &[
            (404, r#"{"code":"NotFound","message":"Resource not found CANARY"}"#, RECORD, ErrorKind::NotFound),
            (404, r#"{"code":"NotFound"}"#, WRITE, ErrorKind::NotFound),
            (404, "", RECORD, ErrorKind::NotFound),
            (404, r#"{"code":"NotFound"}"#, Asked::List, ErrorKind::Unauthenticated),
            (404, IIS, RECORD, ErrorKind::Unauthenticated),
            (404, IIS, Asked::List, ErrorKind::Unauthenticated),
            (404, IIS, WRITE, ErrorKind::Unauthenticated),
            (401, r#"{"code":"Unauthorized","message":"CANARY"}"#, RECORD, ErrorKind::Unauthenticated),
            (401, SECURITY, RECORD, ErrorKind::Forbidden),
            (400, r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#, RECORD, ErrorKind::Unauthenticated),
            (403, r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#, WRITE, ErrorKind::Unauthenticated),
            (403, SECURITY, RECORD, ErrorKind::Forbidden),
            (403, "", WRITE, ErrorKind::Forbidden),
            (400, SECURITY, WRITE, ErrorKind::Forbidden),
            (400, r#"{"code":"Security","message":"SSL is required."}"#, RECORD, ErrorKind::InvalidArgument),
            (400, INVALID, WRITE, ErrorKind::InvalidArgument),
            (400, STATUS, WRITE, ErrorKind::InvalidArgument),
            (400, "<html>CANARY", RECORD, ErrorKind::Unavailable),
            (409, "", WRITE, ErrorKind::Conflict),
            (405, "", RECORD, ErrorKind::BadReply),
            (415, "", WRITE, ErrorKind::BadReply),
            (302, "", RECORD, ErrorKind::BadReply),
            (408, "", RECORD, ErrorKind::Timeout),
            (408, "", WRITE, ErrorKind::OutcomeUnknown),
            (429, BUSY, RECORD, ErrorKind::RateLimited),
            (429, BUSY, WRITE, ErrorKind::RateLimited),
            (500, TIMEOUT, RECORD, ErrorKind::Unavailable),
            (500, TIMEOUT, WRITE, ErrorKind::OutcomeUnknown),
            (503, IIS, Asked::List, ErrorKind::Unavailable),
            (200, IIS, RECORD, ErrorKind::BadReply),
            (200, IIS, WRITE, ErrorKind::OutcomeUnknown),
        ];
        for (status, body, asked, kind) in cases {
            let error = check(answer(*status, body), *asked).expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {asked:?} {body}");
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[test]
    fn a_429_says_when_to_come_back_whatever_its_body_is_called() {
        let mut busy = answer(429, BUSY);
        busy.headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("30"));
        let error = of(&busy, Asked::List);
        assert_eq!((error.kind(), error.wait().map(|it| it.as_secs())), (ErrorKind::RateLimited, Some(30)));
        assert_eq!(of(&answer(429, ""), Asked::List).wait(), None);
    }

    #[test]
    fn the_vendors_request_id_is_kept_for_the_log_and_only_if_it_is_one() {
        for (id, kept) in [("4f0c-77", true), ("CANARY name@x", false)] {
            let mut refused = answer(400, "{}");
            refused.headers.insert("x-cw-request-id", id.parse().expect("a header"));
            let error = of(&refused, Asked::List);
            assert_eq!(error.context().iter().any(|(key, _)| *key == "vendor_request"), kept, "{id}");
        }
    }
}
