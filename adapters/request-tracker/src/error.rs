//! Request Tracker's refusals in our words. Its messages name source files and lines, and rows of others; they go neither
//! into the message nor into the log.

use postern_api::http::{Effect, Response, StatusCode};
use postern_api::{Error, ErrorKind};

/// The error for an answer that is not 2xx.
pub(crate) fn refused(effect: Effect, response: &Response) -> Error {
    let (kind, message) = match (response.status, effect) {
        (StatusCode::UNAUTHORIZED, _) => {
            (ErrorKind::Unauthenticated, "the service desk does not accept the credentials of the gateway")
        }
        (StatusCode::FORBIDDEN, _) => {
            (ErrorKind::Forbidden, "the service desk refuses this to the account of the gateway")
        }
        (StatusCode::BAD_REQUEST, _) if names_rights(&response.body) => {
            (ErrorKind::Forbidden, "the service desk refuses this to the account of the gateway")
        }
        (StatusCode::NOT_FOUND | StatusCode::GONE, _) => (ErrorKind::NotFound, "ticket not found"),
        (StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT, _) => {
            (ErrorKind::Conflict, "the ticket changed meanwhile; read it again")
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            (ErrorKind::RateLimited, "the service desk asks to slow down; try again later")
        }
        (status, Effect::Write) if status.is_server_error() => (
            ErrorKind::OutcomeUnknown,
            "the service desk failed while it was writing; read the ticket before trying again",
        ),
        (status, Effect::Read) if status.is_server_error() => {
            (ErrorKind::Unavailable, "the service desk is not available; try again later")
        }
        (status, _) if status.is_client_error() => {
            (ErrorKind::InvalidArgument, "the service desk does not accept a value")
        }
        (_, Effect::Write) => (ErrorKind::OutcomeUnknown, "the service desk sent an answer that could not be read"),
        (_, Effect::Read) => (ErrorKind::BadReply, "the service desk sent an answer that could not be read"),
    };
    let error = Error::new(kind, message).with("status", response.status.as_u16().to_string());
    match response.retry_after() {
        Some(wait) => error.retry_after(wait),
        None => error,
    }
}

/// Request Tracker answers 400 to a message that the account may not write, and says so in prose.
fn names_rights(body: &[u8]) -> bool {
    const WORDS: &[u8] = b"Permission Denied";
    body.windows(WORDS.len()).any(|it| it == WORDS)
}

/// The error for a write that was sent and cannot be proven.
pub(crate) fn unproven(cause: Error) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "it is not known whether the service desk made the change; read the ticket before trying again",
    )
    .because(cause)
}

/// The error for a change that Request Tracker answered with 200 and did not make. Its prose is only asked whether it
/// names missing rights.
pub(crate) fn not_made(prose: &[String]) -> Error {
    if prose.iter().any(|it| it.contains("Permission Denied")) {
        return Error::new(ErrorKind::Forbidden, "the service desk refuses this to the account of the gateway");
    }
    Error::new(ErrorKind::InvalidArgument, "the service desk did not make the change: its rules do not allow it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{Bytes, HeaderMap, header};

    #[test]
    fn each_refusal_has_its_kind_and_none_repeats_the_body() {
        let body =
            r#"{"message":"Unknown field: Bogus at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"}"#;
        let table = [
            (401, ErrorKind::Unauthenticated, ErrorKind::Unauthenticated),
            (403, ErrorKind::Forbidden, ErrorKind::Forbidden),
            (404, ErrorKind::NotFound, ErrorKind::NotFound),
            (412, ErrorKind::Conflict, ErrorKind::Conflict),
            (409, ErrorKind::Conflict, ErrorKind::Conflict),
            (400, ErrorKind::InvalidArgument, ErrorKind::InvalidArgument),
            (429, ErrorKind::RateLimited, ErrorKind::RateLimited),
            (500, ErrorKind::Unavailable, ErrorKind::OutcomeUnknown),
            (502, ErrorKind::Unavailable, ErrorKind::OutcomeUnknown),
            (302, ErrorKind::BadReply, ErrorKind::OutcomeUnknown),
        ];
        for (status, read, write) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, "7".parse().expect("a header value"));
            let status = StatusCode::from_u16(status).expect("a status");
            let response = Response { status, headers, body: Bytes::from_static(body.as_bytes()) };
            for (effect, kind) in [(Effect::Read, read), (Effect::Write, write)] {
                let error = refused(effect, &response);
                assert_eq!(error.kind(), kind, "{status}");
                let whole = format!("{error} {:?}", error.context());
                assert!(!whole.contains("Bogus") && !whole.contains("/usr"), "{whole}");
            }
        }
    }

    #[test]
    fn a_bad_request_that_is_about_rights_is_a_refusal() {
        let body = Bytes::from_static(br#"{"message":"Permission Denied"}"#);
        let response = Response { status: StatusCode::BAD_REQUEST, headers: HeaderMap::new(), body };
        assert_eq!(refused(Effect::Write, &response).kind(), ErrorKind::Forbidden);
    }

    #[test]
    fn prose_about_rights_is_a_refusal_and_any_other_a_bad_value() {
        let kind = |text: &str| not_made(&[text.to_owned()]).kind();
        assert_eq!(kind("Ticket 2: Permission Denied"), ErrorKind::Forbidden);
        assert_eq!(kind("Ticket 1: Status 'x' isn't a valid status for this ticket."), ErrorKind::InvalidArgument);
        assert!(!not_made(&["Ticket 1: CANARY".to_owned()]).message().contains("CANARY"));
    }
}
