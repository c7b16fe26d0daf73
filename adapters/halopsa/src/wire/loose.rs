//! What this vendor writes in its own way: flags as numbers and texts, lists that are not there, custom fields as rows.

use postern_api::loose::{List, Maybe, Scalar, of_any};
use serde::de::{Deserialize, Deserializer};

/// A yes or no; anything else is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_any(deserializer, |it| Self(flag(&it)))
    }
}

fn flag(value: &Scalar<'_>) -> Option<bool> {
    let said = |text: &str, words: [&str; 3]| words.iter().any(|it| text.trim().eq_ignore_ascii_case(it));
    match value {
        Scalar::Bool(yes) => Some(*yes),
        Scalar::Whole(0) => Some(false),
        Scalar::Whole(1) => Some(true),
        Scalar::Float(float) if *float == 0.0 => Some(false),
        Scalar::Float(float) if *float == 1.0 => Some(true),
        Scalar::Text(text) if said(text, ["true", "1", "yes"]) => Some(true),
        Scalar::Text(text) if said(text, ["false", "0", "no"]) => Some(false),
        Scalar::Whole(_) | Scalar::Float(_) | Scalar::Text(_) | Scalar::Null | Scalar::Other => None,
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<List<Maybe<T>>>::deserialize(deserializer)? {
            None => Self::default(),
            Some(List(rows)) => Self(rows.and_then(|rows| rows.into_iter().map(|it| it.0).collect())),
        })
    }
}

/// A record's custom fields.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Scalar<'static>)>);

impl Fields {
    fn value(&self, name: &str) -> Option<&Scalar<'static>> {
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
            Scalar::Text(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
            Scalar::Whole(number) => Some(number.to_string()),
            Scalar::Float(float) => Some(float.to_string()),
            Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
        }
    }
}

/// One custom field; its value is there or `null`.
#[derive(serde::Deserialize)]
struct Field<'a> {
    #[serde(default, borrow)]
    name: Option<Scalar<'a>>,
    #[serde(default, borrow)]
    value: Option<Scalar<'a>>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = List::<Maybe<Field<'de>>>::deserialize(deserializer)?.0.unwrap_or_default();
        let field = |row: Maybe<Field<'de>>| match row.0? {
            Field { name: Some(Scalar::Text(name)), value } => {
                Some((name.into_owned(), value.unwrap_or(Scalar::Null).into_owned()))
            }
            Field { .. } => None,
        };
        Ok(Self(rows.into_iter().filter_map(field).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_list_that_cannot_be_read_is_not_an_empty_one() {
        #[derive(Debug, serde::Deserialize)]
        struct Row {
            #[serde(default)]
            id: postern_api::loose::Num,
        }
        let rows = |json: &str| {
            let many: Many<Row> = serde_json::from_str(json).expect("any value is accepted");
            many.rows().map(|it| it.iter().filter_map(|it| it.id.id()).collect::<Vec<_>>())
        };
        assert_eq!((rows("null"), rows("[]"), rows("[{\"id\":1},{}]")), (Some(vec![]), Some(vec![]), Some(vec![1])));
        for json in ["{}", "7", "\"x\"", "true", "[{\"id\":1},7]", "[null]"] {
            assert_eq!(rows(json), None, "{json}");
        }
    }
}
