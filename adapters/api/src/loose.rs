//! Values as vendors write them: numbers as texts, texts as numbers, lists and objects that are not there. Each is read in one
//! pass where it stands, and no tree of values is built in between.
//!
//! **Invariant:** a value of a wrong type is a missing one, and never an error. What a flag means where it cannot be read is each
//! adapter's to say.

mod decimal;
mod nested;
mod rows;
mod time;

pub use decimal::Dec;
pub use nested::{Inner, List, Maybe};
pub use rows::{Seen, Take, array, broken, keyed};
pub use time::{Moment, timestamp, utc};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A value without parts; arrays and objects are read over.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// A whole number that fits.
    Whole(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// True or false.
    Bool(bool),
    /// `null`.
    Null,
    /// An array, an object, or a number that is too large.
    Other,
}

impl Scalar<'_> {
    /// The same, kept.
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
            Scalar::Whole(it) => Scalar::Whole(it),
            Scalar::Float(it) => Scalar::Float(it),
            Scalar::Bool(it) => Scalar::Bool(it),
            Scalar::Null => Scalar::Null,
            Scalar::Other => Scalar::Other,
        }
    }
}

/// Says what is made of the value that comes. The compiler sees both together, so that nothing is kept of what nobody asks for.
struct Any<F>(F);

impl<'de, T, F: FnOnce(Scalar<'de>) -> T> Visitor<'de> for Any<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, it: bool) -> Result<T, E> {
        Ok(self.0(Scalar::Bool(it)))
    }
    fn visit_i64<E>(self, it: i64) -> Result<T, E> {
        Ok(self.0(Scalar::Whole(it)))
    }
    fn visit_u64<E>(self, it: u64) -> Result<T, E> {
        Ok(self.0(i64::try_from(it).map_or(Scalar::Other, Scalar::Whole)))
    }
    fn visit_f64<E>(self, it: f64) -> Result<T, E> {
        Ok(self.0(Scalar::Float(it)))
    }
    fn visit_borrowed_str<E>(self, it: &'de str) -> Result<T, E> {
        Ok(self.0(Scalar::Text(Cow::Borrowed(it))))
    }
    fn visit_str<E>(self, it: &str) -> Result<T, E> {
        Ok(self.0(Scalar::Text(Cow::Owned(it.to_owned()))))
    }
    fn visit_string<E>(self, it: String) -> Result<T, E> {
        Ok(self.0(Scalar::Text(Cow::Owned(it))))
    }
    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(self.0(Scalar::Null))
    }
    fn visit_none<E>(self) -> Result<T, E> {
        Ok(self.0(Scalar::Null))
    }
    fn visit_some<D: Deserializer<'de>>(self, it: D) -> Result<T, D::Error> {
        it.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<T, A::Error> {
        while parts.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.0(Scalar::Other))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<T, A::Error> {
        while parts.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.0(Scalar::Other))
    }
}

/// What `read` makes of a value, whatever it is.
///
/// # Errors
/// Where the JSON itself is broken.
pub fn of_any<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(Scalar<'de>) -> T,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Any(read))
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_any(deserializer, |it| it)
    }
}

/// What a text says, read where it stands; anything else says nothing. For `#[serde(deserialize_with)]`.
///
/// # Errors
/// Where the JSON itself is broken.
pub fn of_text<'de, D: Deserializer<'de>, T>(deserializer: D, read: fn(&str) -> T) -> Result<Option<T>, D::Error> {
    of_any(deserializer, |it| match it {
        Scalar::Text(text) => Some(read(&text)),
        Scalar::Whole(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
    })
}

/// A text without blanks around it. Nearly always there are none, which the first and the last byte tell.
pub fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// A whole number, however it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Num(pub Option<i64>);

impl Num {
    /// As an id: 0 and below mean "unset".
    pub fn id(self) -> Option<i64> {
        self.0.filter(|it| *it > 0)
    }

    /// As an id of ours, for example `it.named(TicketId::of_number)`.
    pub fn named<T>(self, id: fn(u64) -> T) -> Option<T> {
        self.id().and_then(|it| u64::try_from(it).ok()).map(id)
    }

    /// As a count.
    pub fn count(self) -> u64 {
        self.0.and_then(|it| u64::try_from(it).ok()).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_any(deserializer, |it| match it {
            Scalar::Whole(number) => Self(Some(number)),
            Scalar::Float(float) => Self(whole(float)),
            Scalar::Text(text) => Self(of_digits(trimmed(&text))),
            Scalar::Bool(_) | Scalar::Null | Scalar::Other => Self(None),
        })
    }
}

fn of_digits(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
}

/// A float that stands for a whole number, up to 2^53, past which floats skip some.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
pub fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i64)
}

/// A text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Str(pub Option<String>);

impl Str {
    /// The text without blanks around it, where there is any.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().map(trimmed).filter(|it| !it.is_empty())
    }

    /// The text, or none of it.
    pub fn or_empty(&self) -> &str {
        self.get().unwrap_or_default()
    }

    /// The same as [`Str::get`], without a copy where there are no blanks around it.
    pub fn take(self) -> Option<String> {
        let text = self.0?;
        match trimmed(&text) {
            "" => None,
            trimmed if trimmed.len() == text.len() => Some(text),
            trimmed => Some(trimmed.to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Str {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_any(deserializer, |it| match it {
            Scalar::Text(text) => Self(Some(text.into_owned())),
            Scalar::Whole(number) => Self(Some(number.to_string())),
            Scalar::Float(float) => Self(Some(float.to_string())),
            Scalar::Bool(_) | Scalar::Null | Scalar::Other => Self(None),
        })
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
            ("18446744073709551615", None),
            ("99999999999999999999", None),
            ("\"12 or client_id=13\"", None),
            ("\"inf\"", None),
            ("null", None),
            ("true", None),
            ("[12,[1]]", None),
            ("{\"id\":12}", None),
        ];
        for (json, id) in cases {
            let num: Num = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(num.id(), id, "{json}");
            assert_eq!(num.named(|it| it), id.map(i64::unsigned_abs), "{json}");
        }
    }

    #[test]
    fn a_text_is_read_without_the_blanks_around_it() {
        let cases = [
            ("\"as it is\"", Some("as it is")),
            (r#"" a \"b\"\n""#, Some("a \"b\"")),
            ("7", Some("7")),
            ("7.5", Some("7.5")),
            ("\"  \"", None),
            ("true", None),
            ("[\"a\"]", None),
            ("null", None),
        ];
        for (json, text) in cases {
            let str: Str = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(str.get(), text, "{json}");
            assert_eq!(str.take().as_deref(), text, "{json}");
        }
    }

    #[test]
    fn only_a_text_says_something() {
        let length = |json: &str| {
            let mut json = serde_json::Deserializer::from_str(json);
            of_text(&mut json, str::len).expect("any value is accepted")
        };
        assert_eq!(
            (length("\"four\""), length("4"), length("[\"four\"]"), length("null")),
            (Some(4), None, None, None)
        );
    }
}
