//! Values as the vendor writes them: numbers as texts, flags as texts and numbers, lists and objects that are not there.
//! Read in one pass: no tree of values is built.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use std::fmt;
use std::marker::PhantomData;

/// A value without parts, or whatever it was instead.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Whole(i64),
    Broken(f64),
    Bool(bool),
    Text(String),
    Other,
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, it: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(it))
    }
    fn visit_i64<E>(self, it: i64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(it))
    }
    fn visit_u64<E>(self, it: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(it).map_or(Scalar::Other, Scalar::Whole))
    }
    fn visit_f64<E>(self, it: f64) -> Result<Scalar, E> {
        Ok(Scalar::Broken(it))
    }
    fn visit_str<E>(self, it: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(it.to_owned()))
    }
    fn visit_string<E>(self, it: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(it))
    }
    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }
    fn visit_none<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Scalar, A::Error> {
        while parts.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Scalar, A::Error> {
        while parts.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

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
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Whole(it) => Some(it),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Broken(_) | Scalar::Bool(_) | Scalar::Other => None,
        }))
    }
}

/// For a field whose absence says something else than `null`.
pub(super) fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Num>, D::Error> {
    // A value that is no number and not `null` either says nothing: a negative number is no id and not "unset".
    Ok(Some(match Option::<Scalar>::deserialize(deserializer)? {
        None => Num(None),
        Some(Scalar::Whole(it)) => Num(Some(it)),
        Some(Scalar::Text(text)) => Num(Some(text.trim().parse().unwrap_or(-1))),
        Some(Scalar::Broken(_) | Scalar::Bool(_) | Scalar::Other) => Num(Some(-1)),
    }))
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
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Some(text),
            Scalar::Whole(it) => Some(it.to_string()),
            Scalar::Broken(_) | Scalar::Bool(_) | Scalar::Other => None,
        }))
    }
}

/// A yes or no; anything else is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(flag(&Scalar::deserialize(deserializer)?)))
    }
}

fn flag(value: &Scalar) -> Option<bool> {
    match value {
        Scalar::Bool(yes) => Some(*yes),
        Scalar::Whole(0) => Some(false),
        Scalar::Whole(1) => Some(true),
        Scalar::Text(text) => match text.trim() {
            it if ["true", "1", "yes"].iter().any(|yes| it.eq_ignore_ascii_case(yes)) => Some(true),
            it if ["false", "0", "no"].iter().any(|no| it.eq_ignore_ascii_case(no)) => Some(false),
            _ => None,
        },
        Scalar::Whole(_) | Scalar::Broken(_) | Scalar::Other => None,
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

struct Parts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Many<T>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = parts.next_element()? {
            rows.push(row);
        }
        Ok(Many(rows))
    }
    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<Many<T>, A::Error> {
        Any.visit_map(parts).map(|_| Many::default())
    }
    fn visit_bool<E>(self, _: bool) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
    fn visit_str<E>(self, _: &str) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
    fn visit_unit<E>(self) -> Result<Many<T>, E> {
        Ok(Many::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts(PhantomData))
    }
}

/// A row inside a row; what is no object is none.
#[derive(Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

struct Part<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Part<T> {
    type Value = Maybe<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<Maybe<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(parts)).map(|it| Maybe(Some(it)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Maybe<T>, A::Error> {
        Any.visit_seq(parts).map(|_| Maybe(None))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_str<E>(self, _: &str) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_unit<E>(self) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Part(PhantomData))
    }
}

/// A record's custom fields.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Scalar)>);

impl Fields {
    fn value(&self, name: &str) -> Option<&Scalar> {
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
            Scalar::Broken(_) | Scalar::Bool(_) | Scalar::Other => None,
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Maybe::<Pairs>::deserialize(deserializer)?.0.map_or_else(Self::default, |it| Self(it.0)))
    }
}

struct Pairs(Vec<(String, Scalar)>);

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
                while let Some(pair) = parts.next_entry()? {
                    pairs.push(pair);
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
    fn ids_come_as_numbers_texts_and_nonsense() {
        let cases = [
            ("12", Some(12)),
            ("\" 12 \"", Some(12)),
            ("12.5", None),
            ("0", None),
            ("-1", None),
            ("1e300", None),
            ("99999999999999999999", None),
            ("\"12 or customer_id=13\"", None),
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
