//! What the vendor's failures mean. It answers most of them with status 500 and a list of texts, so that the texts have to
//! be told apart. **Invariant:** nothing that the vendor wrote gets into an error, not even for the log.

use postern_api::http::{Effect, Response, header};
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::time::Duration;

/// The answer if it is a success in a form that can be read; otherwise the error that it stands for.
pub(crate) fn check(response: Response, effect: Effect, what: &'static str) -> Result<Response> {
    if response.status.is_success() && !is_html(&response) { Ok(response) } else { Err(of(&response, effect, what)) }
}

/// The error that an answer stands for.
pub(crate) fn of(response: &Response, effect: Effect, what: &'static str) -> Error {
    let html = is_html(response);
    let says = says(response);
    let write = effect == Effect::Write;
    let error = match (response.status.as_u16(), says) {
        (200..=299, _) if write => unknown(),
        (200..=299, _) => Error::bad_reply("not what was asked for"),
        (401, _) | (_, Says::NobodyKnown) => Error::new(
            ErrorKind::Unauthenticated,
            "the connected system does not accept Postern's credentials; ask an administrator to check them",
        ),
        // Refused before anything was done, whatever the status.
        (429 | 500..=599, Says::TooManyThreads) => busy(response.retry_after().or(Some(Duration::from_secs(1)))),
        (429, _) | (500..=599, Says::TooManyRequests) => busy(response.retry_after()),
        (404, _) | (500, Says::NotFound) => Error::not_found(what),
        (403, _) | (500, Says::NotAllowed) => Error::new(
            ErrorKind::Forbidden,
            "the connected system does not allow this to Postern's account; ask an administrator",
        ),
        (400 | 413 | 422, _) if !html => refused_value(),
        (500, Says::Refused) => refused_value(),
        (409, _) => Error::new(ErrorKind::Conflict, "the record changed meanwhile; read it again"),
        (408 | 500..=599, _) if write => unknown(),
        (408, _) => Error::new(ErrorKind::Timeout, "the connected system did not answer in time; try again"),
        (500..=599, _) => Error::new(ErrorKind::Unavailable, "the connected system is out of order; try again later"),
        (300..=499, _) => Error::bad_reply("an unexpected status"),
        _ if write => unknown(),
        _ => Error::bad_reply("an unexpected status"),
    };
    error.with("status", response.status.as_str()).with("form", if html { "html" } else { "other" })
}

fn busy(wait: Option<Duration>) -> Error {
    let busy = Error::new(ErrorKind::RateLimited, "the connected system asks to slow down; try again shortly");
    wait.into_iter().fold(busy, Error::retry_after)
}

fn refused_value() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the connected system refused a value")
}

/// Whether an answer refuses one request, by its text: whatever its status, the system is well and nobody else has to wait.
pub fn is_refusal(response: &Response) -> bool {
    match says(response) {
        Says::NotFound | Says::NotAllowed | Says::NobodyKnown | Says::Refused | Says::TooManyThreads => true,
        Says::TooManyRequests | Says::Nothing => false,
    }
}

/// Whether the vendor shuts out everybody on the database, and not one endpoint for a moment.
pub(crate) fn shuts_out(response: &Response) -> bool {
    match says(response) {
        Says::TooManyThreads => false,
        Says::TooManyRequests => true,
        Says::NotFound | Says::NotAllowed | Says::NobodyKnown | Says::Refused | Says::Nothing => {
            response.status.as_u16() == 429
        }
    }
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
    NotFound,
    NotAllowed,
    NobodyKnown,
    Refused,
    TooManyThreads,
    TooManyRequests,
    Nothing,
}

/// The phrases that tell cases apart, in the order in which they are looked for. What is none of them says nothing, so
/// that a write which met it is unknown and not refused.
const PHRASES: &[(Says, &[&str])] = &[
    (Says::TooManyThreads, &["thread threshold", "itgenatr005"]),
    (Says::TooManyRequests, &["request threshold", "requests per", "requests in the last"]),
    (Says::NobodyKnown, &["zone information could not be determined", "integrationcode is invalid"]),
    // Deleting what is not there says this and speaks of permissions too.
    (Says::NotFound, &["no matching records found"]),
    (Says::NotAllowed, &["adequate permissions", "required permissions"]),
    (
        Says::Refused,
        &[
            "does not exist for",
            "is required",
            "does not reference an existing entity",
            "you must assign both",
            "is not currently defined",
            "must have a",
            "must have at least",
            "require a start and stop",
            "is not an active",
            "unable to find",
            "limited to 500",
            "exceeds the maximum",
            "is read only",
            "is not valid",
        ],
    ),
];

fn says(response: &Response) -> Says {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<Told>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Text(String),
        Object { message: String },
    }
    // Only the vendor's own form is understood: a page or a trace with such words in it says nothing.
    if response.status.is_success() || response.body.len() > 64 * 1024 {
        return Says::Nothing;
    }
    let Ok(told) = serde_json::from_slice::<Errors>(&response.body) else { return Says::Nothing };
    let texts = told.errors.into_iter().take(20).map(|it| match it {
        Told::Text(text) | Told::Object { message: text } => text.to_lowercase(),
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    let found = PHRASES.iter().find(|(_, phrases)| phrases.iter().any(|it| text.contains(it)));
    found.map_or(Says::Nothing, |(says, _)| *says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effect::{Read, Write};
    use postern_api::http::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a status");
        Response { status, headers: HeaderMap::new(), body: body.to_owned().into() }
    }

    fn errors(text: &str) -> String {
        serde_json::json!({ "errors": [text] }).to_string()
    }

    #[test]
    fn a_refusal_is_told_from_a_failure_by_its_text() {
        for (status, text, refusal) in [
            (500, "Picklist value [3] does not exist for priority", true),
            (500, "The logged in Resource does not have the adequate permissions to query this entity type.", true),
            (500, "No matching records found.", true),
            (429, "The thread threshold of 3 threads has been exceeded. Itgenatr005", true),
            (500, "The request threshold of 10000 requests per 60 minutes has been exceeded.", false),
            (500, "An error occurred while updating the entries.", false),
        ] {
            assert_eq!(is_refusal(&answer(status, &errors(text))), refusal, "{text}");
        }
        for body in ["", "<html>is required</html>", r#"{"Message":"is required"}"#] {
            assert!(!is_refusal(&answer(500, body)), "{body}");
        }
        assert!(!is_refusal(&answer(200, &errors("is required"))));
    }

    #[test]
    fn each_failure_has_its_kind() {
        let threads = errors("The thread threshold of 3 threads has been exceeded for this endpoint. Itgenatr005");
        let denied = errors("The logged in Resource does not have the adequate permissions to query this entity type.");
        let gone = errors(
            "No message. No matching records found. The logged in Resource may not have the required permissions to delete the data.",
        );
        let role =
            errors("When assigning a Resource, you must assign both a assignedResourceID and assignedResourceRoleID.");
        let pick = errors("Picklist value [3] does not exist for priority");
        let cases: &[(u16, &str, Effect, ErrorKind)] = &[
            (500, &pick, Write, ErrorKind::InvalidArgument),
            (500, &pick, Read, ErrorKind::InvalidArgument),
            (500, &role, Write, ErrorKind::InvalidArgument),
            (500, &errors("queueID is required"), Write, ErrorKind::InvalidArgument),
            (
                500,
                &errors("Value does not reference an existing entity for taskType . "),
                Write,
                ErrorKind::InvalidArgument,
            ),
            (
                500,
                &errors("The specified AssignedResourceID and AssignedRoleID combination is not currently defined"),
                Write,
                ErrorKind::InvalidArgument,
            ),
            (500, r#"{"errors":[{"message":"queueID is required"}]}"#, Write, ErrorKind::InvalidArgument),
            (
                500,
                &errors("Unable to find attachedObjectID in the AttachmentInfo Entity"),
                Read,
                ErrorKind::InvalidArgument,
            ),
            (500, &denied, Read, ErrorKind::Forbidden),
            (500, &denied, Write, ErrorKind::Forbidden),
            (500, &gone, Write, ErrorKind::NotFound),
            (500, &errors("Zone information could not be determined"), Read, ErrorKind::Unauthenticated),
            (500, &errors("IntegrationCode is invalid"), Read, ErrorKind::Unauthenticated),
            (500, &threads, Read, ErrorKind::RateLimited),
            (500, &threads, Write, ErrorKind::RateLimited),
            (429, &threads, Write, ErrorKind::RateLimited),
            (429, "", Read, ErrorKind::RateLimited),
            (401, "", Read, ErrorKind::Unauthenticated),
            (401, "", Write, ErrorKind::Unauthenticated),
            (403, "", Read, ErrorKind::Forbidden),
            (404, "", Read, ErrorKind::NotFound),
            (
                405,
                r#"{"Message":"The requested resource does not support http method 'GET'."}"#,
                Read,
                ErrorKind::BadReply,
            ),
            (302, "", Read, ErrorKind::BadReply),
            (408, "", Read, ErrorKind::Timeout),
            (408, "", Write, ErrorKind::OutcomeUnknown),
            // What nobody knows is not a refusal.
            (500, &errors("An error occurred while updating the entries"), Write, ErrorKind::OutcomeUnknown),
            (500, &errors("An error occurred while updating the entries"), Read, ErrorKind::Unavailable),
            (500, r#"{"Message":"An error has occurred. queueID is required"}"#, Write, ErrorKind::OutcomeUnknown),
            (500, "<html>queueID is required</html>", Write, ErrorKind::OutcomeUnknown),
            (503, &errors("queueID is required"), Write, ErrorKind::OutcomeUnknown),
            (500, "", Read, ErrorKind::Unavailable),
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
    fn one_endpoints_threads_shut_nobody_else_out() {
        let threads = errors("thread threshold of 3 threads has been exceeded");
        assert!(!shuts_out(&answer(429, &threads)) && !shuts_out(&answer(500, &threads)));
        assert!(shuts_out(&answer(429, "")) && shuts_out(&answer(500, &errors("The request threshold was exceeded"))));
        assert!(!shuts_out(&answer(500, "")) && !shuts_out(&answer(200, "")));
    }

    #[test]
    fn nothing_of_the_vendors_text_is_in_the_error() {
        for status in [200, 400, 401, 403, 404, 429, 500, 503] {
            for body in [errors("Jane Doe of Globex: queueID is required"), "<html>Globex</html>".into()] {
                if let Err(error) = check(answer(status, &body), Write, "ticket") {
                    let all = format!("{error} {error:?}");
                    assert!(!all.contains("Globex") && !all.contains("queueID"), "{all}");
                }
            }
        }
    }
}
