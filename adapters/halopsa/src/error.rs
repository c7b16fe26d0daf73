//! What the vendor's failures mean. **Invariant:** nothing that the vendor wrote gets into an error, not even for the log:
//! its bodies carry stack traces, customers' names and whole HTML pages.

use postern_api::http::{Effect, Response, StatusCode, header};
use postern_api::{Error, ErrorKind, Result};

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for.
pub(crate) fn check(response: Response, effect: Effect, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !is_html(&response) { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let html = is_html(response);
    let says = if html { Says::Nothing } else { says(&response.body) };
    let error = match (response.status.as_u16(), says) {
        (200..=299, _) if effect == Effect::Write => unknown(),
        (200..=299, _) => Error::bad_reply("not what was asked for"),
        (401, _) => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's credentials; ask an administrator to check them",
        ),
        (429, _) => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        (400 | 403, Says::NoSuchTarget) => Error::new(
            ErrorKind::InvalidArgument,
            "the connected system knows no such team or agent, or not for this ticket",
        ),
        (404, _) | (400 | 403, Says::NotFound) => Error::not_found(what),
        (403, _) | (400, Says::NotAllowed) => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's account; ask an administrator",
        ),
        (400, _) if html => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        (400 | 413 | 422, _) => Error::new(ErrorKind::InvalidArgument, "the connected system refused a value"),
        (409, _) => Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"),
        (408 | 500..=599, _) if effect == Effect::Write => unknown(),
        (408, _) => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        (500..=599, _) => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        (300..=499, _) => Error::bad_reply("an unexpected status"),
        _ if effect == Effect::Write => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    error.with("status", response.status.as_str()).with("form", if html { "html" } else { "other" })
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
pub(crate) fn is_html(response: &Response) -> bool {
    let typed = response.header(&header::CONTENT_TYPE).is_some_and(|it| it.to_ascii_lowercase().contains("html"));
    typed || response.body.iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'<')
}

/// Whether an answer says that there is nothing more to it than success.
pub(crate) fn is_empty(response: &Response) -> bool {
    response.status == StatusCode::NO_CONTENT || response.body.iter().all(u8::is_ascii_whitespace)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    NotFound,
    NotAllowed,
    NoSuchTarget,
    Nothing,
}

/// Looks for the few phrases that tell cases apart, in the first bytes of the text only.
fn says(body: &[u8]) -> Says {
    let start = body.get(..2048).unwrap_or(body);
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    if text.contains("unable to re-assign") {
        Says::NoSuchTarget
    } else if text.contains("not found") || text.contains("does not exist") {
        Says::NotFound
    } else if text.contains("permission") || text.contains("not authorised") || text.contains("not authorized") {
        Says::NotAllowed
    } else {
        Says::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::HeaderMap;

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a test status");
        Response { status, headers: HeaderMap::new(), body: body.to_owned().into_bytes().into() }
    }

    const NET: &str = r#"{"ClassName":"System.Exception","Message":"Ticket not found.","Data":null,"StackTraceString":"   at Nethelpdesk.Secret.Lookup()"}"#;

    #[test]
    fn each_body_that_was_seen_means_what_it_says() {
        use Effect::{Read, Write};
        let cases: &[(u16, &str, Effect, ErrorKind)] = &[
            (400, NET, Read, ErrorKind::NotFound),
            (403, NET, Read, ErrorKind::NotFound),
            (404, NET, Read, ErrorKind::NotFound),
            (404, "", Read, ErrorKind::NotFound),
            (404, "<html>no page</html>", Read, ErrorKind::NotFound),
            (400, r#"{"resultCode":1,"errorMessage":"The ticket does not exist"}"#, Read, ErrorKind::NotFound),
            (400, r#"{"Message":"You do not have permission to update this Ticket."}"#, Write, ErrorKind::Forbidden),
            (403, r#"{"error":"forbidden"}"#, Read, ErrorKind::Forbidden),
            (
                400,
                "\"Unable to re-assign. The Agent or Team was not found or did not have access to it\"",
                Write,
                ErrorKind::InvalidArgument,
            ),
            (400, r#"{"error":"summary is required"}"#, Write, ErrorKind::InvalidArgument),
            (422, "", Write, ErrorKind::InvalidArgument),
            (409, "", Write, ErrorKind::Conflict),
            (401, r#"{"error":"invalid_token"}"#, Read, ErrorKind::Unauthenticated),
            (405, "", Read, ErrorKind::BadReply),
            (302, "", Read, ErrorKind::BadReply),
            (408, "", Read, ErrorKind::Timeout),
            (408, "", Write, ErrorKind::OutcomeUnknown),
            (429, "", Read, ErrorKind::RateLimited),
            (429, "", Write, ErrorKind::RateLimited),
            (500, NET, Read, ErrorKind::Unavailable),
            (500, NET, Write, ErrorKind::OutcomeUnknown),
            (503, "<!DOCTYPE html><html>", Read, ErrorKind::Unavailable),
            (503, "<!DOCTYPE html><html>", Write, ErrorKind::OutcomeUnknown),
            (400, "<html>bad tenant</html>", Read, ErrorKind::Unavailable),
            (200, "<html>sign in</html>", Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>", Write, ErrorKind::OutcomeUnknown),
        ];
        for (status, body, effect, kind) in cases {
            let error = check(answer(*status, body), *effect, "ticket").expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {effect:?} {body}");
        }
    }

    #[test]
    fn nothing_of_a_net_exception_is_in_the_error() {
        let page = format!("<html>{}</html>", "Nethelpdesk.Secret ".repeat(13_000));
        for body in [NET, &page] {
            for status in [200, 400, 403, 404, 500] {
                if let Err(error) = check(answer(status, body), Effect::Read, "ticket") {
                    let all = format!("{error} {error:?}");
                    assert!(!all.contains("Nethelpdesk") && !all.contains("ClassName"), "{all}");
                }
            }
        }
    }

    #[test]
    fn a_429_without_retry_after_is_rate_limited_and_names_no_time() {
        let error = of(&answer(429, ""), Effect::Read, "ticket");
        assert_eq!((error.kind(), error.wait()), (ErrorKind::RateLimited, None));
    }
}
