//! Reads pass. A write is logged durably before it is carried out; one that needs a confirmation becomes a preview first, and is
//! carried out only when the same person has confirmed exactly these arguments. Governed writes are action requests: see
//! [`requests`].

mod effects;
mod going;
mod readings;
pub mod reconcile;
mod requests;

use super::audit::{Ledger, Phase, Row, kept};
use super::authorise::Means;
use super::{Permitted, Shown, Step, Stop, Work, missing_layer};
use crate::fail_point;
use crate::govern::action::{ActionId, ActionRequest, Content, LIFE as REQUEST_LIFE, Origin, Requester, State};
use crate::govern::confirmation::{Confirmation, Confirmations, LIFE};
use crate::govern::lease::Finish;
use crate::tools::{Code, Kind, Refusal, ToolCx};
use effects::Effects;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use postern_api::{Error, LetGo};
use postern_policies::{Effect, Engine, Realm};
use readings::Readings;
use reconcile::Reconciler;
use requests::Requests;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Service, ServiceExt};
use tracing::Instrument as _;

/// The layer.
#[derive(Debug, Clone)]
pub struct Govern<S> {
    inner: S,
    confirmations: Arc<dyn Confirmations>,
    effects: Effects,
    ledger: Arc<dyn Ledger>,
    readings: Readings,
}

impl<S> Govern<S> {
    /// Governs what reaches `inner`.
    pub fn new(inner: S, confirmations: Arc<dyn Confirmations>, means: &Means, ledger: Arc<dyn Ledger>) -> Self {
        Self { inner, confirmations, effects: Effects::new(means), ledger, readings: Readings::new() }
    }

    /// What looks after writes whose outcome nobody knows.
    pub fn reconciler(&self, policies: Arc<Engine>) -> Reconciler {
        Reconciler::new(self.effects.clone(), self.ledger.clone(), policies)
    }
}

impl<S> Service<Permitted> for Govern<S>
where
    S: Service<Work, Response = Shown, Error = Stop> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    type Response = Shown;
    type Error = Stop;
    type Future = BoxFuture<'static, Result<Shown, Stop>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, permitted: Permitted) -> Self::Future {
        match (permitted.described.entry.kind, permitted.confirmed) {
            (Kind::Read, _) => Box::pin(read(self.inner.clone(), self.readings.clone(), permitted)),
            (Kind::Preview, _) => {
                let requests = Requests::new(self.inner.clone(), self);
                Box::pin(async move { requests.preview(permitted).await })
            }
            (Kind::ConfirmedWrite, false) => {
                Box::pin(preview(self.inner.clone(), self.confirmations.clone(), self.readings.clone(), permitted))
            }
            (Kind::Write | Kind::ConfirmedWrite, _) => {
                apart(direct(self.inner.clone(), self.effects.clone(), self.ledger.clone(), permitted))
            }
            (Kind::Governed, _) => {
                let requests = Requests::new(self.inner.clone(), self);
                apart(async move { requests.carry_out(permitted).await })
            }
        }
    }
}

/// Runs a change as a task of its own: whoever leaves now does not cut a change that is on its way.
fn apart(
    change: impl Future<Output = Result<Shown, Stop>> + Send + 'static,
) -> BoxFuture<'static, Result<Shown, Stop>> {
    let task = tokio::spawn(change.in_current_span());
    Box::pin(async move {
        task.await.unwrap_or_else(|_| {
            let lost = Refusal::new(Code::OutcomeUnknown, "the change was interrupted inside the gateway");
            Err(lost.into())
        })
    })
}

/// A read; what it shows of other people's words is remembered.
async fn read<S>(inner: S, readings: Readings, permitted: Permitted) -> Result<Shown, Stop>
where
    S: Service<Work, Response = Shown, Error = Stop>,
{
    let (caller, tenant, now) = (permitted.cx.caller.clone(), permitted.cx.tenant.clone(), permitted.cx.now);
    let entry = permitted.described.entry;
    let shown = inner.oneshot(Work { permitted, step: Step::Execute }).await?;
    if let Shown::Success { data, metadata } = &shown
        && metadata.untrusted_content
    {
        readings.keep((&tenant.id, &caller.principal), entry, data, now);
    }
    Ok(shown)
}

async fn preview<S>(
    inner: S,
    confirmations: Arc<dyn Confirmations>,
    readings: Readings,
    permitted: Permitted,
) -> Result<Shown, Stop>
where
    S: Service<Work, Response = Shown, Error = Stop>,
{
    let passages = readings.in_these(
        (&permitted.cx.tenant.id, &permitted.cx.caller.principal),
        &permitted.arguments,
        permitted.cx.now,
    );
    let (cx, version) = (permitted.cx.clone(), permitted.policy_version.to_string());
    let tool = permitted.described.entry.name.to_owned();
    let arguments = serde_json::to_string(&permitted.arguments);
    let arguments = arguments.map_err(|e| postern_api::Error::internal("arguments").because(e))?;
    possible(&permitted)?;
    let Shown::Preview { data, message, .. } = inner.oneshot(Work { permitted, step: Step::Preview }).await? else {
        return Err(missing_layer("a preview was not a preview"));
    };
    let message = passages.iter().fold(message, |message, it| format!("{message}\n{}", it.line()));
    confirm(&*confirmations, &cx, tool, arguments, version, data, message)
}

/// What the connected system cannot do is refused before anybody is asked to agree to it. Employees are told which system it is.
fn possible(permitted: &Permitted) -> Result<(), Refusal> {
    let Some(sends) = permitted.tool.sends() else { return Ok(()) };
    let cx = &permitted.cx;
    let system = cx.tenant.written(sends.op);
    if system.is_some_and(|it| it.adapter.supports().contains(&sends.op)) {
        return Ok(());
    }
    cx.findings.lock().system = system.map(|it| it.name.clone());
    let refusal = Refusal::from(Error::unsupported(sends.op));
    Err(match system.filter(|_| cx.caller.realm == Realm::Employee) {
        Some(it) => {
            Refusal { message: format!("`{}` cannot do this ({})", it.name, sends.op.name()).into(), ..refusal }
        }
        None => refusal,
    })
}

/// Keeps what waits for the caller's own yes.
fn confirm(
    confirmations: &dyn Confirmations,
    cx: &ToolCx,
    tool: String,
    arguments: String,
    version: String,
    data: Value,
    message: String,
) -> Result<Shown, Stop> {
    let life = SignedDuration::try_from(LIFE).unwrap_or_default();
    let confirmation = Confirmation {
        id: new_id("conf-"),
        tenant: cx.tenant.id.clone(),
        principal: cx.caller.principal.clone(),
        tool,
        arguments,
        policy_version: version,
        message: message.clone(),
        expires_at: cx.now.checked_add(life).unwrap_or(cx.now),
        session: cx.caller.rests.session.clone(),
    };
    confirmations.create(&confirmation)?;
    Ok(Shown::Pending { id: confirmation.id, data, message, expires_in: LIFE })
}

/// Carries out a write that is not governed: kept while it is under way, so that a crash cannot lose sight of it.
async fn direct<S>(inner: S, effects: Effects, ledger: Arc<dyn Ledger>, permitted: Permitted) -> Result<Shown, Stop>
where
    S: Service<Work, Response = Shown, Error = Stop>,
{
    let cx = &permitted.cx;
    let arguments = serde_json::to_string(&permitted.arguments);
    let arguments = arguments.map_err(|e| postern_api::Error::internal("arguments").because(e))?;
    let life = SignedDuration::try_from(REQUEST_LIFE).unwrap_or_default();
    let request = ActionRequest {
        id: ActionId::fresh(),
        tenant: cx.tenant.id.clone(),
        principal: cx.caller.principal.clone(),
        organisation: cx.caller.organisation.clone(),
        tool: permitted.described.entry.name.to_owned(),
        digest: String::new(),
        key: None,
        policy_version: permitted.policy_version.to_string(),
        state: State::Executing,
        origin: Origin::Direct,
        created_at: cx.now,
        expires_at: cx.now.checked_add(life).unwrap_or(cx.now),
        changed_at: cx.now,
        session: cx.caller.rests.session.clone(),
        decided_by: None,
        reason: None,
        attempts: 1,
        tries: 0,
        upstream: None,
        let_go: false,
        needs_human: false,
        content: Content {
            arguments,
            requester: Requester::of(&cx.caller),
            message: permitted.described.entry.title.to_owned(),
            data: "{}".to_owned(),
            effect: Effect::default(),
            targets: BTreeMap::new(),
        },
        answer: None,
    };
    let epoch = effects.actions.intend(&request, &effects.hold())?;
    permitted.trail.notes.lock().action = Some(request.id.as_str().into());
    fail_point::at("begun");
    let request_id = permitted.facts.request_id.clone();
    let go = effects.going(&request, epoch);
    let outcome = write(inner, ledger, permitted, request.id.reference(), go).await;
    settle(&effects, &request, epoch, &outcome, &request_id);
    outcome
}

/// Keeps what came of a write, for whoever still holds it.
fn settle(effects: &Effects, request: &ActionRequest, epoch: u32, outcome: &Result<Shown, Stop>, request_id: &str) {
    fail_point::at("sent");
    let (id, now) = (&request.id, effects.now());
    let finish = match outcome {
        Err(Stop::Refused(refusal)) if refusal.code == Code::OutcomeUnknown => {
            Finish::unknown(effects.protocol.next(now, 0))
        }
        Ok(_) => Finish::known(State::Done, kept(outcome, request_id)),
        Err(Stop::Refused(_) | Stop::Hidden) => Finish::known(State::Failed, kept(outcome, request_id)),
    };
    match effects.actions.finish(&request.tenant, id, epoch, &finish, now) {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(action = %id, "a write took so long that its outcome is looked for upstream instead")
        }
        // The lease ends, and then it is looked for upstream.
        Err(error) => tracing::error!(action = %id, error = %error, "what came of a write could not be kept"),
    }
    fail_point::at("settled");
}

/// Carries a write out under its reference. What it does before it is let go is reading.
async fn write<S>(
    inner: S,
    ledger: Arc<dyn Ledger>,
    mut permitted: Permitted,
    reference: String,
    go: Arc<dyn LetGo>,
) -> Result<Shown, Stop>
where
    S: Service<Work, Response = Shown, Error = Stop>,
{
    let reference: Arc<str> = reference.into();
    permitted.cx.reference = Some(reference.clone());
    permitted.cx.let_go = Some(go);
    permitted.trail.notes.lock().reference = Some(reference);
    let attempt =
        Row::of(Phase::Attempt, &permitted.cx.caller, &permitted.arguments, &permitted.facts, &permitted.trail);
    // That it is about to be sent is on the disk twice before it is: in the audit here, and with the requests when it is let go.
    if let Err(error) = ledger.append(attempt).await {
        // Nothing was sent, and nobody is told that it may have been.
        permitted.trail.notes.lock().reference = None;
        tracing::error!(error = %error, "the audit log cannot be written; a write was refused");
        let refusal = Refusal::new(Code::AuditUnavailable, "the audit log cannot be written");
        return Err(Refusal { cause: Some(Box::new(error)), ..refusal }.into());
    }
    fail_point::at("logged");
    inner.oneshot(Work { permitted, step: Step::Execute }).await
}

/// 128 random bits as lower-case letters and digits, after a prefix.
fn new_id(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::new_v4().simple())
}
