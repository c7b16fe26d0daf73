//! Action requests that wait for somebody with the right: shown with their exact effect, approved or rejected by a form with a
//! reason. This is out of a model's reach.
//!
//! **Invariant:** nobody decides on what they requested; who may is the policies' answer, asked when it is shown and again when
//! it is decided; what is decided is in the audit before it counts.

mod view;

use super::visitor::{Shell, Visitor, back, field, is_ours, request_id};
use super::words::{self, machine_time, tidy, time};
use super::{APPROVED, Console, REJECTED, page};
use crate::call::Trail;
use crate::call::audit::{Phase, Row};
use crate::call::host::Facts;
use crate::caller::Principal;
use crate::govern::action::{ActionId, ActionRequest, Beside, Origin, Pending, State as Stands, Verdict};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode};
use jiff::Timestamp;
use postern_api::{OrganisationId, Result, TenantId};
use postern_policies::{Effect, Lately, Reach, Realm, Requested};
use serde::Deserialize;
use serde_json::Map;
use std::collections::HashMap;
use std::sync::Arc;
use view::Waiting;

/// Requests on one page.
const PAGE: usize = 50;
/// How many that wait are looked at for one page, whoever may decide on them. Nothing is unsealed for that.
const LOOKED_AT: u32 = 1_000;
/// The most that are counted beside the navigation.
const COUNTED: usize = 100;
/// The longest reason, in letters.
const REASON: usize = 500;

#[derive(Template)]
#[template(path = "approvals.html")]
struct List {
    shell: Shell,
    waiting: Vec<Waiting>,
    /// Where the next page begins.
    more: Option<String>,
    lost: Vec<Lost>,
    /// Changes when the list does.
    mark: String,
}

#[derive(Template)]
#[template(path = "approval.html")]
struct One<'a> {
    shell: Shell,
    visitor: &'a Visitor,
    it: Waiting,
    seen: Vec<(String, (String, String))>,
}

/// Whether requests are this person's to decide on. Each question is put to the policies once: many requests are alike.
struct Judge<'a> {
    console: &'a Console,
    visitor: &'a Visitor,
    known: HashMap<(String, String, Lately), bool>,
}

impl<'a> Judge<'a> {
    fn new(console: &'a Console, visitor: &'a Visitor) -> Self {
        Self { console, visitor, known: HashMap::new() }
    }

    /// Whether a person reaches what it is about.
    fn reaches(&self, organisation: Option<&OrganisationId>) -> bool {
        let caller = &self.visitor.caller;
        match self.console.policies.policies().reach(caller.realm, &caller.roles) {
            Some(Reach::Tenant) => true,
            Some(Reach::Assigned) => {
                let assigned = caller.assigned.as_ref();
                organisation.is_some_and(|one| assigned.is_some_and(|some| some.contains(one)))
            }
            Some(Reach::Organisation) | None => false,
        }
    }

    /// Whether this person may decide: not on their own, within their reach, and by the policies in force.
    fn may(&self, it: &ActionRequest) -> Result<bool> {
        let others = it.principal != self.visitor.caller.principal && self.reaches(it.organisation.as_ref());
        Ok(others && self.permits_one(it)?)
    }

    /// Whether the policies let this person decide on such a request.
    fn permits_one(&self, it: &ActionRequest) -> Result<bool> {
        let effect = &it.content.effect;
        let lately = lately(self.console, &it.tool, &it.principal, &it.id, effect, &it.tenant)?;
        Ok(self.permits(&it.tool, effect, it.content.requester.realm, lately))
    }

    fn permits(&self, tool: &str, effect: &Effect, realm: Realm, lately: Lately) -> bool {
        let action = tool.replace('.', "_");
        let requested = Requested { tool: &action, effect, realm, lately };
        self.console.policies.may_approve(&self.visitor.caller.subject(), &requested)
    }

    /// The same of what waits, without its sealed content.
    fn may_decide(&mut self, it: &Pending) -> Result<bool> {
        if it.principal == self.visitor.caller.principal || !self.reaches(it.organisation.as_ref()) {
            return Ok(false);
        }
        let (Some(effect), Some(realm)) = (&it.effect, it.realm) else {
            // Kept by an earlier version, which sealed what the policies are asked with.
            let whole = self.console.actions.get(&self.visitor.caller.tenant, &it.id)?;
            return whole.map_or(Ok(false), |it| self.may(&it));
        };
        let lately = lately(self.console, &it.tool, &it.principal, &it.id, effect, &self.visitor.caller.tenant)?;
        let key = (it.tool.clone(), format!("{realm:?} {effect:?}"), lately);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let may = self.permits(&it.tool, effect, realm, lately);
        self.known.insert(key, may);
        Ok(may)
    }
}

/// What the same person asked for beside this one; nothing where it tells nobody and asks for no money.
fn lately(
    console: &Console,
    tool: &str,
    principal: &Principal,
    id: &ActionId,
    effect: &Effect,
    tenant: &TenantId,
) -> Result<Lately> {
    if effect.recipients == 0 && effect.amount == 0 {
        return Ok(Lately::default());
    }
    console.actions.lately(tenant, principal, tool, Beside::Kept(id), Timestamp::now())
}

/// Those that this person may decide on, oldest first, behind `after`: at most `most`, and from where to go on.
fn waiting(
    console: &Console,
    visitor: &Visitor,
    after: Option<&ActionId>,
    most: usize,
) -> Result<(Vec<ActionId>, Option<ActionId>)> {
    if visitor.caller.realm == Realm::Customer {
        return Ok((Vec::new(), None));
    }
    let all = console.actions.waiting(&visitor.caller.tenant, Timestamp::now(), after, LOOKED_AT)?;
    let is_whole = all.len() < usize::try_from(LOOKED_AT).unwrap_or(usize::MAX);
    let last = all.last().map(|it| it.id.clone()).filter(|_| !is_whole);
    let mut judge = Judge::new(console, visitor);
    let mut found: Vec<ActionId> = Vec::new();
    for it in all {
        if !judge.may_decide(&it)? {
            continue;
        }
        if found.len() == most {
            let from = found.last().cloned();
            return Ok((found, from));
        }
        found.push(it.id);
    }
    Ok((found, last))
}

/// How many wait for this person, up to a hundred.
pub(super) fn count(console: &Console, visitor: &Visitor) -> usize {
    waiting(console, visitor, None, COUNTED).map(|(found, _)| found.len()).unwrap_or_default()
}

/// Those of which a person has to find out what happened, for who may approve such a write, record what was found or administers
/// the tenant.
fn needing(console: &Console, visitor: &Visitor) -> Result<Vec<Lost>> {
    if visitor.caller.realm == Realm::Customer {
        return Ok(Vec::new());
    }
    let judge = Judge::new(console, visitor);
    let all = console.actions.needing(&visitor.caller.tenant, u32::try_from(PAGE).unwrap_or_default())?;
    let mut mine = Vec::new();
    for it in all {
        let theirs =
            visitor.administers || visitor.settles || it.origin == Origin::Governed && judge.permits_one(&it)?;
        if theirs && judge.reaches(it.organisation.as_ref()) {
            mine.push(Lost::of(&it, may_record(console, visitor, &it)));
        }
    }
    Ok(mine)
}

/// Whether this person may record what became of it: not of their own, and within their reach.
pub(super) fn may_record(console: &Console, visitor: &Visitor, it: &ActionRequest) -> bool {
    visitor.settles
        && it.principal != visitor.caller.principal
        && Judge::new(console, visitor).reaches(it.organisation.as_ref())
}

/// A write of which nobody knows what became.
#[derive(Debug)]
struct Lost {
    /// Where what was found is recorded, for who may.
    record: Option<String>,
    title: String,
    organisation: Option<String>,
    reference: String,
    sent: (String, String),
    looked: u32,
}

impl Lost {
    fn of(it: &ActionRequest, may_record: bool) -> Self {
        Self {
            record: may_record.then(|| format!("/console/unanswered/{}", it.id)),
            title: words::tool(&it.tool),
            organisation: it.organisation.as_ref().map(ToString::to_string),
            reference: it.id.reference(),
            sent: (time(it.changed_at), machine_time(it.changed_at)),
            looked: it.tries,
        }
    }
}

fn found(console: &Console, visitor: &Visitor, id: &str) -> Result<Option<ActionRequest>> {
    let Ok(id) = ActionId::try_from(id.to_owned()) else { return Ok(None) };
    let found = console.actions.get(&visitor.caller.tenant, &id)?;
    let waits = |it: &ActionRequest| it.state == Stands::PendingApproval && it.expires_at > Timestamp::now();
    match found.filter(waits) {
        Some(it) if Judge::new(console, visitor).may(&it)? => Ok(Some(it)),
        Some(_) | None => Ok(None),
    }
}

/// Which page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    after: Option<String>,
}

/// `GET /console/approvals`
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    Query(part): Query<Part>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let after = part.after.and_then(|it| ActionId::try_from(it).ok());
    let name = |id: &str| console.clients.name_of(id);
    let found = waiting(&console, &visitor, after.as_ref(), PAGE).and_then(|(ids, more)| {
        let one = |id: &ActionId| console.actions.get(&visitor.caller.tenant, id).transpose();
        let of = |it: ActionRequest| Waiting::of(&it, Lately::default(), name, |_| false);
        let waiting = ids.iter().filter_map(one).map(|it| it.map(of)).collect::<Result<Vec<_>>>()?;
        Ok((waiting, more, needing(&console, &visitor)?))
    });
    let (waiting, more, lost) = match found {
        Ok(found) => found,
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let mark = waiting.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(" ");
    let shell = console.shell(&visitor, "Approvals", "/console/approvals");
    page(&List { shell, waiting, more: more.map(|it| it.to_string()), lost, mark })
}

/// `GET /console/approvals/{id}`. That somebody looked is noted, for whoever looks next.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let shown = found(&console, &visitor, &id).and_then(|found| {
        let Some(it) = found else { return Ok(None) };
        let seen = console.actions.seen(&it.tenant, &it.id, &visitor.caller.principal, &named(&visitor))?;
        let lately = lately(&console, &it.tool, &it.principal, &it.id, &it.content.effect, &it.tenant)?;
        Ok(Some((it, seen, lately)))
    });
    match shown {
        Ok(Some((it, seen, lately))) => {
            let shell = console.shell(&visitor, "Approve a change", "/console/approvals");
            let seen = seen.into_iter().map(|(who, at)| (tidy(&who), (time(at), machine_time(at)))).collect();
            let tools = console.policies.visible(&visitor.caller.subject());
            let may_list = |list: &str| tools.iter().any(|it| **it == *list);
            page(&One {
                shell,
                visitor: &visitor,
                it: Waiting::of(&it, lately, |id| console.clients.name_of(id), may_list),
                seen,
            })
        }
        Ok(None) => gone(&console, &visitor),
        Err(error) => console.failed(&visitor, &error, &request_id(&extensions)),
    }
}

/// `POST /console/approvals/{id}`
pub(super) async fn decide(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let visitor = match console.enter(&headers, "/console/approvals") {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let approve = match field(&body, "decision").as_deref() {
        Some("approve") => true,
        Some("reject") => false,
        Some(_) | None => return console.stale(&visitor),
    };
    if !is_ours(&visitor, &headers, &body) {
        return console.stale(&visitor);
    }
    let reason = tidy_reason(&field(&body, "reason").unwrap_or_default());
    if reason.is_empty() {
        return console.say(
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            "A reason is missing",
            "Nothing was decided. Say in a few words why; whoever asked will read it.",
        );
    }
    let request = request_id(&extensions);
    match settle(&console, &visitor, &id, approve, reason, &request).await {
        Ok(true) if approve => console.say(
            &visitor,
            StatusCode::OK,
            "You approved it",
            "Whoever asked can have it carried out now, exactly as you saw it, once, and only while nothing has changed.",
        ),
        Ok(true) => console.say(
            &visitor,
            StatusCode::OK,
            "You rejected it",
            "Nothing was changed, and whoever asked is told why.",
        ),
        Ok(false) => gone(&console, &visitor),
        Err(error) => console.failed(&visitor, &error, &request),
    }
}

/// Notes the decision in the audit, then makes it; `false` where it was not to be made.
async fn settle(
    console: &Console,
    visitor: &Visitor,
    id: &str,
    approve: bool,
    reason: String,
    request: &str,
) -> Result<bool> {
    let Some(it) = found(console, visitor, id)? else { return Ok(false) };
    let trail = Trail::default();
    {
        let mut notes = trail.notes.lock();
        notes.tool = Some(if approve { APPROVED } else { REJECTED });
        notes.action = Some(it.id.as_str().into());
        notes.policy_version = Some(console.policies.policies().version().clone());
        trail.findings.lock().organisations.extend(it.organisation.clone());
    }
    let facts = Facts { request_id: request.to_owned(), protocol: "console".into(), ..Facts::default() };
    let row = Row::of(Phase::Attempt, &visitor.caller, &Map::new(), &facts, &trail);
    console.ledger.append(row).await?;
    let verdict = Verdict { approve, by: named(visitor), reason };
    let decided = console.actions.decide(&it.tenant, &it.id, &verdict, Timestamp::now())?;
    console.actions.lasting().await?;
    Ok(decided)
}

fn named(visitor: &Visitor) -> String {
    let caller = &visitor.caller;
    caller.name.as_deref().or(caller.email.as_deref()).unwrap_or(&caller.principal.subject).to_owned()
}

pub(super) fn tidy_reason(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(REASON).collect()
}

/// Decided, expired, withdrawn, not this person's to decide, never there: the same.
fn gone(console: &Console, visitor: &Visitor) -> Response {
    console
        .say(
            visitor,
            StatusCode::NOT_FOUND,
            "There is nothing to approve here",
            "It was decided or withdrawn already, its time is over, or somebody else has to decide.",
        )
        .into_response()
}
