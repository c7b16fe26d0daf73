//! For the lead of an organisation: what AI clients read and changed of its records, to look at and to keep as a signed file.

use super::activity::Line;
use super::audit_log::{Asked, noted};
use super::download::download;
use super::visitor::{Shell, Visitor, back, request_id};
use super::{Console, TRANSPARENCY_EXPORT, TRANSPARENCY_READ, page};
use crate::audit::chain::hex;
use crate::audit::search::Seen;
use crate::audit::statement::{Entry, Period};
use askama::Template;
use axum::extract::{OriginalUri, Query, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, header};
use postern_api::{Error, Result};
use std::sync::Arc;

/// Entries on the page; the file has all of them.
const PAGE: u32 = 200;

/// An entry as the page shows it.
#[derive(Debug)]
struct Told {
    line: Line,
    who: &'static str,
    among_others: bool,
}

impl Told {
    fn of(entry: Entry) -> Self {
        let Entry { at, tool, phase, decision, code, realm, principal, client, among_others, request_id, .. } = entry;
        let at = at.as_millisecond();
        let seen = Seen { at, phase, tool, decision, code, client, principal, request_id, ..Seen::default() };
        let who = if realm == "customer" { "Your organisation" } else { "Your provider" };
        Self { line: Line::of(&seen), who, among_others }
    }
}

#[derive(Template)]
#[template(path = "transparency.html")]
struct Page {
    shell: Shell,
    organisation: String,
    asked: Asked,
    query: String,
    wrong: Option<&'static str>,
    told: Vec<Told>,
    full: bool,
    filtered: bool,
}

/// `GET /console/transparency`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Query(asked): Query<Asked>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let request = request_id(&extensions);
    let period = match entered(&console, &visitor, &asked, TRANSPARENCY_READ, &request).await {
        Ok(period) => period,
        Err(answer) => return *answer,
    };
    let wrong = asked.times().2;
    let (journal, of) = (console.journal.clone(), period.organisation.to_string());
    let found: Result<Vec<Entry>> = if wrong.is_some() {
        Ok(Vec::new())
    } else {
        let task = tokio::task::spawn_blocking(move || journal.newest_entries(&period, PAGE));
        task.await.unwrap_or_else(|e| Err(Error::internal("transparency").because(e)))
    };
    let told: Vec<_> = match found {
        Ok(found) => found.into_iter().map(Told::of).collect(),
        Err(error) => return console.failed(&visitor, &error, &request),
    };
    let query = asked.query();
    page(&Page {
        shell: console.shell(&visitor, "Transparency", "/console/transparency"),
        organisation: of,
        wrong,
        full: u32::try_from(told.len()).unwrap_or(PAGE) >= PAGE,
        told,
        filtered: !query.is_empty(),
        query,
        asked,
    })
}

/// `GET /console/transparency/statement`: the same and all of it, as a signed file.
pub(super) async fn statement(
    State(console): State<Arc<Console>>,
    Query(asked): Query<Asked>,
    OriginalUri(uri): OriginalUri,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let request = request_id(&extensions);
    let period = match entered(&console, &visitor, &asked, TRANSPARENCY_EXPORT, &request).await {
        Ok(period) if asked.times().2.is_none() => period,
        Ok(_) => return console.nothing(&visitor),
        Err(answer) => return *answer,
    };
    let journal = console.journal.clone();
    download("transparency.jsonl", move |out| journal.statement(&period, out).map(drop))
}

/// `GET /console/transparency/key`: what the file is verified with.
pub(super) async fn key(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if visitor.oversees.is_none() {
        return console.nothing(&visitor);
    }
    let text = hex(console.journal.keys().public()) + "\n";
    let attachment = "attachment; filename=\"audit-public.key\"";
    ([(header::CONTENT_TYPE, "text/plain"), (header::CONTENT_DISPOSITION, attachment)], text).into_response()
}

/// Notes the reading and says of what: the organisation is the visitor's own, whatever was asked.
async fn entered(
    console: &Console,
    visitor: &Visitor,
    asked: &Asked,
    what: &'static str,
    request: &str,
) -> std::result::Result<Period, Box<Response>> {
    if let Some(answer) = noted(console, visitor, visitor.oversees.is_some(), what, request).await {
        return Err(Box::new(answer));
    }
    let Some(organisation) = visitor.oversees.clone() else { return Err(Box::new(console.nothing(visitor))) };
    let (since, until, _) = asked.times();
    Ok(Period { tenant: visitor.caller.tenant.clone(), organisation, since, until })
}
