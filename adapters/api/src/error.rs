//! One error type for every adapter: what kind, what the caller may read, what the log may hold.

use std::borrow::Cow;
use std::time::Duration;

/// What an adapter answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The cases that a program must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The record is not there, or the vendor says so.
    NotFound,
    /// The vendor refuses this to the account that Postern uses.
    Forbidden,
    /// The vendor refuses a value.
    InvalidArgument,
    /// The record changed meanwhile, or already exists.
    Conflict,
    /// A limit of the organisation's plan is reached.
    LimitReached,
    /// The adapter does not do this.
    Unsupported,
    /// The vendor does not accept Postern's credentials.
    Unauthenticated,
    /// The vendor asks to slow down.
    RateLimited,
    /// The vendor cannot be reached, or answers 5xx.
    Unavailable,
    /// The vendor did not answer before the deadline; nothing was changed.
    Timeout,
    /// A write was sent and its outcome is not known.
    OutcomeUnknown,
    /// The vendor's answer is not what its API promises.
    BadReply,
    /// Our own mistake.
    Internal,
}

/// A failed call.
///
/// `message` is for the caller and never holds what a vendor sent; `context` and `source` are for the log and never
/// reach a caller.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    context: Vec<(&'static str, String)>,
    retry_after: Option<Duration>,
    source: Option<Source>,
}

impl Error {
    /// An error of a kind, with a message for the caller: lower case, no full stop, what to do next.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), context: Vec::new(), retry_after: None, source: None }
    }

    /// The record is not there.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} not found"))
    }

    /// The adapter does not do this; see [`crate::Adapter::supports`].
    pub fn unsupported(op: crate::Op) -> Self {
        Self::new(ErrorKind::Unsupported, format!("the connected system cannot do this ({})", op.name()))
    }

    /// The vendor's answer is not what its API promises.
    pub fn bad_reply(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadReply, "the connected system sent an answer that could not be read")
            .with("detail", detail)
    }

    /// A write went out, and what became of it cannot be told from the answer.
    pub fn unknown_outcome() -> Self {
        let message = "the connected system may have done this, but did not say so clearly; look before trying again";
        Self::new(ErrorKind::OutcomeUnknown, message)
    }

    /// Our own mistake; the detail goes to the log.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, "an internal error occurred").with("detail", detail)
    }

    /// Adds a fact for the log. Never a body, token, name or address.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.context.push((key, value.into()));
        self
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// When the caller may try again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the caller may read.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Facts for the log.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.context
    }

    /// How long to wait before the next try, where the vendor said so.
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same read may be tried again.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind, ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout)
    }
}

impl std::fmt::Display for Error {
    /// The public message only: an error that is printed by mistake leaks nothing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|it| it as _)
    }
}
