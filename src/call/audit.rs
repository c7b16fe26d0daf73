//! Sees every outcome and writes its row before the answer leaves. A read whose row cannot be written is refused as well.

use super::host::{Answer, Facts, Written};
use super::{Shown, Stop, ToolCall, Trail};
use crate::caller::Caller;
use crate::fail_point;
use crate::govern::action::ActionId;
use crate::govern::finding::Found;
use crate::tools::{Code, Envelope, Refusal, Status};
use futures::FutureExt;
use futures::future::BoxFuture;
use postern_api::{OrganisationId, Result};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::Service;

/// Which row of a call this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The only one: reads, and everything that was refused.
    Single,
    /// Before a write is sent; written durably.
    Attempt,
    /// After it.
    Outcome,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Carried out.
    Allowed,
    /// Not permitted.
    Denied,
    /// Permitted, and failed.
    Failed,
    /// Waits for a person.
    Pending,
    /// A change was sent and nobody knows.
    Unknown,
}

impl Phase {
    /// The word for it in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Single => "single",
            Phase::Attempt => "attempt",
            Phase::Outcome => "outcome",
        }
    }
}

impl Decision {
    /// The word for it in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
            Decision::Failed => "failed",
            Decision::Pending => "pending",
            Decision::Unknown => "unknown",
        }
    }
}

/// One row, before it is bounded, keyed and chained. `arguments` become a keyed digest; names and values never get that far.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which of the call's rows.
    pub phase: Phase,
    /// Who.
    pub caller: Arc<Caller>,
    /// The tool; empty where there is none of that name.
    pub tool: &'static str,
    /// The arguments.
    pub arguments: Map<String, Value>,
    /// The organisation that the call was about, in our words; none where it was about several.
    pub organisation: Option<OrganisationId>,
    /// How many organisations it was about.
    pub organisations: u32,
    /// What was decided.
    pub decision: Decision,
    /// The published code, or the inner reason of a hidden tool.
    pub code: &'static str,
    /// The version of the policies.
    pub policy_version: Option<Arc<str>>,
    /// The policies that decided.
    pub policies: Option<Arc<[String]>>,
    /// The connected system.
    pub system: Option<Arc<str>>,
    /// Time spent waiting for connected systems.
    pub upstream: Duration,
    /// How many values the redactor replaced.
    pub redacted: u32,
    /// Rows that belonged to somebody else and were dropped.
    pub dropped: u32,
    /// A write's reference upstream.
    pub reference: Option<Arc<str>>,
    /// The action request that it is about.
    pub action: Option<Arc<str>>,
    /// The request's id.
    pub request_id: String,
}

impl Row {
    /// A row with what the layers noted so far.
    pub fn of(
        phase: Phase,
        caller: &Arc<Caller>,
        arguments: &Map<String, Value>,
        facts: &Facts,
        trail: &Trail,
    ) -> Self {
        let (notes, findings) = (trail.notes.lock().clone(), trail.findings.lock().clone());
        let mut organisations = findings.organisations;
        organisations.extend(caller.organisation.clone());
        Self {
            phase,
            caller: caller.clone(),
            tool: notes.tool.unwrap_or_default(),
            arguments: arguments.clone(),
            organisations: u32::try_from(organisations.len()).unwrap_or(u32::MAX),
            organisation: organisations.pop_first().filter(|_| organisations.is_empty()),
            decision: Decision::Allowed,
            code: "",
            policy_version: notes.policy_version,
            policies: notes.policies,
            system: findings.system,
            upstream: findings.upstream,
            redacted: notes.redacted,
            dropped: findings.dropped,
            reference: notes.reference,
            action: notes.action,
            request_id: facts.request_id.clone(),
        }
    }
}

/// Where rows go.
#[async_trait::async_trait]
pub trait Ledger: std::fmt::Debug + Send + Sync {
    /// Appends a row; answers when it is committed. [`Phase::Attempt`] is on the disk by then.
    async fn append(&self, row: Row) -> Result<()>;
}

/// The layer.
#[derive(Debug, Clone)]
pub struct Audit<S> {
    inner: S,
    ledger: Arc<dyn Ledger>,
}

impl<S> Audit<S> {
    /// Audits what reaches `inner`.
    pub fn new(inner: S, ledger: Arc<dyn Ledger>) -> Self {
        Self { inner, ledger }
    }
}

impl<S> Service<ToolCall> for Audit<S>
where
    S: Service<ToolCall, Response = Shown, Error = Stop> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: ToolCall) -> Self::Future {
        let (caller, arguments, facts, trail) =
            (call.caller.clone(), call.arguments.clone(), call.facts.clone(), call.trail.clone());
        let start = Instant::now();
        let (mut inner, ledger) = (self.inner.clone(), self.ledger.clone());
        Box::pin(async move {
            // A panic below is an outcome as well: it has its row, and its words stay inside.
            let answer = AssertUnwindSafe(async move { inner.call(call).await }).catch_unwind();
            let outcome = answer.await.unwrap_or_else(|_| Err(panicked(&trail).into()));
            let phase = if trail.notes.lock().reference.is_some() { Phase::Outcome } else { Phase::Single };
            let row = Row::of(phase, &caller, &arguments, &facts, &trail);
            Ok(conclude(&*ledger, row, outcome, &trail, start.elapsed()).await)
        })
    }
}

/// Writes the row of an outcome and makes it an answer.
pub(super) async fn conclude(
    ledger: &dyn Ledger,
    mut row: Row,
    outcome: std::result::Result<Shown, Stop>,
    trail: &Trail,
    took: Duration,
) -> Answer {
    (row.decision, row.code) = verdict(&outcome, trail);
    crate::telemetry::called(&row, took);
    if let Err(Stop::Refused(Refusal { cause: Some(cause), code, .. })) = &outcome {
        let source = std::error::Error::source(&**cause).map(ToString::to_string);
        tracing::warn!(
            request_id = %row.request_id, tool = row.tool, code = code.as_str(), kind = ?cause.kind(), context = ?cause.context(), source,
            "a call failed"
        );
    }
    let told =
        Told { request_id: row.request_id.clone(), reference: row.reference.clone(), action: row.action.clone() };
    let written = row.phase == Phase::Outcome;
    let outcome = match ledger.append(row).await {
        Ok(()) => outcome,
        Err(error) => {
            tracing::error!(request_id = %told.request_id, error = %error, "the audit log cannot be written; the answer was withheld");
            Err(unlogged(written).into())
        }
    };
    fail_point::at("told");
    answer_of(outcome, &told)
}

/// By which a call can be found again.
struct Told {
    request_id: String,
    reference: Option<Arc<str>>,
    action: Option<Arc<str>>,
}

fn panicked(trail: &Trail) -> Refusal {
    tracing::error!(tool = trail.notes.lock().tool.unwrap_or_default(), "a call panicked");
    if trail.notes.lock().reference.is_some() {
        Refusal::new(Code::OutcomeUnknown, "the change was interrupted inside the gateway")
    } else {
        Refusal::new(Code::InternalError, "an internal error occurred")
    }
}

fn unlogged(written: bool) -> Refusal {
    if written {
        Refusal::new(Code::OutcomeUnknown, "the change was sent, but its outcome could not be logged and is withheld")
    } else {
        Refusal::new(Code::AuditUnavailable, "the audit log cannot be written")
    }
}

fn verdict(outcome: &std::result::Result<Shown, Stop>, trail: &Trail) -> (Decision, &'static str) {
    match outcome {
        Ok(Shown::Success { .. } | Shown::Preview { .. }) => (Decision::Allowed, ""),
        Ok(Shown::Pending { .. }) => (Decision::Pending, "CONFIRMATION_REQUIRED"),
        Ok(Shown::Waiting { .. }) => (Decision::Pending, "APPROVAL_REQUIRED"),
        Ok(Shown::Again { is_error: false, .. }) => (Decision::Allowed, "ANSWERED_BEFORE"),
        Ok(Shown::Again { is_error: true, .. }) => (Decision::Failed, "ANSWERED_BEFORE"),
        Err(Stop::Hidden) => (Decision::Denied, trail.notes.lock().hidden.unwrap_or("unknown_tool")),
        Err(Stop::Refused(refusal)) => {
            let decision = match refusal.code {
                Code::InvalidRealm
                | Code::AccessDenied
                | Code::TicketNotFound
                | Code::ArticleNotFound
                | Code::OrganizationNotFound
                | Code::ContactNotFound
                | Code::LeadRequired
                | Code::InsufficientScope
                | Code::ConfirmationNotFound
                | Code::ConfirmationDeclined
                | Code::ConfirmationStale
                | Code::RecordNotFound
                | Code::ActionRequestNotFound
                | Code::ActionRequestRejected
                | Code::ActionRequestExpired
                | Code::PreviewStale
                | Code::IdempotencyConflict
                | Code::NotificationRefused
                | Code::BlockedByRule => Decision::Denied,
                Code::OutcomeUnknown => Decision::Unknown,
                Code::OrgNotActive
                | Code::TicketLimitReached
                | Code::ContactLimitReached
                | Code::ContactExists
                | Code::ValidationError
                | Code::Conflict
                | Code::UpstreamRateLimited
                | Code::UpstreamUnavailable
                | Code::UpstreamTimeout
                | Code::UpstreamError
                | Code::NotSupported
                | Code::AuditUnavailable
                | Code::InternalError => Decision::Failed,
            };
            (decision, refusal.code.as_str())
        }
    }
}

/// The one place where outcomes become envelopes.
fn answer_of(outcome: std::result::Result<Shown, Stop>, told: &Told) -> Answer {
    let request_id = &told.request_id;
    let empty = empty_envelope::<Box<RawValue>>;
    match outcome {
        Ok(Shown::Success { data, metadata }) => {
            let said = metadata.truncated || metadata.warning.is_some() || metadata.untrusted_content;
            let metadata = said.then_some(metadata);
            done(&Envelope { data: Some(data), metadata, ..empty(Status::Success) }, false)
        }
        Ok(Shown::Preview { .. }) => done(
            &failure(
                &Refusal::new(Code::InternalError, "an internal error occurred"),
                empty(Status::Error),
                request_id,
            ),
            true,
        ),
        Ok(Shown::Pending { id, data, message, expires_in }) => {
            let facts = match data {
                Value::Object(map) => map,
                data @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                    Map::from_iter([("facts".to_owned(), data)])
                }
            };
            let envelope = Envelope {
                message: Some(message.clone()),
                confirmation_id: Some(id.clone()),
                confirmation_data: Some(facts),
                suggested_action: Some(
                    "A person has to confirm this outside the conversation. Tell them; do not call the tool again."
                        .to_owned(),
                ),
                ..empty(Status::PendingConfirmation)
            };
            Answer::Confirm { id, message, expires_in, envelope: Written::of(&envelope) }
        }
        Ok(Shown::Waiting { id, data, facts, message }) => {
            let envelope = Envelope {
                data,
                confirmation_data: facts,
                message: Some(message),
                action_request_id: Some(id),
                suggested_action: Some(
                    "Somebody with the right has to approve this in the console. Tell the person; ask `portal.action_request.status` for \
                     what came of it, and call the write again once it is approved."
                        .to_owned(),
                ),
                ..empty(Status::PendingApproval)
            };
            done(&envelope, false)
        }
        Ok(Shown::Again { envelope, is_error }) => Answer::Done { envelope: Written::from(envelope), is_error },
        Err(Stop::Hidden) => Answer::UnknownTool,
        Err(Stop::Refused(refusal)) => {
            let is_unknown = refusal.code == Code::OutcomeUnknown;
            let status = if is_unknown { Status::Unknown } else { Status::Error };
            let mut envelope = failure(&refusal, empty(status), request_id);
            if is_unknown && let Some(reference) = &told.reference {
                // By this it is found upstream and in the audit; the gateway goes on looking for it.
                envelope.action_request_id = told.action.as_deref().map(str::to_owned);
                envelope.message = Some(format!("{}; its reference is `{reference}`", refusal.message));
            }
            done(&envelope, true)
        }
    }
}

/// The answer of a governed write as it is kept, so that a second call gets the same.
pub(super) fn kept(outcome: &std::result::Result<Shown, Stop>, request_id: &str) -> Option<String> {
    match outcome {
        Ok(Shown::Success { data, metadata }) => {
            let envelope =
                Envelope { data: Some(data), metadata: Some(metadata.clone()), ..empty_envelope(Status::Success) };
            serde_json::to_string(&envelope).ok()
        }
        Err(Stop::Refused(refusal)) => {
            serde_json::to_string(&failure::<()>(refusal, empty_envelope(Status::Error), request_id)).ok()
        }
        Ok(Shown::Preview { .. } | Shown::Pending { .. } | Shown::Waiting { .. } | Shown::Again { .. })
        | Err(Stop::Hidden) => None,
    }
}

/// The answer of a write that was found upstream after its own answer was lost: that it was done, and no more.
pub(super) fn found_again(id: &ActionId) -> String {
    let envelope: Envelope<()> = Envelope {
        message: Some(
            "the change was made: it was found upstream by its reference, after its own answer was lost".to_owned(),
        ),
        action_request_id: Some(id.to_string()),
        ..empty_envelope(Status::Success)
    };
    serde_json::to_string(&envelope).unwrap_or_default()
}

/// The answer to whoever calls a request again of which a person found out what became, with what they wrote about it.
pub(crate) fn found_out(id: &ActionId, found: &Found, reason: &str) -> String {
    let (status, code, message) = match found {
        Found::Happened(record) => {
            (Status::Success, None, format!("the change was made: a person found it upstream as `{record}` ({reason})"))
        }
        Found::NeverHappened => (
            Status::Error,
            Some(Code::UpstreamError),
            format!("the change was never made: a person looked ({reason}); ask for it anew if it is still wanted"),
        ),
        Found::NobodyKnows => (
            Status::Unknown,
            Some(Code::OutcomeUnknown),
            format!(
                "nobody could find out whether the change was made, and nobody looks any more ({reason}); look before you ask anew"
            ),
        ),
    };
    let envelope: Envelope<()> =
        Envelope { code, message: Some(message), action_request_id: Some(id.to_string()), ..empty_envelope(status) };
    serde_json::to_string(&envelope).unwrap_or_default()
}

fn empty_envelope<T>(status: Status) -> Envelope<T> {
    Envelope {
        status,
        data: None,
        metadata: None,
        code: None,
        message: None,
        suggested_action: None,
        confirmation_id: None,
        confirmation_data: None,
        action_request_id: None,
        retry_after_secs: None,
        request_id: None,
    }
}

/// Addresses of ours behind which the id is put of what waits there.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Where the same person confirms.
    pub confirm: Arc<str>,
    /// Where somebody else approves.
    pub approve: Arc<str>,
}

/// Names the pages on which a person confirms, and on which somebody else approves. Opening them does nothing, so a model that follows
/// one has decided nothing.
pub(super) fn point_to(answer: &mut Answer, Pages { confirm, approve }: &Pages) {
    if let Answer::Done { envelope, is_error: false } = answer
        && envelope.word("status").as_deref() == Some("pending_approval")
        && let Some(id) = envelope.word("action_request_id")
    {
        let mut value = envelope.value();
        if let Some(action) = value.get_mut("suggested_action") {
            let text = format!(
                "Somebody with the right has to approve this at {approve}{id}. Give the person this address to pass on; the requester \
                 cannot approve it. Ask `portal.action_request.status` for what came of it, and call the write again once it is \
                 approved."
            );
            *action = text.into();
            *envelope = Written::of(&value);
        }
    }
    if let Answer::Confirm { id, envelope, .. } = answer {
        let mut value = envelope.value();
        if let Some(action) = value.get_mut("suggested_action") {
            let text = format!(
                "A person has to confirm this outside the conversation, at {confirm}{id}. Give them this address; do not call the \
                 tool again."
            );
            *action = text.into();
            *envelope = Written::of(&value);
        }
    }
}

fn failure<T>(refusal: &Refusal, empty: Envelope<T>, request_id: &str) -> Envelope<T> {
    // A missing record and a foreign one are the same bytes, so the request id is told only where support needs it.
    let for_support = matches!(refusal.code, Code::InternalError | Code::UpstreamError | Code::OutcomeUnknown);
    Envelope {
        code: Some(refusal.code),
        message: Some(refusal.message.to_string()),
        suggested_action: Some(refusal.suggested_action.to_string()),
        retry_after_secs: refusal.retry_after.map(|it| it.as_secs().max(1)),
        request_id: for_support.then(|| request_id.to_owned()),
        ..empty
    }
}

fn done(envelope: &Envelope<Box<RawValue>>, is_error: bool) -> Answer {
    Answer::Done { envelope: Written::of(envelope), is_error }
}
