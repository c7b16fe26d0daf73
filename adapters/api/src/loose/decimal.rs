//! Amounts, exact to the digit that the vendor wrote.

use super::Scalar;
use crate::domain::Decimal;
use serde::{Deserialize, Deserializer};

/// An amount, as a number or a text; anything else is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dec(pub Option<Decimal>);

impl Dec {
    /// Hours as whole minutes, from 0 to what fits.
    pub fn minutes(self) -> Option<u32> {
        u32::try_from(self.0?.checked_mul(Decimal::from(60))?.round()).ok()
    }
}

impl<'de> Deserialize<'de> for Dec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Scalar::deserialize(deserializer)? {
            Scalar::Whole(number) => Some(Decimal::from(number)),
            // The shortest text of a float is the one that was sent, as far as money goes.
            Scalar::Float(float) => float.to_string().parse().ok(),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Bool(_) | Scalar::Null | Scalar::Other => None,
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

    #[test]
    fn hours_are_minutes_and_never_less_than_none() {
        let minutes = |json: &str| serde_json::from_str::<Dec>(json).expect("accepted").minutes();
        assert_eq!((minutes("0.25"), minutes("1.333"), minutes("0.0001")), (Some(15), Some(80), Some(0)));
        assert_eq!((minutes("-1"), minutes("1e20"), minutes("null")), (None, None, None));
    }
}
