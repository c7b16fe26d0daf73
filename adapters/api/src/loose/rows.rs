//! Lists, row by row: each row is handed on as it is read, so that a list costs one row at a time, however long it is.

use crate::error::{Error, Result};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What is done with each row. An error ends the reading, and is what the reading answers.
pub type Take<'t, R> = &'t mut (dyn FnMut(R) -> Result<()> + Send);

/// The numbers that came, smallest first.
#[derive(Debug, Clone, Default)]
pub struct Seen(Vec<i64>);

impl Seen {
    /// Notes a number; whether it was not there before.
    pub fn insert(&mut self, id: i64) -> bool {
        // Most lists come in order.
        if self.0.last().is_none_or(|last| *last < id) {
            self.0.push(id);
            return true;
        }
        let place = self.0.binary_search(&id);
        place.map_err(|place| self.0.insert(place, id)).is_err()
    }

    /// Whether a number came.
    pub fn contains(&self, id: i64) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// Notes those of another one too.
    pub fn absorb(&mut self, other: Self) {
        if self.0.is_empty() {
            self.0 = other.0;
        } else {
            for id in other.0 {
                self.insert(id);
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none came.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, smallest first.
    pub fn as_slice(&self) -> &[i64] {
        &self.0
    }

    /// The greatest.
    pub fn last(&self) -> Option<i64> {
        self.0.last().copied()
    }
}

/// Reads a bare array and returns how many rows it had.
///
/// # Errors
/// `BadReply` for anything else, and what `take` answers.
pub fn array<'a, R: Deserialize<'a>>(body: &'a [u8], take: Take<'_, R>) -> Result<usize> {
    let mut rows = Rows { take, failed: None, row: PhantomData };
    let read = match std::str::from_utf8(body) {
        Ok(text) => whole(serde_json::Deserializer::from_str(text), &mut rows),
        Err(_) => whole(serde_json::Deserializer::from_slice(body), &mut rows),
    };
    rows.failed.map_or_else(|| read.map_err(broken), Err)
}

/// Reads an object with rows under `name`, in any case, and returns how many there were, and what stands under `beside`.
/// `None`: there is no such name.
///
/// # Errors
/// `BadReply` for anything else, for a name that is there twice, and what `take` answers.
pub fn keyed<'a, R: Deserialize<'a>, B: Deserialize<'a>>(
    body: &'a [u8],
    (name, beside): (&str, &str),
    take: Take<'_, R>,
) -> Result<(Option<usize>, Option<B>)> {
    let mut rows = Rows { take, failed: None, row: PhantomData };
    let keyed = Keyed { name, beside, rows: &mut rows, found: PhantomData };
    let read = match std::str::from_utf8(body) {
        Ok(text) => whole(serde_json::Deserializer::from_str(text), keyed),
        Err(_) => whole(serde_json::Deserializer::from_slice(body), keyed),
    };
    rows.failed.map_or_else(|| read.map_err(broken), Err)
}

/// Where JSON is broken, without a word of it.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
pub fn broken(e: serde_json::Error) -> Error {
    Error::bad_reply(format!("json at line {} column {}", e.line(), e.column()))
}

/// One value and nothing after it.
fn whole<'de, S: DeserializeSeed<'de>>(
    mut json: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    seed: S,
) -> serde_json::Result<S::Value> {
    let read = seed.deserialize(&mut json)?;
    json.end().map(|()| read)
}

struct Rows<'t, R> {
    take: Take<'t, R>,
    failed: Option<Error>,
    row: PhantomData<R>,
}

impl<'de, R: Deserialize<'de>> DeserializeSeed<'de> for &mut Rows<'_, R> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: Deserialize<'de>> Visitor<'de> for &mut Rows<'_, R> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<usize, A::Error> {
        let mut rows = 0;
        while let Some(row) = parts.next_element()? {
            rows += 1;
            if let Err(e) = (self.take)(row) {
                self.failed = Some(e);
                return Err(A::Error::custom("not taken"));
            }
        }
        Ok(rows)
    }
}

struct Keyed<'k, 't, R, B> {
    name: &'k str,
    beside: &'k str,
    rows: &'k mut Rows<'t, R>,
    found: PhantomData<B>,
}

impl<'de, R: Deserialize<'de>, B: Deserialize<'de>> DeserializeSeed<'de> for Keyed<'_, '_, R, B> {
    type Value = (Option<usize>, Option<B>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: Deserialize<'de>, B: Deserialize<'de>> Visitor<'de> for Keyed<'_, '_, R, B> {
    type Value = (Option<usize>, Option<B>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let (mut rows, mut beside) = (None, None);
        while let Some(name) = parts.next_key::<Cow<'de, str>>()? {
            if name.eq_ignore_ascii_case(self.name) {
                if rows.is_some() {
                    return Err(A::Error::custom("the list is there twice"));
                }
                rows = Some(parts.next_value_seed(&mut *self.rows)?);
            } else if name == self.beside {
                beside = Some(parts.next_value()?);
            } else {
                parts.next_value::<IgnoredAny>()?;
            }
        }
        Ok((rows, beside))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Num;
    use super::*;

    fn read(body: &str) -> Result<(Vec<Option<i64>>, Option<usize>, Option<Num>)> {
        let mut rows = Vec::new();
        let take: Take<'_, Num> = &mut |row: Num| {
            rows.push(row.0);
            Ok(())
        };
        let (found, count) = keyed(body.as_bytes(), ("tickets", "record_count"), take)?;
        Ok((rows, found, count))
    }

    #[test]
    fn rows_are_under_their_name_in_any_case_and_once() {
        let found = |body| read(body).ok();
        assert_eq!(
            found(r#"{"record_count":7,"Tickets":[1,"2"],"columns":[{}]}"#),
            Some((vec![Some(1), Some(2)], Some(2), Some(Num(Some(7)))))
        );
        assert_eq!(
            found(r#"{"x":{"tickets":[9]},"tickets":[],"record_count":"many"}"#),
            Some((vec![], Some(0), Some(Num(None))))
        );
        assert_eq!(found(r#"{"others":[1]}"#), Some((vec![], None, None)));
        for wrong in
            ["", "[]", "null", r#"{"tickets":[1"#, r#"{"tickets":7}"#, r#"{"tickets":[],"TICKETS":[1]}"#, "{} x"]
        {
            assert_eq!(found(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_array_is_read_to_its_end_and_nothing_may_follow() {
        let sum = |body: &[u8]| {
            let mut sum = 0;
            let rows = array(body, &mut |row: Num| {
                sum += row.0.unwrap_or_default();
                Ok(())
            })?;
            Ok::<_, Error>((rows, sum))
        };
        assert_eq!(sum(b"[1,2,3]").ok(), Some((3, 6)));
        assert_eq!(sum(b" [] ").ok(), Some((0, 0)));
        for wrong in [&b"[1,2"[..], b"{}", b"7", b"[1] [2]", b"", b"\xff", b"[\"\xff\"]"] {
            assert!(sum(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_done_with_a_row_may_end_the_reading_with_its_own_error() {
        let mut rows = 0;
        let ended = array(b"[1,2,3", &mut |_: Num| {
            rows += 1;
            if rows < 2 { Ok(()) } else { Err(Error::not_found("ticket")) }
        });
        assert_eq!(ended.expect_err("it ended").kind(), crate::ErrorKind::NotFound);
        assert_eq!(rows, 2);
    }

    #[test]
    fn a_number_is_new_once_in_any_order() {
        let mut seen = Seen::default();
        assert!(seen.is_empty());
        let new: Vec<bool> = [3, 1, 2, 3, 9, 1, 9].map(|it| seen.insert(it)).to_vec();
        assert_eq!(new, [true, true, true, false, true, false, false]);
        assert_eq!((seen.len(), seen.last()), (4, Some(9)));
        let mut other = Seen::default();
        other.absorb(seen);
        assert!(other.contains(2) && !other.contains(4));
        other.insert(4);
        let mut both = Seen::default();
        both.insert(5);
        both.absorb(other);
        assert_eq!(both.as_slice(), [1, 2, 3, 4, 5, 9]);
    }
}
