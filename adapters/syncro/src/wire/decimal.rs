//! Amounts, exact to the digit that the vendor wrote.

use super::loose::Scalar;
use postern_api::domain::Decimal;
use serde::{Deserialize, Deserializer};

/// An amount, as a number or a text; anything else is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dec(pub(crate) Option<Decimal>);

impl<'de> Deserialize<'de> for Dec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Whole(number) => Some(Decimal::from(number)),
            // The shortest text of a float is the one that was sent, as far as money goes.
            Scalar::Broken(float) => float.to_string().parse().ok(),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Bool(_) | Scalar::Other => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_nonsense_is_none() {
        let cases = [
            ("119", Some("119")),
            ("119.10", Some("119.1")),
            ("0.1", Some("0.1")),
            ("\"64.99\"", Some("64.99")),
            ("-5.5", Some("-5.5")),
            ("1e300", None),
            ("\"12 EUR\"", None),
            ("\"\"", None),
            ("true", None),
            ("[1]", None),
            ("{\"amount\":1}", None),
            ("null", None),
        ];
        for (json, expected) in cases {
            let amount: Dec = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(amount.0, expected.map(|it| it.parse().expect("an amount")), "{json}");
        }
    }
}
