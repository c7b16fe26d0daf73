//! A request that waits, as a page shows it: the exact effect, in words and before and after.

use crate::console::words::{self, arguments, label, machine_time, tidy, time, visible};
use crate::govern::action::ActionRequest;
use postern_policies::{Lately, Realm};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How the names of facts begin that say what becomes visible, or to whom.
const NEWLY: &str = "newly_visible_";

/// What records are called, by the tool that lists them and their id: systems number each kind by itself.
type Names<'a> = HashMap<(&'a str, &'a str), &'a str>;

/// One that waits, as a page shows it.
#[derive(Debug)]
pub(in crate::console) struct Waiting {
    pub(super) id: String,
    pub(super) title: String,
    /// What is asked, in one line.
    pub(super) question: String,
    /// What would be done, a fact a line.
    pub(super) effect: String,
    pub(super) requester: String,
    pub(super) realm: &'static str,
    pub(super) client: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) arguments: Vec<(String, String)>,
    /// The arguments as they are kept and compared, with what is hidden in them made visible.
    pub(super) exact: String,
    pub(super) facts: Vec<(String, String)>,
    pub(super) changes: Vec<Change>,
    pub(super) newly_visible: Vec<String>,
    pub(super) warnings: Vec<&'static str>,
    pub(super) asked: (String, String),
    pub(super) expires: (String, String),
}

/// A value before and after.
#[derive(Debug)]
pub(in crate::console) struct Change {
    pub(super) field: String,
    pub(super) before: String,
    pub(super) after: String,
}

impl Waiting {
    /// With what the same person asked for lately. `named` says what a client is called, by its id; `may_list` whether whoever
    /// looks may call a tool, and so read the names of what it lists.
    pub(super) fn of(
        it: &ActionRequest,
        lately: Lately,
        named: impl Fn(&str) -> Option<String>,
        may_list: impl Fn(&str) -> bool,
    ) -> Self {
        let data: Map<String, Value> = serde_json::from_str(&it.content.data).unwrap_or_default();
        let list = |name: &str| data.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().map_or_else(|| visible(&value.to_string()), visible);
        let changes = list("changes").into_iter().map(|it| {
            let get = |name: &str| match it.get(name) {
                None | Some(Value::Null) => "nothing".to_owned(),
                Some(value) => text(value),
            };
            Change { field: label(&get("field")), before: get("old"), after: get("new") }
        });
        let message = visible(&it.content.message);
        let title = words::tool(&it.tool);
        let (question, rest) = match message.split_once('\n') {
            Some((question, rest)) if question.ends_with('?') => (question.to_owned(), rest.to_owned()),
            Some(_) | None => (format!("{title}?"), message),
        };
        let effect = &it.content.effect;
        let warnings = [
            (effect.elevation, "Somebody gets more rights than before."),
            (effect.newly_visible, "Somebody sees what they did not see before."),
            (effect.public, "Everybody can see it."),
            (effect.sensitive, "It is about people, money, law or security."),
            (effect.untrusted, "Words that people outside wrote go into it."),
            (effect.exception, "An agreed rule is set aside."),
            (effect.recipients > 1, "More than one person is told."),
            (
                effect.amount > 0 && lately.amount > 0,
                "Whoever asked has asked for more money within a day. It counts together with this.",
            ),
        ];
        let requester = &it.content.requester;
        let name = requester.name.as_deref().or(requester.email.as_deref()).unwrap_or(&it.principal.subject);
        let names = it.content.names.iter().filter(|it| may_list(&it.list));
        let names: Names<'_> = names.map(|it| ((it.list.as_str(), it.id.as_str()), it.name.as_str())).collect();
        let seen = data.iter().filter(|(key, _)| key.starts_with(NEWLY));
        let newly = seen.flat_map(|(key, value)| newly(key, value, &names));
        let facts = data.iter().filter(|(key, _)| *key != "changes" && !key.starts_with(NEWLY));
        Self {
            id: it.id.to_string(),
            title,
            question,
            effect: rest,
            requester: tidy(name),
            realm: match requester.realm {
                Realm::Customer => "customer",
                Realm::Employee => "employee",
            },
            client: requester.client.as_deref().map(|id| tidy(named(id).as_deref().unwrap_or(id))),
            organisation: words::organisation(it),
            exact: visible(&it.content.arguments),
            arguments: arguments(&it.content.arguments),
            facts: facts.map(|(key, value)| (label(key), spelled(value))).collect(),
            changes: changes.collect(),
            newly_visible: newly.collect(),
            warnings: warnings.into_iter().filter(|(so, _)| *so).map(|(_, words)| words).collect(),
            asked: (time(it.created_at), machine_time(it.created_at)),
            expires: (time(it.expires_at), machine_time(it.expires_at)),
        }
    }
}

/// What becomes visible by one fact, each for itself: a document, or somebody who gets to see one.
fn newly(key: &str, value: &Value, names: &Names<'_>) -> Vec<String> {
    let kind = key.trim_start_matches(NEWLY);
    let (what, list) = (label(kind), format!("portal_{kind}_list"));
    match value {
        Value::Array(items) => items.iter().map(|it| format!("{what}: {}", who(&called(it, &list, names)))).collect(),
        Value::Null | Value::Bool(false) => vec![],
        Value::Number(number) if number.as_u64() == Some(0) => vec![],
        Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![format!("{what}: {}", spelled(value))]
        }
    }
}

/// A record with its name, where the requester was told its id alone and whoever looks may read more.
fn called(record: &Value, list: &str, names: &Names<'_>) -> Value {
    let mut record = record.clone();
    if let Some(fields) = record.as_object_mut()
        && !fields.contains_key("name")
        && let Some(name) = fields.get("id").and_then(Value::as_str).and_then(|it| names.get(&(list, it)))
    {
        fields.insert("name".to_owned(), (*name).into());
    }
    record
}

/// Somebody or something by name, and what else is known of it in brackets.
fn who(value: &Value) -> String {
    let Value::Object(map) = value else { return spelled(value) };
    let Some(name) = map.get("name") else { return spelled(value) };
    let rest = map.iter().filter(|(key, value)| *key != "name" && !value.is_null()).map(|(_, value)| spelled(value));
    format!("{} ({})", spelled(name), rest.collect::<Vec<_>>().join(", "))
}

/// A fact for a person: parts by their names, several one after the other.
fn spelled(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts = map.iter().map(|(key, value)| format!("{}: {}", label(key), spelled(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(spelled).collect::<Vec<_>>().join("; "),
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => visible(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_named_by_what_whoever_looks_may_read_and_by_nothing_else() {
        let names = HashMap::from([
            (("portal_documents_list", "d1"), "Network plan"),
            (("portal_invoices_list", "d2"), "An invoice with a document's number"),
        ]);
        let said = |record: Value| newly("newly_visible_documents", &json!([record]), &names).join("");
        assert_eq!(said(json!({ "id": "d1" })), "Documents: Network plan (d1)");
        assert_eq!(said(json!({ "id": "d2" })), "Documents: Id: d2");
        assert_eq!(said(json!({ "id": "d1", "name": "As told" })), "Documents: As told (d1)");
    }
}
