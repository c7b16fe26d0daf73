//! Money: an exact decimal with its currency.

use jiff::civil::Date;
pub use rust_decimal::Decimal;

/// A currency of ISO 4217, by its three letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// No currency at all, for which ISO 4217 has a code of its own.
    pub const NONE: Self = Self([b'X'; 3]);

    /// Three ASCII letters, any case; nothing else is a currency.
    pub fn new(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Self(letters.map(|it| it.to_ascii_uppercase())))
    }

    /// The three letters, upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount. Two of different currencies are never equal and never added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// How much, in the currency's main unit.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// An amount of a currency.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.amount, self.currency.as_str())
    }
}

/// A span of days; either end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters_and_nothing_else() {
        assert_eq!(Currency::new("eur").map(|it| it.as_str().to_owned()).as_deref(), Some("EUR"));
        for bad in ["", "EU", "EURO", "E1R", "€"] {
            assert!(Currency::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_exact_and_say_their_currency() {
        let euro = Currency::new("EUR").expect("a currency");
        let sum = Decimal::new(1, 1) + Decimal::new(2, 1);
        assert_eq!(Money::new(sum, euro), Money::new(Decimal::new(3, 1), euro));
        assert_ne!(Money::new(sum, euro), Money::new(sum, Currency::new("CHF").expect("a currency")));
        assert_eq!(Money::new(Decimal::new(11_900, 2), euro).to_string(), "119.00 EUR");
    }
}
