//! Action requests that wait for somebody with the right: shown with their exact effect, approved or rejected by a form with a
//! reason. This is out of a model's reach.
//!
//! **Invariant:** nobody decides on what they requested; who may is the policies' answer, asked when it is shown and again when
//! it is decided; what is decided is in the audit before it counts.

use super::visitor::{Shell, Visitor, back, field, is_ours, request_id};
use super::words::{self, arguments, label, machine_time, tidy, time, visible};
use super::{APPROVED, Console, REJECTED, page};
use crate::call::Trail;
use crate::call::audit::{Phase, Row};
use crate::call::host::Facts;
use crate::govern::action::{ActionId, ActionRequest, State as Stands, Verdict};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode};
use jiff::Timestamp;
use postern_api::Result;
use postern_policies::{Reach, Realm, Requested};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Requests on one page.
const MOST: u32 = 200;
/// The longest reason, in letters.
const REASON: usize = 500;

/// One that waits, as a page shows it.
#[derive(Debug)]
struct Waiting {
    id: String,
    title: String,
    effect: String,
    requester: String,
    realm: &'static str,
    client: Option<String>,
    organisation: Option<String>,
    arguments: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    changes: Vec<Change>,
    newly_visible: Vec<String>,
    warnings: Vec<&'static str>,
    asked: (String, String),
    expires: (String, String),
}

/// A value before and after.
#[derive(Debug)]
struct Change {
    field: String,
    before: String,
    after: String,
}

impl Waiting {
    fn of(it: &ActionRequest) -> Self {
        let data: Map<String, Value> = serde_json::from_str(&it.content.data).unwrap_or_default();
        let list = |name: &str| data.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().map_or_else(|| visible(&value.to_string()), visible);
        let changes = list("changes").into_iter().map(|it| {
            let get = |name: &str| match it.get(name) {
                None | Some(Value::Null) => "nothing".to_owned(),
                Some(value) => text(value),
            };
            Change { field: label(&get("field")), before: get("before"), after: get("after") }
        });
        let effect = &it.content.effect;
        let warnings = [
            (effect.elevation, "Somebody gets more rights than before."),
            (effect.newly_visible, "Somebody sees what they did not see before."),
            (effect.public, "Everybody can see it."),
            (effect.sensitive, "It is about people, money, law or security."),
            (effect.untrusted, "Words that people outside wrote go into it."),
            (effect.exception, "An agreed rule is set aside."),
            (effect.recipients > 1, "More than one person is told."),
        ];
        let requester = &it.content.requester;
        let name = requester.name.as_deref().or(requester.email.as_deref()).unwrap_or(&it.principal.subject);
        let mut rest = data.clone();
        rest.retain(|key, _| key != "changes" && key != "newly_visible");
        Self {
            id: it.id.to_string(),
            title: words::tool(&it.tool),
            effect: visible(&it.content.message),
            requester: tidy(name),
            realm: match requester.realm {
                Realm::Customer => "customer",
                Realm::Employee => "employee",
            },
            client: requester.client.as_deref().map(tidy),
            organisation: it.organisation.as_ref().map(ToString::to_string),
            arguments: arguments(&it.content.arguments),
            facts: rest.iter().map(|(key, value)| (label(key), spelled(value))).collect(),
            changes: changes.collect(),
            newly_visible: list("newly_visible").iter().map(text).collect(),
            warnings: warnings.into_iter().filter(|(so, _)| *so).map(|(_, words)| words).collect(),
            asked: (time(it.created_at), machine_time(it.created_at)),
            expires: (time(it.expires_at), machine_time(it.expires_at)),
        }
    }
}

/// A fact for a person: parts by their names, several one after the other.
fn spelled(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts = map.iter().map(|(key, value)| format!("{}: {}", label(key), spelled(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(spelled).collect::<Vec<_>>().join("; "),
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => visible(text),
    }
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct List {
    shell: Shell,
    waiting: Vec<Waiting>,
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

/// Whether this person may decide on a request: not their own, within their reach, and by the policies in force.
fn may(console: &Console, visitor: &Visitor, it: &ActionRequest) -> bool {
    let (caller, policies) = (&visitor.caller, console.policies.policies());
    let reaches = match policies.reach(caller.realm, &caller.roles) {
        Some(Reach::Tenant) => true,
        Some(Reach::Assigned) => {
            let assigned = caller.assigned.as_ref();
            it.organisation.as_ref().is_some_and(|one| assigned.is_some_and(|some| some.contains(one)))
        }
        Some(Reach::Organisation) | None => false,
    };
    let action = it.tool.replace('.', "_");
    let requested = Requested { tool: &action, effect: &it.content.effect, realm: it.content.requester.realm };
    it.principal != caller.principal && reaches && policies.may_approve(&caller.subject(), &requested)
}

/// Those that this person may decide on, oldest first.
pub(super) fn waiting(console: &Console, visitor: &Visitor) -> Result<Vec<ActionRequest>> {
    if visitor.caller.realm == Realm::Customer {
        return Ok(Vec::new());
    }
    let all = console.actions.waiting(&visitor.caller.tenant, Timestamp::now(), MOST)?;
    Ok(all.into_iter().filter(|it| may(console, visitor, it)).collect())
}

fn found(console: &Console, visitor: &Visitor, id: &str) -> Result<Option<ActionRequest>> {
    let Ok(id) = ActionId::try_from(id.to_owned()) else { return Ok(None) };
    let found = console.actions.get(&visitor.caller.tenant, &id)?;
    let waits = |it: &ActionRequest| it.state == Stands::PendingApproval && it.expires_at > Timestamp::now();
    Ok(found.filter(|it| waits(it) && may(console, visitor, it)))
}

/// `GET /console/approvals`
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let waiting = match waiting(&console, &visitor) {
        Ok(waiting) => waiting,
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let waiting: Vec<_> = waiting.iter().map(Waiting::of).collect();
    let mark = waiting.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(" ");
    page(&List { shell: console.shell(&visitor, "Approvals", "/console/approvals"), waiting, mark })
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
        Ok(Some((it, seen)))
    });
    match shown {
        Ok(Some((it, seen))) => {
            let shell = console.shell(&visitor, "Approve a change", "/console/approvals");
            let seen = seen.into_iter().map(|(who, at)| (tidy(&who), (time(at), machine_time(at)))).collect();
            page(&One { shell, visitor: &visitor, it: Waiting::of(&it), seen })
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
    console.actions.decide(&it.tenant, &it.id, &verdict, Timestamp::now())
}

fn named(visitor: &Visitor) -> String {
    let caller = &visitor.caller;
    caller.name.as_deref().or(caller.email.as_deref()).unwrap_or(&caller.principal.subject).to_owned()
}

fn tidy_reason(text: &str) -> String {
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
