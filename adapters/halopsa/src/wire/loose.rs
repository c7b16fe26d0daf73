//! Values as the vendor writes them: numbers as floats and texts, flags as numbers, lists that are not there.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

/// A whole number, however it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Num(pub(crate) Option<i64>);

impl Num {
    /// As an id: 0 and below mean "unset".
    pub(crate) fn id(self) -> Option<i64> {
        self.0.filter(|it| *it > 0)
    }

    /// As a count.
    pub(crate) fn count(self) -> u64 {
        self.0.and_then(|it| u64::try_from(it).ok()).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// A float that stands for a whole number, up to 2^53, past which floats skip some.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i64)
}

/// A text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Str(pub(crate) Option<String>);

impl Str {
    /// The text without blanks around it, where there is any.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|it| !it.is_empty())
    }

    /// The text, or none of it.
    pub(crate) fn or_empty(&self) -> &str {
        self.get().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Str {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// A yes or no; anything else is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(flag(&Value::deserialize(deserializer)?)))
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            Some(_) | None => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Rows inside a row. A list that is not there has none; one that cannot be read is not the same.
#[derive(Debug)]
pub(crate) struct Many<T>(Option<Vec<T>>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Some(Vec::new()))
    }
}

impl<T> Many<T> {
    /// The rows; `None` where they cannot be read.
    pub(crate) fn rows(&self) -> Option<&[T]> {
        self.0.as_deref()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::default(),
            rows @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                Self(serde_json::from_value(rows).ok())
            }
        })
    }
}

/// A record's custom fields.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    fn value(&self, name: &str) -> Option<&Value> {
        let mut found = self.0.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            // Twice is as unreadable as not at all.
            (Some(_), Some(_)) | (None, _) => None,
        }
    }

    /// A yes or no.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).and_then(flag)
    }

    /// A text or a number.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Array(rows) = Value::deserialize(deserializer)? else { return Ok(Self::default()) };
        let field = |row: Value| {
            let Value::Object(mut row) = row else { return None };
            let Some(Value::String(name)) = row.remove("name") else { return None };
            Some((name, row.remove("value").unwrap_or_default()))
        };
        Ok(Self(rows.into_iter().filter_map(field).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_as_floats_texts_and_nonsense() {
        let cases = [
            ("12", Some(12)),
            ("12.0", Some(12)),
            ("\"12\"", Some(12)),
            ("\" 12.0 \"", Some(12)),
            ("12.5", None),
            ("0", None),
            ("-1", None),
            ("1e300", None),
            ("\"12 or client_id=13\"", None),
            ("null", None),
            ("true", None),
            ("[12]", None),
            ("{\"id\":12}", None),
        ];
        for (json, id) in cases {
            let num: Num = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(num.id(), id, "{json}");
        }
    }

    #[test]
    fn a_flag_of_a_wrong_type_is_neither_yes_nor_no() {
        let cases = [
            ("true", Some(true)),
            ("\"False\"", Some(false)),
            ("0", Some(false)),
            ("1", Some(true)),
            ("2", None),
            ("null", None),
            ("\"maybe\"", None),
            ("[]", None),
        ];
        for (json, yes) in cases {
            let flag: Flag = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(flag.0, yes, "{json}");
        }
    }

    #[test]
    fn a_custom_field_that_is_there_twice_says_nothing() {
        let fields: Fields = serde_json::from_str(
            r#"[{"name":"CFa","value":false},{"name":"cfA","value":true},{"name":"CFb","value":0}]"#,
        )
        .expect("fields");
        assert_eq!(fields.flag("CFa"), None);
        assert_eq!(fields.flag("cfb"), Some(false));
        assert_eq!(fields.flag("CFc"), None);
    }
}
