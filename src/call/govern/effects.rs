//! One effect: a write is held while it is carried out, and looked for upstream before anybody sends it again.

use crate::call::authorise::Means;
use crate::clock::Clock;
use crate::govern::action::{ActionRequest, Actions, Origin};
use crate::govern::lease::{Hold, Protocol};
use crate::tenant::Tenant;
use crate::tools::{Identities, Sends, find};
use jiff::Timestamp;
use postern_api::owned::Admitted;
use postern_api::{CallCx, Error, ErrorKind, Reach, Result, Scope, Sought, TenantId, Traceable, Turn};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The time that a search in the background has at least.
const SEARCHES: Duration = Duration::from_secs(20);

/// What carrying out a write, and finding out what became of one, needs.
#[derive(Debug, Clone)]
pub(super) struct Effects {
    pub(super) actions: Arc<dyn Actions>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) protocol: Protocol,
    tenants: Arc<HashMap<TenantId, Arc<Tenant>>>,
    identities: Arc<dyn Identities>,
    pub(super) limit: Duration,
    owner: Arc<str>,
}

/// What a search for a write upstream came to.
#[derive(Debug)]
pub(super) enum Searched {
    /// It is there, in this system.
    Found(Arc<str>),
    /// It was never done: the search would have seen it.
    Absent,
    /// It was never done: whoever carried it out did not come so far as to send anything.
    NeverSent,
    /// It was not found, which proves nothing yet.
    NotYet,
    /// Nothing can be searched: only a person can tell.
    Blind,
    /// The search failed, which says nothing about the write.
    Failed(Error),
}

impl Effects {
    pub(super) fn new(means: &Means) -> Self {
        Self {
            actions: means.actions.clone(),
            clock: means.clock.clone(),
            protocol: means.protocol,
            tenants: means.tenants.clone(),
            identities: means.identities.clone(),
            limit: means.limit,
            // Another one after a restart: what this process held before is nobody's now.
            owner: super::new_id("node-").into(),
        }
    }

    /// A lease from now on, for as long as a call may take and a little more.
    pub(super) fn hold(&self) -> Hold {
        self.held_for(self.limit)
    }

    /// The same for a search that nobody waits for.
    pub(super) fn hold_to_search(&self) -> Hold {
        self.held_for(self.patience())
    }

    fn held_for(&self, limit: Duration) -> Hold {
        let now = self.clock.now();
        Hold { owner: self.owner.clone(), now, until: self.protocol.until(now, limit) }
    }

    /// How long a search may take that nobody waits for: there may be many pages to read.
    pub(super) fn patience(&self) -> Duration {
        self.limit.max(SEARCHES)
    }

    /// The time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Looks for a write in the system that it went to, with the reach of its own organisation and no further.
    pub(super) async fn search(&self, request: &ActionRequest, within: Duration) -> Searched {
        match self.look(request, within).await {
            Ok(searched) => searched,
            Err(error) => Searched::Failed(error),
        }
    }

    /// Between which times a write can have begun: a direct one when it was kept, a governed one while it could be carried out.
    fn begun_between(&self, request: &ActionRequest) -> (Timestamp, Timestamp) {
        let until = match request.origin {
            Origin::Direct => self.protocol.until(request.created_at, self.limit),
            Origin::Governed => self.protocol.until(request.expires_at, self.limit),
        };
        (request.created_at, until.min(self.clock.now()).max(request.created_at))
    }

    async fn look(&self, request: &ActionRequest, within: Duration) -> Result<Searched> {
        let Some(tenant) = self.tenants.get(&request.tenant) else { return Ok(Searched::Blind) };
        // What is done by no connected system asks nobody before it is done.
        let Some(Sends { op, record }) = sends(request) else { return Ok(Searched::Blind) };
        if !request.let_go {
            return Ok(Searched::NeverSent);
        }
        let Some(system) = tenant.written(op) else { return Ok(Searched::Blind) };
        let traceable = system.adapter.traces(op);
        if traceable == Traceable::No {
            return Ok(Searched::Blind);
        }
        let map = self.identities.organisations(&tenant.id, &system.name)?;
        let scope = match &request.organisation {
            Some(ours) => Scope::organisation(tenant.id.clone(), ours.clone()),
            None => Scope::whole_tenant(tenant.id.clone()),
        };
        let unmapped = || Error::new(ErrorKind::NotFound, "the organisation is not connected to this system any more");
        let organisation = match &request.organisation {
            Some(ours) => Some(map.external(ours).cloned().ok_or_else(unmapped)?),
            None => None,
        };
        let reach = match &organisation {
            Some(external) => Reach::Organisations(vec![external.clone()]),
            None => Reach::Tenant,
        };
        let reference = request.id.reference();
        let cx = CallCx {
            request_id: request.id.to_string(),
            traceparent: crate::telemetry::traceparent(),
            turn: Turn { background: true, ..Turn::default() },
            reference: Some(reference.clone()),
            looking: true,
            ..CallCx::new(reach, within)
        };
        let (since, until) = self.begun_between(request);
        let sought = Sought { op, reference, organisation, record, since, until };
        let found = tokio::time::timeout(within, system.adapter.trace(&cx, &sought)).await;
        let found = found.map_err(|_| Error::new(ErrorKind::Timeout, "the search took too long"))??;
        let Some(found) = found else {
            return Ok(if traceable == Traceable::AtOnce { Searched::Absent } else { Searched::NotYet });
        };
        match scope.admit(&map, found) {
            Ok(Admitted { organisation: None, .. }) if request.organisation.is_some() => Err(foreign()),
            Ok(_) => Ok(Searched::Found(system.name.clone())),
            Err(_) => Err(foreign()),
        }
    }
}

fn foreign() -> Error {
    tracing::warn!(target: "postern::security", "a connected system found a write for another organisation than its own");
    Error::new(ErrorKind::BadReply, "the connected system found it at another organisation")
}

/// What a request writes in the end.
pub(super) fn sends(request: &ActionRequest) -> Option<Sends> {
    let arguments: Map<String, Value> = serde_json::from_str(&request.content.arguments).ok()?;
    find(&request.tool)?.entry.plan(arguments).ok()?.sends()
}
