//! What the consent page says: scopes in words, and names that are read as those of others.

use crate::error::PolicyErrors;
use crate::rows::{self, Row};
use crate::sources::{Sources, WORDS};
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::{Table, Value};

/// A scope in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeWords {
    /// The area, in one or two words.
    pub area: Arc<str>,
    /// What it allows, in a sentence.
    pub says: Arc<str>,
}

/// The table `words.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) scopes: BTreeMap<String, ScopeWords>,
    known: Vec<String>,
    plain: String,
    /// What letters are taken for; those of several letters first.
    letters: Vec<(String, String)>,
}

/// Reads the table. Each of `scopes` needs words; `None`: the schema could not tell them.
pub(crate) fn read(sources: &Sources, scopes: Option<&[Arc<str>]>, errors: &mut PolicyErrors) -> Option<Words> {
    let mut table = rows::parse(WORDS, &sources.words.text, errors)?;
    let mut words = Words::default();
    for (name, value) in take(&mut table, "scope", errors) {
        let path = format!("scope.{name}");
        let mut row = Row::new(WORDS, &path, value, errors);
        let (area, says) = (row.need::<String>("area", errors), row.need::<String>("says", errors));
        row.finish(errors);
        if scopes.is_some_and(|it| !it.iter().any(|it| **it == *name)) {
            errors.item(WORDS, &path, "is not a scope of the schema");
        }
        let (area, says) = (area.unwrap_or_default().into(), says.unwrap_or_default().into());
        words.scopes.insert(name, ScopeWords { area, says });
    }
    for scope in scopes.into_iter().flatten().filter(|it| !words.scopes.contains_key(&***it)) {
        errors.item(WORDS, format!("scope.{scope}"), "is missing; expected words for each scope of the schema");
    }
    let names = take(&mut table, "names", errors);
    let mut row = Row::new(WORDS, "names", Value::Table(names), errors);
    words.known = row.need("known", errors).unwrap_or_default();
    words.plain = row.need::<String>("plain", errors).unwrap_or_default();
    let letters: BTreeMap<String, String> = row.need("letters", errors).unwrap_or_default();
    row.finish(errors);
    for (from, to) in &letters {
        if from.is_empty() || to.is_empty() || *from != from.to_lowercase() || *to != to.to_lowercase() {
            errors.item(
                WORDS,
                format!("names.letters.{from}"),
                "expected letters in lower case, and what they are taken for",
            );
        }
    }
    words.letters = letters.into_iter().collect();
    words.letters.sort_by_key(|it| std::cmp::Reverse(it.0.len()));
    for key in table.keys() {
        errors.item(WORDS, key, "is not known; expected one of `scope`, `names`");
    }
    Some(words)
}

fn take(table: &mut Table, key: &str, errors: &mut PolicyErrors) -> Table {
    match table.remove(key) {
        Some(Value::Table(table)) => table,
        _ => {
            errors.item(WORDS, key, "is missing; expected a table");
            Table::new()
        }
    }
}

/// Letters and digits in lower case, nothing between them.
fn bare(name: &str) -> String {
    name.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect()
}

impl Words {
    /// Whether a name has letters that are easily taken for others, or is read as a known one without being spelt so.
    pub(crate) fn is_lookalike(&self, name: &str) -> bool {
        let strange = |it: char| !it.is_ascii() && !self.plain.contains(it);
        if name.to_lowercase().chars().any(strange) {
            return true;
        }
        let (read, written) = (self.read_as(name), bare(name));
        self.known.iter().any(|known| {
            let times = |text: &str, part: &str| if part.is_empty() { 0 } else { text.matches(part).count() };
            times(&read, &self.read_as(known)) > times(&written, &bare(known))
        })
    }

    /// How a name is read by somebody who does not look closely.
    fn read_as(&self, name: &str) -> String {
        let lower: String = name.to_lowercase().chars().filter(|it| !it.is_whitespace()).collect();
        let (mut rest, mut read) = (lower.as_str(), String::new());
        while let Some(first) = rest.chars().next() {
            let taken = self.letters.iter().find_map(|(from, to)| Some((rest.strip_prefix(from.as_str())?, to)));
            match taken {
                Some((after, to)) => {
                    read.push_str(to);
                    rest = after;
                }
                None => {
                    if first.is_alphanumeric() {
                        read.push(first);
                    }
                    rest = rest.get(first.len_utf8()..).unwrap_or_default();
                }
            }
        }
        read
    }
}
