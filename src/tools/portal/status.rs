//! How governed writes stand. It only looks: nothing is carried out, again or at all.

use super::whose::is_customer;
use crate::govern::action::{ActionId, ActionRequest, Beside, Origin, State};
use crate::govern::lease::Upstream;
use crate::tools::args::Count;
use crate::tools::refusal::missing;
use crate::tools::support::view::ReplyFrom;
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{About, OrganisationId, Pii, PiiKind, Text, classified};
use postern_policies::{Need, Requested};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Read how action requests stand: previewed, waiting for an approval, carried out or not. Nothing is carried out by asking. Without
/// an ID your own newest ones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetStatus {
    /// The action request's ID, as previews and writes answer it.
    #[serde(default)]
    action_request_id: Option<ActionId>,
    /// How many to return, where no ID is given.
    #[serde(default)]
    limit: Count<10, 1, 50>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StatusList {
    /// Newest first.
    action_requests: Vec<StatusView>,
}

/// What is needed before it can be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Needs {
    Nothing,
    Confirmation,
    Approval,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StatusView {
    action_request_id: ActionId,
    /// The tool that carries it out.
    write: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<OrganisationId>,
    state: State,
    /// Only while it can be carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Needs>,
    /// What would be done, in words.
    summary: Text,
    created_at: Timestamp,
    changed_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "classified::absent")]
    decided_by: Option<Pii>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_reason: Option<Text>,
    /// How often it was sent.
    attempts: u32,
    /// Whether a person has to find out what happened.
    needs_human: bool,
    /// What looking for it in the connected system came to, where nobody knew what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<Upstream>,
    /// By which the audit and the connected system know its effect, once it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// What it answered, for who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    answer: Option<Kept>,
}

/// A kept answer. It was redacted for who asked; its words go through the redactor once more, which may show less by now.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Kept {
    Map(BTreeMap<String, Kept>),
    List(Vec<Kept>),
    Words(String),
    Plain(Value),
}

impl Serialize for Kept {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Kept::Map(map) => serializer.collect_map(map),
            Kept::List(list) => serializer.collect_seq(list),
            Kept::Words(words) => Text::from(words.as_str()).serialize(serializer),
            Kept::Plain(value) => value.serialize(serializer),
        }
    }
}

/// Where it stands now: what nobody carried out in time has ended, whether or not anybody has noted that yet.
fn state_at(it: &ActionRequest, now: Timestamp) -> State {
    if it.state.open() && it.expires_at <= now { State::Expired } else { it.state }
}

impl StatusView {
    fn of(cx: &ToolCx, it: ActionRequest, mine: bool) -> Result<Self, Refusal> {
        let state = state_at(&it, cx.now);
        let needs = match state {
            State::PendingApproval => Some(Needs::Approval),
            State::Approved => Some(Needs::Nothing),
            State::Previewed if mine => {
                let action = it.tool.replace('.', "_");
                let requested = requested(cx, &it, &action)?;
                Some(match cx.policies.need(&cx.caller.subject(), &requested) {
                    Need::Nothing => Needs::Nothing,
                    Need::Confirmation => Needs::Confirmation,
                    Need::Approval => Needs::Approval,
                })
            }
            State::Previewed
            | State::Rejected
            | State::Expired
            | State::Executing
            | State::Done
            | State::Failed
            | State::Unknown
            | State::Cancelled => None,
        };
        let answer = it.answer.as_deref().filter(|_| mine).and_then(|it| serde_json::from_str(it).ok());
        Ok(Self {
            write: it.tool,
            customer_id: it.organisation,
            state,
            needs,
            summary: Text::new(it.content.message),
            created_at: it.created_at,
            changed_at: it.changed_at,
            expires_at: it.expires_at,
            decided_by: it.decided_by.map(|by| Pii::new(PiiKind::Name, About::Staff, by)),
            decided_reason: it.reason.map(Text::new),
            attempts: it.attempts,
            needs_human: it.needs_human,
            upstream: it.upstream,
            reference: (it.attempts > 0).then(|| it.id.reference()),
            answer,
            action_request_id: it.id,
        })
    }
}

/// What the policies are asked with.
fn requested<'a>(cx: &ToolCx, it: &'a ActionRequest, action: &'a str) -> Result<Requested<'a>, Refusal> {
    let lately = cx.actions.lately(&it.tenant, &it.principal, &it.tool, Beside::Kept(&it.id), cx.now)?;
    Ok(Requested { tool: action, effect: &it.content.effect, realm: it.content.requester.realm, lately })
}

/// Whether the caller may approve it, as far as they reach.
fn may_approve(cx: &ToolCx, it: &ActionRequest) -> Result<bool, Refusal> {
    let reaches = match &it.organisation {
        Some(organisation) => cx.scope.reaches(organisation),
        None => cx.scope.named().is_none(),
    };
    let action = it.tool.replace('.', "_");
    let asked = !is_customer(cx) && reaches && it.origin == Origin::Governed;
    Ok(asked && cx.policies.may_approve(&cx.caller.subject(), &requested(cx, it, &action)?))
}

impl Tool for GetStatus {
    const NAME: &'static str = "portal.action_request.status";
    const TITLE: &'static str = "Read how action requests stand";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = StatusList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<StatusList>, Refusal> {
        let (tenant, principal) = (&cx.tenant.id, &cx.caller.principal);
        let Some(id) = &self.action_request_id else {
            let own = cx.actions.own(tenant, principal, self.limit.get())?;
            let action_requests = own.into_iter().map(|it| StatusView::of(cx, it, true)).collect::<Result<_, _>>()?;
            return Ok(StatusList { action_requests }.reply());
        };
        let found = cx.actions.get(tenant, id)?;
        let request = found.ok_or_else(|| missing(Code::ActionRequestNotFound))?;
        let mine = request.principal == *principal;
        if !mine && !may_approve(cx, &request)? {
            return Err(missing(Code::ActionRequestNotFound));
        }
        cx.findings.lock().organisations.extend(request.organisation.clone());
        Ok(StatusList { action_requests: vec![StatusView::of(cx, request, mine)?] }.reply())
    }
}
