//! What Tryton's failures mean. It answers 200 to most of them, with an error in the place of a result. **Invariant:** nothing that
//! it wrote gets into an error: it names records, rules and people.

use postern_api::http::Response;
use postern_api::{Error, ErrorKind, Result};
use serde_json::Value;

/// Tryton does not know us, or no more.
pub(crate) fn stranger() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "the connected system does not accept Postern's credentials; ask an administrator to check them",
    )
}

/// The result of a call.
///
/// Errors: what Tryton says instead, by kind.
pub(crate) fn result(response: &Response) -> Result<Value> {
    let html = response.is_html();
    let status = response.status.as_u16();
    let error = match status {
        200..=299 if html => Error::bad_reply("a page in the place of an answer"),
        200..=299 => {
            let Value::Object(mut answer) = response.json()? else { return Err(Error::bad_reply("no answer")) };
            return match (answer.remove("result"), answer.get("error")) {
                (_, Some(error)) if !error.is_null() => Err(said(error)),
                (Some(result), _) => Ok(result),
                (None, _) => Err(Error::bad_reply("neither a result nor an error")),
            };
        }
        401 => stranger(),
        403 => forbidden(),
        404 => Error::new(ErrorKind::NotFound, "the connected system has no such database; ask an administrator"),
        408 => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        429 => {
            let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
            response.retry_after().into_iter().fold(busy, Error::retry_after)
        }
        500..=599 => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        _ => Error::bad_reply("an unexpected status"),
    };
    Err(error.with("status", response.status.as_str()))
}

fn forbidden() -> Error {
    Error::new(
        ErrorKind::Forbidden,
        "the connected system does not allow this to Postern's account; ask an administrator",
    )
}

/// An error in the place of a result: a name and what belongs to it, or the text of an exception that nobody foresaw.
fn said(error: &Value) -> Error {
    let name = error.get(0).and_then(Value::as_str).unwrap_or_default();
    let first = error.get(1).and_then(|it| it.get(0)).and_then(Value::as_str).unwrap_or_default();
    match name {
        "UserError" if first.contains("don't exist") => Error::not_found("record"),
        "UserError" if first.contains("not allowed") => forbidden(),
        "UserError" => Error::new(ErrorKind::InvalidArgument, "the connected system refused a value"),
        // It wants a person to say yes to something, over there.
        "UserWarning" => Error::new(ErrorKind::Conflict, "the connected system wants a person to confirm this there"),
        "ConcurrencyException" => Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"),
        "LoginException" | "NotLogged" | "SessionException" => stranger(),
        "RateLimitException" => {
            Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly")
        }
        _ => Error::bad_reply("an exception in the place of a result"),
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

    #[test]
    fn each_shape_of_a_failure_means_what_it_says_and_nothing_of_it_is_repeated() {
        use ErrorKind::{
            BadReply, Conflict, Forbidden, InvalidArgument, NotFound, RateLimited, Unauthenticated, Unavailable,
        };
        let gone = r#"{"id":1,"error":["UserError",["You are trying to read records \"9\" of \"Canary\" that don't exist anymore.","",null]]}"#;
        let rule = r#"{"id":1,"error":["UserError",["You are not allowed to read records \"9\" of \"Canary\" because of at least one of these rules:\nUser in companies","",null]]}"#;
        for (status, body, kind) in [
            (200, gone, NotFound),
            (200, rule, Forbidden),
            (
                200,
                r#"{"id":1,"error":["UserError",["You cannot modify invoice \"Canary\" because it is posted.","",null]]}"#,
                InvalidArgument,
            ),
            (200, r#"{"id":1,"error":["UserWarning",["Canary","Are you sure?",""]]}"#, Conflict),
            (200, r#"{"id":1,"error":["ConcurrencyException","Canary"]}"#, Conflict),
            (200, r#"{"id":1,"error":["LoginException",["password","Canary","password"]]}"#, Unauthenticated),
            (200, r#"{"id":1,"error":["'Canary'",""]}"#, BadReply),
            (200, r#"{"id":1,"error":["Canary"]}"#, BadReply),
            (200, r#"{"id":1,"error":"Canary"}"#, BadReply),
            (200, r#"{"id":1}"#, BadReply),
            (200, "[1]", BadReply),
            (200, "<!doctype html>Canary", BadReply),
            (200, "{\"id\":1,\"res", BadReply),
            (401, "", Unauthenticated),
            (403, "", Forbidden),
            (404, "<html>Canary", NotFound),
            (429, "", RateLimited),
            (500, "Canary", Unavailable),
            (302, "", BadReply),
        ] {
            let error = result(&answer(status, body)).expect_err(body);
            assert_eq!(error.kind(), kind, "{body}");
            assert!(!format!("{error} {:?}", error.context()).contains("Canary"), "{body}");
        }
        assert_eq!(result(&answer(200, r#"{"id":1,"result":null}"#)).expect("a result"), Value::Null);
    }
}
