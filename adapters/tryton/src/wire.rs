//! Tryton's vocabulary: values with a `__class__`, records as they are read, and the domains that ask for them.
//!
//! **Invariant:** a domain is made of our own words and of whole numbers alone. What a caller wrote is a number or asks for nothing.

use jiff::civil::Date;
use postern_api::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// An exact amount: `{"__class__": "Decimal", "decimal": "312.50"}`. A float is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dec(pub(crate) Option<Decimal>);

/// A day: `{"__class__": "date", "year": .., "month": .., "day": ..}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) Option<Date>);

impl<'de> Deserialize<'de> for Dec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.get("decimal").and_then(Value::as_str).filter(|_| class(&value) == Some("Decimal"));
        Ok(Self(text.and_then(|it| it.parse().or_else(|_| Decimal::from_scientific(it)).ok())))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let part = |name: &str| value.get(name).and_then(Value::as_i64);
        let day = || {
            let (year, month) = (i16::try_from(part("year")?).ok()?, i8::try_from(part("month")?).ok()?);
            Date::new(year, month, i8::try_from(part("day")?).ok()?).ok()
        };
        Ok(Self(if class(&value) == Some("date") { day() } else { None }))
    }
}

fn class(value: &Value) -> Option<&str> {
    value.get("__class__").and_then(Value::as_str)
}

/// What is wanted of a currency with a record.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct CurrencyRow {
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) digits: Option<u32>,
}

/// An invoice, as far as it is read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct InvoiceRow {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) number: Option<String>,
    #[serde(default)]
    pub(crate) state: Option<String>,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) invoice_date: Day,
    #[serde(default)]
    pub(crate) total_amount: Dec,
    #[serde(default)]
    pub(crate) amount_to_pay: Dec,
    #[serde(default, rename = "currency.")]
    pub(crate) currency: Option<CurrencyRow>,
    #[serde(default)]
    pub(crate) party: Option<i64>,
    #[serde(default)]
    pub(crate) company: Option<i64>,
    #[serde(default)]
    pub(crate) comment: Option<String>,
    #[serde(default)]
    pub(crate) lines_to_pay: Vec<i64>,
    #[serde(default, rename = "move")]
    pub(crate) booking: Option<i64>,
}

pub(crate) const INVOICE: &[&str] = &[
    "number",
    "state",
    "type",
    "invoice_date",
    "total_amount",
    "amount_to_pay",
    "currency.code",
    "currency.digits",
    "party",
    "company",
    "comment",
    "lines_to_pay",
    "move",
];

/// A line of an invoice.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LineRow {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) invoice: Option<i64>,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) amount: Dec,
}

pub(crate) const LINE: &[&str] = &["invoice", "type", "description", "amount"];

/// What is to be paid of an invoice by a day.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TermRow {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) maturity_date: Day,
    #[serde(default)]
    pub(crate) reconciliation: Option<i64>,
}

pub(crate) const TERM: &[&str] = &["maturity_date", "reconciliation"];

/// The booking behind a payment's line.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BookedRow {
    #[serde(default, rename = "move")]
    pub(crate) booking: Option<i64>,
}

/// How a payment is made.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct JournalRow {
    #[serde(default)]
    pub(crate) process_method: Option<String>,
}

/// A payment of the module `account_payment`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PaymentRow {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) state: Option<String>,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) amount: Dec,
    #[serde(default)]
    pub(crate) date: Day,
    #[serde(default, rename = "currency.")]
    pub(crate) currency: Option<CurrencyRow>,
    #[serde(default)]
    pub(crate) party: Option<i64>,
    #[serde(default)]
    pub(crate) company: Option<i64>,
    #[serde(default, rename = "line.")]
    pub(crate) line: Option<BookedRow>,
    #[serde(default, rename = "journal.")]
    pub(crate) journal: Option<JournalRow>,
}

pub(crate) const PAYMENT: &[&str] = &[
    "state",
    "kind",
    "amount",
    "date",
    "currency.code",
    "currency.digits",
    "party",
    "company",
    "line.move",
    "journal.process_method",
];

/// A company, for the probe.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct IdRow {
    pub(crate) id: i64,
}

/// What is asked for: clauses that all hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domain(Vec<Value>);

impl Domain {
    /// A field is this number.
    #[must_use]
    pub(crate) fn is(mut self, field: &'static str, number: i64) -> Self {
        self.0.push(json!([field, "=", number]));
        self
    }

    /// A field is one of these numbers.
    #[must_use]
    pub(crate) fn among(mut self, field: &'static str, numbers: &[i64]) -> Self {
        self.0.push(json!([field, "in", numbers]));
        self
    }

    /// A field is one of our words.
    #[must_use]
    pub(crate) fn words(mut self, field: &'static str, words: &[&'static str]) -> Self {
        self.0.push(json!([field, "in", words]));
        self
    }

    /// A field is none of our words.
    #[must_use]
    pub(crate) fn not_words(mut self, field: &'static str, words: &[&'static str]) -> Self {
        self.0.push(json!([field, "not in", words]));
        self
    }

    /// As it goes over the wire.
    pub(crate) fn value(&self) -> Value {
        Value::Array(self.0.clone())
    }
}

/// A record's number, as callers and the identity map write it: digits alone, without a sign or a zero before.
pub(crate) fn number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_only_their_class_is_one() {
        for (json, expected) in [
            (r#"{"__class__":"Decimal","decimal":"312.50"}"#, Some("312.50")),
            (r#"{"__class__":"Decimal","decimal":"-0.01"}"#, Some("-0.01")),
            (r#"{"__class__":"Decimal","decimal":"1E+2"}"#, Some("100")),
            (r#"{"__class__":"Decimal","decimal":"0E-10"}"#, Some("0")),
            (r#"{"__class__":"Decimal","decimal":"NaN"}"#, None),
            (r#"{"__class__":"Decimal","decimal":312.5}"#, None),
            (r#"{"__class__":"Other","decimal":"1"}"#, None),
            (r#"{"decimal":"1"}"#, None),
            ("312.5", None),
            ("\"312.5\"", None),
            ("null", None),
        ] {
            let amount: Dec = serde_json::from_str(json).expect("any value is accepted");
            assert_eq!(amount.0, expected.map(|it| it.parse::<Decimal>().expect("an amount")), "{json}");
        }
    }

    #[test]
    fn days_are_days_and_nonsense_is_none() {
        let day = |json: &str| serde_json::from_str::<Day>(json).expect("any value is accepted").0;
        let good = day(r#"{"__class__":"date","year":2026,"month":11,"day":21}"#);
        assert_eq!(good.map(|it| it.to_string()).as_deref(), Some("2026-11-21"));
        for bad in [
            "null",
            "\"2026-11-21\"",
            r#"{"year":2026,"month":11,"day":21}"#,
            r#"{"__class__":"date","year":2026,"month":13,"day":1}"#,
            r#"{"__class__":"date","year":99999,"month":1,"day":1}"#,
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }

    #[test]
    fn b16_what_is_not_a_plain_number_names_no_record() {
        assert_eq!(number("42"), Some(42));
        let odd = ["", "0", "-1", "+1", "01", " 1", "1.0", "1e3", "1]]", "1\", \"or\"", "x", "9223372036854775808"];
        for bad in odd {
            assert_eq!(number(bad), None, "{bad}");
        }
        let domain = Domain::default().is("party", 2).words("state", &["posted"]).value();
        assert_eq!(domain.to_string(), r#"[["party","=",2],["state","in",["posted"]]]"#);
    }
}
