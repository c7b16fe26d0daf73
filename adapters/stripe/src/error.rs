//! What the vendor's failures mean. **Invariant:** nothing that the vendor wrote gets into an error, not even for the log: its
//! messages repeat keys, ids and what was sent. Of a refusal, only a code of a few known ones remains.

use postern_api::http::{Effect, Response};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;

/// Codes that say what is wrong; the same words as the vendor's, but ours, so that none of its texts gets out.
const KNOWN: [&str; 9] = [
    "idempotency_key_in_use",
    "invoice_not_editable",
    "lock_timeout",
    "more_permissions_required",
    "parameter_invalid_integer",
    "parameter_missing",
    "parameter_unknown",
    "rate_limit",
    "resource_missing",
];

/// What a list is called here.
pub(crate) const LIST: &str = "list";

#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: Refusal,
}

#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for.
pub(crate) fn check(response: Response, effect: Effect, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !response.is_html() { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let refusal = serde_json::from_slice::<Body>(&response.body).unwrap_or_default().error;
    let code = refusal.code.as_deref().unwrap_or_default();
    let kind = refusal.kind.as_deref().unwrap_or_default();
    let error = match response.status.as_u16() {
        200..=299 if effect == Effect::Write => unknown(),
        200..=299 => Error::bad_reply("not what was asked for"),
        401 => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's key; ask an administrator to check it",
        ),
        403 => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's key; ask an administrator to add the permission",
        ),
        // A list is always there; where a record that is a parameter is missing, the vendor says 400.
        404 if what == LIST => Error::bad_reply("a list that is not there"),
        404 => Error::not_found(what),
        400 if code == "resource_missing" => Error::not_found(what),
        // The same key came with other content before: what that did is another matter, and this did nothing.
        400 if kind == "idempotency_error" => {
            Error::new(ErrorKind::Conflict, "another change was made under the same reference; read the record again")
        }
        // Somebody is at it under the same key this moment; what comes of that is not known yet.
        409 if effect == Effect::Write => unknown(),
        409 => Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"),
        429 => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        400 | 402 | 413 | 422 => {
            Error::new(ErrorKind::InvalidArgument, "the connected system refuses this; check what is to be done")
        }
        408 | 500..=599 if effect == Effect::Write => unknown(),
        408 => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        500..=599 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        _ if effect == Effect::Write && !response.status.is_client_error() => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    let error = error.with("status", response.status.as_str());
    match KNOWN.iter().find(|it| **it == code) {
        Some(code) => error.with("code", *code),
        None => error,
    }
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
        let error = |kind: &str, code: &str| format!(r#"{{"error":{{"type":"{kind}","code":"{code}"}}}}"#);
        let invalid = |code: &str| error("invalid_request_error", code);
        let cases: &[(u16, String, Effect, ErrorKind)] = &[
            (401, invalid(""), Read, ErrorKind::Unauthenticated),
            (403, invalid("more_permissions_required"), Write, ErrorKind::Forbidden),
            (404, invalid("resource_missing"), Read, ErrorKind::NotFound),
            (400, invalid("resource_missing"), Read, ErrorKind::NotFound),
            (400, invalid("parameter_unknown"), Write, ErrorKind::InvalidArgument),
            (400, error("idempotency_error", ""), Write, ErrorKind::Conflict),
            (409, invalid("idempotency_key_in_use"), Write, ErrorKind::OutcomeUnknown),
            (409, String::new(), Read, ErrorKind::Conflict),
            (402, error("card_error", "card_declined"), Write, ErrorKind::InvalidArgument),
            (429, invalid("rate_limit"), Read, ErrorKind::RateLimited),
            (429, invalid("lock_timeout"), Write, ErrorKind::RateLimited),
            (500, error("api_error", ""), Read, ErrorKind::Unavailable),
            (500, error("api_error", ""), Write, ErrorKind::OutcomeUnknown),
            (503, "<html>".into(), Write, ErrorKind::OutcomeUnknown),
            (302, String::new(), Write, ErrorKind::OutcomeUnknown),
            (302, String::new(), Read, ErrorKind::BadReply),
            (405, String::new(), Write, ErrorKind::BadReply),
            (200, "<html>sign in</html>".into(), Read, ErrorKind::BadReply),
            (200, "<html>sign in</html>".into(), Write, ErrorKind::OutcomeUnknown),
        ];
        for (status, body, effect, kind) in cases {
            let error = check(answer(*status, body), *effect, "invoice").expect_err("every case is a failure");
            assert_eq!(error.kind(), *kind, "{status} {effect:?} {body}");
        }
    }

    #[test]
    fn nothing_of_the_vendors_words_is_in_the_error() {
        let body = r#"{"error":{"type":"CANARY","code":"CANARY","message":"CANARY rk_live_1","param":"CANARY"}}"#;
        for status in [200, 400, 401, 402, 403, 404, 409, 429, 500] {
            for effect in [Effect::Read, Effect::Write] {
                let error = of(&answer(status, body), effect, "invoice");
                assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
            }
        }
    }
}
