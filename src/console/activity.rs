//! My activity: what I and my clients asked, from the audit log.

use super::query::Asking;
use super::visitor::{Shell, back, request_id};
use super::words;
use super::{APPROVED, Console, FOUND_OUT, REJECTED, WITHDRAWN, page};
use crate::audit::search::Seen;
use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::{Extensions, HeaderMap};
use jiff::Timestamp;
use postern_api::Error;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// Rows on one page.
const PAGE: u32 = 50;
/// What the audit calls these pages, where it names a client.
const OWN: &str = "console";

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
    /// What the person is called, where who looks may know and it is still known.
    pub(super) name: Option<String>,
    pub(super) request_id: String,
    /// The action request that it belongs to.
    pub(super) action: String,
}

impl Line {
    /// Rows as pages show them, each client by its name.
    pub(super) fn all(console: &Console, rows: &[Seen]) -> Vec<Self> {
        let mut names: HashMap<&str, Option<String>> = HashMap::new();
        let named = rows.iter().map(|row| {
            let client = row.client.as_deref().unwrap_or_default();
            let name = names.entry(client).or_insert_with(|| match client {
                "" => None,
                OWN => Some("This website".to_owned()),
                id => console.clients.name_of(id),
            });
            Self::of(row, name.as_deref().unwrap_or(client))
        });
        named.collect()
    }

    /// One row.
    pub(super) fn one(console: &Console, row: &Seen) -> Self {
        let client = row.client.as_deref().unwrap_or_default();
        let name = match client {
            "" => None,
            OWN => Some("This website".to_owned()),
            id => console.clients.name_of(id),
        };
        Self::of(row, name.as_deref().unwrap_or(client))
    }

    fn of(it: &Seen, client: &str) -> Self {
        let at = Timestamp::from_millisecond(it.at).unwrap_or_default();
        let (decision, class) = match it.phase.as_str() {
            // What is decided on a page is done with its row.
            "attempt" if ![APPROVED, REJECTED, WITHDRAWN, FOUND_OUT].contains(&it.tool.as_str()) => ("Began", ""),
            _ => words::decision(&it.decision),
        };
        Self {
            at: (words::time(at), words::machine_time(at)),
            what: if it.tool.is_empty() { words::event(&it.phase, &it.code).to_owned() } else { words::tool(&it.tool) },
            tool: it.tool.clone(),
            organisation: it.organisation.clone().unwrap_or_default(),
            decision,
            class,
            code: it.code.clone(),
            client: words::tidy(client),
            person: it.principal.chars().take(8).collect(),
            name: None,
            request_id: it.request_id.clone(),
            action: it.action.clone().unwrap_or_default(),
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
    Asking(part): Asking<Part>,
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
    let lines = Line::all(&console, &found.rows);
    let shell = console.shell(&visitor, "Activity", "/console/activity");
    page(&Page { shell, lines, older: found.older, first: part.before.is_none() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_on_a_page_is_done_with_its_one_row_and_a_write_has_begun_with_its_first() {
        let line = |tool: &str| {
            let seen =
                Seen { phase: "attempt".into(), decision: "allowed".into(), tool: tool.into(), ..Seen::default() };
            Line::of(&seen, "").decision
        };
        for tool in [APPROVED, REJECTED, WITHDRAWN, FOUND_OUT] {
            assert_eq!(line(tool), "Done", "{tool}");
        }
        assert_eq!(line("close_ticket"), "Began");
    }
}
