//! Arguments of every tool, made from its schema: a tool that is added is asked without a line here.

use postern::tools::Described;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Ids of records, own ones, others' and nobody's.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) tickets: Vec<String>,
    pub(super) contacts: Vec<String>,
    pub(super) articles: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) organisations: Vec<String>,
    pub(super) invoices: Vec<String>,
    pub(super) records: Vec<String>,
    pub(super) documents: Vec<String>,
    pub(super) versions: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) faq: Vec<String>,
    pub(super) forms: Vec<String>,
    /// By organisation, and by kind of record: what belongs together. Documents and versions stand side by side.
    pub(super) whose: BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>,
    /// A team that there is.
    pub(super) target: String,
}

/// A request that nobody made.
const NO_REQUEST: &str = "act-00000000000000000000000000000000";

/// Which kind of record an argument names; the first that fits.
const KINDS: [(&str, &str); 16] = [
    ("action_request", "request"),
    ("preview", "request"),
    ("customer", "organisation"),
    ("organi", "organisation"),
    ("ticket", "ticket"),
    ("request", "ticket"),
    ("contact", "contact"),
    ("user", "contact"),
    ("article", "article"),
    ("attachment", "file"),
    ("invoice", "invoice"),
    ("record", "record"),
    ("document", "document"),
    ("version", "version"),
    ("role", "role"),
    ("faq", "faq"),
];

fn kind(name: &str) -> &'static str {
    let found = KINDS.iter().find(|(part, _)| name.contains(part));
    found.map_or(if name.contains("form") { "form" } else { "" }, |it| it.1)
}

impl Ids {
    /// The ids for an argument of this name; for one that says nothing, some of each kind.
    fn of(&self, name: &str, previews: &[String]) -> Vec<String> {
        let ids = match kind(name) {
            "request" => return previews.iter().cloned().chain([NO_REQUEST.to_owned()]).collect(),
            "organisation" => &self.organisations,
            "ticket" => &self.tickets,
            "contact" => &self.contacts,
            "article" => &self.articles,
            "file" => &self.files,
            "invoice" => &self.invoices,
            "record" => &self.records,
            "document" => &self.documents,
            "version" => &self.versions,
            "role" => &self.roles,
            "faq" => &self.faq,
            "form" => &self.forms,
            _ => {
                let all = [&self.tickets, &self.contacts, &self.articles, &self.files, &self.organisations];
                return all.iter().flat_map(|ids| ids.iter().take(4).cloned()).collect();
            }
        };
        ids.clone()
    }

    /// Values for arguments that name several records: of each organisation those that belong together, and then one
    /// of them another organisation's.
    fn together(&self, names: &[&str]) -> Vec<Map<String, Value>> {
        let mut ways = Vec::new();
        let pick = |whose: &str, name: &str, nth: usize| {
            let some = self.whose.get(whose).and_then(|it| it.get(kind(name))).cloned();
            let other = || if kind(name) == "organisation" { vec![whose.to_owned()] } else { self.of(name, &[]) };
            let some = some.unwrap_or_else(other);
            if some.is_empty() { Value::Null } else { json!(some[nth % some.len()]) }
        };
        let most = |whose: &BTreeMap<&str, Vec<String>>| {
            let named = names.iter().filter_map(|it| whose.get(kind(it)));
            named.map(Vec::len).max().unwrap_or(1)
        };
        let all: Vec<&str> = self.whose.keys().copied().collect();
        for (whose, records) in &self.whose {
            for nth in 0..most(records).max(1) {
                // Once with the first person, who is the lead, and once with another one.
                for person in [0, nth] {
                    let at = |name: &str| if kind(name) == "contact" { person } else { nth };
                    ways.push(names.iter().map(|it| ((*it).to_owned(), pick(whose, it, at(it)))).collect());
                }
            }
        }
        for (at, other) in all.iter().zip(all.iter().cycle().skip(1)) {
            for odd in names {
                let whose = |name: &&str| if name == odd { other } else { at };
                ways.push(names.iter().map(|it| ((*it).to_owned(), pick(whose(it), it, 0))).collect());
            }
        }
        ways
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

/// What values are made from.
struct Values<'a, F> {
    ids: &'a Ids,
    previews: &'a [String],
    /// Whom a preview named to be invited, where this tool names somebody by the address alone.
    invited: bool,
    /// A word of the caller's own.
    typed: &'a mut F,
}

/// Who is invited to a portal that is opened.
const INVITED: &str = "new.one@globex.example";

type Way = Map<String, Value>;

/// Every way in which a tool is asked. `typed` gives a word of the caller's own.
pub(super) fn of(
    tool: &Described,
    ids: &Ids,
    previews: &[String],
    typed: &mut impl FnMut(&str) -> String,
) -> Vec<Value> {
    let properties = tool.input().get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let invited = ["activation_preview_id", "users"].iter().any(|it| properties.contains_key(*it));
    let mut make = Values { ids, previews, invited, typed };
    // A change of a profile says what, though it may be one of two things.
    let what = properties.contains_key("changes").then_some("changes");
    let required: Vec<&str> = tool
        .input()
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(what)
        .collect();
    let (needed, more): (Vec<_>, Vec<_>) = properties.iter().partition(|(name, _)| required.contains(&name.as_str()));
    // Lists of ids count as one each.
    let named = |(name, schema): &&(&String, &Value)| {
        let schema = inner(schema);
        is_id(name, schema) || is_id(name, inner(&schema["items"]))
    };
    let several: Vec<&str> = needed.iter().filter(named).map(|it| it.0.as_str()).collect();
    let mut ways = if several.len() > 1 { ids.together(&several) } else { vec![Way::new()] };
    for (name, schema) in &needed {
        if several.len() > 1 && several.contains(&name.as_str()) {
            if inner(schema)["type"] == "array" {
                ways.iter_mut().for_each(|it| it[*name] = json!([it[*name]]));
            }
            continue;
        }
        ways = crossed(ways, name, &make.of(name, inner(schema)));
    }
    // Employees say whose records they ask for.
    if let Some((name, schema)) = more.iter().find(|(name, _)| *name == "customer_id") {
        let without = ways.clone();
        ways = crossed(ways, name, &make.of(name, inner(schema)));
        ways.extend(without);
    }
    let first = ways.first().cloned().unwrap_or_default();
    let bases = if tool.entry.writes.is_some() && ways.len() < 8 { ways.clone() } else { vec![first] };
    let most = more.iter().find(|(name, _)| *name == "limit").and_then(|(_, it)| inner(it).get("maximum").cloned());
    if let Some(most) = &most {
        ways.iter_mut().for_each(|way| drop(way.insert("limit".into(), most.clone())));
    }
    let apart = ["limit", "offset", "customer_id", "idempotency_key"];
    for (name, schema) in more.into_iter().filter(|(name, _)| !apart.contains(&name.as_str())) {
        let values = make.of(name, inner(schema));
        let some: Vec<_> = if is_id(name, inner(schema)) { values } else { values.into_iter().take(2).collect() };
        for base in &bases {
            ways.extend(some.iter().map(|value| {
                let mut way = base.clone();
                way.insert(name.clone(), value.clone());
                most.iter().for_each(|most| drop(way.insert("limit".into(), most.clone())));
                way
            }));
        }
    }
    ways.into_iter().map(Value::Object).collect()
}

fn crossed(ways: Vec<Way>, name: &str, values: &[Value]) -> Vec<Way> {
    let with = |way: Way| {
        values.iter().map(move |value| way.clone().into_iter().chain([(name.to_owned(), value.clone())]).collect())
    };
    ways.into_iter().flat_map(with).collect()
}

impl<F: FnMut(&str) -> String> Values<'_, F> {
    fn of(&mut self, name: &str, schema: &Value) -> Vec<Value> {
        if is_id(name, schema) {
            return self.ids.of(name, self.previews).into_iter().map(Value::String).collect();
        }
        let words = words(schema);
        if !words.is_empty() {
            return words.into_iter().rev().collect();
        }
        match schema["type"].as_str() {
            Some("integer" | "number") if name.ends_with("version") => vec![json!(1)],
            Some("integer" | "number") => vec![schema.get("minimum").cloned().unwrap_or(json!(1))],
            Some("boolean") => vec![json!(true), json!(false)],
            Some("array") => {
                let items = inner(&schema["items"]);
                let one = self.of(name, items);
                if is_id(name, items) {
                    one.into_iter().map(|it| json!([it])).collect()
                } else {
                    vec![Value::Array(one)]
                }
            }
            Some("object") => vec![self.object(name, schema)],
            _ if name == "target" => vec![json!(self.ids.target)],
            _ if name == "email" && self.invited => vec![json!(INVITED)],
            _ if name.contains("email") => vec![json!(format!("{}@acme.example", (self.typed)(name)))],
            _ if ["query", "search", "text"].contains(&name) => vec![json!("vpn"), json!("printer")],
            _ if name.contains("language") => vec![json!("en")],
            _ if name == "from" => vec![json!(ago(30 * 24))],
            _ if name == "until" => vec![json!(ago(1))],
            _ if name == "expires_at" => vec![json!("2099-01-01T00:00:00Z")],
            _ if schema["format"] == "date-time" || name.contains("date") || name == "since" => {
                vec![json!("2026-01-01T00:00:00Z")]
            }
            _ => vec![json!(format!("Please see {}", (self.typed)(name)))],
        }
    }

    fn object(&mut self, name: &str, schema: &Value) -> Value {
        match name {
            "changes" => return json!({ "phone": "+1 202 555 0999" }),
            "answers" => return json!({ "score": "5" }),
            "colours" => return json!({ "primary": "#aabbcc" }),
            _ => {}
        }
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields: Vec<_> =
            fields.filter_map(|(name, it)| Some((name, self.of(name, inner(it)).first()?.clone()))).collect();
        Value::Object(fields.into_iter().map(|(name, value)| (name.clone(), value)).collect())
    }
}

/// A time so many hours ago.
fn ago(hours: i64) -> String {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
    then.to_string()
}
