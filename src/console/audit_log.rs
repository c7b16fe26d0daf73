//! Audit search and export, for those whom the policies let read the log. Reading it is in it.

use super::activity::Line;
use super::download::download;
use super::query::Asking;
use super::visitor::{Shell, Visitor, back, request_id};
use super::words::tidy;
use super::{AUDIT_EXPORT, AUDIT_READ, Console, page};
use crate::audit::export::{self, Filter};
use crate::audit::search::{Search, Seen};
use crate::call::Trail;
use crate::call::audit::{Decision, Phase, Row};
use crate::call::host::Facts;
use crate::caller::Principal;
use crate::govern::action::ActionId;
use crate::tools::catalogue;
use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, StatusCode, header};
use jiff::Timestamp;
use jiff::civil::DateTime;
use postern_api::{Error, OrganisationId, Result};
use serde::Deserialize;
use serde_json::Map;
use std::collections::HashMap;
use std::sync::Arc;

/// Rows on one page.
const PAGE: u32 = 50;
/// How many connections of people are looked through for their names.
const PEOPLE: u32 = 10_000;

/// What is looked for, as the form sends it; an empty field is none.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) since: String,
    #[serde(default)]
    pub(super) until: String,
    #[serde(default)]
    pub(super) tool: String,
    #[serde(default)]
    pub(super) decision: String,
    #[serde(default)]
    pub(super) organisation: String,
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) before: Option<i64>,
}

impl Asked {
    /// The times, and what is wrong with what is looked for.
    pub(super) fn times(&self) -> (Option<Timestamp>, Option<Timestamp>, Option<&'static str>) {
        let mut wrong = None;
        let mut time = |text: &str| {
            let at = moment(text);
            if at.is_none() && !text.is_empty() {
                wrong = Some("A time is written as 2026-11-28T14:30, in UTC.");
            }
            at
        };
        let (since, until) = (time(&self.since), time(&self.until));
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            wrong = Some("The first time has to be before the second.");
        }
        if !self.organisation.is_empty() && OrganisationId::new(&self.organisation).is_err() {
            wrong = Some("An organisation is written as its id, for example acme.");
        }
        if !self.action.is_empty() && ActionId::try_from(self.action.clone()).is_err() {
            wrong = Some("A request is written as its id, act- and 32 digits.");
        }
        (since, until, wrong)
    }

    /// The query of another page with the same filter.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("since", &self.since),
            ("until", &self.until),
            ("tool", &self.tool),
            ("decision", &self.decision),
            ("organisation", &self.organisation),
            ("action", &self.action),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

/// A browser's local time, read as UTC, or a whole time.
fn moment(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    let local = || text.parse::<DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|it| it.timestamp());
    text.parse::<Timestamp>().ok().or_else(local)
}

fn named(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    query: String,
    wrong: Option<&'static str>,
    tools: Vec<(&'static str, &'static str)>,
    decisions: [(&'static str, &'static str); 5],
    lines: Vec<Line>,
    older: Option<i64>,
    filtered: bool,
}

/// `GET /console/admin/audit`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Asking(asked): Asking<Asked>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let request = request_id(&extensions);
    if let Some(answer) = noted(&console, &visitor, visitor.audits, AUDIT_READ, &request).await {
        return answer;
    }
    let (since, until, wrong) = asked.times();
    let search = Search {
        since,
        until,
        tool: named(&asked.tool),
        decision: named(&asked.decision),
        organisation: named(&asked.organisation),
        action: named(&asked.action),
        before: asked.before,
        limit: PAGE,
    };
    let (journal, tenant) = (console.journal.clone(), visitor.caller.tenant.clone());
    let found = match wrong {
        Some(_) => Ok(crate::audit::search::Found::default()),
        None => {
            let task = tokio::task::spawn_blocking(move || journal.search(&tenant, &search));
            task.await.unwrap_or_else(|e| Err(Error::internal("audit search").because(e)))
        }
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return console.failed(&visitor, &error, &request),
    };
    let query = asked.query();
    page(&Page {
        shell: console.shell(&visitor, "Audit", "/console/admin/audit"),
        wrong,
        tools: catalogue().iter().map(|it| (it.entry.name, it.entry.title)).collect(),
        decisions: ["allowed", "denied", "failed", "pending", "unknown"].map(|it| (it, super::words::decision(it).0)),
        lines: named_lines(&console, &visitor, &found.rows),
        older: found.older,
        filtered: !query.is_empty(),
        query,
        asked,
    })
}

/// Rows with the names of whoever is still known: those who connected a client, and who looks. The log itself holds digests alone, so
/// each name is looked up for who may know it, and goes with the person's account.
fn named_lines(console: &Console, visitor: &Visitor, rows: &[Seen]) -> Vec<Line> {
    let mut lines = Line::all(console, rows);
    let own = &visitor.caller;
    let digest = |it: &Principal| console.journal.keys().principal(&own.tenant, it);
    let mut names = HashMap::new();
    if visitor.administers {
        let connected = console.clients.connected_in(&own.tenant, 0, PEOPLE).unwrap_or_default();
        names.extend(connected.iter().filter_map(|it| Some((digest(&it.principal), tidy(it.person.as_deref()?)))));
    }
    names.extend(own.name.as_deref().map(|name| (digest(&own.principal), tidy(name))));
    for (line, row) in lines.iter_mut().zip(rows) {
        line.name = names.get(&row.principal).cloned();
    }
    lines
}

/// `GET /console/admin/audit/export`: the rows as JSON lines, each verifiable by itself.
pub(super) async fn export(
    State(console): State<Arc<Console>>,
    Asking(asked): Asking<Asked>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let request = request_id(&extensions);
    if let Some(answer) = noted(&console, &visitor, visitor.audits, AUDIT_EXPORT, &request).await {
        return answer;
    }
    let (since, until, wrong) = asked.times();
    let organisation = match named(&asked.organisation).map(|it| OrganisationId::new(&it)).transpose() {
        Ok(organisation) if wrong.is_none() => organisation,
        // The page says what is wrong.
        Ok(_) | Err(_) => {
            let page = format!("/console/admin/audit?{}", asked.query());
            return (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response();
        }
    };
    let filter = Filter {
        // Of whoever is signed in; nothing that was asked names it.
        tenant: Some(visitor.caller.tenant.clone()),
        organisation,
        since: since.map(Timestamp::as_millisecond),
        until: until.map(Timestamp::as_millisecond),
        tool: named(&asked.tool),
        decision: named(&asked.decision),
        action: named(&asked.action),
    };
    let dir = console.journal.dir().to_owned();
    download("audit.jsonl", move |out| export::export(&dir, &filter, out).map(drop))
}

/// Puts the reading into the log first, also where it is refused. `Some` is the answer that ends the request.
pub(super) async fn noted(
    console: &Console,
    visitor: &Visitor,
    permitted: bool,
    what: &'static str,
    request: &str,
) -> Option<Response> {
    let outcome = note(console, visitor, permitted, what, request).await;
    match outcome {
        Err(error) => Some(console.failed(visitor, &error, request)),
        Ok(()) if !permitted => Some(console.nothing(visitor)),
        Ok(()) => None,
    }
}

async fn note(console: &Console, visitor: &Visitor, permitted: bool, what: &'static str, request: &str) -> Result<()> {
    let trail = Trail::default();
    trail.notes.lock().tool = Some(what);
    trail.notes.lock().policy_version = Some(console.policies.policies().version().clone());
    let facts = Facts { request_id: request.to_owned(), protocol: "console".into(), ..Facts::default() };
    let mut row = Row::of(Phase::Single, &visitor.caller, &Map::new(), &facts, &trail);
    if !permitted {
        (row.decision, row.code) = (Decision::Denied, "console_not_permitted");
    }
    console.ledger.append(row).await
}
