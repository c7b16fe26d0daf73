//! Governed writes as action requests: previewed, allowed by the policy's need, carried out once, answered the same again.
//!
//! A write that has a preview of its own names it; any other is previewed by its first call. Before it is sent it is previewed
//! once more: what is not as it was when somebody looked at it is not carried out.

use super::super::audit::{Ledger, found_again};
use super::super::{Permitted, Shown, Step, Stop, Work, missing_layer};
use super::effects::{Effects, Searched};
use super::readings::Readings;
use super::{Govern, confirm, possible, settle, write};
use crate::fail_point;
use crate::govern::action::{ActionId, ActionRequest, Beside, Content, LIFE, Origin, Requester, State};
use crate::govern::confirmation::Confirmations;
use crate::govern::lease::{Begun, Finish, Upstream};
use crate::tools::refusal::missing;
use crate::tools::{Code, Described, Metadata, Refusal, find};
use jiff::SignedDuration;
use postern_policies::{Effect, Lately, Need, Requested};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::{Service, ServiceExt};

/// What the layer needs for one call.
#[derive(Debug)]
pub(super) struct Requests<S> {
    inner: S,
    confirmations: Arc<dyn Confirmations>,
    effects: Effects,
    ledger: Arc<dyn Ledger>,
    readings: Readings,
}

/// A write as its arguments say, before anything was looked at.
#[derive(Debug, Clone)]
struct Plan {
    write: &'static Described,
    arguments: Map<String, Value>,
}

/// What a look at the systems found.
#[derive(Debug)]
struct Looked {
    content: Content,
    data: Value,
    organisation: Option<postern_api::OrganisationId>,
    digest: String,
}

impl<S> Requests<S>
where
    S: Service<Work, Response = Shown, Error = Stop> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    pub(super) fn new<T>(inner: S, layer: &Govern<T>) -> Self {
        Self {
            inner,
            confirmations: layer.confirmations.clone(),
            effects: layer.effects.clone(),
            ledger: layer.ledger.clone(),
            readings: layer.readings.clone(),
        }
    }

    /// A preview tool: notes what its write would do.
    pub(super) async fn preview(&self, permitted: Permitted) -> Result<Shown, Stop> {
        let write = permitted.described.entry.writes.and_then(find);
        let plan = Plan {
            write: write.ok_or_else(|| missing_layer("a preview of no write"))?,
            arguments: permitted.arguments.clone(),
        };
        let looked = self.look(&permitted, &plan).await?;
        let cx = &permitted.cx;
        // The same look at the same records is the same request for as long as it is open: nobody is asked twice.
        let known = self.effects.actions.by_digest(&cx.tenant.id, &cx.caller.principal, &looked.digest, cx.now)?;
        let known =
            known.filter(|it| it.state.open()).map_or(Ok(None), |it| self.still(&permitted, &plan, it, &looked))?;
        let request = match known {
            Some(known) => known,
            None => self.note(&permitted, &plan, None, &looked)?,
        };
        permitted.trail.notes.lock().action = Some(request.id.as_str().into());
        let need = if request.state == State::PendingApproval {
            Need::Approval
        } else {
            let effect = looked.content.effect.read_before(&request.content.effect);
            self.need(&permitted, plan.write, &effect, Beside::Kept(&request.id))?
        };
        told(&request, &looked, need)
    }

    /// A governed write.
    pub(super) async fn carry_out(&self, permitted: Permitted) -> Result<Shown, Stop> {
        let (tenant, principal) = (&permitted.cx.tenant.id, &permitted.cx.caller.principal);
        if let Some(id) = permitted.tool.previewed() {
            let found = self.effects.actions.get(tenant, id)?;
            let tool = permitted.described.entry.name;
            // Somebody else's, another write's and none at all are the same.
            let found = found.filter(|it| it.principal == *principal && it.tool == tool);
            let request = found.ok_or_else(|| missing(Code::ActionRequestNotFound))?;
            return self.proceed(permitted, request, None).await;
        }
        let mut arguments = permitted.arguments.clone();
        let key = permitted.described.entry.key(&mut arguments)?;
        let plan = Plan { write: permitted.described, arguments };
        if let Some(key) = &key
            && let Some(known) = self.effects.actions.by_key(tenant, principal, key)?
        {
            let same = known.tool == plan.write.entry.name && known.content.arguments == text(&plan.arguments)?;
            if !same {
                return Err(Refusal::new(Code::IdempotencyConflict, "this key was used for another write").into());
            }
            return self.proceed(permitted, known, None).await;
        }
        let looked = self.look(&permitted, &plan).await?;
        let known = match &key {
            None => self.effects.actions.by_digest(tenant, principal, &looked.digest, permitted.cx.now)?,
            Some(_) => None,
        };
        let request = match known.map_or(Ok(None), |it| self.still(&permitted, &plan, it, &looked))? {
            Some(known) => known,
            None => self.note(&permitted, &plan, key, &looked)?,
        };
        self.proceed(permitted, request, Some(looked)).await
    }

    /// Previews, which cannot change anything: the tool is given no reference, and without one no port writes.
    async fn look(&self, permitted: &Permitted, plan: &Plan) -> Result<Looked, Stop> {
        let planned = planned(permitted, plan)?;
        possible(&planned)?;
        let work = Work { permitted: planned, step: Step::Preview };
        let shown = self.inner.clone().oneshot(work).await?;
        let Shown::Preview { mut data, mut message, mut effect, targets, names } = shown else {
            return Err(missing_layer("a preview was not a preview"));
        };
        let caller = &permitted.cx.caller;
        let (whose, now) = ((&permitted.cx.tenant.id, &caller.principal), permitted.cx.now);
        effect.tainted = self.readings.any(whose, now);
        if effect.reaches_outside() {
            let passages = self.readings.in_these(whose, &plan.arguments, now);
            effect.untrusted |= !passages.is_empty();
            for it in &passages {
                message.push('\n');
                message.push_str(&it.line());
            }
            if !passages.is_empty()
                && let Some(facts) = data.as_object_mut()
            {
                facts.insert("written_by_somebody_else".to_owned(), json!(passages));
            }
        }
        let content = Content {
            arguments: text(&plan.arguments)?,
            requester: Requester::of(caller),
            message,
            data: data.to_string(),
            effect,
            targets,
            names,
        };
        let mut organisations = permitted.trail.findings.lock().organisations.clone();
        organisations.extend(caller.organisation.clone());
        let organisation = organisations.pop_first().filter(|_| organisations.is_empty());
        let digest = ActionRequest::digest_of(
            &permitted.cx.tenant.id,
            &caller.principal,
            organisation.as_ref(),
            plan.write.entry.name,
            &permitted.policy_version,
            &content,
        );
        Ok(Looked { content, data, organisation, digest })
    }

    /// What has to happen first, by the policies in force and by what the same person asked for lately.
    fn need(
        &self,
        permitted: &Permitted,
        write: &Described,
        effect: &Effect,
        beside: Beside<'_>,
    ) -> Result<Need, Stop> {
        let (cx, caller) = (&permitted.cx, &permitted.cx.caller);
        let lately = if effect.recipients == 0 && effect.amount == 0 {
            Lately::default()
        } else {
            let now = self.effects.now();
            self.effects.actions.lately(&cx.tenant.id, &caller.principal, write.entry.name, beside, now)?
        };
        let requested = Requested { tool: &write.action, effect, realm: caller.realm, lately };
        Ok(cx.policies.need(&caller.subject(), &requested))
    }

    /// A request for the same as was just looked at, unless its requester read something since that it needs more for; then it is
    /// over, and asked for anew.
    fn still(
        &self,
        permitted: &Permitted,
        plan: &Plan,
        known: ActionRequest,
        looked: &Looked,
    ) -> Result<Option<ActionRequest>, Stop> {
        if known.state != State::Previewed || !self.needs_more(permitted, plan, &known, looked)? {
            return Ok(Some(known));
        }
        self.effects.actions.cancel(&known.tenant, &known.principal, &known.id, permitted.cx.now)?;
        Ok(None)
    }

    /// Whether what its requester read since makes a request need more than it did.
    fn needs_more(
        &self,
        permitted: &Permitted,
        plan: &Plan,
        request: &ActionRequest,
        looked: &Looked,
    ) -> Result<bool, Stop> {
        let (kept, beside) = (&request.content.effect, Beside::Kept(&request.id));
        let effect = looked.content.effect.read_before(kept);
        Ok(effect != *kept
            && self.need(permitted, plan.write, &effect, beside)? != self.need(permitted, plan.write, kept, beside)?)
    }

    /// Keeps an action request.
    fn note(
        &self,
        permitted: &Permitted,
        plan: &Plan,
        key: Option<String>,
        looked: &Looked,
    ) -> Result<ActionRequest, Stop> {
        let cx = &permitted.cx;
        let need = self.need(permitted, plan.write, &looked.content.effect, Beside::New(&looked.content.arguments))?;
        let life = SignedDuration::try_from(LIFE).unwrap_or_default();
        let request = ActionRequest {
            id: ActionId::fresh(),
            tenant: cx.tenant.id.clone(),
            principal: cx.caller.principal.clone(),
            organisation: looked.organisation.clone(),
            tool: plan.write.entry.name.to_owned(),
            digest: looked.digest.clone(),
            key,
            policy_version: permitted.policy_version.to_string(),
            state: if need == Need::Approval { State::PendingApproval } else { State::Previewed },
            origin: Origin::Governed,
            created_at: cx.now,
            expires_at: cx.now.checked_add(life).unwrap_or(cx.now),
            changed_at: cx.now,
            session: cx.caller.rests.session.clone(),
            decided_by: None,
            reason: None,
            attempts: 0,
            tries: 0,
            upstream: None,
            let_go: false,
            needs_human: false,
            content: looked.content.clone(),
            answer: None,
        };
        self.effects.actions.create(&request)?;
        permitted.trail.notes.lock().action = Some(request.id.as_str().into());
        fail_point::at("noted");
        Ok(request)
    }

    /// Goes on with a request from where it stands. `looked` spares a second look within the call that made it.
    async fn proceed(
        &self,
        permitted: Permitted,
        request: ActionRequest,
        looked: Option<Looked>,
    ) -> Result<Shown, Stop> {
        permitted.trail.notes.lock().action = Some(request.id.as_str().into());
        let refused = |code, words: String| Err(Stop::from(Refusal::new(code, words)));
        match request.state {
            State::Previewed | State::PendingApproval | State::Approved if request.expires_at <= permitted.cx.now => {
                refused(Code::ActionRequestExpired, "the action request was not carried out in time".to_owned())
            }
            State::PendingApproval => waiting(&request),
            State::Previewed | State::Approved => self.execute(permitted, request, looked).await,
            State::Rejected => {
                let reason = request.reason.as_deref().filter(|it| !it.is_empty());
                let why = reason.map(|it| format!(": {it}")).unwrap_or_default();
                refused(Code::ActionRequestRejected, format!("the action request was rejected{why}"))
            }
            State::Expired | State::Cancelled => {
                refused(Code::ActionRequestExpired, format!("the action request is {}", request.state.as_str()))
            }
            State::Executing => refused(Code::Conflict, "the action request is being carried out".to_owned()),
            State::Unknown if request.answer.is_none() => {
                refused(Code::OutcomeUnknown, "the change was sent and nobody knows whether it happened".to_owned())
            }
            // Unknown with an answer: a person closed it without knowing.
            State::Done | State::Failed | State::Unknown => match request.answer.map(RawValue::from_string) {
                Some(Ok(envelope)) => Ok(Shown::Again { envelope, is_error: request.state != State::Done }),
                Some(Err(_)) | None => {
                    refused(Code::Conflict, format!("the action request is {} already", request.state.as_str()))
                }
            },
        }
    }

    /// Carries out what is open: looks again, asks what it needs now, begins once, and keeps what came of it.
    async fn execute(
        &self,
        permitted: Permitted,
        request: ActionRequest,
        looked: Option<Looked>,
    ) -> Result<Shown, Stop> {
        // What was found to be stale is over: nobody approves it any more, and it does not come back with the former values.
        let stale = |words: &'static str| {
            let cx = &permitted.cx;
            self.effects.actions.cancel(&request.tenant, &request.principal, &request.id, cx.now)?;
            Err(Stop::from(Refusal::new(Code::PreviewStale, words)))
        };
        let arguments = serde_json::from_str(&request.content.arguments)
            .map_err(|e| postern_api::Error::internal("an action request's arguments").because(e))?;
        let plan = Plan { write: permitted.described, arguments };
        if request.policy_version != *permitted.policy_version {
            return stale("the policies changed after the preview");
        }
        let looked = match looked {
            Some(looked) => looked,
            None => self.look(&permitted, &plan).await?,
        };
        if looked.digest != request.digest {
            return stale("what was previewed is not as it was");
        }
        // Asked once this request is kept: of many at once, each counts those that were kept before it.
        // What was read meanwhile counts, and so does what is forgotten by now.
        let effect = looked.content.effect.read_before(&request.content.effect);
        let need = self.need(&permitted, plan.write, &effect, Beside::Kept(&request.id))?;
        if request.state == State::Previewed && self.needs_more(&permitted, &plan, &request, &looked)? {
            return stale("its words were read in somebody else's text after the preview");
        }
        match (request.state, need) {
            (State::Approved, _) | (State::Previewed, Need::Nothing) => {}
            (_, Need::Confirmation) if permitted.confirmed => {}
            (_, Need::Confirmation) => {
                // What is confirmed is this very call, which finds this very request again.
                let (tool, version) = (permitted.described.entry.name, permitted.policy_version.to_string());
                let arguments = text(&permitted.arguments)?;
                let message = looked.content.message;
                return confirm(
                    &*self.confirmations,
                    &permitted.cx,
                    tool.to_owned(),
                    arguments,
                    version,
                    looked.data,
                    message,
                );
            }
            (_, Need::Nothing | Need::Approval) => {
                if self.effects.actions.hold(&request.tenant, &request.id, permitted.cx.now)? {
                    return waiting(&request);
                }
                return Err(
                    Refusal::new(Code::Conflict, "the action request was carried out or withdrawn meanwhile").into()
                );
            }
        }
        let (tenant, id) = (request.tenant.clone(), request.id.clone());
        let effects = &self.effects;
        let Begun::Mine { epoch, attempt } = effects.actions.begin(&tenant, &id, request.state, &effects.hold())?
        else {
            return Err(
                Refusal::new(Code::Conflict, "the action request was carried out or withdrawn meanwhile").into()
            );
        };
        fail_point::at("begun");
        if attempt > 1
            && let Some(answer) = self.sent_before(&request, epoch).await?
        {
            return Ok(answer);
        }
        let request_id = permitted.facts.request_id.clone();
        let permitted = planned(&permitted, &plan)?;
        let go = effects.going(&request, epoch);
        let outcome = write(self.inner.clone(), self.ledger.clone(), permitted, id.reference(), go).await;
        settle(effects, &request, epoch, &outcome, &request_id);
        outcome
    }

    /// Before a write is sent again it is looked for: `None` where it was never done and may be sent now.
    async fn sent_before(&self, request: &ActionRequest, epoch: u32) -> Result<Option<Shown>, Stop> {
        let (effects, tenant, id) = (&self.effects, &request.tenant, &request.id);
        // As it stands now that it is held: another try may have been let go since it was read.
        let Some(held) = effects.actions.get(tenant, id)? else { return Err(Stop::Hidden) };
        let searched = effects.search(&held, effects.limit).await;
        let now = effects.now();
        let lost = || Err(Stop::from(Refusal::new(Code::Conflict, "the action request is being carried out")));
        match searched {
            Searched::Absent | Searched::NeverSent => Ok(None),
            Searched::Found(_) => {
                let answer = found_again(id);
                let upstream = Some(Upstream::Found);
                let finish =
                    Finish { upstream, tries: request.tries, ..Finish::known(State::Done, Some(answer.clone())) };
                if !effects.actions.finish(tenant, id, epoch, &finish, now)? {
                    return lost();
                }
                let envelope = RawValue::from_string(answer);
                let envelope = envelope.map_err(|e| postern_api::Error::internal("an answer").because(e))?;
                Ok(Some(Shown::Again { envelope, is_error: false }))
            }
            Searched::NotYet | Searched::Blind | Searched::Failed(_) => {
                let finish =
                    Finish { tries: request.tries, ..Finish::unknown(effects.protocol.next(now, request.tries)) };
                effects.actions.finish(tenant, id, epoch, &finish, now)?;
                let words = "the change was sent before, and nobody knows whether it happened";
                Err(Refusal::new(Code::OutcomeUnknown, words).into())
            }
        }
    }
}

/// The same call with the write that a plan says.
fn planned(permitted: &Permitted, plan: &Plan) -> Result<Permitted, Stop> {
    Ok(Permitted {
        described: plan.write,
        tool: plan.write.entry.plan(plan.arguments.clone())?,
        arguments: plan.arguments.clone(),
        cx: permitted.cx.clone(),
        reveal: permitted.reveal,
        confirmed: permitted.confirmed,
        policy_version: permitted.policy_version.clone(),
        facts: permitted.facts.clone(),
        trail: permitted.trail.clone(),
    })
}

/// Arguments as they are kept and compared: the same ones are the same text, in whichever order a client wrote them.
fn text(arguments: &Map<String, Value>) -> Result<String, Stop> {
    let ordered = ordered(&Value::Object(arguments.clone()));
    serde_json::to_string(&ordered).map_err(|e| postern_api::Error::internal("arguments").because(e).into())
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), ordered(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(ordered).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// What a preview answers.
fn told(request: &ActionRequest, looked: &Looked, need: Need) -> Result<Shown, Stop> {
    let needs = match need {
        Need::Nothing => "nothing",
        Need::Confirmation => "confirmation",
        Need::Approval => "approval",
    };
    let data = json!({
        "preview_id": request.id,
        "write": request.tool,
        "needs": needs,
        "expires_at": request.expires_at.to_string(),
        "summary": looked.content.message,
        "effect": looked.data,
    });
    let data = raw(&data)?;
    if need == Need::Approval {
        let message = format!("{}\n\nThis waits for an approval.", looked.content.message);
        return Ok(Shown::Waiting { id: request.id.to_string(), data: Some(data), facts: None, message });
    }
    Ok(Shown::Success { data, metadata: Metadata { untrusted_content: true, ..Metadata::default() } })
}

/// What a write answers that waits for an approval.
fn waiting(request: &ActionRequest) -> Result<Shown, Stop> {
    let effect: Value = serde_json::from_str(&request.content.data).unwrap_or_default();
    let facts = Map::from_iter([
        ("write".to_owned(), request.tool.as_str().into()),
        ("expires_at".to_owned(), request.expires_at.to_string().into()),
        ("effect".to_owned(), effect),
    ]);
    let message = format!("{}\n\nThis waits for an approval.", request.content.message);
    Ok(Shown::Waiting { id: request.id.to_string(), data: None, facts: Some(facts), message })
}

fn raw(value: &Value) -> Result<Box<RawValue>, Stop> {
    to_raw_value(value).map_err(|e| postern_api::Error::internal("an answer").because(e).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w08_the_order_in_which_a_client_writes_arguments_is_nothing() {
        let of = |json: &str| text(&serde_json::from_str(json).expect("an object")).expect("text");
        let one = of(r#"{"b":{"y":1,"x":[{"d":1,"c":2}]},"a":2}"#);
        assert_eq!(one, of(r#"{"a":2,"b":{"x":[{"c":2,"d":1}],"y":1}}"#));
        assert_ne!(one, of(r#"{"a":2,"b":{"x":[{"c":1,"d":2}],"y":1}}"#));
        assert_ne!(of(r#"{"a":[1,2]}"#), of(r#"{"a":[2,1]}"#), "a list has an order");
    }
}
