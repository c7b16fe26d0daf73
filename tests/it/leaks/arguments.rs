//! Arguments of every tool, made from its schema: a tool that is added is asked without a line here.

use postern::tools::Described;
use serde_json::{Map, Value, json};

/// Ids of records, own ones, others' and nobody's.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) tickets: Vec<String>,
    pub(super) contacts: Vec<String>,
    pub(super) articles: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) organisations: Vec<String>,
    /// A team that there is.
    pub(super) target: String,
}

impl Ids {
    /// The ids for an argument of this name; for one that says nothing, some of each kind.
    fn of(&self, name: &str) -> Vec<String> {
        let kinds = [
            ("ticket", &self.tickets),
            ("contact", &self.contacts),
            ("article", &self.articles),
            ("attachment", &self.files),
            ("organi", &self.organisations),
        ];
        match kinds.iter().find(|(kind, _)| name.contains(kind)) {
            Some((_, ids)) => (*ids).clone(),
            None => kinds.iter().flat_map(|(_, ids)| ids.iter().take(4).cloned()).collect(),
        }
    }
}

const ID: &str = "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$";

/// The schema of a value, where it may also be null.
fn inner(schema: &Value) -> &Value {
    let some = schema["anyOf"].as_array().and_then(|any| any.iter().find(|it| it["type"] != "null"));
    some.unwrap_or(schema)
}

fn is_id(name: &str, schema: &Value) -> bool {
    schema["pattern"] == ID || name.ends_with("_id")
}

fn words(schema: &Value) -> Vec<Value> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter(|it| !it.is_null()).cloned().collect();
    }
    schema["oneOf"].as_array().into_iter().flatten().map(|it| it["const"].clone()).collect()
}

/// Every way in which a tool is asked. `typed` gives a word of the caller's own.
pub(super) fn of(tool: &Described, ids: &Ids, typed: &mut impl FnMut(&str) -> String) -> Vec<Value> {
    let properties = tool.input.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let required: Vec<&str> =
        tool.input.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let (needed, more): (Vec<_>, Vec<_>) = properties.iter().partition(|(name, _)| required.contains(&name.as_str()));
    let mut ways = vec![Map::new()];
    for (name, schema) in needed {
        let values = values(name, inner(schema), ids, typed);
        let with = |way: Map<String, Value>| {
            values.iter().map(move |value| way.clone().into_iter().chain([(name.clone(), value.clone())]).collect())
        };
        ways = ways.into_iter().flat_map(with).collect();
    }
    let base = ways.first().cloned().unwrap_or_default();
    let most = more.iter().find(|(name, _)| *name == "limit").and_then(|(_, it)| inner(it).get("maximum").cloned());
    if let Some(most) = &most {
        ways.iter_mut().for_each(|way| drop(way.insert("limit".into(), most.clone())));
    }
    for (name, schema) in more.into_iter().filter(|(name, _)| *name != "limit" && *name != "offset") {
        let values = values(name, inner(schema), ids, typed);
        let some: Vec<_> = if is_id(name, inner(schema)) { values } else { values.into_iter().take(2).collect() };
        ways.extend(some.into_iter().map(|value| {
            let mut way = base.clone();
            way.insert(name.clone(), value);
            most.iter().for_each(|most| drop(way.insert("limit".into(), most.clone())));
            way
        }));
    }
    ways.into_iter().map(Value::Object).collect()
}

fn values(name: &str, schema: &Value, ids: &Ids, typed: &mut impl FnMut(&str) -> String) -> Vec<Value> {
    if is_id(name, schema) {
        return ids.of(name).into_iter().map(Value::String).collect();
    }
    let words = words(schema);
    if !words.is_empty() {
        return words.into_iter().rev().collect();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => vec![schema.get("minimum").cloned().unwrap_or(json!(1))],
        Some("boolean") => vec![json!(true), json!(false)],
        Some("array") => {
            let items = inner(&schema["items"]);
            let one = values(name, items, ids, typed);
            if is_id(name, items) { one.into_iter().map(|it| json!([it])).collect() } else { vec![Value::Array(one)] }
        }
        Some("object") => vec![json!({})],
        _ if name == "target" => vec![json!(ids.target)],
        _ if name.contains("email") => vec![json!(format!("{}@acme.example", typed(name)))],
        _ if ["query", "search", "text"].contains(&name) => vec![json!("vpn"), json!("printer")],
        _ if schema["format"] == "date-time" || name.contains("date") => vec![json!("2026-01-01T00:00:00Z")],
        _ => vec![json!(format!("Please see {}", typed(name)))],
    }
}
