//! A list as the vendor sends it: rows under the list's name and, mostly, `meta` with the number of pages.

use super::Num;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// One page of a list.
#[derive(Debug)]
pub(crate) struct List<R> {
    pub(crate) rows: Vec<R>,
    /// How many pages there are, where the vendor says so.
    pub(crate) pages: Option<u32>,
}

/// Reads a list whose rows stand under this name.
pub(crate) struct Named<'a, R>(&'a str, PhantomData<R>);

impl<R: DeserializeOwned> List<R> {
    /// From a body.
    pub(crate) fn read(body: &[u8], name: &str) -> serde_json::Result<Self> {
        // A text that is checked as a whole is read faster than one that is checked piece by piece.
        match std::str::from_utf8(body) {
            Ok(text) => Self::whole(serde_json::Deserializer::from_str(text), name),
            Err(_) => Self::whole(serde_json::Deserializer::from_slice(body), name),
        }
    }

    fn whole<'de>(
        mut json: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
        name: &str,
    ) -> serde_json::Result<Self> {
        let list = Named(name, PhantomData).deserialize(&mut json)?;
        json.end().map(|()| list)
    }
}

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for Named<'_, R> {
    type Value = List<R>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<List<R>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for Named<'_, R> {
    type Value = List<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<List<R>, A::Error> {
        #[derive(serde::Deserialize)]
        struct Meta {
            #[serde(default)]
            total_pages: Num,
        }
        let (mut rows, mut pages) = (None, None);
        while let Some(name) = parts.next_key::<std::borrow::Cow<'de, str>>()? {
            if *name == *self.0 {
                if rows.replace(parts.next_value::<Vec<R>>()?).is_some() {
                    return Err(A::Error::custom("the list is there twice"));
                }
            } else if name == "meta" {
                let meta = parts.next_value::<super::Maybe<Meta>>()?.0;
                pages = meta.and_then(|it| it.total_pages.0).map(|it| u32::try_from(it).unwrap_or(u32::MAX));
            } else {
                parts.next_value::<IgnoredAny>()?;
            }
        }
        let rows = rows.ok_or_else(|| A::Error::custom("no list"))?;
        Ok(List { rows, pages })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<(usize, Option<u32>)> {
        List::<Num>::read(body.as_bytes(), "tickets").ok().map(|it| (it.rows.len(), it.pages))
    }

    #[test]
    fn the_list_is_found_wherever_it_stands_and_meta_may_be_missing_or_odd() {
        assert_eq!(read(r#"{"tickets":[1,2],"meta":{"total_pages":3,"page":1}}"#), Some((2, Some(3))));
        assert_eq!(read(r#"{"meta":{"total_pages":"3"},"x":{"tickets":[9]},"tickets":[]}"#), Some((0, Some(3))));
        assert_eq!(read(r#"{"tickets":[1]}"#), Some((1, None)));
        assert_eq!(read(r#"{"tickets":[1],"meta":null}"#), Some((1, None)));
        assert_eq!(read(r#"{"tickets":[1],"meta":{"total_pages":-5}}"#), Some((1, Some(u32::MAX))));
        for wrong in
            ["[1]", "{}", r#"{"tickets":{}}"#, r#"{"tickets":[1],"tickets":[2]}"#, r#"{"tickets":[1]} x"#, "null"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
