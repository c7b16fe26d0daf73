//! What the vendor's failures mean. **Invariant:** nothing that the vendor wrote gets into an error.

use postern_api::http::Response;
use postern_api::{Error, ErrorKind, Result};

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for. Everything here reads.
pub(crate) fn check(response: Response, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !response.is_html() {
        return Ok(response);
    }
    let error = match response.status.as_u16() {
        200..=299 => Error::bad_reply("a page in place of an answer"),
        401 => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's key; ask an administrator to check it",
        ),
        403 => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's key; ask an administrator to check its restrictions",
        ),
        404 => Error::not_found(what),
        400 | 422 => Error::new(ErrorKind::InvalidArgument, "the connected system refuses a value"),
        429 => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        408 => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        500..=599 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        _ => Error::bad_reply("an unexpected status"),
    };
    Err(error.with("status", response.status.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    #[test]
    fn each_body_means_what_its_status_says_and_is_not_repeated() {
        use ErrorKind as K;
        for (status, body, kind) in [
            (401, r#"{"error":"CANARY"}"#, K::Unauthenticated),
            (403, "", K::Forbidden),
            (404, r#"{"error":"CANARY"}"#, K::NotFound),
            (422, r#"{"errors":{"name":["CANARY"]}}"#, K::InvalidArgument),
            (429, "CANARY", K::RateLimited),
            (500, "<html>CANARY</html>", K::Unavailable),
            (503, "", K::Unavailable),
            (302, "", K::BadReply),
            (200, "<html>CANARY sign in</html>", K::BadReply),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let response = Response { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec().into() };
            let error = check(response, "article").expect_err("a failure");
            assert_eq!(error.kind(), kind, "{status}");
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
    }
}
