//! A list as the vendor sends it: rows under the list's key, and how many there are in all. Read in one pass.

use super::Num;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The rows under a key, where the key is there, and the vendor's count.
pub(crate) type Keyed<R> = (Option<Vec<R>>, Option<i64>);

struct Key<'a, R>(&'a str, PhantomData<R>);

/// Reads an object's rows under this key, in any case.
pub(crate) fn keyed<R: DeserializeOwned>(body: &[u8], key: &str) -> serde_json::Result<Keyed<R>> {
    match std::str::from_utf8(body) {
        Ok(text) => whole(serde_json::Deserializer::from_str(text), key),
        Err(_) => whole(serde_json::Deserializer::from_slice(body), key),
    }
}

fn whole<'de, R: DeserializeOwned>(
    mut json: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    key: &str,
) -> serde_json::Result<Keyed<R>> {
    let found = Key(key, PhantomData).deserialize(&mut json)?;
    json.end().map(|()| found)
}

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for Key<'_, R> {
    type Value = Keyed<R>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Keyed<R>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for Key<'_, R> {
    type Value = Keyed<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Keyed<R>, A::Error> {
        let (mut rows, mut count) = (None, None);
        while let Some(name) = parts.next_key::<Cow<'de, str>>()? {
            if name.eq_ignore_ascii_case(self.0) {
                if rows.replace(parts.next_value::<Vec<R>>()?).is_some() {
                    return Err(A::Error::custom("the list is there twice"));
                }
            } else if name == "record_count" {
                count = parts.next_value::<Num>()?.0;
            } else {
                parts.next_value::<IgnoredAny>()?;
            }
        }
        Ok((rows, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_under_their_key_in_any_case_and_once() {
        let read =
            |body: &str| keyed::<Num>(body.as_bytes(), "tickets").ok().map(|(rows, of)| (rows.map(|it| it.len()), of));
        assert_eq!(read(r#"{"record_count":7,"Tickets":[1,2],"columns":[{}]}"#), Some((Some(2), Some(7))));
        assert_eq!(read(r#"{"tickets":[],"record_count":"many"}"#), Some((Some(0), None)));
        assert_eq!(read(r#"{"others":[1]}"#), Some((None, None)));
        for broken in
            ["", "[]", "null", r#"{"tickets":[1"#, r#"{"tickets":7}"#, r#"{"tickets":[],"TICKETS":[1]}"#, "{} x"]
        {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
