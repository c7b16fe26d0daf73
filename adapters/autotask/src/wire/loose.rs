//! What this vendor writes in its own way: flags as numbers, line ends of two characters, user-defined fields as rows.

use postern_api::loose::{List, Maybe, Scalar, Str};
use serde::de::{Deserialize, Deserializer};

/// A text with line ends as they are everywhere else.
pub(crate) fn lines(text: &Str) -> String {
    let text = text.or_empty();
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// The same, without a copy where nothing is to be changed.
pub(crate) fn into_lines(text: Str) -> String {
    let changes = text.or_empty().contains('\r');
    if changes { lines(&text) } else { text.take().unwrap_or_default() }
}

/// A yes or no, also as 1 or 0; anything else is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Bool(yes) => Some(yes),
            Scalar::Whole(0) => Some(false),
            Scalar::Whole(1) => Some(true),
            Scalar::Whole(_) | Scalar::Float(_) | Scalar::Text(_) | Scalar::Null | Scalar::Other => None,
        }))
    }
}

/// A record's user-defined fields.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field's text; one that is there twice says nothing.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.as_str()),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }
}

/// One field; something else in the list is none.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Field {
    name: Str,
    value: Str,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = List::<Maybe<Field>>::deserialize(deserializer)?.0.unwrap_or_default();
        let field = |Field { name, value }: Field| Some((name.take()?, value.take()?));
        Ok(Self(rows.into_iter().filter_map(|row| row.0.and_then(field)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_one_character() {
        for (text, expected) in [(" a\r\nb\rc ", "a\nb\nc"), ("a\nb", "a\nb"), ("  ", "")] {
            let text = Str(Some(text.to_owned()));
            assert_eq!((lines(&text), into_lines(text)), (expected.to_owned(), expected.to_owned()));
        }
    }

    #[test]
    fn a_flag_of_a_wrong_type_is_neither_yes_nor_no() {
        for (json, yes) in [
            ("true", Some(true)),
            ("0", Some(false)),
            ("1", Some(true)),
            ("2", None),
            ("null", None),
            ("\"true\"", None),
            ("[]", None),
        ] {
            let flag: Flag = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(flag.0, yes, "{json}");
        }
    }

    #[test]
    fn a_field_that_is_there_twice_says_nothing() {
        let json = r#"[{"name":"Tier","value":"gold"},{"name":"a","value":"No"},{"name":"A","value":"Yes"},7,{"name":"b","value":null}]"#;
        let fields: Fields = serde_json::from_str(json).expect("fields");
        assert_eq!((fields.text("tier"), fields.text("a"), fields.text("b")), (Some("gold"), None, None));
        for odd in ["null", "{}", "7", "\"x\"", "true"] {
            let fields: Fields = serde_json::from_str(odd).expect("any value is accepted");
            assert_eq!(fields.text("tier"), None);
        }
    }
}
