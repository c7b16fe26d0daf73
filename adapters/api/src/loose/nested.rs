//! Objects inside of rows.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// An object; what is no object is none.
#[derive(Debug, Clone)]
pub struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// An object; what is no object is an empty one.
#[derive(Debug, Clone, Default)]
pub struct Inner<T>(pub T);

impl<T> std::ops::Deref for Inner<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

struct Part<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Part<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(parts)).map(Some)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Option<T>, A::Error> {
        while parts.next_element::<IgnoredAny>()?.is_some() {}
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Part(PhantomData)).map(Self)
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Inner<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Part(PhantomData)).map(|it| Self(it.unwrap_or_default()))
    }
}

/// A list; what is no list is none. A part that `T` does not take makes the whole answer unreadable: give it a `T` that takes
/// anything.
#[derive(Debug, Clone)]
pub struct List<T>(pub Option<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

struct Parts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Option<Vec<T>>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = parts.next_element()? {
            rows.push(row);
        }
        Ok(Some(rows))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Option<Vec<T>>, A::Error> {
        while parts.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Option<Vec<T>>, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Option<Vec<T>>, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Option<Vec<T>>, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Option<Vec<T>>, E> {
        Ok(None)
    }
    fn visit_str<E>(self, _: &str) -> Result<Option<Vec<T>>, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Option<Vec<T>>, E> {
        Ok(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts(PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Num;
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default)]
    struct Id {
        id: Num,
    }

    #[test]
    fn an_object_or_a_list_of_another_kind_is_not_there() {
        for json in ["null", "7", "\"x\"", "[1,{\"id\":1}]", "true", "-1", "1.5"] {
            assert!(serde_json::from_str::<Maybe<Id>>(json).expect("accepted").0.is_none(), "{json}");
            assert_eq!(serde_json::from_str::<Inner<Id>>(json).expect("accepted").id.id(), None, "{json}");
        }
        for json in ["null", "7", "\"x\"", "{\"id\":[1]}", "true", "-1", "1.5"] {
            assert!(serde_json::from_str::<List<Num>>(json).expect("accepted").0.is_none(), "{json}");
        }
        let there = "{\"id\":7,\"x\":{}}";
        assert_eq!(serde_json::from_str::<Inner<Id>>(there).expect("accepted").id.id(), Some(7));
        assert!(serde_json::from_str::<Maybe<Id>>(there).expect("accepted").0.is_some());
        let rows = serde_json::from_str::<List<Maybe<Id>>>("[{\"id\":1},7,null,[]]").expect("accepted").0;
        assert_eq!(rows.map(|it| it.iter().map(|it| it.0.is_some()).collect()), Some(vec![true, false, false, false]));
    }
}
