//! A tool's answer, before anybody knows its type: all that the redactor needs of it.

mod survey;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use survey::Survey;

/// Anything that serialises. Outside the redactor's lens that fails as soon as a classified value is met.
pub trait Answer: Send {
    /// The answer as JSON.
    fn json(&self) -> serde_json::Result<Box<RawValue>>;

    /// Serialises the answer to nowhere, so that the lens sees each value; an error past about `most` bytes.
    fn survey(&self, most: usize) -> serde_json::Result<()>;
}

impl<T: Serialize + Send> Answer for T {
    fn json(&self) -> serde_json::Result<Box<RawValue>> {
        to_raw_value(self)
    }

    fn survey(&self, most: usize) -> serde_json::Result<()> {
        self.serialize(&mut Survey { left: most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serializer;
    use serde_json::{Value, json};
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local!(static MET: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });

    /// Notes that it was met.
    struct Noted(u32);

    impl Serialize for Noted {
        fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
            MET.with_borrow_mut(|met| met.push(self.0));
            out.collect_str(&self.0)
        }
    }

    #[derive(Serialize)]
    enum Either {
        Tuple(Noted, Noted),
        Struct { a: Noted },
        New(Noted),
        Unit,
    }

    #[derive(Serialize)]
    struct Pair(Noted, u8);

    #[derive(Serialize)]
    struct Everything {
        list: Vec<Noted>,
        map: BTreeMap<String, Noted>,
        either: [Either; 4],
        maybe: (Option<Noted>, Option<Noted>),
        pair: Pair,
        #[serde(flatten)]
        flat: Flat,
        value: Value,
        letter: char,
        numbers: (i8, u64, f64, bool, ()),
    }

    #[derive(Serialize)]
    struct Flat {
        within: Noted,
    }

    fn everything() -> Everything {
        Everything {
            list: vec![Noted(1), Noted(2)],
            map: [("k".to_owned(), Noted(3))].into(),
            either: [
                Either::Tuple(Noted(4), Noted(5)),
                Either::Struct { a: Noted(6) },
                Either::New(Noted(7)),
                Either::Unit,
            ],
            maybe: (Some(Noted(8)), None),
            pair: Pair(Noted(9), 1),
            flat: Flat { within: Noted(10) },
            value: json!({ "a": [1, "b", null, { "c": 1.5 }] }),
            letter: 'x',
            numbers: (-1, 2, 0.5, true, ()),
        }
    }

    #[test]
    fn a_survey_meets_every_value_in_the_order_in_which_it_is_written() {
        let answer = everything();
        let written = answer.json().unwrap();
        let first = MET.take();
        answer.survey(10_000).unwrap();
        assert_eq!(MET.take(), first);
        assert_eq!(first, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert!(answer.survey(written.get().len() / 2).is_err());
    }

    #[test]
    fn a_survey_ends_where_an_answer_is_too_large() {
        assert!("x".repeat(100).survey(99).is_err());
        assert!(vec![1_u8; 100].survey(99).is_err());
        assert!("x".repeat(100).survey(102).is_ok());
    }
}
