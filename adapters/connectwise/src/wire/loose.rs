//! Values as the vendor writes them, read without a detour: one pass, no tree of values in between.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A scalar; arrays and objects are read over.
pub(super) enum Scalar {
    Whole(i64),
    Float(f64),
    Text(String),
    Bool(bool),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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
                Ok(Scalar::Float(it))
            }
            fn visit_str<E>(self, it: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(it.to_owned()))
            }
            fn visit_string<E>(self, it: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(it))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// What a text says, read where it stands; anything else says nothing.
pub(super) fn of_text<'de, D: Deserializer<'de>, T>(
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
    /// As an id: 0 and below mean "unset".
    pub(crate) fn id(self) -> Option<i64> {
        self.0.filter(|it| *it > 0)
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Whole(number) => Some(number),
            Scalar::Float(float) => whole(float),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
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
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Some(text),
            Scalar::Whole(number) => Some(number.to_string()),
            Scalar::Float(_) | Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
        }))
    }
}

/// A yes or no. One that is not there and one that cannot be read are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Flag {
    /// Not there, or null.
    #[default]
    Missing,
    /// Plainly yes.
    Yes,
    /// Plainly no.
    No,
    /// Something else.
    Odd,
}

impl Flag {
    fn of(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Bool(true) => Flag::Yes,
            Scalar::Bool(false) => Flag::No,
            Scalar::Text(text) if text.trim().eq_ignore_ascii_case("true") => Flag::Yes,
            Scalar::Text(text) if text.trim().eq_ignore_ascii_case("false") => Flag::No,
            Scalar::Null => Flag::Missing,
            Scalar::Text(_) | Scalar::Whole(_) | Scalar::Float(_) | Scalar::Other => Flag::Odd,
        }
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Scalar::deserialize(deserializer)?))
    }
}

/// An object inside a row; anything else is an empty one.
#[derive(Debug, Default)]
pub(crate) struct Inner<T>(pub(crate) T);

impl<T> std::ops::Deref for Inner<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Inner<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nested(PhantomData)).map(|it| Self(it.unwrap_or_default()))
    }
}

struct Nested<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Nested<T> {
    type Value = Option<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
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
    fn visit_str<E>(self, _: &str) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

/// Objects in a list; what is no object is passed over, and what is no list has none.
#[derive(Debug)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Rows<T> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                let mut rows = Vec::new();
                while let Some(Inner(row)) = seq.next_element::<Inner<T>>()? {
                    rows.push(row);
                }
                Ok(rows)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Vec::new())
            }
            fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_unit<E>(self) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
        }
        deserializer.deserialize_any(Rows(PhantomData)).map(Self)
    }
}

/// A custom field's value: a text or a yes and no, as far as it is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: Option<String>,
    pub(crate) flag: Flag,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scalar = Scalar::deserialize(deserializer)?;
        let flag = Flag::of(&scalar);
        let text = match scalar {
            Scalar::Text(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
            Scalar::Whole(number) => Some(number.to_string()),
            Scalar::Float(float) => whole(float).map(|it| it.to_string()),
            Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
        };
        Ok(Self { text, flag })
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
            ("18446744073709551615", None),
            ("\"12 or company/id=13\"", None),
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
    fn a_flag_that_is_missing_is_not_one_that_is_odd() {
        let cases = [
            ("true", Flag::Yes),
            ("\"False\"", Flag::No),
            ("null", Flag::Missing),
            ("0", Flag::Odd),
            ("\"maybe\"", Flag::Odd),
            ("[]", Flag::Odd),
            ("{}", Flag::Odd),
        ];
        for (json, flag) in cases {
            assert_eq!(serde_json::from_str::<Flag>(json).expect("any value is accepted"), flag, "{json}");
        }
    }

    #[test]
    fn an_inner_object_of_another_kind_is_an_empty_one() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Id {
            id: Num,
        }
        for json in ["null", "7", "\"x\"", "[1,{\"id\":1}]", "true", "-1", "1.5", "{}", "{\"id\":[1]}"] {
            assert_eq!(serde_json::from_str::<Inner<Id>>(json).expect("accepted").id.id(), None, "{json}");
        }
        assert_eq!(serde_json::from_str::<Inner<Id>>("{\"id\":7,\"x\":{}}").expect("accepted").id.id(), Some(7));
        for (json, rows) in [("[{\"id\":1},7,null,[]]", 4), ("null", 0), ("{\"id\":1}", 0), ("\"x\"", 0)] {
            assert_eq!(serde_json::from_str::<Many<Id>>(json).expect("accepted").0.len(), rows, "{json}");
        }
    }
}
