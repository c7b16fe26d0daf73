//! The gate: what the protocol layer talks to. Lists tools and calls them by one decision.

use super::audit::{Audit, Ledger, Pages, Phase, Row, conclude, point_to};
use super::authorise::{Authorise, Means};
use super::deadline::Deadline;
use super::dispatch::Dispatch;
use super::govern::Govern;
use super::govern::reconcile::Reconciler;
use super::host::{self, Answer, Call, Facts, Host, Listing, Written};
use super::redact::Redact;
use super::redact::lens::Redactor;
use super::{Stop, ToolCall, Trail};
use crate::caller::Caller;
use crate::govern::confirmation::{Confirmation, Confirmations, Settlement};
use crate::telemetry;
use crate::tools::{self, Code, Described, Kind, Refusal};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;
use tracing::Instrument as _;

/// The tool that is always listed, since it leads to the others.
const FIND: &str = "find_tools";

/// The gate.
#[derive(Debug, Clone)]
pub struct Gate {
    stack: BoxCloneSyncService<ToolCall, Answer, Infallible>,
    means: Arc<Means>,
    confirmations: Arc<dyn Confirmations>,
    ledger: Arc<dyn Ledger>,
    listings: Arc<[Listed]>,
    /// Where a person finds a waiting confirmation; its id follows.
    pages: Option<Pages>,
    reconciler: Reconciler,
}

/// A tool of the catalogue, and how a list shows it once one did.
#[derive(Debug)]
struct Listed {
    tool: &'static Described,
    toolset: Arc<str>,
    listing: OnceLock<Arc<Listing>>,
}

impl Listed {
    fn listing(&self) -> Arc<Listing> {
        let new = || {
            let (tool, kind) = (self.tool, self.tool.entry.kind);
            Arc::new(Listing {
                name: tool.entry.name,
                action: tool.action.as_str().into(),
                title: tool.entry.title,
                description: tool.description().to_owned(),
                input_schema: tool.input().clone(),
                output_schema: tool.output().clone(),
                toolset: self.toolset.clone(),
                read_only: kind.reads(),
                destructive: matches!(kind, Kind::ConfirmedWrite | Kind::Governed),
                idempotent: matches!(kind, Kind::Read | Kind::Governed),
            })
        };
        self.listing.get_or_init(new).clone()
    }

    fn is_search(&self) -> bool {
        self.tool.entry.name == FIND
    }
}

impl Gate {
    /// Builds the stack. The order is that of the module's doc.
    pub fn new(
        means: Means,
        redactor: Arc<Redactor>,
        confirmations: Arc<dyn Confirmations>,
        ledger: Arc<dyn Ledger>,
    ) -> Self {
        let means = Arc::new(means);
        let redact = Redact::new(Dispatch, redactor);
        let govern = Govern::new(redact, confirmations.clone(), &means, ledger.clone());
        let reconciler = govern.reconciler(means.policies.clone());
        let authorise = Authorise::new(govern, means.clone());
        let deadline = Deadline::new(authorise, means.limit);
        let policies = means.policies.policies();
        let toolset_of = |name: &str| {
            let sets = policies.toolsets().iter();
            let found = sets.filter(|(_, set)| set.tools.iter().any(|it| it == name)).map(|(id, _)| id.as_str()).next();
            found.unwrap_or("other").into()
        };
        let listings = tools::catalogue()
            .iter()
            .map(|tool| Listed { tool, toolset: toolset_of(&tool.action), listing: OnceLock::new() })
            .collect();
        Self {
            stack: BoxCloneSyncService::new(Audit::new(deadline, ledger.clone())),
            ledger,
            means,
            confirmations,
            listings,
            pages: None,
            reconciler,
        }
    }

    /// Tells clients where people find what waits for them.
    #[must_use]
    pub fn deciding_at(mut self, pages: Pages) -> Self {
        self.pages = Some(pages);
        self
    }

    /// What looks after writes whose outcome nobody knows.
    pub fn reconciler(&self) -> Reconciler {
        self.reconciler.clone()
    }

    async fn run(&self, call: ToolCall) -> Answer {
        let tool = tools::find(&call.name).map_or("unknown", |it| it.entry.name);
        let span = telemetry::call_span(tool, &call.facts.protocol);
        match self.stack.clone().oneshot(call).instrument(span.clone()).await {
            Ok(mut answer) => {
                if let Some(pages) = &self.pages {
                    point_to(&mut answer, pages);
                }
                if let Answer::Done { envelope, is_error: true } = &answer {
                    span.record("error.type", envelope.word("code").as_deref().unwrap_or("error"));
                }
                answer
            }
            Err(never) => match never {},
        }
    }

    /// Answers a call that never reached a tool; it has its row as well.
    async fn refuse(&self, caller: &Arc<Caller>, facts: &Facts, refusal: Refusal) -> Answer {
        self.refuse_tool(None, caller, facts, refusal).await
    }

    async fn refuse_tool(&self, tool: Option<&str>, caller: &Arc<Caller>, facts: &Facts, refusal: Refusal) -> Answer {
        let trail = Trail::default();
        trail.notes.lock().tool = tool.and_then(tools::find).map(|it| it.entry.name);
        let row = Row::of(Phase::Single, caller, &Map::new(), facts, &trail);
        conclude(&*self.ledger, row, Err(refusal.into()), &trail, Duration::ZERO).await
    }

    /// Carries out, or drops, what a person was asked.
    async fn settle(&self, caller: Arc<Caller>, confirmation: Confirmation, accept: bool, facts: Facts) -> Answer {
        let (tenant, id) = (confirmation.tenant.clone(), confirmation.id.clone());
        let (answer, settlement) = if accept {
            let answer = self.carry_out(caller, confirmation, facts).await;
            let settlement = settlement(&answer);
            (answer, settlement)
        } else {
            let refusal = Refusal::new(Code::ConfirmationDeclined, "the person declined");
            (self.refuse_tool(Some(&confirmation.tool), &caller, &facts, refusal).await, Settlement::Declined)
        };
        if let Err(error) = self.confirmations.settle(&tenant, &id, settlement) {
            // The claim is durable, so nothing can happen twice; at the next start it counts as unknown.
            tracing::error!(confirmation = %id, error = %error, "a confirmation could not be settled");
        }
        answer
    }

    async fn carry_out(&self, caller: Arc<Caller>, confirmation: Confirmation, facts: Facts) -> Answer {
        let arguments = match serde_json::from_str(&confirmation.arguments) {
            Ok(Value::Object(arguments)) => arguments,
            Ok(_) | Err(_) => {
                return self
                    .refuse(&caller, &facts, Refusal::new(Code::InternalError, "an internal error occurred"))
                    .await;
            }
        };
        let confirmed = Some(confirmation.policy_version);
        self.run(ToolCall { caller, name: confirmation.tool, arguments, facts, confirmed, trail: Arc::default() }).await
    }
}

fn settlement(answer: &Answer) -> Settlement {
    match answer {
        Answer::Done { is_error: false, .. } => Settlement::Done,
        Answer::Done { envelope, .. } if envelope.word("status").as_deref() == Some("unknown") => Settlement::Unknown,
        Answer::Done { .. } | Answer::UnknownTool | Answer::Confirm { .. } => Settlement::Failed,
    }
}

#[async_trait]
impl Host for Gate {
    fn list(&self, caller: &Caller, facts: &Facts) -> Vec<Arc<Listing>> {
        let visible = self.means.policies.visible(&caller.subject());
        let policies = self.means.policies.policies();
        let defaults = policies.default_toolsets(caller.realm);
        let wanted: Vec<&str> = match &facts.toolsets {
            Some(named) => named.iter().map(String::as_str).collect(),
            None => defaults.iter().map(String::as_str).collect(),
        };
        let in_set = |name: &str| {
            wanted.iter().any(|set| {
                *set == "all" || policies.toolsets().get(*set).is_some_and(|it| it.tools.iter().any(|it| it == name))
            })
        };
        let listed = || self.listings.iter().filter(|it| visible.iter().any(|name| **name == it.tool.action));
        let short: Vec<_> = listed().filter(|it| it.is_search() || in_set(&it.tool.action)).collect();
        // Whom the usual sets have nothing for, such as finance, would be shown a search and nothing to call.
        let is_bare = facts.toolsets.is_none() && short.iter().all(|it| it.is_search());
        let shown = if is_bare { listed().collect() } else { short };
        shown.into_iter().map(Listed::listing).collect()
    }

    async fn call(&self, call: Call) -> Answer {
        let Call { caller, name, arguments, facts } = call;
        self.run(ToolCall { caller, name, arguments, facts, confirmed: None, trail: Arc::default() }).await
    }

    async fn confirm(&self, caller: Arc<Caller>, id: &str, accept: bool, facts: &Facts) -> Answer {
        let confirmation = match self.confirmations.claim(&caller.tenant, &caller.principal, id, Timestamp::now()) {
            Ok(Some(confirmation)) => confirmation,
            Ok(None) => {
                let refusal = Refusal::new(Code::ConfirmationNotFound, "confirmation not found");
                return self.refuse(&caller, facts, refusal).await;
            }
            Err(error) => return self.refuse(&caller, facts, error.into()).await,
        };
        // A task of its own: whoever leaves now neither cuts the change nor leaves the confirmation unsettled.
        let (gate, facts) = (self.clone(), facts.clone());
        let task = tokio::spawn(async move { gate.settle(caller, confirmation, accept, facts).await });
        task.await.unwrap_or_else(|_| Answer::Done { envelope: Written::of(&Value::Null), is_error: true })
    }

    fn refused(&self, caller: &Caller, refusal: host::Refusal, facts: &Facts) {
        let trail = Trail::default();
        trail.notes.lock().hidden = Some(refusal.as_str());
        let row = Row::of(Phase::Single, &Arc::new(caller.clone()), &Map::new(), facts, &trail);
        let ledger = self.ledger.clone();
        tokio::spawn(async move { conclude(&*ledger, row, Err(Stop::Hidden), &trail, Duration::ZERO).await });
    }
}
