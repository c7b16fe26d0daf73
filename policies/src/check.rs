//! What loading checks beyond syntax: policies against schema and roles, tools against their groups, and by trying it,
//! that no realm's caller reaches the other realm's tools and no scope is left unchecked.

use crate::decide::{Asker, RefusalClass, Who};
use crate::error::{PolicyErrors, explain};
use crate::policies::{Policies, Tool, bits};
use crate::sources::{SCHEMA, Source};
use crate::{Facts, Realm, Role};
use cedar_policy::{Effect, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The file of the probes' findings: they are about all policies together.
const TOGETHER: &str = "cedar";

/// Parses every file, gives each policy its `@id`, and validates all against the schema.
pub(crate) fn policies(
    files: &[Source],
    schema: Option<&Schema>,
    roles: Option<&[Role]>,
    errors: &mut PolicyErrors,
) -> (PolicySet, HashMap<PolicyId, RefusalClass>) {
    let mut set = PolicySet::new();
    let mut refusals = HashMap::new();
    let mut homes: HashMap<PolicyId, &Source> = HashMap::new();
    for file in files {
        let parsed = match file.text.parse::<PolicySet>() {
            Ok(parsed) => parsed,
            Err(problems) => {
                for problem in problems.iter() {
                    errors.file(&file.name, explain(&file.text, problem));
                }
                continue;
            }
        };
        if parsed.num_of_templates() > 0 {
            errors.file(&file.name, "holds a template; expected whole policies, without `?principal` and `?resource`");
        }
        for policy in parsed.policies() {
            let Some(policy) = named(policy, &file.name, errors) else { continue };
            if let Some(home) = homes.get(policy.id()) {
                errors.item(
                    &file.name,
                    policy.id().to_string(),
                    format!("the id is used twice, also in {}", home.name),
                );
                continue;
            }
            if let Some(class) = refusal(&policy, &file.name, errors) {
                refusals.insert(policy.id().clone(), class);
            }
            unknown_roles(&policy, roles, &file.name, errors);
            unknown_writes(&policy, schema, &file.name, errors);
            homes.insert(policy.id().clone(), file);
            if let Err(error) = set.add(policy) {
                errors.file(&file.name, explain(&file.text, &error));
            }
        }
    }
    if let Some(schema) = schema {
        let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        let mut report = |id: &PolicyId, problem: &dyn miette::Diagnostic| {
            let (name, text) = homes.get(id).map_or((TOGETHER, ""), |home| (&home.name, &home.text));
            errors.item(name, id.to_string(), explain(text, problem));
        };
        result.validation_errors().for_each(|error| report(error.policy_id(), error));
        result.validation_warnings().for_each(|warning| report(warning.policy_id(), warning));
    }
    (set, refusals)
}

fn named(policy: &Policy, file: &str, errors: &mut PolicyErrors) -> Option<Policy> {
    let head: String = policy.to_string().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    let id = policy.annotation("id").unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        errors.item(file, head, "has no id; expected `@id(\"...\")` of lower-case letters, digits and `-`");
        return None;
    }
    for (key, _) in policy.annotations().filter(|(key, _)| !["id", "refusal"].contains(key)) {
        errors.item(file, id, format!("the annotation `@{key}` is not known; expected `@id` or `@refusal`"));
    }
    Some(policy.new_id(PolicyId::new(id)))
}

fn refusal(policy: &Policy, file: &str, errors: &mut PolicyErrors) -> Option<RefusalClass> {
    let id = policy.id().to_string();
    match (policy.effect(), policy.annotation("refusal")) {
        (Effect::Permit, None) => None,
        (Effect::Permit, Some(_)) => {
            errors.item(file, id, "only a `forbid` has a `@refusal`");
            None
        }
        (Effect::Forbid, word) => {
            let class = word.and_then(RefusalClass::parse);
            if class.is_none() {
                let words = RefusalClass::ALL.map(RefusalClass::as_str).join("`, `");
                errors.item(file, id, format!("a `forbid` needs a `@refusal(\"...\")`; expected one of `{words}`"));
            }
            class
        }
    }
}

fn unknown_roles(policy: &Policy, roles: Option<&[Role]>, file: &str, errors: &mut PolicyErrors) {
    let Some(roles) = roles else { return };
    for literal in policy.entity_literals() {
        let name = literal.id().unescaped();
        if literal.type_name().basename() == "Role" && !roles.iter().any(|role| &*role.name == name) {
            errors.item(file, policy.id().to_string(), format!("`{name}` is not a role of roles.toml"));
        }
    }
}

fn unknown_writes(policy: &Policy, schema: Option<&Schema>, file: &str, errors: &mut PolicyErrors) {
    let Some(schema) = schema else { return };
    for literal in policy.entity_literals() {
        let name = literal.id().unescaped();
        if literal.type_name().basename() == "Write" && !schema.actions().any(|action| action.id().unescaped() == name)
        {
            errors.item(file, policy.id().to_string(), format!("`{name}` is not a tool of the schema"));
        }
    }
}

/// The tools of the schema by name, and the scopes that they need.
pub(crate) fn tools(schema: &Schema, errors: &mut PolicyErrors) -> (Vec<Tool>, Vec<Arc<str>>) {
    let mut actions: Vec<&EntityUid> = schema.actions().collect();
    actions.sort_by(|a, b| a.id().unescaped().cmp(b.id().unescaped()));
    let entities = match schema.action_entities() {
        Ok(entities) => entities,
        Err(error) => {
            errors.file(SCHEMA, explain("", &error));
            return (Vec::new(), Vec::new());
        }
    };
    let mut scopes: BTreeSet<&str> =
        actions.iter().filter_map(|it| it.id().unescaped().strip_prefix("scope:")).collect();
    scopes.remove("none");
    let scopes: Vec<Arc<str>> = scopes.into_iter().map(Arc::from).collect();
    if scopes.len() > 64 {
        errors.file(SCHEMA, "holds more than 64 scopes");
    }
    let mut tools = Vec::new();
    for action in actions.into_iter().filter(|action| !action.id().unescaped().contains(':')) {
        let name = action.id().unescaped();
        if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            errors.item(SCHEMA, name, "is no tool name; expected lower-case letters, digits and `_`");
        }
        let groups: Vec<&str> =
            entities.ancestors(action).into_iter().flatten().map(|group| group.id().unescaped()).collect();
        let realm = match only("realm:", name, &groups, errors) {
            Some("customer") => Some(Realm::Customer),
            Some("employee") => Some(Realm::Employee),
            Some("both") | None => None,
            Some(other) => {
                errors.item(SCHEMA, name, format!("`realm:{other}` is no realm; expected customer, employee or both"));
                None
            }
        };
        let writes = match only("kind:", name, &groups, errors) {
            Some("write") => true,
            Some("read") | None => false,
            Some(other) => {
                errors.item(SCHEMA, name, format!("`kind:{other}` is no kind; expected read or write"));
                false
            }
        };
        only("area:", name, &groups, errors);
        let mut needed: Vec<&str> = groups.iter().filter_map(|group| group.strip_prefix("scope:")).collect();
        needed.sort_unstable();
        if needed.is_empty() || needed.contains(&"none") && needed.len() > 1 {
            errors.item(
                SCHEMA,
                name,
                "needs a `scope:` group; expected `scope:none` alone, or the scopes that it needs",
            );
        }
        tools.push(Tool {
            name: name.into(),
            realm,
            writes,
            scopes: scopes.iter().filter(|scope| needed.contains(&&***scope)).cloned().collect(),
            toolset: String::new(),
            action: action.clone(),
            needs: bits(scopes.iter().map(|scope| needed.contains(&&**scope))),
        });
    }
    (tools, scopes)
}

fn only<'a>(prefix: &str, tool: &str, groups: &[&'a str], errors: &mut PolicyErrors) -> Option<&'a str> {
    let found: Vec<&str> = groups.iter().filter_map(|group| group.strip_prefix(prefix)).collect();
    match found.as_slice() {
        [one] => Some(one),
        _ => {
            errors.item(SCHEMA, tool, format!("is in {} `{prefix}` groups; expected exactly one", found.len()));
            None
        }
    }
}

/// Tries what no set of policies may allow, and that nothing fails to evaluate.
pub(crate) fn probe(policies: &Policies, errors: &mut PolicyErrors) {
    let everyone = bits(policies.roles().iter().map(|_| true));
    for (at, tool) in policies.tools.iter().enumerate() {
        for realm in [Realm::Customer, Realm::Employee] {
            let who = |roles, scopes| Asker::new(Who { realm, tenant: "probe".into(), roles, scopes, service: false });
            let mut never = |who: Asker, problem: String| {
                let verdict = policies.evaluate(&who, at, &Facts::default());
                if let Some(error) = verdict.error {
                    errors.item(TOGETHER, verdict.policies.join("`, `"), format!("fails on `{}`: {error}", tool.name));
                }
                if verdict.permit {
                    errors.item(TOGETHER, verdict.policies.join("`, `"), problem);
                }
            };
            let name = &tool.name;
            never(who(0, None), format!("a caller without any role can call `{name}`"));
            if tool.realm.is_some_and(|it| it != realm) {
                let realm = realm.as_str();
                never(
                    who(everyone, None),
                    format!("a token of the {realm} realm that claims every role can call `{name}`"),
                );
            }
            let scopes = bits(policies.scopes().iter().map(|_| true));
            for (at, scope) in policies.scopes().iter().enumerate().filter(|(at, _)| tool.needs >> at & 1 == 1) {
                let problem =
                    format!("`{name}` can be called without the scope `{scope}` that the schema says it needs");
                never(who(everyone, Some(scopes & !(1 << at))), problem);
            }
        }
    }
}
