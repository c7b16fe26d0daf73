//! What this vendor writes in its own way: flags whose absence says something, lists with other things in them, custom fields.

use postern_api::loose::{Inner, List, Scalar, whole};
use serde::de::{Deserialize, Deserializer};

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
    fn of(scalar: &Scalar<'_>) -> Self {
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

/// Objects in a list; what is no object is an empty one, and what is no list has none.
#[derive(Debug)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = List::<Inner<T>>::deserialize(deserializer)?.0.unwrap_or_default();
        Ok(Self(rows.into_iter().map(|it| it.0).collect()))
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
    fn what_is_no_object_in_a_list_is_an_empty_one() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Id {
            id: postern_api::loose::Num,
        }
        for (json, ids) in [
            ("[{\"id\":1},7,null,[]]", vec![Some(1), None, None, None]),
            ("null", vec![]),
            ("{\"id\":1}", vec![]),
            ("\"x\"", vec![]),
        ] {
            let rows: Many<Id> = serde_json::from_str(json).expect("accepted");
            assert_eq!(rows.0.iter().map(|it| it.id.id()).collect::<Vec<_>>(), ids, "{json}");
        }
    }
}
