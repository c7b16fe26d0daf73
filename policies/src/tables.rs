//! The tables beside the policies: roles, toolsets, and what each role sees.

use crate::error::PolicyErrors;
use crate::rows::{self, Row};
use crate::sources::{REDACTION, ROLES, Sources, TOOLSETS};
use crate::{PiiRules, Realm, Reveal, TextRules};
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Table;

/// Whose records a role reaches; the narrower first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The caller's own organisation's.
    Organisation,
    /// Those of the organisations assigned to the employee.
    Assigned,
    /// All of the tenant's.
    Tenant,
}

/// One role of `roles.toml`, with its row of `redaction.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The name, as a token claims it.
    pub name: Arc<str>,
    /// The realm that it counts in.
    pub realm: Realm,
    /// What it is, in a sentence.
    pub says: String,
    /// Whose records it reaches.
    pub reach: Reach,
    /// The roles whose permissions it has too.
    pub inherits: Vec<String>,
    /// What it sees.
    pub reveal: Reveal,
}

/// One toolset of `toolsets.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolset {
    /// What it is for, in a sentence.
    pub says: String,
    /// Its tools, in the order of the table.
    pub tools: Vec<String>,
}

/// The toolsets, and those listed by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Toolsets {
    pub(crate) all: BTreeMap<String, Toolset>,
    pub(crate) customer: Vec<String>,
    pub(crate) employee: Vec<String>,
}

/// The roles by name, customers' first.
pub(crate) fn roles(sources: &Sources, errors: &mut PolicyErrors) -> Option<Vec<Role>> {
    let mut reveals = reveals(&sources.redaction.text, errors);
    let mut rows = rows::parse(ROLES, &sources.roles.text, errors)?;
    let mut roles: Vec<Role> = Vec::new();
    for realm in [Realm::Customer, Realm::Employee] {
        match rows.remove(realm.as_str()) {
            Some(toml::Value::Table(table)) => {
                for (name, value) in table {
                    let path = format!("{}.{name}", realm.as_str());
                    let mut row = Row::new(ROLES, &path, value, errors);
                    let says = row.need::<String>("says", errors);
                    let reach = row.need::<Reach>("reach", errors);
                    let inherits = row.maybe::<Vec<String>>("inherits", errors);
                    row.finish(errors);
                    if reach.is_some_and(|reach| (realm == Realm::Customer) != (reach == Reach::Organisation)) {
                        let problem = "only a customer's role reaches \"organisation\", and it reaches nothing else";
                        errors.item(ROLES, format!("{path}.reach"), problem);
                    }
                    if roles.iter().any(|role| *role.name == *name) {
                        errors.item(ROLES, &path, "is a role of both realms; expected a name of its own");
                    }
                    let reveal = reveals.as_mut().and_then(|reveals| {
                        reveals.remove(&name).unwrap_or_else(|| {
                            errors.item(REDACTION, &name, "is missing; expected a row for each role of roles.toml");
                            None
                        })
                    });
                    if realm == Realm::Customer && reveal.is_some_and(|reveal| reveal.internal) {
                        errors.item(REDACTION, format!("{name}.internal"), "a customer never sees what is internal");
                    }
                    roles.push(Role {
                        name: name.into(),
                        realm,
                        says: says.unwrap_or_default(),
                        reach: reach.unwrap_or(Reach::Organisation),
                        inherits: inherits.unwrap_or_default(),
                        reveal: reveal.unwrap_or(Reveal::NOTHING),
                    });
                }
            }
            _ => errors.item(ROLES, realm.as_str(), "is missing; expected a table of the realm's roles"),
        }
    }
    for name in rows.keys() {
        errors.item(ROLES, name, "is not a realm; expected `customer` or `employee`");
    }
    for name in reveals.iter().flat_map(BTreeMap::keys) {
        errors.item(REDACTION, name, "is not a role of roles.toml");
    }
    check_inheritance(&roles, errors);
    if roles.len() > 64 {
        errors.file(ROLES, "holds more than 64 roles");
    }
    Some(roles)
}

fn check_inheritance(roles: &[Role], errors: &mut PolicyErrors) {
    for role in roles {
        let path = format!("{}.{}.inherits", role.realm.as_str(), role.name);
        for parent in &role.inherits {
            if !roles.iter().any(|other| *other.name == **parent && other.realm == role.realm) {
                errors.item(ROLES, &path, format!("`{parent}` is not a role of the same realm"));
            }
        }
        // As many steps as there are roles reach everything that can be reached.
        let mut reached: Vec<&str> = role.inherits.iter().map(String::as_str).collect();
        for _ in roles {
            for other in roles.iter().filter(|other| reached.contains(&&*other.name)).collect::<Vec<_>>() {
                reached.extend(other.inherits.iter().map(String::as_str));
            }
            reached.sort_unstable();
            reached.dedup();
        }
        if reached.contains(&&*role.name) {
            errors.item(ROLES, &path, "leads back to the role itself");
        }
    }
}

fn reveals(text: &str, errors: &mut PolicyErrors) -> Option<BTreeMap<String, Option<Reveal>>> {
    let mut reveals = BTreeMap::new();
    for (name, value) in rows::parse(REDACTION, text, errors)? {
        let mut row = Row::new(REDACTION, &name, value, errors);
        let reveal = reveal(&mut row, errors);
        row.finish(errors);
        reveals.insert(name, reveal);
    }
    Some(reveals)
}

/// Reads every cell before giving up on any, so that all mistakes are found.
fn reveal(row: &mut Row<'_>, errors: &mut PolicyErrors) -> Option<Reveal> {
    let [name, email, phone, address] = ["name", "email", "phone", "address"].map(|key| pii(row, key, errors));
    let text = text(row, errors);
    let (internal, financial) = (row.need("internal", errors), row.need("financial", errors));
    Some(Reveal {
        name: name?,
        email: email?,
        phone: phone?,
        address: address?,
        text: text?,
        internal: internal?,
        financial: financial?,
    })
}

fn pii(row: &mut Row<'_>, key: &'static str, errors: &mut PolicyErrors) -> Option<PiiRules> {
    let mut row = row.inner(key, errors)?;
    let [own, contact, staff, unknown] = ["own", "contact", "staff", "unknown"].map(|key| row.need(key, errors));
    row.finish(errors);
    Some(PiiRules { own: own?, contact: contact?, staff: staff?, unknown: unknown? })
}

fn text(row: &mut Row<'_>, errors: &mut PolicyErrors) -> Option<TextRules> {
    let mut row = row.inner("text", errors)?;
    let [email, phone, card, iban, identity, ip, link] =
        ["email", "phone", "card", "iban", "identity", "ip", "link"].map(|key| row.need(key, errors));
    row.finish(errors);
    let (email, phone, card, iban) = (email?, phone?, card?, iban?);
    Some(TextRules { email, phone, card, iban, identity: identity?, ip: ip?, link: link? })
}

/// The toolsets; every one of `tools` has to be in exactly one. `None` where the schema could not tell the tools.
pub(crate) fn toolsets(sources: &Sources, tools: Option<&[&str]>, errors: &mut PolicyErrors) -> Option<Toolsets> {
    let mut rows = rows::parse(TOOLSETS, &sources.toolsets.text, errors)?;
    let mut toolsets = Toolsets::default();
    for (name, value) in take(&mut rows, "toolset", errors) {
        let path = format!("toolset.{name}");
        let mut row = Row::new(TOOLSETS, &path, value, errors);
        let (says, named) = (row.need("says", errors), row.need::<Vec<String>>("tools", errors));
        row.finish(errors);
        let toolset = Toolset { says: says.unwrap_or_default(), tools: named.unwrap_or_default() };
        for tool in toolset.tools.iter().filter(|it| tools.is_some_and(|tools| !tools.contains(&it.as_str()))) {
            errors.item(TOOLSETS, &path, format!("`{tool}` is not a tool of the schema"));
        }
        toolsets.all.insert(name, toolset);
    }
    for tool in tools.into_iter().flatten() {
        let times = toolsets.all.values().flat_map(|toolset| &toolset.tools).filter(|it| it == tool).count();
        if times != 1 {
            errors.item(TOOLSETS, *tool, format!("is in {times} toolsets; expected exactly one"));
        }
    }
    let defaults = take(&mut rows, "default", errors);
    let mut row = Row::new(TOOLSETS, "default", toml::Value::Table(defaults), errors);
    toolsets.customer = row.need("customer", errors).unwrap_or_default();
    toolsets.employee = row.need("employee", errors).unwrap_or_default();
    row.finish(errors);
    for (realm, names) in [("customer", &toolsets.customer), ("employee", &toolsets.employee)] {
        for name in names.iter().filter(|name| !toolsets.all.contains_key(*name)) {
            errors.item(TOOLSETS, format!("default.{realm}"), format!("`{name}` is not a toolset"));
        }
    }
    for name in rows.keys() {
        errors.item(TOOLSETS, name, "is not known; expected one of `default`, `toolset`");
    }
    Some(toolsets)
}

fn take(rows: &mut Table, key: &str, errors: &mut PolicyErrors) -> Table {
    match rows.remove(key) {
        Some(toml::Value::Table(table)) => table,
        _ => {
            errors.item(TOOLSETS, key, "is missing; expected a table");
            Table::new()
        }
    }
}
