//! What Keycloak's failures mean. **Invariant:** nothing that Keycloak wrote gets into an error, not even for the log: its
//! messages name users and addresses.

use postern_api::http::{Effect, Response};
use postern_api::{Error, ErrorKind, Result};

/// The answer if it is a success; otherwise the error that it stands for.
pub(crate) fn check(response: Response, effect: Effect, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !response.is_html() { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let error = match response.status.as_u16() {
        200..=299 if effect == Effect::Write => unknown(),
        200..=299 => Error::bad_reply("not what was asked for"),
        401 => refused(),
        403 => Error::new(
            ErrorKind::Forbidden,
            "the directory does not allow this to Postern's account; ask an administrator for its roles there",
        ),
        404 => Error::not_found(what),
        409 => Error::new(ErrorKind::Conflict, "the directory has this already"),
        429 => {
            let busy = Error::new(ErrorKind::RateLimited, "the directory asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        400 | 413 | 415 | 422 => Error::new(ErrorKind::InvalidArgument, "the directory refused a value"),
        500 if is_refusal(response) => no_mail(),
        408 | 500..=599 if effect == Effect::Write => unknown(),
        408 => Error::new(ErrorKind::Timeout, "the directory did not answer in time; try again"),
        500..=599 => Error::new(ErrorKind::Unavailable, "the directory is out of order; try again later"),
        300..=499 => Error::bad_reply("an unexpected status"),
        _ if effect == Effect::Write => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    error.with("status", response.status.as_str())
}

/// Whether a 500 says that a mail could not be sent: the server is well, and nobody else has to wait.
pub fn is_refusal(response: &Response) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Says {
        error_message: String,
    }
    response.status.as_u16() == 500
        && !response.is_html()
        && response.json::<Says>().is_ok_and(|it| it.error_message.starts_with("Failed to send execute actions email"))
}

/// The credentials are not good.
pub(crate) fn refused() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "the directory does not accept Postern's credentials; ask an administrator to check them",
    )
}

/// Another address, or another realm.
pub(crate) fn no_realm() -> Error {
    Error::new(ErrorKind::Unavailable, "no such realm at this address; check `base_url` and `realm`")
}

/// The server answered that it could not send a mail.
pub(crate) fn no_mail() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the directory could not send its mail; ask an administrator to look at its mail settings",
    )
}

/// A write went out and what became of it cannot be told.
pub(crate) fn unknown() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "the directory may have done this, but did not say so clearly; look before trying again",
    )
}

/// After a write was accepted, whatever else goes wrong leaves its outcome unknown.
pub(crate) fn after_write(error: Error) -> Error {
    if error.kind() == ErrorKind::OutcomeUnknown { error } else { unknown().because(error) }
}

/// What a failure means after everything was put back: refused for certain, or to be tried again.
pub(crate) fn put_back(error: Error) -> Error {
    match error.kind() {
        ErrorKind::OutcomeUnknown | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::BadReply => Error::new(
            ErrorKind::Unavailable,
            "the directory failed on the way and everything was put back; nothing changed, try again later",
        )
        .because(error),
        ErrorKind::NotFound => {
            Error::new(ErrorKind::Conflict, "something of this is gone from the directory meanwhile").because(error)
        }
        ErrorKind::Forbidden
        | ErrorKind::InvalidArgument
        | ErrorKind::Conflict
        | ErrorKind::LimitReached
        | ErrorKind::Unsupported
        | ErrorKind::Unauthenticated
        | ErrorKind::RateLimited
        | ErrorKind::Internal => error,
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

    const MAIL: &str = r#"{"errorMessage":"Failed to send execute actions email: Invalid sender address 'null'."}"#;

    /// Bodies as Keycloak 26.4.7 sent them.
    #[test]
    fn each_body_that_was_seen_means_what_it_says() {
        use Effect::{Read, Write};
        let cases: &[(u16, &str, Effect, ErrorKind)] = &[
            (400, r#"{"errorMessage":"Provided invalid required actions"}"#, Write, ErrorKind::InvalidArgument),
            (
                400,
                r#"{"field":"big","errorMessage":"error-invalid-length","params":["big",0,2048]}"#,
                Write,
                ErrorKind::InvalidArgument,
            ),
            (400, r#"{"errorMessage":"User is disabled"}"#, Write, ErrorKind::InvalidArgument),
            (401, r#"{"error":"HTTP 401 Unauthorized"}"#, Read, ErrorKind::Unauthenticated),
            (403, r#"{"error":"HTTP 403 Forbidden"}"#, Write, ErrorKind::Forbidden),
            (404, r#"{"error":"User not found"}"#, Read, ErrorKind::NotFound),
            (404, r#"{"error":"Could not find role"}"#, Read, ErrorKind::NotFound),
            (404, r#"{"errorMessage":"Organization not found."}"#, Read, ErrorKind::NotFound),
            (405, r#"{"error":"HTTP 405 Method Not Allowed"}"#, Read, ErrorKind::BadReply),
            (409, r#"{"errorMessage":"User exists with same email"}"#, Write, ErrorKind::Conflict),
            (429, "", Write, ErrorKind::RateLimited),
            (500, MAIL, Write, ErrorKind::Unavailable),
            (500, r#"{"error":"unknown_error"}"#, Write, ErrorKind::OutcomeUnknown),
            (500, r#"{"error":"unknown_error"}"#, Read, ErrorKind::Unavailable),
            (503, "<!DOCTYPE html><html>", Write, ErrorKind::OutcomeUnknown),
            (302, "", Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>", Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>", Write, ErrorKind::OutcomeUnknown),
        ];
        for (status, body, effect, kind) in cases {
            let error = check(answer(*status, body), *effect, "portal user").expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {effect:?} {body}");
            let all = format!("{error} {error:?}");
            assert!(!all.contains("same email") && !all.contains("sender"), "{all}");
        }
    }

    #[test]
    fn only_a_mail_that_was_not_sent_refuses_one_request() {
        assert!(is_refusal(&answer(500, MAIL)));
        for other in [answer(500, r#"{"error":"unknown_error"}"#), answer(400, MAIL), answer(500, "")] {
            assert!(!is_refusal(&other));
        }
    }
}
