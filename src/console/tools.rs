//! The tool reference, for administrators: every tool by its module, with scope, access level and who may call it.

use super::visitor::{Shell, back};
use super::{Console, page};
use crate::tools::{Kind, catalogue};
use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::HeaderMap;
use postern_policies::{Facts, Policies, Subject};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One module.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) says: String,
    pub(super) tools: Vec<Row>,
}

/// One tool.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) name: &'static str,
    pub(super) says: String,
    pub(super) access: &'static str,
    pub(super) class: &'static str,
    pub(super) scopes: String,
    pub(super) roles: Vec<String>,
}

#[derive(Template)]
#[template(path = "tools.html")]
struct Page {
    shell: Shell,
    modules: Vec<Module>,
    count: usize,
}

/// `GET /console/admin/tools`
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
    let modules = modules(&console.policies.policies());
    let shell = console.shell(&visitor, "Tools", "/console/admin/tools");
    page(&Page { shell, modules, count: catalogue().len() })
}

fn modules(policies: &Policies) -> Vec<Module> {
    let sets = policies.toolsets().iter();
    sets.map(|(id, set)| {
        let tools = catalogue().iter().filter(|it| set.tools.contains(&it.action));
        let tools = tools.map(|it| {
            let (access, class) = match it.entry.kind {
                Kind::Read => ("Reads", ""),
                Kind::Preview => ("Reads, and notes what a change would do", ""),
                Kind::Write => ("Changes", "warn"),
                Kind::ConfirmedWrite => ("Changes, once a person confirms", "warn"),
                Kind::Governed => ("Changes, once what it needs is there", "warn"),
            };
            let scopes = policies.tool(&it.action).map(|tool| tool.scopes.join(", ")).unwrap_or_default();
            Row {
                title: it.entry.title,
                name: it.entry.name,
                says: first_sentence(it.description()),
                access,
                class,
                scopes,
                roles: roles(policies, &it.action),
            }
        });
        Module { id: id.clone(), name: super::words::label(id), says: set.says.clone(), tools: tools.collect() }
    })
    .collect()
}

fn roles(policies: &Policies, tool: &str) -> Vec<String> {
    let may = |role: &&postern_policies::Role| {
        let roles = BTreeSet::from([role.name.to_string()]);
        let subject = Subject { realm: role.realm, tenant: "any", roles: &roles, scopes: None, service: false };
        policies.decide(&subject, tool, &Facts::default()).is_permit()
    };
    policies.roles().iter().filter(may).map(|role| role.name.to_string()).collect()
}

fn first_sentence(text: &str) -> String {
    let line = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    match line.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => line,
    }
}
