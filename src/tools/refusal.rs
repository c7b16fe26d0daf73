//! Why a call was not carried out: a published code, a message for the model, and what to do next.

use postern_api::{Error, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

/// The published codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The token is from the wrong realm for this tool.
    InvalidRealm,
    /// The caller may not see or do this within their own organisation.
    AccessDenied,
    /// No such ticket, as far as this caller can know.
    TicketNotFound,
    /// The organisation is not served at the moment.
    OrgNotActive,
    /// The month's tickets are used up.
    TicketLimitReached,
    /// Only the organisation's lead may do this.
    LeadRequired,
    /// The organisation's contacts are used up.
    ContactLimitReached,
    /// An argument breaks the tool's schema or rules.
    ValidationError,
    /// No such article, as far as this caller can know.
    ArticleNotFound,
    /// No such organisation, as far as this caller can know.
    OrganizationNotFound,
    /// No such contact, as far as this caller can know.
    ContactNotFound,
    /// The address has a login already.
    ContactExists,
    /// The record changed meanwhile, or is past this step.
    Conflict,
    /// The client was not granted the scope for this.
    InsufficientScope,
    /// No such confirmation: never there, used, expired, or somebody else's.
    ConfirmationNotFound,
    /// The person said no.
    ConfirmationDeclined,
    /// The policy or the facts changed after the preview.
    ConfirmationStale,
    /// No such record, as far as this caller can know.
    RecordNotFound,
    /// No such action request: never there, or somebody else's.
    ActionRequestNotFound,
    /// Somebody with the right said no.
    ActionRequestRejected,
    /// The action request was not carried out in time, or was withdrawn.
    ActionRequestExpired,
    /// What was previewed has changed since.
    PreviewStale,
    /// The key was used for another write.
    IdempotencyConflict,
    /// A recipient does not want it, did not agree to it, or had enough of it.
    NotificationRefused,
    /// A rule forbids it, whoever approves.
    BlockedByRule,
    /// The connected system asks to slow down.
    UpstreamRateLimited,
    /// The connected system cannot be reached.
    UpstreamUnavailable,
    /// The connected system did not answer in time.
    UpstreamTimeout,
    /// The connected system refused or answered what cannot be used.
    UpstreamError,
    /// The connected system cannot do this.
    NotSupported,
    /// A write was sent and its outcome is not known.
    OutcomeUnknown,
    /// The audit log cannot be written, so nothing was done.
    AuditUnavailable,
    /// Our own mistake.
    InternalError,
}

impl Code {
    /// Every code there is.
    pub const ALL: [Code; 33] = [
        Code::InvalidRealm,
        Code::AccessDenied,
        Code::TicketNotFound,
        Code::OrgNotActive,
        Code::TicketLimitReached,
        Code::LeadRequired,
        Code::ContactLimitReached,
        Code::ValidationError,
        Code::ArticleNotFound,
        Code::OrganizationNotFound,
        Code::ContactNotFound,
        Code::ContactExists,
        Code::Conflict,
        Code::InsufficientScope,
        Code::ConfirmationNotFound,
        Code::ConfirmationDeclined,
        Code::ConfirmationStale,
        Code::RecordNotFound,
        Code::ActionRequestNotFound,
        Code::ActionRequestRejected,
        Code::ActionRequestExpired,
        Code::PreviewStale,
        Code::IdempotencyConflict,
        Code::NotificationRefused,
        Code::BlockedByRule,
        Code::UpstreamRateLimited,
        Code::UpstreamUnavailable,
        Code::UpstreamTimeout,
        Code::UpstreamError,
        Code::NotSupported,
        Code::OutcomeUnknown,
        Code::AuditUnavailable,
        Code::InternalError,
    ];

    /// The code as it is published.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::InvalidRealm => "INVALID_REALM",
            Code::AccessDenied => "ACCESS_DENIED",
            Code::TicketNotFound => "TICKET_NOT_FOUND",
            Code::OrgNotActive => "ORG_NOT_ACTIVE",
            Code::TicketLimitReached => "TICKET_LIMIT_REACHED",
            Code::LeadRequired => "LEAD_REQUIRED",
            Code::ContactLimitReached => "CONTACT_LIMIT_REACHED",
            Code::ValidationError => "VALIDATION_ERROR",
            Code::ArticleNotFound => "ARTICLE_NOT_FOUND",
            Code::OrganizationNotFound => "ORGANIZATION_NOT_FOUND",
            Code::ContactNotFound => "CONTACT_NOT_FOUND",
            Code::ContactExists => "CONTACT_EXISTS",
            Code::Conflict => "CONFLICT",
            Code::InsufficientScope => "INSUFFICIENT_SCOPE",
            Code::ConfirmationNotFound => "CONFIRMATION_NOT_FOUND",
            Code::ConfirmationDeclined => "CONFIRMATION_DECLINED",
            Code::ConfirmationStale => "CONFIRMATION_STALE",
            Code::RecordNotFound => "RECORD_NOT_FOUND",
            Code::ActionRequestNotFound => "ACTION_REQUEST_NOT_FOUND",
            Code::ActionRequestRejected => "ACTION_REQUEST_REJECTED",
            Code::ActionRequestExpired => "ACTION_REQUEST_EXPIRED",
            Code::PreviewStale => "PREVIEW_STALE",
            Code::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Code::NotificationRefused => "NOTIFICATION_REFUSED",
            Code::BlockedByRule => "BLOCKED_BY_RULE",
            Code::UpstreamRateLimited => "UPSTREAM_RATE_LIMITED",
            Code::UpstreamUnavailable => "UPSTREAM_UNAVAILABLE",
            Code::UpstreamTimeout => "UPSTREAM_TIMEOUT",
            Code::UpstreamError => "UPSTREAM_ERROR",
            Code::NotSupported => "NOT_SUPPORTED",
            Code::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Code::AuditUnavailable => "AUDIT_UNAVAILABLE",
            Code::InternalError => "INTERNAL_ERROR",
        }
    }

    /// What to do about it, unless the refusal says something better.
    pub fn suggested_action(self) -> &'static str {
        match self {
            Code::InvalidRealm => "Sign in at the portal for this kind of account, or use the tools of your own realm.",
            Code::AccessDenied => "Check what your role may see, or ask your lead contact.",
            Code::TicketNotFound => "Verify the ticket ID is correct; list the tickets to find it.",
            Code::OrgNotActive => "Contact your account manager.",
            Code::TicketLimitReached => "Contact your account manager to increase your limit.",
            Code::LeadRequired => "Contact your lead customer.",
            Code::ContactLimitReached => "Remove inactive contacts, or contact your account manager.",
            Code::ValidationError => "Correct the named argument and call again.",
            Code::ArticleNotFound => "Verify the article ID; search the knowledge base to find it.",
            Code::OrganizationNotFound => "Verify the organization ID.",
            Code::ContactNotFound => "Verify the contact ID; list the contacts to find it.",
            Code::ContactExists => "List the contacts; this address is among them.",
            Code::Conflict => "Read the record again and decide anew.",
            Code::InsufficientScope => "Connect again and grant the scopes that the message names.",
            Code::ConfirmationNotFound => "Call the tool again for a new confirmation.",
            Code::ConfirmationDeclined => "Nothing was changed. Ask the person what they want instead.",
            Code::ConfirmationStale => "Call the tool again for a new preview.",
            Code::RecordNotFound => "Verify the ID; list the records to find it.",
            Code::ActionRequestNotFound => "Make a preview, and use the ID that it answers.",
            Code::ActionRequestRejected => "Nothing was changed. Ask the person what they want instead.",
            Code::ActionRequestExpired => "Nothing was changed. Make a new preview.",
            Code::PreviewStale => "Nothing was changed. Make a new preview and look at it.",
            Code::IdempotencyConflict => "Use another key for another write.",
            Code::NotificationRefused => "Leave the recipient out, or choose another topic or channel.",
            Code::BlockedByRule => "Correct what the message names, and make a new preview.",
            Code::UpstreamRateLimited => "Wait a little and try again.",
            Code::UpstreamUnavailable => "Try again in a minute; if it stays, tell the service provider.",
            Code::UpstreamTimeout => "Try again; a narrower request answers faster.",
            Code::UpstreamError => "Tell the service provider, with the request ID.",
            Code::NotSupported => "Do this in the connected system itself.",
            Code::OutcomeUnknown => "Do not repeat the action. Read the record first to see whether it happened.",
            Code::AuditUnavailable => "Nothing was changed. Try again in a minute.",
            Code::InternalError => "Tell the service provider, with the request ID.",
        }
    }
}

/// A refused or failed call.
#[derive(Debug)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// For the model and its reader: lower case, no full stop.
    pub message: Cow<'static, str>,
    /// What to do next.
    pub suggested_action: Cow<'static, str>,
    /// How long to wait before the next try.
    pub retry_after: Option<Duration>,
    /// The cause, for the log.
    pub cause: Option<Box<Error>>,
}

impl Refusal {
    /// A refusal with the code's own suggestion.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let suggested_action = code.suggested_action().into();
        Self { code, message: message.into(), suggested_action, retry_after: None, cause: None }
    }

    /// An argument that breaks a rule; `path` names it.
    pub fn argument(path: &str, expected: impl std::fmt::Display) -> Self {
        Self::new(Code::ValidationError, format!("`{path}`: {expected}"))
    }

    /// Replaces the suggestion.
    #[must_use]
    pub fn suggest(mut self, action: impl Into<Cow<'static, str>>) -> Self {
        self.suggested_action = action.into();
        self
    }
}

/// Adapter errors as callers see them. `NotFound` and `Conflict` mean different things to different tools, which map them
/// first (see [`Missing`]); what arrives here is the general case.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Unauthenticated | ErrorKind::BadReply => {
                Code::UpstreamError
            }
            ErrorKind::InvalidArgument => Code::ValidationError,
            ErrorKind::Conflict => Code::Conflict,
            ErrorKind::LimitReached => Code::TicketLimitReached,
            ErrorKind::Unsupported => Code::NotSupported,
            ErrorKind::RateLimited => Code::UpstreamRateLimited,
            ErrorKind::Unavailable => Code::UpstreamUnavailable,
            ErrorKind::Timeout => Code::UpstreamTimeout,
            ErrorKind::OutcomeUnknown => Code::OutcomeUnknown,
            ErrorKind::Internal => Code::InternalError,
        };
        let mut refusal = Self::new(code, error.message().to_owned());
        refusal.retry_after = error.wait();
        refusal.cause = Some(Box::new(error));
        refusal
    }
}

/// Turns an adapter's `NotFound` into a tool's own code, always with the same words.
pub trait Missing<T> {
    /// `NotFound` becomes `code`; everything else stays what it is.
    fn or_missing(self, code: Code) -> Result<T, Refusal>;
}

impl<T> Missing<T> for Result<T, Error> {
    fn or_missing(self, code: Code) -> Result<T, Refusal> {
        self.map_err(|error| or_missing(error, code))
    }
}

/// `NotFound` as `code`; everything else as it is.
pub fn or_missing(error: Error, code: Code) -> Refusal {
    if error.kind() == ErrorKind::NotFound { missing(code) } else { error.into() }
}

/// The one answer for a record that is not there and for one that is somebody else's.
pub fn missing(code: Code) -> Refusal {
    const WORDS: [(Code, &str); 7] = [
        (Code::OutcomeUnknown, "the change was sent, and what came back is not its record"),
        (Code::RecordNotFound, "record not found"),
        (Code::ActionRequestNotFound, "action request not found"),
        (Code::TicketNotFound, "ticket not found"),
        (Code::ArticleNotFound, "article not found"),
        (Code::OrganizationNotFound, "organization not found"),
        (Code::ContactNotFound, "contact not found"),
    ];
    let words = WORDS.into_iter().find(|(it, _)| *it == code);
    Refusal::new(code, words.map_or("not found", |(_, words)| words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_name_is_the_serialised_name() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).expect("a name"), code.as_str());
        }
    }

    #[test]
    fn l02_an_upstream_error_shows_its_public_message_only() {
        let error = Error::bad_reply("SELECT * FROM secrets").with("body", "stack trace");
        let refusal = Refusal::from(error);
        assert!(!refusal.message.contains("SELECT") && !refusal.message.contains("stack"));
    }
}
