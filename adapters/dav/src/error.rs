//! What the servers' failures mean. **Invariant:** nothing that a server wrote gets into an error: its pages name paths, and
//! with them customers.

use postern_api::http::{Effect, Response};
use postern_api::{Error, ErrorKind, Result};

/// The answer if it has one of these statuses; otherwise the error that it stands for.
pub fn check(response: Response, statuses: &[u16], effect: Effect, what: &'static str) -> Result<Response> {
    if statuses.contains(&response.status.as_u16()) { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let error = match response.status.as_u16() {
        401 => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's account; ask an administrator to check its password",
        ),
        403 => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's account; ask an administrator to add the permission",
        ),
        404 | 410 => Error::not_found(what),
        405 | 501 => Error::new(
            ErrorKind::Unavailable,
            "the connected system cannot do this; ask an administrator to check its address and settings",
        ),
        409 | 412 => changed(),
        413 | 422 => Error::new(ErrorKind::InvalidArgument, "the connected system refuses a value"),
        423 | 424 => busy(),
        429 => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        507 => Error::new(ErrorKind::LimitReached, "the connected system has no room left; ask an administrator"),
        408 | 200..=299 | 500..=599 if effect == Effect::Write => unknown(),
        408 => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        500..=599 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        _ => Error::bad_reply("an unexpected status"),
    };
    error.with("status", response.status.as_str())
}

fn changed() -> Error {
    Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again")
}

/// Somebody else keeps the record to themselves for the moment.
pub fn busy() -> Error {
    Error::new(ErrorKind::Conflict, "somebody else is changing this record; try again in a minute")
}

/// A write went out and what became of it cannot be told.
pub fn unknown() -> Error {
    Error::unknown_outcome()
}

/// After a write was sent, whatever else goes wrong leaves its outcome unknown.
pub fn after_write(error: Error) -> Error {
    if error.kind() == ErrorKind::OutcomeUnknown { error } else { unknown().because(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    #[test]
    fn each_status_means_what_it_says_and_nothing_of_a_page_is_repeated() {
        use Effect::{Read, Write};
        use ErrorKind as K;
        let cases: &[(u16, Effect, K)] = &[
            (401, Read, K::Unauthenticated),
            (403, Write, K::Forbidden),
            (404, Read, K::NotFound),
            (405, Write, K::Unavailable),
            (409, Write, K::Conflict),
            (412, Write, K::Conflict),
            (423, Write, K::Conflict),
            (424, Write, K::Conflict),
            (429, Write, K::RateLimited),
            (500, Read, K::Unavailable),
            (500, Write, K::OutcomeUnknown),
            (501, Write, K::Unavailable),
            (503, Write, K::OutcomeUnknown),
            (507, Write, K::LimitReached),
            (200, Write, K::OutcomeUnknown),
            (200, Read, K::BadReply),
            (302, Read, K::BadReply),
            (301, Write, K::BadReply),
            (408, Read, K::Timeout),
            (408, Write, K::OutcomeUnknown),
        ];
        for (status, effect, kind) in cases {
            let status = StatusCode::from_u16(*status).expect("a status");
            let body = "<html>/acme/CANARY.pdf</html>".as_bytes().to_vec().into();
            let response = Response { status, headers: HeaderMap::new(), body };
            let error = check(response, &[207], *effect, "document").expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {effect:?}");
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
    }
}
