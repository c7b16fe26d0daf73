//! What this vendor writes in its own way: flags as texts and numbers, custom fields as an object.

use postern_api::loose::{List, Maybe, Num, Scalar, of_any};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// For a field whose absence says something else than `null`.
pub(super) fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Num>, D::Error> {
    // A value that is no number and not `null` either says nothing: a negative number is no id and not "unset".
    Ok(Some(match Scalar::deserialize(deserializer)? {
        Scalar::Null => Num(None),
        Scalar::Whole(it) => Num(Some(it)),
        Scalar::Text(text) => Num(Some(text.trim().parse().unwrap_or(-1))),
        Scalar::Float(_) | Scalar::Bool(_) | Scalar::Other => Num(Some(-1)),
    }))
}

/// A yes or no; anything else is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_any(deserializer, |it| Self(flag(&it)))
    }
}

fn flag(value: &Scalar<'_>) -> Option<bool> {
    match value {
        Scalar::Bool(yes) => Some(*yes),
        Scalar::Whole(0) => Some(false),
        Scalar::Whole(1) => Some(true),
        Scalar::Text(text) => match text.trim() {
            it if ["true", "1", "yes"].iter().any(|yes| it.eq_ignore_ascii_case(yes)) => Some(true),
            it if ["false", "0", "no"].iter().any(|no| it.eq_ignore_ascii_case(no)) => Some(false),
            _ => None,
        },
        Scalar::Whole(_) | Scalar::Float(_) | Scalar::Null | Scalar::Other => None,
    }
}

/// Rows inside a row; what is no list has none.
#[derive(Debug)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        List::deserialize(deserializer).map(|it| Self(it.0.unwrap_or_default()))
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
            Scalar::Whole(it) => Some(it.to_string()),
            Scalar::Float(_) | Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Maybe::<Pairs>::deserialize(deserializer)?.0.map_or_else(Self::default, |it| Self(it.0)))
    }
}

struct Pairs(Vec<(String, Scalar<'static>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;
        impl<'de> Visitor<'de> for Named {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("custom fields")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = parts.next_entry::<_, Scalar<'de>>()? {
                    pairs.push((name, value.into_owned()));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Named)
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
            ("\"1\"", Some(true)),
            ("2", None),
            ("0.0", None),
            ("null", None),
            ("\"maybe\"", None),
            ("[]", None),
            ("{}", None),
        ];
        for (json, yes) in cases {
            let flag: Flag = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(flag.0, yes, "{json}");
        }
    }

    #[test]
    fn lists_objects_and_fields_of_a_wrong_type_are_not_there() {
        for json in ["null", "true", "1", "-1", "0.5", "\"x\"", "{\"a\":[1]}"] {
            let many: Many<Num> = serde_json::from_str(json).expect("any value is accepted");
            assert!(many.0.is_empty(), "{json}");
        }
        for json in ["null", "true", "1", "-1", "0.5", "\"x\"", "[{}]"] {
            let maybe: Maybe<std::collections::BTreeMap<String, Num>> =
                serde_json::from_str(json).expect("any value is accepted");
            assert!(maybe.0.is_none(), "{json}");
            let fields: Fields = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(fields.flag("a"), None, "{json}");
        }
    }

    #[test]
    fn a_custom_field_that_is_there_twice_says_nothing() {
        let fields: Fields =
            serde_json::from_str(r#"{"Private":"0","private":"1","Tier":"gold","Limit":50,"Odd":[1]}"#)
                .expect("fields");
        assert_eq!(fields.flag("Private"), None);
        assert_eq!(fields.text("tier").as_deref(), Some("gold"));
        assert_eq!(fields.text("Limit").as_deref(), Some("50"));
        assert_eq!((fields.text("Odd"), fields.flag("none")), (None, None));
    }
}
