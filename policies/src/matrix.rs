//! The matrix that people read: who may call what, and who sees what.

use crate::{Facts, Outcome, PiiRules, Policies, Right, Role, Subject};
use std::collections::BTreeSet;
use std::fmt::Write;

const HEAD: &str = "\
WHO MAY CALL WHAT

One row a tool, one column a role. The realm of a role is above it; a token of the other realm that claims the role gets
nothing by it. A token that carries scopes also needs those of the last column; one that carries none at all does not.

  yes            may call it, and sees it in the list
  hidden         to this role there is no such tool
  lead-required  refused: only the organisation's lead may
  invalid-realm  refused: the tool is for the other realm

";

const PAGES: &str = "
WHO MAY DO WHAT ON THE WEB PAGES

";

const SEEN: &str = "
WHO SEES WHAT

Whose: the caller's own / another contact's / somebody's of the provider / nobody knows whose.

";

/// Tools, web pages and data by roles, as text. A change of policy shows as a difference of this text.
pub fn matrix(policies: &Policies) -> String {
    let roles = policies.roles();
    let mut rows = vec![realms(roles), names("tool", roles, &["kind", "scope"])];
    for tool in policies.tools() {
        let mut row = vec![tool.name.to_string()];
        row.extend(roles.iter().map(|role| cell(policies, role, &tool.name)));
        row.push(if tool.writes { "write" } else { "read" }.to_owned());
        row.push(if tool.scopes.is_empty() { "-".to_owned() } else { tool.scopes.join(" ") });
        rows.push(row);
    }
    let mut text = HEAD.to_owned();
    table(&mut text, &rows);
    text.push_str(PAGES);
    let mut rows = vec![realms(roles), names("right", roles, &[])];
    rows.extend(Right::ALL.map(|right| {
        let mut row = vec![right.action().to_owned()];
        row.extend(roles.iter().map(|role| if has(policies, role, right) { "yes" } else { "no" }.to_owned()));
        row
    }));
    table(&mut text, &rows);
    text.push_str(SEEN);
    table(&mut text, &seen(roles));
    text
}

fn cell(policies: &Policies, role: &Role, tool: &str) -> String {
    let roles = BTreeSet::from([role.name.to_string()]);
    let subject = Subject { realm: role.realm, tenant: "any", roles: &roles, scopes: None, service: false };
    match policies.decide(&subject, tool, &Facts::default()).outcome {
        Outcome::Permit { .. } => "yes".to_owned(),
        Outcome::Deny(refusal) => refusal.code().to_owned(),
    }
}

fn has(policies: &Policies, role: &Role, right: Right) -> bool {
    let roles = BTreeSet::from([role.name.to_string()]);
    policies.may(&Subject { realm: role.realm, tenant: "any", roles: &roles, scopes: None, service: false }, right)
}

fn realms(roles: &[Role]) -> Vec<String> {
    std::iter::once(String::new()).chain(roles.iter().map(|role| role.realm.as_str().to_owned())).collect()
}

fn names(first: &str, roles: &[Role], last: &[&str]) -> Vec<String> {
    let roles = roles.iter().map(|role| &*role.name);
    std::iter::once(first).chain(roles).chain(last.iter().copied()).map(ToOwned::to_owned).collect()
}

fn seen(roles: &[Role]) -> Vec<Vec<String>> {
    let row = |name: &str, cell: &dyn Fn(&Role) -> String| {
        std::iter::once(name.to_owned()).chain(roles.iter().map(cell)).collect::<Vec<_>>()
    };
    let pii = |rules: PiiRules| {
        [rules.own, rules.contact, rules.staff, rules.unknown].map(crate::Treatment::as_str).join("/")
    };
    let flag = |shown: bool| if shown { "show" } else { "hide" }.to_owned();
    vec![
        realms(roles),
        names("data", roles, &[]),
        row("name", &|role| pii(role.reveal.name)),
        row("e-mail", &|role| pii(role.reveal.email)),
        row("phone", &|role| pii(role.reveal.phone)),
        row("address", &|role| pii(role.reveal.address)),
        row("e-mail in text", &|role| role.reveal.text.email.as_str().to_owned()),
        row("phone in text", &|role| role.reveal.text.phone.as_str().to_owned()),
        row("card in text", &|role| role.reveal.text.card.as_str().to_owned()),
        row("IBAN in text", &|role| role.reveal.text.iban.as_str().to_owned()),
        row("identity in text", &|role| role.reveal.text.identity.as_str().to_owned()),
        row("IP in text", &|role| role.reveal.text.ip.as_str().to_owned()),
        row("link in text", &|role| role.reveal.text.link.as_str().to_owned()),
        row("internal", &|role| flag(role.reveal.internal)),
        row("money", &|role| flag(role.reveal.financial)),
        row("reach", &|role| format!("{:?}", role.reach).to_lowercase()),
    ]
}

fn table(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|at| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or(0)).collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a string does not fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
