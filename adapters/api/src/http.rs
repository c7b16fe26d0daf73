//! The HTTP handle that adapters are given. Deadline, retry of reads, limits, tracing and credentials are the gateway's.
//!
//! Paths are lists of segments and queries are lists of pairs, each encoded by the handle: no caller's text can leave its
//! place. **Invariant:** the handle only talks to the configured base address and to the hosts listed beside it.

use crate::adapter::CallCx;
use crate::error::{Error, Result};
pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, Method, StatusCode, header};
pub use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

/// A request body.
#[derive(Clone, Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// JSON text.
    Json(Vec<u8>),
    /// `application/x-www-form-urlencoded` pairs.
    Form(Vec<(String, SecretString)>),
    /// Text of another media type, for example XML or iCalendar.
    Text(&'static str, Vec<u8>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Body::Empty => "Empty",
            Body::Json(_) => "Json(..)",
            Body::Form(_) => "Form(..)",
            Body::Text(..) => "Text(..)",
        })
    }
}

/// What the request does upstream, and so whether the handle may send it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing: retried on 429, 502, 503, 504 and connection errors, within the deadline and the retry budget.
    Read,
    /// Changes something: sent once. No answer means [`crate::ErrorKind::OutcomeUnknown`].
    Write,
}

/// One request, relative to the configured base address.
#[derive(Debug, Clone)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Path segments below the base address, not yet encoded.
    pub path: Vec<String>,
    /// Query pairs, not yet encoded.
    pub query: Vec<(String, String)>,
    /// Headers beside those that the handle sets.
    pub headers: Vec<(HeaderName, String)>,
    /// The body.
    pub body: Body,
    /// Read or write.
    pub effect: Effect,
    /// Replaces the base address; its host must be the base's or listed in the adapter's configuration.
    pub absolute: Option<String>,
    /// The path ends with a slash: WebDAV's address of a collection (RFC 4918 section 5.2).
    pub collection: bool,
}

impl Request {
    fn new(method: Method, effect: Effect, path: &[&str]) -> Self {
        let path = path.iter().map(|it| (*it).to_owned()).collect();
        Self {
            method,
            path,
            query: vec![],
            headers: vec![],
            body: Body::Empty,
            effect,
            absolute: None,
            collection: false,
        }
    }

    /// A request with another verb, for example WebDAV's; whoever names the verb says what it does.
    pub fn with_method(method: Method, effect: Effect, path: &[&str]) -> Self {
        Self::new(method, effect, path)
    }

    /// A read.
    pub fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, Effect::Read, path)
    }

    /// A write.
    pub fn post(path: &[&str]) -> Self {
        Self::new(Method::POST, Effect::Write, path)
    }

    /// A write.
    pub fn put(path: &[&str]) -> Self {
        Self::new(Method::PUT, Effect::Write, path)
    }

    /// Says that a `POST` only reads (a search, a token).
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.effect = Effect::Read;
        self
    }

    /// Adds a query pair.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self> {
        self.body = Body::Json(serde_json::to_vec(body).map_err(|e| Error::internal("request body").because(e))?);
        Ok(self)
    }

    /// Sets a body of another media type.
    #[must_use]
    pub fn text(mut self, media_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Text(media_type, body.into());
        self
    }

    /// Ends the path with a slash.
    #[must_use]
    pub fn collection(mut self) -> Self {
        self.collection = true;
        self
    }

    /// Sets a form body.
    #[must_use]
    pub fn form(mut self, pairs: Vec<(String, SecretString)>) -> Self {
        self.body = Body::Form(pairs);
        self
    }
}

/// Reads JSON. The text is checked once and as a whole, which costs much less than each name and each value for itself; where it
/// is none, only what is read has to be one.
pub fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    }
}

/// What came back, at most the configured number of bytes.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}

impl Response {
    /// The body as JSON; HTML error pages and cut bodies are [`crate::ErrorKind::BadReply`], without their text.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        read_json(&self.body).map_err(|e| Error::bad_reply(format!("json at line {} column {}", e.line(), e.column())))
    }

    /// A header as text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|it| it.to_str().ok())
    }

    /// Whether this is a web page instead of an answer: by its type, or by how it begins.
    pub fn is_html(&self) -> bool {
        let typed = self.header(&header::CONTENT_TYPE).is_some_and(|it| it.to_ascii_lowercase().contains("html"));
        typed || self.body.iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'<')
    }

    /// `Retry-After` in seconds (RFC 9110 section 10.2.3), where it is a number.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header(&header::RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
    }
}

/// Sends requests for one adapter of one tenant.
#[crate::async_trait]
pub trait Http: std::fmt::Debug + Send + Sync {
    /// Sends a request with the tenant's credentials and returns whatever status came.
    ///
    /// Errors: `Timeout`, `Unavailable`, `RateLimited` for reads that got no answer in time; `OutcomeUnknown` for writes
    /// that were sent and got none; `BadReply` for a body past the limit; `Unauthenticated` where no credential is to be had.
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response>;
}

/// A header that proves who Postern is to the vendor.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The header's name, mostly `authorization`.
    pub name: HeaderName,
    /// Its value.
    pub value: SecretString,
    /// How long it holds; `None`: until the vendor answers 401.
    pub expires_in: Option<Duration>,
}

/// Gets a credential. The handle keeps it, renews it before it expires, asks once for many calls, and once more after a 401.
#[crate::async_trait]
pub trait Authenticator: std::fmt::Debug + Send + Sync {
    /// Gets a fresh credential; `http` sends without one.
    async fn credential(&self, cx: &CallCx, http: &dyn Http) -> Result<Credential>;
}
