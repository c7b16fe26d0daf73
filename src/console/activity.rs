//! My activity: what I and my clients asked, from the audit log.

use super::visitor::{Shell, back, request_id};
use super::words;
use super::{Console, page};
use crate::audit::search::Seen;
use askama::Template;
use axum::extract::{OriginalUri, Query, State};
use axum::response::Response;
use http::{Extensions, HeaderMap};
use jiff::Timestamp;
use postern_api::Error;
use serde::Deserialize;
use std::sync::Arc;

/// Rows on one page.
const PAGE: u32 = 50;

/// A row as a page shows it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: (String, String),
    pub(super) what: String,
    pub(super) tool: String,
    pub(super) organisation: String,
    pub(super) decision: &'static str,
    pub(super) class: &'static str,
    pub(super) code: String,
    pub(super) client: String,
    pub(super) person: String,
    pub(super) request_id: String,
}

impl Line {
    pub(super) fn of(it: &Seen) -> Self {
        let at = Timestamp::from_millisecond(it.at).unwrap_or_default();
        let (decision, class) = match it.phase.as_str() {
            "attempt" => ("Began", ""),
            _ => words::decision(&it.decision),
        };
        Self {
            at: (words::time(at), words::machine_time(at)),
            what: words::tool(&it.tool),
            tool: it.tool.clone(),
            organisation: it.organisation.clone().unwrap_or_default(),
            decision,
            class,
            code: it.code.clone(),
            client: it.client.as_deref().map(words::tidy).unwrap_or_default(),
            person: it.principal.chars().take(8).collect(),
            request_id: it.request_id.clone(),
        }
    }
}

/// Which part.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
    older: Option<i64>,
    first: bool,
}

/// `GET /console/activity`
pub(super) async fn show(
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
    let (journal, who) = (console.journal.clone(), visitor.caller.clone());
    let found = tokio::task::spawn_blocking(move || journal.own(&who.tenant, &who.principal, part.before, PAGE)).await;
    let found = match found.unwrap_or_else(|e| Err(Error::internal("activity").because(e))) {
        Ok(found) => found,
        Err(error) => return console.failed(&visitor, &error, &request_id(&extensions)),
    };
    let lines = found.rows.iter().map(Line::of).collect();
    let shell = console.shell(&visitor, "Activity", "/console/activity");
    page(&Page { shell, lines, older: found.older, first: part.before.is_none() })
}
