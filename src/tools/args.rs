//! Argument types: each refuses what its JSON Schema refuses, with words that tell the model what to correct.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::borrow::Cow;

fn has_ink(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace())
}

/// One line of text: 1 to `MAX` characters, no control characters, not only white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<const MAX: usize>(String);

/// Text of several lines: 1 to `MAX` characters, not only white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prose<const MAX: usize>(String);

/// A whole number from `MIN` to `MAX`, `DEFAULT` where the argument is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const DEFAULT: u32, const MIN: u32, const MAX: u32>(u32);

/// An e-mail address (RFC 5321 dot-string, ASCII), held in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl<const MAX: usize> Line<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Prose<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const DEFAULT: u32, const MIN: u32, const MAX: u32> Count<DEFAULT, MIN, MAX> {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const DEFAULT: u32, const MIN: u32, const MAX: u32> Default for Count<DEFAULT, MIN, MAX> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl EmailAddress {
    /// The address, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Line<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        if length > MAX || !has_ink(&text) || text.chars().any(char::is_control) {
            return Err(D::Error::custom(format!("expected one line of 1 to {MAX} characters, got {length}")));
        }
        Ok(Self(text))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Prose<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        if length > MAX || !has_ink(&text) {
            return Err(D::Error::custom(format!("expected 1 to {MAX} characters, got {length}")));
        }
        Ok(Self(text))
    }
}

impl<'de, const DEFAULT: u32, const MIN: u32, const MAX: u32> Deserialize<'de> for Count<DEFAULT, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)
            .map_err(|_| D::Error::custom(format!("expected a whole number from {MIN} to {MAX}")))?;
        match u32::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            Ok(_) | Err(_) => {
                Err(D::Error::custom(format!("expected a whole number from {MIN} to {MAX}, got {number}")))
            }
        }
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_ascii_lowercase();
        let local_ok = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let valid = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, domain)| {
                (1..=64).contains(&local.len())
                    && local.split('.').all(|part| !part.is_empty() && part.chars().all(local_ok))
                    && domain.contains('.')
                    && domain.split('.').all(label_ok)
            });
        if valid {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("expected an e-mail address such as `jane@acme.example`"))
        }
    }
}

impl<const MAX: usize> JsonSchema for Line<MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Line{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = r"^[^\u0000-\u001f\u007f-\u009f]*\S[^\u0000-\u001f\u007f-\u009f]*$";
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX, "pattern": pattern })
    }
}

impl<const MAX: usize> JsonSchema for Prose<MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Prose{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX, "pattern": r"\S" })
    }
}

impl<const DEFAULT: u32, const MIN: u32, const MAX: u32> JsonSchema for Count<DEFAULT, MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Count{DEFAULT}From{MIN}To{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX, "default": DEFAULT })
    }
}

impl<const DEFAULT: u32, const MIN: u32, const MAX: u32> serde::Serialize for Count<DEFAULT, MIN, MAX> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl JsonSchema for EmailAddress {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "minLength": 6, "maxLength": 254 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn agrees<T: JsonSchema + serde::de::DeserializeOwned>(samples: &[(Value, bool)]) {
        let schema = schemars::schema_for!(T);
        let validator = jsonschema::validator_for(schema.as_value()).expect("a valid schema");
        for (sample, good) in samples {
            assert_eq!(serde_json::from_value::<T>(sample.clone()).is_ok(), *good, "the type on {sample}");
            assert_eq!(validator.is_valid(sample), *good, "the schema on {sample}");
        }
    }

    #[test]
    fn the_type_and_its_schema_refuse_the_same() {
        agrees::<Line<5>>(&[
            (json!("abc"), true),
            (json!("ünïcø"), true),
            (json!("abcdef"), false),
            (json!(""), false),
            (json!("   "), false),
            (json!("a\nb"), false),
            (json!(7), false),
        ]);
        agrees::<Prose<5>>(&[(json!("a\nb"), true), (json!("\n"), false), (json!(["a"]), false)]);
        agrees::<Count<20, 1, 50>>(&[
            (json!(1), true),
            (json!(50), true),
            (json!(0), false),
            (json!(51), false),
            (json!(-1), false),
            (json!("20"), false),
            (json!(1e300), false),
        ]);
    }

    #[test]
    fn an_email_address_is_ascii_with_a_dotted_domain_and_is_held_in_lower_case() {
        let parse = |text: &str| serde_json::from_value::<EmailAddress>(json!(text));
        assert_eq!(parse("Jane.Doe@Acme.Example").expect("an address").as_str(), "jane.doe@acme.example");
        for bad in [
            "jane",
            "jane@",
            "@acme.example",
            "a@b",
            "a b@c.de",
            "a@b..c",
            "a@-b.c",
            "a@b.c\r\nBcc: x@y.z",
            "a@ácme.example",
            "a@b@c.de",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
