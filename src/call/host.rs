//! What the protocol layer asks of the gate, and what it is told.

use crate::caller::Caller;
use async_trait::async_trait;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// One tool as a list shows it.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The name, for example `customer_list_tickets`.
    pub name: &'static str,
    /// The name as policies spell it, with underscores only.
    pub action: Arc<str>,
    /// A title for people.
    pub title: &'static str,
    /// What it does; the model reads this.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Arc<Map<String, Value>>,
    /// JSON Schema of the answer envelope.
    pub output_schema: Arc<Map<String, Value>>,
    /// The toolset that it is listed in.
    pub toolset: Arc<str>,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it may destroy.
    pub destructive: bool,
    /// Whether doing it twice is doing it once.
    pub idempotent: bool,
}

/// What the protocol layer knows of one call, beside its caller.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The request id that the edge gave.
    pub request_id: String,
    /// The negotiated protocol version.
    pub protocol: String,
    /// The client's name and version, as it says.
    pub client: Option<String>,
    /// The address that it came from, as far as our own proxies tell.
    pub address: Option<IpAddr>,
    /// `?toolsets=` of the URL: only these are listed and searched. `None`: the defaults.
    pub toolsets: Option<Vec<String>>,
    /// Ends when the client has gone.
    pub cancelled: CancellationToken,
}

/// One call of a tool.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The tool's name as sent, `.` or `_` spelling.
    pub name: String,
    /// The arguments as sent.
    pub arguments: Map<String, Value>,
    /// Of the request.
    pub facts: Facts,
}

/// The envelope of an answer, redacted. Written once: these bytes leave, as structured content and as text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Written(Box<RawValue>);

impl From<Box<RawValue>> for Written {
    fn from(envelope: Box<RawValue>) -> Self {
        Self(envelope)
    }
}

impl Written {
    /// Writes an envelope; one that cannot be written is `null`.
    pub fn of(envelope: &impl Serialize) -> Self {
        Self(to_raw_value(envelope).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The JSON.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The JSON, read again.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// One of its own words, `status` or `code`.
    pub fn word(&self, name: &str) -> Option<String> {
        self.value().get(name).and_then(Value::as_str).map(str::to_owned)
    }
}

/// What a call came to.
#[derive(Debug, Clone)]
pub enum Answer {
    /// No such tool, or none that this caller may know of: the same protocol error.
    UnknownTool,
    /// The answer envelope, redacted. `is_error` for `status: error`.
    Done {
        /// The envelope.
        envelope: Written,
        /// Whether it is a failure.
        is_error: bool,
    },
    /// A person has to confirm first. A client that can ask is asked; to any other the envelope is the answer.
    Confirm {
        /// The confirmation's id.
        id: String,
        /// What to confirm, in words.
        message: String,
        /// How long it can be confirmed.
        expires_in: Duration,
        /// The `pending_confirmation` envelope.
        envelope: Written,
    },
}

/// What stands behind the protocol.
#[async_trait]
pub trait Host: std::fmt::Debug + Send + Sync + 'static {
    /// The tools that this caller can call, in a fixed order.
    fn list(&self, caller: &Caller, facts: &Facts) -> Vec<Arc<Listing>>;
    /// Calls a tool.
    async fn call(&self, call: Call) -> Answer;
    /// Settles a confirmation that the same person accepted or declined outside the model's reach.
    async fn confirm(&self, caller: Arc<Caller>, id: &str, accept: bool, facts: &Facts) -> Answer;
    /// Hears of a request that the protocol layer refused before it became a call, for the audit.
    fn refused(&self, caller: &Caller, refusal: Refusal, facts: &Facts);
}

/// Why the protocol layer refused a request by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A list cursor that is not one of ours, is another caller's, or is for a list that has changed since.
    Cursor,
    /// A request state that is not one of ours, has expired, or was for another caller, tool or arguments.
    RequestState,
    /// A session that another person began.
    Session,
}

impl Refusal {
    /// The reason code.
    pub fn as_str(self) -> &'static str {
        match self {
            Refusal::Cursor => "mcp_cursor",
            Refusal::RequestState => "mcp_request_state",
            Refusal::Session => "mcp_session",
        }
    }
}
