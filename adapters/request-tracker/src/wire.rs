//! Request Tracker's vocabulary, as far as this adapter reads it.
//!
//! Numbers come as numbers in one answer and as text in the next, an absent value is an empty text, and an absent list or
//! person too: the types here accept both, and turn what they cannot read into nothing where nothing is the careful
//! reading (a visibility, a requester), into an error elsewhere.

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _, IgnoredAny};
use serde::{Deserialize, Serialize};

/// One page of a collection. `pages` is not read: it is a fraction where nothing matches.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// `null` where the account may not see every row.
    #[serde(default)]
    pub(crate) total: Option<u64>,
}

/// A number that may be written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Num(pub(crate) i64);

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(i64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(it) => Ok(Self(it)),
            Either::Text(it) => it.parse().map(Self).map_err(|_| D::Error::custom("a number was expected")),
        }
    }
}

impl std::fmt::Display for Num {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A value, or anything else for nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Value(T),
    Nothing(IgnoredAny),
}

fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(match Lenient::deserialize(deserializer)? {
        Lenient::Value(it) => Some(it),
        Lenient::Nothing(_) => None,
    })
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(lenient(deserializer)?.unwrap_or_default())
}

/// A time; an unset one is the beginning of 1970 or an empty text.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = lenient(deserializer)?;
    Ok(text.and_then(|it| it.parse::<Timestamp>().ok()).filter(|it| *it != Timestamp::UNIX_EPOCH))
}

/// A ticket in a search.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ticket {
    #[serde(rename = "id")]
    pub(crate) id: Num,
    #[serde(default)]
    pub(crate) subject: String,
    pub(crate) status: String,
    pub(crate) priority: Num,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) queue: Option<Reference>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) requestor: Vec<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) owner: Option<User>,
    #[serde(deserialize_with = "time")]
    pub(crate) created: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) last_updated: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) told: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) started: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) resolved: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) due: Option<Timestamp>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) custom_fields: Vec<CustomField>,
}

/// A ticket as it is read before a change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Standing {
    #[serde(rename = "id")]
    pub(crate) id: Num,
    pub(crate) status: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) queue: Option<Reference>,
}

/// The number of another row, with its name where that was asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reference {
    pub(crate) id: Num,
    #[serde(default, rename = "Name")]
    pub(crate) name: String,
}

/// A person, or a group in a person's place.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct User {
    #[serde(rename = "id")]
    pub(crate) id: Num,
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) real_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) email_address: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) organization: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) work_phone: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) mobile_phone: Option<String>,
}

/// A person by number. The number itself is only among the links.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Profile {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) real_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) email_address: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) organization: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) work_phone: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) mobile_phone: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) privileged: Option<Num>,
}

/// A custom field of a row, with its values.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CustomField {
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "list")]
    values: Vec<Lenient<String>>,
}

/// The one value of a custom field. A field with none, with several or with a file holds nothing.
pub(crate) fn value<'a>(fields: &'a [CustomField], name: &str) -> Option<&'a str> {
    let mut named = fields.iter().filter(|it| it.name == name);
    match (named.next().map(|it| it.values.as_slice()), named.next()) {
        (Some([Lenient::Value(one)]), None) => Some(one.as_str()).filter(|it| !it.is_empty()),
        _ => None,
    }
}

/// A queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Queue {
    pub(crate) id: Num,
    #[serde(rename = "Name")]
    pub(crate) name: String,
    #[serde(default, rename = "Disabled", deserialize_with = "lenient")]
    pub(crate) disabled: Option<Num>,
    #[serde(default, rename = "TicketCustomFields", deserialize_with = "list")]
    pub(crate) ticket_fields: Vec<Named>,
    #[serde(default, rename = "TicketTransactionCustomFields", deserialize_with = "list")]
    pub(crate) message_fields: Vec<Named>,
}

/// Something with a name.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    pub(crate) name: String,
}

/// One entry of a ticket's history.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Transaction {
    #[serde(rename = "id")]
    pub(crate) id: Num,
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    pub(crate) object_id: Num,
    #[serde(deserialize_with = "time")]
    pub(crate) created: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) creator: Option<User>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) custom_fields: Vec<CustomField>,
}

/// A part of a message: its text, or a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attachment {
    #[serde(rename = "id")]
    pub(crate) id: Num,
    pub(crate) transaction_id: Num,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) filename: Option<String>,
    #[serde(default)]
    pub(crate) content_type: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) content_length: Option<Num>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) created: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) content: Option<String>,
}

/// A condition of a search in JSON, for collections that have no query language.
#[derive(Debug, Serialize)]
pub(crate) struct Condition {
    pub(crate) field: &'static str,
    pub(crate) operator: &'static str,
    pub(crate) value: String,
    pub(crate) entry_aggregator: &'static str,
}

impl Condition {
    pub(crate) fn new(field: &'static str, operator: &'static str, value: impl ToString) -> Self {
        Self { field, operator, value: value.to_string(), entry_aggregator: "AND" }
    }

    pub(crate) fn or(self) -> Self {
        Self { entry_aggregator: "OR", ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_numbers_and_as_text_and_unset_times_are_none() {
        let row = |id: &str, created: &str| {
            let text = format!(
                r#"{{"id":{id},"Status":"new","Priority":"50","Created":"{created}","Owner":"","CustomFields":""}}"#
            );
            serde_json::from_str::<Ticket>(&text).expect("a row")
        };
        assert_eq!(row("7", "2026-11-21T06:29:13Z").id, row("\"7\"", "1970-01-01T00:00:00Z").id);
        assert!(row("7", "2026-11-21T06:29:13Z").created.is_some());
        assert!(row("7", "1970-01-01T00:00:00Z").created.is_none());
        assert!(row("7", "").owner.is_none());
        assert!(serde_json::from_str::<Num>("\"seven\"").is_err());
    }

    #[test]
    fn a_custom_field_with_several_values_or_a_file_holds_nothing() {
        let fields = |text: &str| serde_json::from_str::<Vec<CustomField>>(text).expect("fields");
        assert_eq!(value(&fields(r#"[{"name":"A","values":["x"]}]"#), "A"), Some("x"));
        for none in [
            r#"[]"#,
            r#"[{"name":"A","values":[]}]"#,
            r#"[{"name":"A","values":[""]}]"#,
            r#"[{"name":"A","values":["x","y"]}]"#,
            r#"[{"name":"A","values":[{"filename":"x"}]}]"#,
            r#"[{"name":"A","values":["x"]},{"name":"A","values":["y"]}]"#,
            r#"[{"name":"B","values":["x"]}]"#,
        ] {
            assert_eq!(value(&fields(none), "A"), None, "{none}");
        }
    }

    #[test]
    fn a_page_without_a_total_and_with_a_fraction_of_pages_is_read() {
        let page: Page<Reference> = serde_json::from_str(r#"{"items":[],"pages":0.0,"total":null}"#).expect("a page");
        assert_eq!(page.total, None);
        assert!(serde_json::from_str::<Page<Reference>>(r#"{"message":"Not Found"}"#).is_err());
    }
}
