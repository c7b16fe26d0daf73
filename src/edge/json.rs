//! JSON as a security boundary reads it: one meaning only.
//!
//! **Invariant:** a document that passed has no repeated key at any depth, so that no two parsers can disagree on it.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// The largest integer that every JSON reader keeps exactly (2^53 - 1, RFC 8259 section 6).
const EXACT: u64 = (1 << 53) - 1;
/// Up to this many keys a linear search is faster than hashing.
const FEW: usize = 16;

/// Parses a document and refuses repeated keys and nesting deeper than `depth`.
pub(crate) fn parse(bytes: &[u8], depth: usize) -> Result<Value, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = Build { depth }.deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

/// Reads a document through without keeping it: refuses repeated keys, nesting deeper than `depth`, and numbers that
/// not every reader keeps exactly.
pub(crate) fn check(bytes: &[u8], depth: usize) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Scan { depth }.deserialize(&mut json)?;
    json.end()
}

fn deeper<E: serde::de::Error>(depth: usize) -> Result<usize, E> {
    depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))
}

#[derive(Clone, Copy)]
struct Build {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Build {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Build {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(it.into())
    }
    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(it.into())
    }
    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(it.into())
    }
    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(it.into())
    }
    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(it.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = Build { depth: deeper(self.depth)? };
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = Build { depth: deeper(self.depth)? };
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("repeated key"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[derive(Clone, Copy)]
struct Scan {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Scan {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: serde::de::Error>(self, it: u64) -> Result<(), E> {
        if it > EXACT { Err(E::custom("number too large to be exact")) } else { Ok(()) }
    }
    fn visit_i64<E: serde::de::Error>(self, it: i64) -> Result<(), E> {
        self.visit_u64(it.unsigned_abs())
    }
    fn visit_f64<E: serde::de::Error>(self, it: f64) -> Result<(), E> {
        if it.abs() > EXACT as f64 { Err(E::custom("number too large to be exact")) } else { Ok(()) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = Scan { depth: deeper(self.depth)? };
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = Scan { depth: deeper(self.depth)? };
        let mut seen = Seen::default();
        while let Some(key) = map.next_key_seed(Key)? {
            if !seen.insert(key) {
                return Err(A::Error::custom("repeated key"));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// The keys of one object so far.
#[derive(Default)]
struct Seen<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

impl<'de> Seen<'de> {
    fn insert(&mut self, key: Cow<'de, str>) -> bool {
        if self.many.is_empty() {
            if self.few.contains(&key) {
                return false;
            }
            if self.few.len() < FEW {
                self.few.push(key);
                return true;
            }
            self.many.extend(self.few.drain(..));
        }
        self.many.insert(key)
    }
}

/// A key, borrowed from the document where it holds no escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, it: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(it))
    }
    fn visit_str<E>(self, it: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(it.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_is_refused_at_every_depth_and_in_every_spelling() {
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"x":{"a":1,"b":2,"a":1}}"#,
            r#"[[{"a":{"b":1,"b":1}}]]"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"":1,"":2}"#,
        ] {
            assert!(parse(bad.as_bytes(), 16).is_err(), "{bad}");
            assert!(check(bad.as_bytes(), 16).is_err(), "{bad}");
        }
        let good = r#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#;
        assert!(parse(good.as_bytes(), 16).is_ok());
        assert!(check(good.as_bytes(), 16).is_ok());
    }

    #[test]
    fn a_repeated_key_is_found_among_many() {
        let mut keys: Vec<String> = (0..200).map(|i| format!("\"k{i}\":{i}")).collect();
        assert!(check(format!("{{{}}}", keys.join(",")).as_bytes(), 4).is_ok());
        keys.push("\"k3\":0".into());
        assert!(check(format!("{{{}}}", keys.join(",")).as_bytes(), 4).is_err());
    }

    #[test]
    fn nesting_and_inexact_numbers_are_bounded() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(check(nested(64).as_bytes(), 64).is_ok());
        assert!(check(nested(65).as_bytes(), 64).is_err());
        assert!(check(nested(10_000).as_bytes(), 64).is_err());
        assert!(check(b"9007199254740991", 1).is_ok());
        for wide in ["9007199254740992", "-9007199254740992", "18446744073709551616", "1e300"] {
            assert!(check(wide.as_bytes(), 1).is_err(), "{wide}");
        }
    }

    #[test]
    fn only_whole_utf8_documents_are_read() {
        for bad in [&b"\xef\xbb\xbf{}"[..], b"\xff\xfe{\0}\0", b"{} {}", b"{", b"", b"{\"a\":\"\xff\"}"] {
            assert!(check(bad, 8).is_err(), "{bad:?}");
            assert!(parse(bad, 8).is_err(), "{bad:?}");
        }
    }
}
