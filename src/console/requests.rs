//! A person's own requests: how each stands, what was decided, and taking one back before it is carried out.
//!
//! This is where a requester is told of a decision: the navigation counts what was decided and not yet seen here.

use super::visitor::{Shell, Visitor, back, is_ours, request_id};
use super::words::{self, machine_time, tidy, time, visible};
use super::{Console, WITHDRAWN, page};
use crate::call::Trail;
use crate::call::audit::{Phase, Row};
use crate::call::host::Facts;
use crate::govern::action::{ActionId, ActionRequest, State as Stands};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode, header};
use jiff::Timestamp;
use postern_api::Result;
use postern_policies::Realm;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Requests on the page.
const MOST: u32 = 50;
/// The most decisions that are counted beside the navigation.
const COUNTED: u32 = 100;

/// One as the page shows it.
#[derive(Debug)]
struct Mine {
    id: String,
    title: String,
    effect: String,
    organisation: Option<String>,
    state: &'static str,
    class: &'static str,
    says: &'static str,
    decided: Option<(String, String)>,
    asked: (String, String),
    can_withdraw: bool,
    reference: Option<String>,
    /// What was found out about it afterwards.
    found: Option<String>,
}

impl Mine {
    fn of(it: ActionRequest, now: Timestamp) -> Self {
        let is_over = it.state.open() && it.expires_at <= now;
        let stands = if is_over { Stands::Expired } else { it.state };
        let realm = it.content.requester.realm;
        let (state, class, says) = spelled(stands, it.needs_human, it.answer.is_some(), realm);
        let decided = it.decided_by.as_deref().map(|by| (tidy(by), visible(it.reason.as_deref().unwrap_or_default())));
        Self {
            title: words::tool(&it.tool),
            effect: visible(&it.content.message),
            organisation: words::organisation(&it),
            state,
            class,
            says,
            decided,
            asked: (time(it.created_at), machine_time(it.created_at)),
            can_withdraw: it.state.open() && !is_over,
            found: it.answer.as_deref().filter(|_| is_found_out(&it)).and_then(message),
            reference: (it.state == Stands::Unknown).then(|| it.id.reference()),
            id: it.id.to_string(),
        }
    }
}

/// Whether its outcome was not known at first.
fn is_found_out(it: &ActionRequest) -> bool {
    it.upstream.is_some() || it.state == Stands::Unknown
}

/// The words of an answer that was kept.
fn message(answer: &str) -> Option<String> {
    let answer: Map<String, Value> = serde_json::from_str(answer).ok()?;
    answer.get("message").and_then(Value::as_str).map(visible)
}

/// A state in words, how it is coloured, and what it means.
fn spelled(
    state: Stands,
    needs_human: bool,
    is_closed: bool,
    realm: Realm,
) -> (&'static str, &'static str, &'static str) {
    match state {
        Stands::Previewed => ("Previewed", "", "Nothing was changed. The client that asked can carry it out."),
        Stands::PendingApproval => ("Waits for an approval", "warn", "Nothing was changed yet."),
        Stands::Approved => {
            ("Approved", "good", "The client that asked can carry it out now, exactly as it was shown.")
        }
        Stands::Rejected => ("Rejected", "bad", "Nothing was changed."),
        Stands::Expired => ("Out of time", "", "Nothing was changed. Ask again if you still want it."),
        Stands::Executing => ("Being carried out", "warn", "It is on its way."),
        Stands::Done => ("Done", "good", "It was carried out once."),
        Stands::Failed => ("Failed", "bad", "The connected system refused it, or it never arrived there."),
        Stands::Unknown if needs_human => (
            "Nobody knows",
            "bad",
            match realm {
                Realm::Customer => {
                    "It was sent, and it cannot be found out whether it happened. Your provider has to look; do not ask again before."
                }
                Realm::Employee => {
                    "It was sent, and it cannot be found out whether it happened. A colleague who may has to look and record it, on the page of approvals; do not ask again before."
                }
            },
        ),
        Stands::Unknown if is_closed => {
            ("Closed without knowing", "bad", "Nobody could find out whether it happened, and nobody looks any more.")
        }
        Stands::Unknown => {
            ("Being looked for", "warn", "It was sent and not answered. It is looked for; do not ask again before.")
        }
        Stands::Cancelled => ("Taken back", "", "Nothing was changed."),
    }
}

#[derive(Template)]
#[template(path = "requests.html")]
struct List<'a> {
    shell: Shell,
    visitor: &'a Visitor,
    mine: Vec<Mine>,
}

/// How many of a person's requests were decided without their having looked here.
pub(super) fn untold(console: &Console, visitor: &Visitor) -> usize {
    let caller = &visitor.caller;
    let count = console.actions.untold(&caller.tenant, &caller.principal, COUNTED).unwrap_or_default();
    usize::try_from(count).unwrap_or_default()
}

/// `GET /console/requests`
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
    let caller = &visitor.caller;
    let found = console.actions.own(&caller.tenant, &caller.principal, MOST).and_then(|found| {
        if untold(&console, &visitor) > 0 {
            console.actions.told(&caller.tenant, &caller.principal)?;
        }
        Ok(found)
    });
    match found {
        Ok(found) => {
            let now = Timestamp::now();
            let mine = found.into_iter().map(|it| Mine::of(it, now)).collect();
            let shell = console.shell(&visitor, "Your requests", "/console/requests");
            page(&List { shell, visitor: &visitor, mine })
        }
        Err(error) => console.failed(&visitor, &error, &request_id(&extensions)),
    }
}

/// `POST /console/requests/{id}/withdraw`
pub(super) async fn withdraw(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let visitor = match console.enter(&headers, "/console/requests") {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if !is_ours(&visitor, &headers, &body) {
        return console.stale(&visitor);
    }
    let request = request_id(&extensions);
    match take_back(&console, &visitor, &id, &request).await {
        Ok(true) => (StatusCode::SEE_OTHER, [(header::LOCATION, "/console/requests")]).into_response(),
        Ok(false) => console.say(
            &visitor,
            StatusCode::NOT_FOUND,
            "There is nothing to take back here",
            "It was carried out, decided against or taken back already, or its time is over.",
        ),
        Err(error) => console.failed(&visitor, &error, &request),
    }
}

/// Notes it in the audit, then does it; `false` where there was nothing of this person's to take back.
async fn take_back(console: &Console, visitor: &Visitor, id: &str, request: &str) -> Result<bool> {
    let (caller, now) = (&visitor.caller, Timestamp::now());
    let Ok(id) = ActionId::try_from(id.to_owned()) else { return Ok(false) };
    let found = console.actions.get(&caller.tenant, &id)?;
    let Some(it) = found.filter(|it| it.principal == caller.principal && it.state.open() && it.expires_at > now) else {
        return Ok(false);
    };
    let trail = Trail::default();
    {
        let mut notes = trail.notes.lock();
        notes.tool = Some(WITHDRAWN);
        notes.action = Some(it.id.as_str().into());
        notes.policy_version = Some(console.policies.policies().version().clone());
        trail.findings.lock().organisations.extend(it.organisation.clone());
    }
    let facts = Facts { request_id: request.to_owned(), protocol: "console".into(), ..Facts::default() };
    console.ledger.append(Row::of(Phase::Attempt, caller, &Map::new(), &facts, &trail)).await?;
    let taken = console.actions.cancel(&caller.tenant, &caller.principal, &id, now)?;
    console.actions.lasting().await?;
    Ok(taken)
}
