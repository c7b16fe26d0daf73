//! The way of one call: a tower stack of typed calls, from the protocol layer down to a tool.
//!
//! Outermost first, each with why it is here:
//!
//! 1. [`audit`]: sees every outcome; no answer leaves before its row is written.
//! 2. [`deadline`]: bounds all below it.
//! 3. [`authorise`]: the only place that makes a [`Permitted`] call; parses the arguments once.
//! 4. [`govern`]: a write that needs a confirmation becomes a preview; a write is logged before it is carried out.
//! 5. [`redact`]: outside dispatch and any cache, so that nothing skips it.
//! 6. [`dispatch`]: accepts permitted work only.

pub mod audit;
pub mod authorise;
pub mod deadline;
pub mod dispatch;
pub mod gate;
pub mod govern;
pub mod host;
pub mod redact;

use crate::caller::Caller;
use crate::govern::action::Named;
use crate::tools::{Code, Described, Findings, Metadata, Ready, Refusal, ToolCx};
use host::Facts;
use parking_lot::Mutex;
use postern_policies::{Effect, Reveal};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A call as it arrives: nothing about it was decided.
#[derive(Debug)]
pub struct ToolCall {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The tool's name as sent.
    pub name: String,
    /// The arguments as sent, or as they were confirmed.
    pub arguments: Map<String, Value>,
    /// Of the request.
    pub facts: Facts,
    /// The policies under which a person confirmed exactly this.
    pub confirmed: Option<String>,
    /// What the audit row will say.
    pub trail: Arc<Trail>,
}

/// What layers note for the audit row. No values, no names.
#[derive(Debug, Default)]
pub struct Trail {
    /// What the tool found on its way.
    pub findings: Arc<Mutex<Findings>>,
    /// What the layers decided.
    pub notes: Mutex<Notes>,
}

/// What the layers decided about one call.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The tool, where there is one of that name.
    pub tool: Option<&'static str>,
    /// The version of the policies.
    pub policy_version: Option<Arc<str>>,
    /// The policies that decided.
    pub policies: Option<Arc<[String]>>,
    /// Why a hidden tool was refused; the caller is not told.
    pub hidden: Option<&'static str>,
    /// The reference of a write, by which it can be found upstream.
    pub reference: Option<Arc<str>>,
    /// The action request that it is about.
    pub action: Option<Arc<str>>,
    /// How many values the redactor replaced.
    pub redacted: u32,
}

/// A call that the policy permits, with its arguments parsed. Only [`authorise`] makes one.
#[derive(Debug)]
pub struct Permitted {
    described: &'static Described,
    tool: Box<dyn Ready>,
    arguments: Map<String, Value>,
    cx: ToolCx,
    reveal: Reveal,
    confirmed: bool,
    policy_version: Arc<str>,
    facts: Facts,
    trail: Arc<Trail>,
}

/// What the govern layer asks for below it.
#[derive(Debug)]
pub struct Work {
    permitted: Permitted,
    step: Step,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Say what would be done.
    Preview,
    /// Do it.
    Execute,
}

/// An answer that may be shown.
#[derive(Debug)]
pub enum Shown {
    /// Done.
    Success {
        /// The data, in JSON.
        data: Box<RawValue>,
        /// About the data.
        metadata: Metadata,
    },
    /// Would be done.
    Preview {
        /// The facts.
        data: Value,
        /// The facts in words.
        message: String,
        /// What the policies are told of it.
        effect: Effect,
        /// The records that it is about and how each stands.
        targets: BTreeMap<String, String>,
        /// What records are called that become visible: for whoever decides, in no answer.
        names: Vec<Named>,
    },
    /// Waits for a person.
    Pending {
        /// The confirmation's id.
        id: String,
        /// The facts.
        data: Value,
        /// The facts in words.
        message: String,
        /// How long it can be confirmed.
        expires_in: Duration,
    },
    /// Waits for somebody else.
    Waiting {
        /// The action request's id.
        id: String,
        /// What a preview answers, in JSON.
        data: Option<Box<RawValue>>,
        /// What a write would do; its answer's own form is for what it did.
        facts: Option<Map<String, Value>>,
        /// What is waited for, in words.
        message: String,
    },
    /// The answer that this very write got before.
    Again {
        /// The envelope.
        envelope: Box<RawValue>,
        /// Whether it was a failure.
        is_error: bool,
    },
}

/// Why a call stopped.
#[derive(Debug)]
pub enum Stop {
    /// As if there were no such tool.
    Hidden,
    /// With a code.
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<postern_api::Error> for Stop {
    fn from(error: postern_api::Error) -> Self {
        Stop::Refused(error.into())
    }
}

/// A layer that should have run did not: our bug, never the caller's.
fn missing_layer(detail: &'static str) -> Stop {
    tracing::error!(detail, "a call layer is missing");
    Refusal::new(Code::InternalError, "an internal error occurred").into()
}
