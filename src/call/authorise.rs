//! The one place that decides whether a call may happen, and the only maker of a [`Permitted`] call.
//!
//! The decision comes before the arguments are looked at, so that a hidden tool cannot be told from an unknown one by its
//! validation errors.

use super::{Permitted, Shown, Stop, ToolCall};
use crate::caller::Caller;
use crate::clock::Clock;
use crate::govern::action::Actions;
use crate::govern::lease::Protocol;
use crate::tenant::Tenant;
use crate::tools::cx::Turns;
use crate::tools::{self, Code, History, Identities, Refusal, ToolCx};
use futures::future::BoxFuture;
use postern_api::{Scope, TenantId};
use postern_policies::{Engine, Facts, Outcome, Reach, Realm, Refusal as Denied};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::Service;

/// What a permitted call is given.
#[derive(Debug, Clone)]
pub struct Means {
    /// Who may call what.
    pub policies: Arc<Engine>,
    /// The tenants.
    pub tenants: Arc<HashMap<TenantId, Arc<Tenant>>>,
    /// The identity map.
    pub identities: Arc<dyn Identities>,
    /// What people did before.
    pub history: Arc<dyn History>,
    /// One turn at a time.
    pub turns: Arc<Turns>,
    /// Governed writes on their way.
    pub actions: Arc<dyn Actions>,
    /// How long a call may take.
    pub limit: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How writes are held, and looked for.
    pub protocol: Protocol,
}

/// The layer.
#[derive(Debug, Clone)]
pub struct Authorise<S> {
    inner: S,
    means: Arc<Means>,
}

impl<S> Authorise<S> {
    /// Authorises what reaches `inner`.
    pub fn new(inner: S, means: Arc<Means>) -> Self {
        Self { inner, means }
    }
}

impl<S> Service<ToolCall> for Authorise<S>
where
    S: Service<Permitted, Response = Shown, Error = Stop> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Shown;
    type Error = Stop;
    type Future = BoxFuture<'static, Result<Shown, Stop>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: ToolCall) -> Self::Future {
        let permitted = permit(&self.means, call);
        match permitted {
            Ok(permitted) => Box::pin(self.inner.call(permitted)),
            Err(stop) => Box::pin(std::future::ready(Err(stop))),
        }
    }
}

fn permit(means: &Means, call: ToolCall) -> Result<Permitted, Stop> {
    let ToolCall { caller, name, arguments, facts, confirmed, trail } = call;
    let hidden = |why: &'static str| {
        trail.notes.lock().hidden = Some(why);
        Stop::Hidden
    };
    let described = tools::find(&name).ok_or_else(|| hidden("unknown_tool"))?;
    let decision = means.policies.decide(&caller.subject(), &described.action, &Facts::default());
    {
        let mut notes = trail.notes.lock();
        notes.tool = Some(described.entry.name);
        notes.policy_version = Some(decision.version.clone());
        notes.policies = Some(decision.policies.clone());
    }
    let reveal = match decision.outcome {
        Outcome::Permit { reveal } => reveal,
        Outcome::Deny(Denied::Hidden) => return Err(hidden("denied_and_hidden")),
        Outcome::Deny(Denied::InvalidRealm) => {
            return Err(Refusal::new(Code::InvalidRealm, "this tool is for customers only").into());
        }
        Outcome::Deny(Denied::LeadRequired) => {
            return Err(Refusal::new(Code::LeadRequired, "only lead contacts can manage organization contacts").into());
        }
        Outcome::Deny(Denied::InsufficientScope { needed }) => {
            // Clients ask for what they are told and drop the rest, so what they hold is told too.
            let policies = means.policies.policies();
            let held = |it: &str| caller.scopes.as_ref().is_some_and(|all| all.contains(it));
            let known = policies.scopes().iter().filter(|it| held(it)).map(ToString::to_string);
            facts.needs.tell(known.chain(needed.iter().cloned()).collect());
            let message =
                format!("the client was not granted what this needs; needed scopes: `{}`", needed.join("`, `"));
            return Err(Refusal::new(Code::InsufficientScope, message).into());
        }
    };
    if confirmed.as_ref().is_some_and(|previewed| **previewed != *decision.version) {
        return Err(Refusal::new(Code::ConfirmationStale, "the policies changed after the preview").into());
    }
    let tenant = means.tenants.get(&caller.tenant).ok_or_else(|| hidden("unknown_tenant"))?.clone();
    let scope = scope(means, &caller)?;
    let kept = arguments.clone();
    let mut arguments = arguments;
    described.entry.key(&mut arguments)?;
    let tool = described.entry.parse(arguments)?;
    let cx = ToolCx {
        tenant,
        scope,
        now: means.clock.now(),
        deadline: Instant::now() + means.limit,
        request_id: facts.request_id.as_str().into(),
        address: facts.address,
        reference: None,
        let_go: None,
        identities: means.identities.clone(),
        history: means.history.clone(),
        policies: means.policies.clone(),
        turns: means.turns.clone(),
        actions: means.actions.clone(),
        findings: trail.findings.clone(),
        caller,
    };
    Ok(Permitted {
        described,
        tool,
        arguments: kept,
        cx,
        reveal,
        confirmed: confirmed.is_some(),
        policy_version: decision.version,
        facts,
        trail,
    })
}

/// How far a caller reaches: a customer to their organisation, an employee as far as the widest of their roles.
pub fn scope(means: &Means, caller: &Caller) -> Result<Scope, Refusal> {
    let tenant = caller.tenant.clone();
    match caller.realm {
        Realm::Customer => match &caller.organisation {
            Some(organisation) => Ok(Scope::organisation(tenant, organisation.clone())),
            None => Err(Refusal::new(Code::AccessDenied, "your account belongs to no organization")),
        },
        Realm::Employee => match means.policies.policies().reach(caller.realm, &caller.roles) {
            Some(Reach::Tenant) => Ok(Scope::whole_tenant(tenant)),
            Some(Reach::Assigned) => Ok(Scope::organisations(tenant, caller.assigned.clone().unwrap_or_default())),
            Some(Reach::Organisation) | None => Ok(Scope::organisations(tenant, BTreeSet::new())),
        },
    }
}
