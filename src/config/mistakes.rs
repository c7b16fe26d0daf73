//! Collects every mistake of a configuration: what serde finds one at a time is taken out and looked for again.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, for example `tenants[0].realms.customer.issuer`.
    pub path: String,
    /// What was expected there.
    pub expected: String,
}

/// Every mistake of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// A single one.
    pub fn one(path: &str, expected: impl Into<String>) -> Self {
        let mut found = Self::default();
        found.add(path, expected);
        found
    }

    /// Adds one.
    pub fn add(&mut self, path: &str, expected: impl Into<String>) {
        self.0.push(Mistake { path: path.to_owned(), expected: expected.into() });
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }

    /// Whether there is one at or below a path.
    pub(super) fn has_below(&self, path: &str) -> bool {
        self.0.iter().any(|it| it.path.starts_with(path))
    }
}

impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.0.len();
        writeln!(f, "the configuration has {count} {}:", if count == 1 { "mistake" } else { "mistakes" })?;
        for Mistake { path, expected } in &self.0 {
            let path = if path.is_empty() { "(file)" } else { path };
            writeln!(f, "  {path}: {}", expected.replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// Parses one section. Each mistake is noted, taken out, and the rest is parsed again; a section that is missing is an empty one.
pub(super) fn section<T: DeserializeOwned>(value: Option<Value>, path: &str, found: &mut Mistakes) -> Option<T> {
    let mut value = value.unwrap_or_else(|| Value::Table(Table::new()));
    let mut wrong = Vec::new();
    // Each round takes one value out, so there is an end; the bound is for what cannot be taken out.
    for _ in 0..100 {
        let error = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
            Ok(parsed) => return wrong.is_empty().then_some(parsed),
            Err(error) => error,
        };
        let inner = error.path().to_string();
        let inner = if inner == "." { String::new() } else { inner };
        let message = error.into_inner().to_string();
        let message = message.lines().next().unwrap_or_default().trim().to_owned();
        let message = match message.as_str() {
            "invalid socket address syntax" => "expected an address and port such as `127.0.0.1:8080`".to_owned(),
            _ => message,
        };
        let at = match (quoted(&message, "unknown field `"), quoted(&message, "missing field `")) {
            (Some(field), _) | (None, Some(field)) if !ends_with(&inner, field) => join(&inner, field),
            _ => inner,
        };
        if !wrong.contains(&at) {
            let full = if at.is_empty() { path.to_owned() } else { join(path, &at) };
            found.add(&full, if message.starts_with("missing field") { "missing".to_owned() } else { message.clone() });
            wrong.push(at.clone());
        }
        if message.starts_with("missing field") || !take_out(&mut value, &at) {
            return None;
        }
    }
    None
}

fn quoted<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.split('`').next()
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

fn ends_with(path: &str, field: &str) -> bool {
    path == field || path.strip_suffix(field).is_some_and(|it| it.ends_with('.'))
}

/// Takes a value out of a table, by the path that serde gives; `a.b[1].c` for a member of a list.
fn take_out(value: &mut Value, path: &str) -> bool {
    let Some((head, rest)) = path.split_once('.') else {
        let (key, index) = indexed(path);
        return match (value, index) {
            (Value::Table(table), None) => table.remove(key).is_some(),
            (Value::Table(table), Some(index)) => table.get_mut(key).and_then(Value::as_array_mut).is_some_and(|it| {
                index < it.len() && {
                    it.remove(index);
                    true
                }
            }),
            _ => false,
        };
    };
    let (key, index) = indexed(head);
    let below = value.as_table_mut().and_then(|it| it.get_mut(key));
    let below = match index {
        None => below,
        Some(index) => below.and_then(Value::as_array_mut).and_then(|it| it.get_mut(index)),
    };
    below.is_some_and(|it| take_out(it, rest))
}

fn indexed(part: &str) -> (&str, Option<usize>) {
    match part.split_once('[') {
        Some((key, index)) => (key, index.trim_end_matches(']').parse().ok()),
        None => (part, None),
    }
}
