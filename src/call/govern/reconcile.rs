//! Finds out what became of writes that nobody knows about: cut by a crash, or sent and not answered.
//!
//! **Invariant:** it looks and never sends. What was not let go was never sent; what is found is done; what a search that sees its
//! own writes does not find was never done, and its requester may carry it out again, except where money is asked for; everything else
//! waits for a person. Each step is in the audit before it counts, and one process at a time has a request.

use super::effects::{Effects, Searched, sends};
use crate::call::Trail;
use crate::call::audit::{Decision, Ledger, Phase, Row, found_again};
use crate::call::host::Facts;
use crate::caller::{Caller, Principal, Rests};
use crate::fail_point;
use crate::govern::action::{ActionId, ActionRequest, Origin, State};
use crate::govern::lease::{Finish, Protocol, Upstream};
use crate::tools::Sends;
use futures::StreamExt as _;
use jiff::Timestamp;
use postern_api::{Result, TenantId};
use postern_policies::{Engine, Realm};
use serde_json::Map;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The audit's word for looking after a write.
pub(crate) const LOOKED: &str = "system:reconcile";
/// How many searches that see their own writes have to find nothing.
const SURE: u32 = 3;
/// How often there is a look at what is due.
const EVERY: Duration = Duration::from_secs(1);
/// How many requests are looked for at a time.
const AT_ONCE: usize = 4;
/// How many are taken in one go.
const MOST: u32 = 64;

/// The reconciler.
#[derive(Debug, Clone)]
pub struct Reconciler {
    effects: Effects,
    ledger: Arc<dyn Ledger>,
    policies: Arc<Engine>,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Found,
    Again,
    Reopened,
    NeverDone,
    NeedsHuman,
}

impl Verdict {
    fn code(self, searched: &Searched) -> &'static str {
        match (self, searched) {
            (Verdict::Found, _) => "FOUND_UPSTREAM",
            (Verdict::Again, Searched::Failed(_)) => "SEARCH_FAILED",
            (Verdict::Again, _) => "NOT_FOUND_YET",
            (Verdict::Reopened, _) => "OPEN_AGAIN",
            (Verdict::NeverDone, _) => "NEVER_DONE",
            (Verdict::NeedsHuman, _) => "NEEDS_HUMAN",
        }
    }
}

impl Reconciler {
    pub(super) fn new(effects: Effects, ledger: Arc<dyn Ledger>, policies: Arc<Engine>) -> Self {
        Self { effects, ledger, policies }
    }

    /// Looks after what is due until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.turn(&stop).await {
                tracing::error!(error = %error, "writes whose outcome is not known cannot be looked after: {error}");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Looks once after everything that is due; how many it looked after.
    pub async fn turn(&self, stop: &CancellationToken) -> Result<usize> {
        let due = self.effects.actions.due(self.effects.now(), MOST)?;
        let looked = futures::stream::iter(due).map(|(tenant, id)| async move {
            if stop.is_cancelled() {
                return false;
            }
            self.one(&tenant, &id).await.unwrap_or_else(|error| {
                tracing::error!(action = %id, error = %error, "a write could not be looked after: {error}");
                false
            })
        });
        Ok(looked.buffer_unordered(AT_ONCE).filter(|it| std::future::ready(*it)).count().await)
    }

    /// Looks after one request; `false` where somebody else has it.
    async fn one(&self, tenant: &TenantId, id: &ActionId) -> Result<bool> {
        let actions = &self.effects.actions;
        let Some(epoch) = actions.take_over(tenant, id, &self.effects.hold_to_search())? else { return Ok(false) };
        fail_point::at("taken");
        let Some(request) = actions.get(tenant, id)? else { return Ok(false) };
        let searched = self.effects.search(&request, self.effects.patience()).await;
        if let Searched::Failed(error) = &searched {
            let (kind, context) = (error.kind(), error.context());
            tracing::warn!(%tenant, action = %id, ?kind, ?context, "a write could not be looked for: {error}");
        }
        let tries = request.tries.saturating_add(1);
        let (verdict, finish) =
            decide(&self.effects.protocol, &request, sends(&request).as_ref(), &searched, (tries, self.effects.now()));
        self.note(&request, &searched, verdict).await?;
        fail_point::at("found");
        let kept = actions.finish(tenant, id, epoch, &finish, self.effects.now())?;
        if kept && verdict == Verdict::NeedsHuman {
            tracing::error!(
                %tenant, action = %id, reference = id.reference(),
                "nobody can find out what became of a write; a person has to look for {}", id.reference()
            );
        }
        Ok(kept)
    }

    /// Writes down what was found, as the system that looked.
    async fn note(&self, request: &ActionRequest, searched: &Searched, verdict: Verdict) -> Result<()> {
        let trail = Trail::default();
        {
            let mut notes = trail.notes.lock();
            notes.tool = Some(LOOKED);
            notes.action = Some(request.id.as_str().into());
            notes.reference = Some(request.id.reference().into());
            notes.policy_version = Some(self.policies.policies().version().clone());
            let mut findings = trail.findings.lock();
            findings.organisations.extend(request.organisation.clone());
            if let Searched::Found(system) = searched {
                findings.system = Some(system.clone());
            }
        }
        let facts = Facts { request_id: request.id.to_string(), protocol: "system".into(), ..Facts::default() };
        let decision = match verdict {
            Verdict::Found => Decision::Allowed,
            Verdict::Reopened | Verdict::NeverDone => Decision::Failed,
            Verdict::Again | Verdict::NeedsHuman => Decision::Unknown,
        };
        let row = Row::of(Phase::Outcome, &Arc::new(system(&request.tenant)), &Map::new(), &facts, &trail);
        self.ledger.append(Row { decision, code: verdict.code(searched), ..row }).await
    }
}

/// What follows from a search, by the rules alone.
fn decide(
    protocol: &Protocol,
    request: &ActionRequest,
    sends: Option<&Sends>,
    searched: &Searched,
    (tries, now): (u32, Timestamp),
) -> (Verdict, Finish) {
    let again = Finish { tries, ..Finish::unknown(protocol.next(now, tries)) };
    let upstream = match searched {
        Searched::Found(_) => Some(Upstream::Found),
        Searched::Absent | Searched::NeverSent => Some(Upstream::Absent),
        Searched::NotYet | Searched::Blind | Searched::Failed(_) => None,
    };
    let needs_human = Finish { needs_human: true, upstream, ..again.clone() };
    let most = protocol.search_tries;
    match searched {
        Searched::Found(_) => {
            let answer = Some(found_again(&request.id));
            (Verdict::Found, Finish { tries, upstream, ..Finish::known(State::Done, answer) })
        }
        Searched::Blind => (Verdict::NeedsHuman, needs_human),
        Searched::Absent if tries < SURE.min(most) => (Verdict::Again, again),
        Searched::Absent if sends.is_none_or(|it| it.op.asks_for_money()) => (Verdict::NeedsHuman, needs_human),
        Searched::Absent | Searched::NeverSent => {
            let (verdict, state) = match request.origin {
                Origin::Direct => (Verdict::NeverDone, State::Failed),
                Origin::Governed if request.decided_by.is_some() => (Verdict::Reopened, State::Approved),
                Origin::Governed => (Verdict::Reopened, State::Previewed),
            };
            (verdict, Finish { tries, upstream, ..Finish::known(state, None) })
        }
        Searched::NotYet | Searched::Failed(_) if tries < most => (Verdict::Again, again),
        Searched::NotYet | Searched::Failed(_) => (Verdict::NeedsHuman, needs_human),
    }
}

/// Nobody: the gateway itself, with no role and no rights.
fn system(tenant: &TenantId) -> Caller {
    Caller {
        principal: Principal { issuer: "postern".into(), subject: "system".into() },
        realm: Realm::Employee,
        tenant: tenant.clone(),
        organisation: None,
        assigned: Some(BTreeSet::new()),
        roles: Arc::default(),
        scopes: None,
        client: None,
        service: true,
        name: None,
        email: None,
        expires_at: i64::MAX,
        rests: Rests::default(),
    }
}

#[cfg(test)]
mod tests;
