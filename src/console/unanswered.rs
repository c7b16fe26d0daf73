//! A write of which nobody knows what became, after the gateway gave up looking: a person looks in the connected system and records
//! what they found, with a reason.
//!
//! **Invariant:** recording sends nothing and lets nothing be sent again; nobody records what became of their own; what is recorded
//! is in the audit before it counts, and once.

use super::approvals::{may_record, tidy_reason};
use super::visitor::{Shell, Visitor, back, field, is_ours, request_id};
use super::words::{self, arguments, machine_time, tidy, time, visible};
use super::{Console, FOUND_OUT, page};
use crate::call::Trail;
use crate::call::audit::{self, Phase, Row};
use crate::call::host::Facts;
use crate::govern::action::{ActionId, ActionRequest, State as Stands};
use crate::govern::finding::{Finding, Found};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode};
use jiff::Timestamp;
use postern_api::Result;
use serde_json::{Map, json};
use std::sync::Arc;

/// The longest id of a connected system, in letters.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "unanswered.html")]
struct One<'a> {
    shell: Shell,
    visitor: &'a Visitor,
    id: String,
    title: String,
    effect: String,
    requester: String,
    organisation: Option<String>,
    reference: String,
    arguments: Vec<(String, String)>,
    asked: (String, String),
    given_up: (String, String),
    looked: u32,
    /// What was wrong with the form that was sent.
    wrong: Option<&'static str>,
}

fn found(console: &Console, visitor: &Visitor, id: &str) -> Result<Option<ActionRequest>> {
    let Ok(id) = ActionId::try_from(id.to_owned()) else { return Ok(None) };
    let found = console.actions.get(&visitor.caller.tenant, &id)?;
    let is_lost = |it: &ActionRequest| it.state == Stands::Unknown && it.needs_human;
    Ok(found.filter(|it| is_lost(it) && may_record(console, visitor, it)))
}

fn shown(console: &Console, visitor: &Visitor, it: &ActionRequest, wrong: Option<&'static str>) -> Response {
    let requester = &it.content.requester;
    let name = requester.name.as_deref().or(requester.email.as_deref()).unwrap_or(&it.principal.subject);
    page(&One {
        shell: console.shell(visitor, "What became of it", "/console/approvals"),
        visitor,
        id: it.id.to_string(),
        title: words::tool(&it.tool),
        effect: visible(&it.content.message),
        requester: tidy(name),
        organisation: it.organisation.as_ref().map(ToString::to_string),
        reference: it.id.reference(),
        arguments: arguments(&it.content.arguments),
        asked: (time(it.created_at), machine_time(it.created_at)),
        given_up: (time(it.changed_at), machine_time(it.changed_at)),
        looked: it.tries,
        wrong,
    })
}

/// `GET /console/unanswered/{id}`
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
    match found(&console, &visitor, &id) {
        Ok(Some(it)) => shown(&console, &visitor, &it, None),
        Ok(None) => gone(&console, &visitor),
        Err(error) => console.failed(&visitor, &error, &request_id(&extensions)),
    }
}

/// What the form says, or what is wrong with it.
fn said(body: &Bytes) -> std::result::Result<(Found, String), &'static str> {
    let text = |name: &str| field(body, name).unwrap_or_default();
    let found = match text("found").as_str() {
        "happened" => {
            let record = text("record");
            let long = record.trim().chars().count() > LONGEST;
            let record = tidy(&record);
            if record.is_empty() || long {
                return Err("Say by which id the connected system knows it, in 1 to 200 letters.");
            }
            Found::Happened(record)
        }
        "never" => Found::NeverHappened,
        "unknown" => Found::NobodyKnows,
        _ => return Err("Choose what you found."),
    };
    let reason = tidy(&tidy_reason(&text("reason")));
    if reason.is_empty() {
        return Err("Say in a few words how you know; whoever asked will read it.");
    }
    Ok((found, reason))
}

/// `POST /console/unanswered/{id}`
pub(super) async fn record(
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
    if !is_ours(&visitor, &headers, &body) {
        return console.stale(&visitor);
    }
    let request = request_id(&extensions);
    let it = match found(&console, &visitor, &id) {
        Ok(Some(it)) => it,
        Ok(None) => return gone(&console, &visitor),
        Err(error) => return console.failed(&visitor, &error, &request),
    };
    let (found, reason) = match said(&body) {
        Ok(said) => said,
        Err(wrong) => {
            return (StatusCode::UNPROCESSABLE_ENTITY, shown(&console, &visitor, &it, Some(wrong))).into_response();
        }
    };
    match keep(&console, &visitor, &it, found, &reason, &request).await {
        Ok(true) => console.say(
            &visitor,
            StatusCode::OK,
            "It is recorded",
            "Nothing was sent. Whoever asked for it is told what you found, and the request is closed.",
        ),
        Ok(false) => gone(&console, &visitor),
        Err(error) => console.failed(&visitor, &error, &request),
    }
}

/// Notes it in the audit, then keeps it; `false` where somebody else did meanwhile.
async fn keep(
    console: &Console,
    visitor: &Visitor,
    it: &ActionRequest,
    found: Found,
    reason: &str,
    request: &str,
) -> Result<bool> {
    let trail = Trail::default();
    {
        let mut notes = trail.notes.lock();
        notes.tool = Some(FOUND_OUT);
        notes.action = Some(it.id.as_str().into());
        notes.policy_version = Some(console.policies.policies().version().clone());
        trail.findings.lock().organisations.extend(it.organisation.clone());
    }
    let mut said = Map::from_iter([("reason".to_owned(), json!(reason))]);
    if let Found::Happened(record) = &found {
        said.insert("record".to_owned(), json!(record));
    }
    let facts = Facts { request_id: request.to_owned(), protocol: "console".into(), ..Facts::default() };
    let row = Row::of(Phase::Attempt, &visitor.caller, &said, &facts, &trail);
    console.ledger.append(Row { code: found.code(), ..row }).await?;
    let answer = audit::found_out(&it.id, &found, reason);
    let kept = console.actions.found_out(&it.tenant, &it.id, &Finding { found, answer }, Timestamp::now())?;
    console.actions.lasting().await?;
    Ok(kept)
}

/// Found meanwhile, recorded by somebody, not this person's to record, never there: the same.
fn gone(console: &Console, visitor: &Visitor) -> Response {
    console.say(
        visitor,
        StatusCode::NOT_FOUND,
        "There is nothing to record here",
        "It was found or recorded already, or it is not yours to look after.",
    )
}
