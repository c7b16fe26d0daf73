//! What the vendor's failures mean. **Invariant:** nothing that the vendor wrote gets into an error, not even for the log: its
//! bodies repeat whole records and what was sent, passwords included. Of a refusal, only our own names of fields remain.

mod refusal;

use postern_api::http::{Effect, Response, StatusCode, header};
use postern_api::{Error, ErrorKind, Result};

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for.
pub(crate) fn check(response: Response, effect: Effect, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !is_html(&response) { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let html = is_html(response);
    let error = match response.status.as_u16() {
        200..=299 if effect == Effect::Write => unknown(),
        200..=299 => Error::bad_reply("not what was asked for"),
        // The vendor says 401 for both; only what a group may not do has these words.
        401 if !html && refusal::is_permission(&response.body) => forbidden(),
        401 => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's token; ask an administrator to check it",
        ),
        403 => forbidden(),
        429 => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        404 => Error::not_found(what),
        400 if html => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        400 | 413 | 422 => refusal::error(&response.body),
        409 => Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"),
        408 | 500..=599 if effect == Effect::Write => unknown(),
        408 => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        500..=599 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        300..=499 => Error::bad_reply("an unexpected status"),
        _ if effect == Effect::Write => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    error.with("status", response.status.as_str()).with("form", if html { "html" } else { "other" })
}

fn forbidden() -> Error {
    Error::new(
        ErrorKind::Forbidden,
        "the connected system does not allow this to Postern's token; ask an administrator to add the permission",
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

/// Whether an answer says nothing: the vendor's form of a record that was deleted.
pub(crate) fn is_empty(response: &Response) -> bool {
    let body = response.body.trim_ascii();
    response.status == StatusCode::NO_CONTENT || body.is_empty() || body == b"null"
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::HeaderMap;

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a test status");
        Response { status, headers: HeaderMap::new(), body: body.to_owned().into_bytes().into() }
    }

    const PERMISSION: &str =
        r#"{"error":"Not authorized. Please ask account admin to update your group permissions."}"#;

    #[test]
    fn each_body_that_was_seen_means_what_it_says() {
        use Effect::{Read, Write};
        let cases: &[(u16, &str, Effect, ErrorKind)] = &[
            (401, PERMISSION, Read, ErrorKind::Forbidden),
            (401, PERMISSION, Write, ErrorKind::Forbidden),
            (401, r#"{"error":"invalid token"}"#, Read, ErrorKind::Unauthenticated),
            (401, "", Write, ErrorKind::Unauthenticated),
            (401, "<html>permissions</html>", Read, ErrorKind::Unauthenticated),
            (403, "", Read, ErrorKind::Forbidden),
            (404, r#"{"message":"Not found"}"#, Read, ErrorKind::NotFound),
            (404, "", Read, ErrorKind::NotFound),
            (404, "<html>no page</html>", Write, ErrorKind::NotFound),
            (400, r#"{"message":["Vendor is blank"]}"#, Write, ErrorKind::InvalidArgument),
            (400, "<html>bad</html>", Read, ErrorKind::Unavailable),
            (422, "", Write, ErrorKind::InvalidArgument),
            (409, "", Write, ErrorKind::Conflict),
            (405, "", Read, ErrorKind::BadReply),
            (302, "", Read, ErrorKind::BadReply),
            (408, "", Read, ErrorKind::Timeout),
            (408, "", Write, ErrorKind::OutcomeUnknown),
            (429, "", Read, ErrorKind::RateLimited),
            (429, "<html>slow down</html>", Write, ErrorKind::RateLimited),
            (500, "", Read, ErrorKind::Unavailable),
            (500, "<html>", Write, ErrorKind::OutcomeUnknown),
            (503, "<!DOCTYPE html><html>", Read, ErrorKind::Unavailable),
            (200, "<html>sign in</html>", Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>", Write, ErrorKind::OutcomeUnknown),
        ];
        for (status, body, effect, kind) in cases {
            let error = check(answer(*status, body), *effect, "ticket").expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {effect:?} {body}");
        }
    }

    #[test]
    fn nothing_of_the_vendors_words_is_in_the_error() {
        let body = r#"{"record":{"name":"CANARY"},"errors":"CANARY is not an email","params":{"password":"CANARY"}}"#;
        let page = format!("<html>{}</html>", "CANARY ".repeat(13_000));
        for body in [body, &page] {
            for status in [200, 400, 401, 403, 404, 422, 429, 500] {
                for effect in [Effect::Read, Effect::Write] {
                    if let Err(error) = check(answer(status, body), effect, "ticket") {
                        let all = format!("{error} {error:?}");
                        assert!(!all.contains("CANARY") && !all.contains("password"), "{all}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_429_without_retry_after_names_no_time() {
        let error = of(&answer(429, ""), Effect::Read, "ticket");
        assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, None));
    }
}
