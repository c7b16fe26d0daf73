//! `postern tools`: the catalogue, whole or as one role sees it.

use super::{Failed, RealmName};
use crate::tools::{Kind, catalogue};
use clap::{Args, ValueEnum};
use postern_policies::{Facts, Policies, Realm, Subject};
use std::collections::BTreeSet;

#[derive(Debug, Args)]
pub(super) struct Tools {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Only the tools of this realm; needs --role
    #[arg(long, value_enum, requires = "role")]
    realm: Option<RealmName>,
    /// Only the tools that this role may call; needs --realm
    #[arg(long, requires = "realm")]
    role: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// Columns for people
    Table,
    /// With schemas, for programs
    Json,
    /// For documents
    Markdown,
}

pub(super) fn list(tools: &Tools) -> Result<String, Failed> {
    let policies = Policies::builtin()?;
    let asked = match (tools.realm, &tools.role) {
        (Some(realm), Some(role)) => {
            let realm = Realm::from(realm);
            if !policies.knows_role(realm, role) {
                let known = policies.roles().iter().filter(|it| it.realm == realm).map(|it| it.name.to_string());
                return Err(format!(
                    "no role `{role}` in this realm; expected {}",
                    known.collect::<Vec<_>>().join(", ")
                )
                .into());
            }
            Some((realm, BTreeSet::from([role.clone()])))
        }
        _ => None,
    };
    let wanted = |name: &str| {
        asked.as_ref().is_none_or(|(realm, roles)| {
            let subject = Subject { realm: *realm, tenant: "any", roles, scopes: None, service: false };
            policies.decide(&subject, name, &Facts::default()).is_permit()
        })
    };
    let rows = catalogue().iter().filter(|it| wanted(&it.action));
    let first_line = |text: &str| text.split_once("\n\n").map_or(text, |(first, _)| first).replace('\n', " ");
    let kind = |kind: Kind| match kind {
        Kind::Read => "read",
        Kind::Preview => "preview",
        Kind::Write => "write",
        Kind::ConfirmedWrite => "write, confirmed",
        Kind::Governed => "write, governed",
    };
    Ok(match tools.format {
        Format::Table => {
            rows.map(|it| format!("{:<32} {:<17} {}\n", it.entry.name, kind(it.entry.kind), it.entry.title)).collect()
        }
        Format::Markdown => {
            let head = "| Tool | Kind | What it does |\n| --- | --- | --- |\n".to_owned();
            rows.fold(head, |text, it| {
                let line =
                    format!("| `{}` | {} | {} |\n", it.entry.name, kind(it.entry.kind), first_line(it.description()));
                text + &line
            })
        }
        Format::Json => {
            let rows = rows.map(|it| {
                serde_json::json!({
                    "name": it.entry.name, "title": it.entry.title, "kind": kind(it.entry.kind), "description": it.description(),
                    "input_schema": **it.input(), "output_schema": **it.output(),
                })
            });
            serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?
        }
    })
}
