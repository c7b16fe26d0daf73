//! Amounts: the vendor counts in a currency's smallest unit, which is not a hundredth everywhere.

use postern_api::domain::{Currency, Decimal, Money};

/// Currencies without a smaller unit (docs.stripe.com/currencies). `ISK` and `UGX` have none either, but the vendor still
/// counts them in hundredths.
const WHOLE: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies whose smallest unit is a thousandth.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// How many places a currency has behind the point.
fn places(currency: Currency) -> u32 {
    if WHOLE.contains(&currency.as_str()) {
        0
    } else if THOUSANDTHS.contains(&currency.as_str()) {
        3
    } else {
        2
    }
}

/// What the vendor counted, in our words; `None` where the currency is none.
pub(crate) fn money(minor: i64, currency: &str) -> Option<Money> {
    let currency = Currency::new(currency)?;
    Some(Money::new(Decimal::try_new(minor, places(currency)).ok()?, currency))
}

/// An amount as the vendor counts it; `None` where it has more places than the currency, or is too much.
pub(crate) fn minor(money: Money) -> Option<i64> {
    let factor = Decimal::from(10_i64.checked_pow(places(money.currency))?);
    let counted = money.amount.checked_mul(factor)?;
    if counted.is_integer() { i64::try_from(counted).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_counted_in_its_own_smallest_unit_there_and_back() {
        let cases = [
            (84_950, "eur", "849.50 EUR"),
            (500, "jpy", "500 JPY"),
            (1_500, "kwd", "1.500 KWD"),
            (500, "ugx", "5.00 UGX"),
            (-1, "usd", "-0.01 USD"),
            (0, "usd", "0.00 USD"),
        ];
        for (counted, currency, written) in cases {
            let amount = money(counted, currency).expect("a currency");
            assert_eq!(amount.to_string(), written);
            assert_eq!(minor(amount), Some(counted), "{written}");
        }
    }

    #[test]
    fn what_has_no_smallest_unit_is_no_amount() {
        assert_eq!(money(1, "euro"), None);
        let amount = |text: &str, currency: &str| {
            Money::new(text.parse().expect("a decimal"), Currency::new(currency).expect("a currency"))
        };
        for (text, currency) in [("0.001", "EUR"), ("0.5", "JPY"), ("0.0001", "KWD"), ("99999999999999999999", "EUR")] {
            assert_eq!(minor(amount(text, currency)), None, "{text} {currency}");
        }
    }
}
