//! Values as they may come: of another type than the vendor describes. **Invariant:** such a value is a missing one. Read
//! without an intermediate tree, so that a list costs its rows and no more.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A number, a text, a flag, or anything else, which is nothing.
pub(super) enum Scalar {
    Number(i64),
    Float(f64),
    Text(String),
    Flag(bool),
    Nothing,
}

pub(super) struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, it: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(it))
    }
    fn visit_i64<E>(self, it: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(it))
    }
    fn visit_u64<E>(self, it: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(it).map_or(Scalar::Nothing, Scalar::Number))
    }
    fn visit_f64<E>(self, it: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(it))
    }
    fn visit_str<E>(self, it: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(it.to_owned()))
    }
    fn visit_string<E>(self, it: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(it))
    }
    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Nothing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }
}

/// What a text says, read where it stands; anything else says nothing.
pub(crate) fn of_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: fn(&str) -> T,
) -> Result<Option<T>, D::Error> {
    struct Read<T>(fn(&str) -> T);
    impl<'de, T> Visitor<'de> for Read<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_str<E>(self, it: &str) -> Result<Option<T>, E> {
            Ok(Some((self.0)(it)))
        }
        fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
            Ok(None)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Option<T>, E> {
            Ok(None)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Option<T>, E> {
            Ok(None)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Option<T>, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> Result<Option<T>, E> {
            Ok(None)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<T>, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    }
    deserializer.deserialize_any(Read(read))
}

/// A whole number, however it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Num(pub(crate) Option<i64>);

impl Num {
    /// As an id: 0 and below name nothing (0 is the MSP's own company).
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
        Ok(Self(match deserializer.deserialize_any(Any)? {
            Scalar::Number(number) => Some(number),
            Scalar::Float(float) => whole(float),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Flag(_) | Scalar::Nothing => None,
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
pub(crate) struct Str(Option<String>);

impl Str {
    /// The text without blanks around it, where there is any.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|it| !it.is_empty())
    }

    /// The text, or none of it.
    pub(crate) fn or_empty(&self) -> &str {
        self.get().unwrap_or_default()
    }

    /// The text with line ends as they are everywhere else.
    pub(crate) fn lines(&self) -> String {
        let text = self.or_empty();
        if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
    }
}

impl<'de> Deserialize<'de> for Str {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match deserializer.deserialize_any(Any)? {
            Scalar::Text(text) => Some(text),
            Scalar::Number(number) => Some(number.to_string()),
            Scalar::Float(_) | Scalar::Flag(_) | Scalar::Nothing => None,
        }))
    }
}

/// A yes or no, also as 1 or 0; anything else is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match deserializer.deserialize_any(Any)? {
            Scalar::Flag(yes) => Some(yes),
            Scalar::Number(0) => Some(false),
            Scalar::Number(1) => Some(true),
            Scalar::Number(_) | Scalar::Float(_) | Scalar::Text(_) | Scalar::Nothing => None,
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
            (Some((_, value)), None) => Some(value.trim()).filter(|it| !it.is_empty()),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Field {
    name: Str,
    value: Str,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(row) = seq.next_element::<Lenient>()? {
                    if let (Some(name), Some(value)) = (row.0.name.get(), row.0.value.get()) {
                        fields.push((name.to_owned(), value.to_owned()));
                    }
                }
                Ok(Fields(fields))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Fields::default())
            }
            fn visit_unit<E>(self) -> Result<Fields, E> {
                Ok(Fields::default())
            }
            fn visit_bool<E>(self, _: bool) -> Result<Fields, E> {
                Ok(Fields::default())
            }
            fn visit_i64<E>(self, _: i64) -> Result<Fields, E> {
                Ok(Fields::default())
            }
            fn visit_u64<E>(self, _: u64) -> Result<Fields, E> {
                Ok(Fields::default())
            }
            fn visit_f64<E>(self, _: f64) -> Result<Fields, E> {
                Ok(Fields::default())
            }
            fn visit_str<E>(self, _: &str) -> Result<Fields, E> {
                Ok(Fields::default())
            }
        }
        deserializer.deserialize_any(Rows)
    }
}

/// One field; something else in the list is a field without a name.
struct Lenient(Field);

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(serde_json::from_value(value).unwrap_or_default()))
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
            ("\" 12 \"", Some(12)),
            ("12.5", None),
            ("0", None),
            ("-1", None),
            ("1e300", None),
            ("99999999999999999999", None),
            ("\"12 or 13\"", None),
            ("null", None),
            ("true", None),
            ("[12,[1]]", None),
            ("{\"id\":12}", None),
        ];
        for (json, id) in cases {
            let num: Num = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(num.id(), id, "{json}");
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
