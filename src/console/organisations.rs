//! Which organisation is which across the tenant's systems, for administrators: proposals, and one form for each.
//!
//! **Invariant:** looking and asking change nothing; what is agreed to is exactly the proposal that was shown.

use super::visitor::{Shell, Visitor, back, field, is_ours, request_id};
use super::words::{machine_time, tidy, time};
use super::{AGREE, Console, WITHDRAW, page};
use crate::call::Trail;
use crate::call::audit::{Decision, Phase, Row as AuditRow};
use crate::call::host::Facts;
use crate::matching::{Evidence, Proposal, Record};
use crate::organisations::mark;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode, header};
use jiff::Timestamp;
use postern_api::{OrganisationId, Result};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const PATH: &str = "/console/admin/organisations";

/// A record as a page shows it.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) system: String,
    pub(super) id: String,
    pub(super) name: String,
}

impl Named {
    fn of(it: &Record) -> Self {
        Self { system: it.system.clone(), id: it.id.to_string(), name: tidy(&it.name) }
    }
}

/// A proposal as a page shows it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) mark: String,
    pub(super) organisation: String,
    pub(super) is_configured: bool,
    pub(super) records: Vec<Named>,
    pub(super) same: String,
}

impl Shown {
    fn of(it: &Proposal) -> Self {
        let same = |it: &Evidence| match it {
            Evidence::Reference => "one keeps the other's number",
            Evidence::Domain => "the same e-mail domain",
            Evidence::Name => "the same name",
        };
        Self {
            mark: mark(it),
            organisation: it.organisation.to_string(),
            is_configured: it.is_configured,
            records: it.records.iter().map(Named::of).collect(),
            same: it.evidence.iter().map(same).collect::<Vec<_>>().join(", "),
        }
    }
}

/// What was agreed to before.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) system: String,
    pub(super) id: String,
    pub(super) organisation: String,
    pub(super) at: (String, String),
}

/// Several records and what is to say about them.
#[derive(Debug)]
pub(super) struct Doubtful {
    pub(super) records: Vec<Named>,
    pub(super) why: &'static str,
}

#[derive(Template)]
#[template(path = "organisations.html")]
struct Page<'a> {
    shell: Shell,
    csrf: &'a str,
    asked: Option<(String, String)>,
    troubles: Vec<String>,
    proposals: Vec<Shown>,
    doubts: Vec<Doubtful>,
    unmatched: Vec<Named>,
    missing: Vec<(String, String, String)>,
    agreed: Vec<Agreed>,
}

/// `GET /console/admin/organisations`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if !visitor.administers {
        return console.nothing(&visitor);
    }
    match drawn(&console, &visitor) {
        Ok(page) => page,
        Err(error) => console.failed(&visitor, &error, &request_id(&extensions)),
    }
}

fn drawn(console: &Console, visitor: &Visitor) -> Result<Response> {
    let tenant = &visitor.caller.tenant;
    let both = |at: Timestamp| (time(at), machine_time(at));
    let agreed = console.organisations.agreed(tenant)?.into_iter().map(|it| Agreed {
        system: it.system,
        id: it.external.to_string(),
        organisation: it.organisation.to_string(),
        at: it.agreed_at.map(both).unwrap_or_default(),
    });
    let proposed = console.organisations.proposed(tenant)?;
    let asked = proposed.as_ref().map(|it| both(it.at));
    let (matches, troubles) = proposed.map(|it| (it.matches, it.troubles)).unwrap_or_default();
    let records = |all: &[Record]| all.iter().map(Named::of).collect::<Vec<_>>();
    Ok(page(&Page {
        shell: console.shell(visitor, "Organisations", PATH),
        csrf: &visitor.signed_in.csrf,
        asked,
        troubles,
        proposals: matches.proposals.iter().map(Shown::of).collect(),
        doubts: matches.doubts.iter().map(|it| Doubtful { records: records(&it.records), why: it.why }).collect(),
        unmatched: records(&matches.unmatched),
        missing: matches
            .missing
            .into_iter()
            .map(|(ours, system, id)| (ours.to_string(), system, id.to_string()))
            .collect(),
        agreed: agreed.collect(),
    }))
}

/// `POST /console/admin/organisations`: asks the systems, agrees to one proposal, or takes one agreement back.
pub(super) async fn settle(
    State(console): State<Arc<Console>>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let visitor = match console.enter(&headers, PATH) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if !visitor.administers {
        return console.nothing(&visitor);
    }
    if !is_ours(&visitor, &headers, &body) {
        return console.stale(&visitor);
    }
    let request = request_id(&extensions);
    let tenant = &visitor.caller.tenant;
    let done = match field(&body, "decision").as_deref() {
        Some("ask") => {
            console.organisations.read(tenant).await;
            Ok(true)
        }
        Some("agree") => agree(&console, &visitor, &body, &request).await,
        Some("withdraw") => withdraw(&console, &visitor, &body, &request).await,
        Some(_) | None => return console.stale(&visitor),
    };
    match done {
        Ok(true) => (StatusCode::SEE_OTHER, [(header::LOCATION, PATH)]).into_response(),
        Ok(false) => console.say(
            &visitor,
            StatusCode::CONFLICT,
            "It is not so any more",
            "Nothing was changed. Ask the systems again and look at what is proposed now.",
        ),
        Err(error) => console.failed(&visitor, &error, &request),
    }
}

async fn agree(console: &Console, visitor: &Visitor, body: &[u8], request: &str) -> Result<bool> {
    let tenant = &visitor.caller.tenant;
    let asked = field(body, "proposal").unwrap_or_default();
    let Some(proposal) = console.organisations.find(tenant, &asked)? else { return Ok(false) };
    let records: Vec<_> =
        proposal.records.iter().map(|it| json!({ "system": it.system, "id": it.id.as_str() })).collect();
    let about = json!({ "organisation": proposal.organisation.as_str(), "records": records });
    noted(console, visitor, (AGREE, about), request, || {
        console.organisations.agree(tenant, &visitor.caller.principal, &proposal)
    })
    .await
}

async fn withdraw(console: &Console, visitor: &Visitor, body: &[u8], request: &str) -> Result<bool> {
    let system = field(body, "system").unwrap_or_default();
    let Ok(organisation) = OrganisationId::new(&field(body, "organisation").unwrap_or_default()) else {
        return Ok(false);
    };
    let about = json!({ "organisation": organisation.as_str(), "system": system });
    noted(console, visitor, (WITHDRAW, about), request, || {
        console.organisations.withdraw(&visitor.caller.tenant, &system, &organisation)
    })
    .await
}

/// Changes something between two rows of the log: without the first nothing is changed.
async fn noted(
    console: &Console,
    visitor: &Visitor,
    (what, about): (&'static str, Value),
    request: &str,
    change: impl FnOnce() -> Result<bool>,
) -> Result<bool> {
    let about = match about {
        Value::Object(about) => about,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    let row = |phase| {
        let trail = Trail::default();
        trail.notes.lock().tool = Some(what);
        trail.notes.lock().policy_version = Some(console.policies.policies().version().clone());
        let facts = Facts { request_id: request.to_owned(), protocol: "console".into(), ..Facts::default() };
        AuditRow::of(phase, &visitor.caller, &about, &facts, &trail)
    };
    console.ledger.append(row(Phase::Attempt)).await?;
    let done = change();
    let mut outcome = row(Phase::Outcome);
    if !matches!(done, Ok(true)) {
        (outcome.decision, outcome.code) = (Decision::Failed, "not_changed");
    }
    console.ledger.append(outcome).await?;
    done
}
