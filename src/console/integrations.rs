//! The tenant's connected systems, for administrators: what stands behind which port, and how it was when last asked.

use super::visitor::{Shell, back};
use super::words::{machine_time, time};
use super::{Budget, Console, page};
use crate::tenant::Tenant;
use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::HeaderMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One system.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) ports: Vec<&'static str>,
    pub(super) operations: usize,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) asked: Option<(String, String)>,
    pub(super) says: Option<String>,
    pub(super) requests: Vec<String>,
}

/// Where a request limit stands, and whether the system is asked at all, in words.
fn requests(budget: Option<Budget>, left_alone_secs: Option<u64>) -> Vec<String> {
    let alone = left_alone_secs.map(|it| format!("none for {it} seconds, since it keeps failing"));
    let mut words: Vec<String> = alone.into_iter().collect();
    let Some(budget) = budget else { return words };
    words.push(format!("{} can be sent at once", budget.left));
    if budget.waiting > 0 {
        words.push(format!("{} wait for their turn", budget.waiting));
    }
    if budget.paused_secs > 0 {
        words.push(format!("paused for {} seconds, as the system asked", budget.paused_secs));
    }
    words
}

#[derive(Template)]
#[template(path = "integrations.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    well: bool,
}

/// `GET /console/admin/integrations`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    if !visitor.administers {
        return console.nothing(&visitor);
    }
    let rows = rows(&console, &visitor.tenant);
    let well = rows.iter().all(|it| it.class != "bad");
    page(&Page { shell: console.shell(&visitor, "Integrations", "/console/admin/integrations"), rows, well })
}

fn rows(console: &Console, tenant: &Tenant) -> Vec<Row> {
    let mut systems: BTreeMap<&str, Row> = BTreeMap::new();
    for (port, system) in tenant.systems() {
        let row = systems.entry(&system.name).or_insert_with(|| {
            let last = console.healths.last(&tenant.id, &system.name);
            let (state, class) = match &last {
                Some(health) if health.well => ("Answers", "good"),
                Some(_) => ("Does not answer as it should", "bad"),
                None => ("Not asked yet", ""),
            };
            Row {
                name: system.name.to_string(),
                kind: system.adapter.name(),
                ports: Vec::new(),
                operations: system.adapter.supports().len(),
                state,
                class,
                asked: last.as_ref().map(|it| (time(it.at), machine_time(it.at))),
                says: last.and_then(|it| it.says),
                requests: requests(
                    console.healths.budget(&tenant.id, &system.name),
                    console.healths.left_alone_secs(&tenant.id, &system.name),
                ),
            }
        });
        row.ports.push(port);
    }
    systems.into_values().collect()
}
