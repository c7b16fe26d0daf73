//! Reads a TOML table cell by cell, so that every mistake in it is found at once. An unknown key is a mistake.

use crate::error::{PolicyErrors, place};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// The file's table; `None`, with the mistake noted, where it cannot be read or is not TOML.
pub(crate) fn parse(file: &str, text: &str, errors: &mut PolicyErrors) -> Option<Table> {
    if errors.spoils(file) {
        return None;
    }
    let parsed = text.parse::<Table>();
    parsed
        .map_err(|error| {
            let (row, column) = place(text, error.span().map_or(0, |span| span.start));
            errors.file(file, format!("line {row}, column {column}: {}", error.message()));
        })
        .ok()
}

/// One table of a file, emptied as its cells are read.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    file: &'a str,
    path: String,
    cells: Table,
    expected: Vec<&'static str>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(file: &'a str, path: impl Into<String>, value: Value, errors: &mut PolicyErrors) -> Self {
        let path = path.into();
        let found = value.type_str();
        let cells = if let Value::Table(cells) = value {
            cells
        } else {
            errors.item(file, &path, format!("expected a table, found {found}"));
            Table::new()
        };
        Self { file, path, cells, expected: Vec::new() }
    }

    /// A cell that has to be there.
    pub(crate) fn need<T: DeserializeOwned>(&mut self, key: &'static str, errors: &mut PolicyErrors) -> Option<T> {
        let value = self.take(key);
        if value.is_none() {
            errors.item(self.file, self.at(key), "is missing");
        }
        self.read(key, value?, errors)
    }

    /// A cell that may be absent.
    pub(crate) fn maybe<T: DeserializeOwned>(&mut self, key: &'static str, errors: &mut PolicyErrors) -> Option<T> {
        let value = self.take(key)?;
        self.read(key, value, errors)
    }

    /// A table inside this one that has to be there.
    pub(crate) fn inner(&mut self, key: &'static str, errors: &mut PolicyErrors) -> Option<Row<'a>> {
        let value = self.take(key);
        if value.is_none() {
            errors.item(self.file, self.at(key), "is missing");
        }
        Some(Row::new(self.file, self.at(key), value?, errors))
    }

    /// Whatever was not read is a mistake.
    pub(crate) fn finish(self, errors: &mut PolicyErrors) {
        for key in self.cells.keys() {
            let expected = self.expected.join("`, `");
            errors.item(self.file, self.at(key), format!("is not known; expected one of `{expected}`"));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.expected.push(key);
        self.cells.remove(key)
    }

    fn read<T: DeserializeOwned>(&self, key: &str, value: Value, errors: &mut PolicyErrors) -> Option<T> {
        value
            .try_into()
            .map_err(|error: toml::de::Error| {
                errors.item(self.file, self.at(key), error.message());
            })
            .ok()
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}
