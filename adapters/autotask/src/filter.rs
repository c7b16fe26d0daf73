//! The vendor's query language, built from types. **Invariant:** fields and operators are names of this crate's own; what a
//! caller wrote can only be a value, which `serde_json` writes as one JSON string.

use crate::wire::written;
use jiff::Timestamp;
use serde::Serialize;

/// A condition on rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Filter {
    /// A field compared with a value.
    Test { op: Op, field: &'static str, value: Value },
    /// Several conditions.
    Group { op: Join, items: Vec<Filter> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Op {
    Eq,
    Gt,
    Gte,
    Contains,
    In,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Join {
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Number(i64),
    Flag(bool),
    Text(String),
    Numbers(Vec<i64>),
}

/// How many numbers an `in` may have: the vendor takes 500 conditions at most.
pub(crate) const MANY: usize = 200;

impl Filter {
    fn test(op: Op, field: &'static str, value: Value) -> Self {
        Self::Test { op, field, value }
    }

    /// Every row: the vendor insists on a filter.
    pub(crate) fn all() -> Self {
        Self::test(Op::Gt, "id", Value::Number(0))
    }

    pub(crate) fn number(field: &'static str, value: i64) -> Self {
        Self::test(Op::Eq, field, Value::Number(value))
    }

    pub(crate) fn flag(field: &'static str, value: bool) -> Self {
        Self::test(Op::Eq, field, Value::Flag(value))
    }

    pub(crate) fn text(field: &'static str, value: &str) -> Self {
        Self::test(Op::Eq, field, Value::Text(value.to_owned()))
    }

    pub(crate) fn contains(field: &'static str, value: &str) -> Self {
        Self::test(Op::Contains, field, Value::Text(value.to_owned()))
    }

    pub(crate) fn since(field: &'static str, at: Timestamp) -> Self {
        Self::test(Op::Gte, field, Value::Text(written(at)))
    }

    /// One of these numbers, [`MANY`] at most.
    pub(crate) fn among(field: &'static str, values: &[i64]) -> Self {
        match values {
            [one] => Self::number(field, *one),
            many => Self::test(Op::In, field, Value::Numbers(many.to_vec())),
        }
    }

    pub(crate) fn any(items: Vec<Filter>) -> Self {
        Self::Group { op: Join::Or, items }
    }

    pub(crate) fn every(mut items: Vec<Filter>) -> Self {
        if items.is_empty() {
            items.push(Self::all());
        }
        Self::Group { op: Join::And, items }
    }
}

/// The body of a query.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Query {
    filter: [Filter; 1],
    #[serde(rename = "MaxRecords", skip_serializing_if = "Option::is_none")]
    most: Option<u32>,
    #[serde(rename = "IncludeFields", skip_serializing_if = "Option::is_none")]
    fields: Option<&'static [&'static str]>,
}

impl Query {
    /// Rows, with these fields, or with all of them.
    pub(crate) fn rows(filter: Filter, fields: Option<&'static [&'static str]>, most: u32) -> Self {
        Self { filter: [filter], most: Some(most), fields }
    }

    /// How many rows there are.
    pub(crate) fn count(filter: Filter) -> Self {
        Self { filter: [filter], most: None, fields: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    /// How many conditions a filter has.
    fn nodes(json: &Json) -> usize {
        1 + json.get("items").and_then(Json::as_array).map_or(0, |it| it.iter().map(nodes).sum())
    }

    proptest! {
        #[test]
        fn b16_a_callers_text_is_one_value_and_nothing_else(text in any::<String>(), tail in "[\"'\\\\}\\]{,:%_&=?#]{0,12}") {
            let text = format!("{text}{tail}");
            let filter = Filter::every(vec![
                Filter::number("companyID", 174),
                Filter::any(vec![Filter::contains("title", &text), Filter::text("emailAddress", &text)]),
            ]);
            let sent = serde_json::to_string(&Query::rows(filter, None, 500)).expect("a body");
            let read: Json = serde_json::from_str(&sent).expect("json");
            let expected = json!({
                "filter": [{ "op": "and", "items": [
                    { "op": "eq", "field": "companyID", "value": 174 },
                    { "op": "or", "items": [
                        { "op": "contains", "field": "title", "value": text },
                        { "op": "eq", "field": "emailAddress", "value": text },
                    ] },
                ] }],
                "MaxRecords": 500,
            });
            prop_assert_eq!(nodes(&read["filter"][0]), 5);
            prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn an_empty_filter_is_every_row_and_one_number_is_no_list() {
        let read = |filter: Filter| serde_json::to_value(filter).expect("json");
        let all = json!({ "op": "and", "items": [{ "op": "gt", "field": "id", "value": 0 }] });
        assert_eq!(read(Filter::every(vec![])), all);
        assert_eq!(read(Filter::among("id", &[7])), json!({ "op": "eq", "field": "id", "value": 7 }));
        assert_eq!(read(Filter::among("id", &[7, 8])), json!({ "op": "in", "field": "id", "value": [7, 8] }));
    }
}
