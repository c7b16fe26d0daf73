//! What is wrong with a set of policy files: every mistake, each with its file, where in it, and what was expected.

use miette::Diagnostic;
use std::fmt;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyError {
    /// The file, relative to the directory.
    pub file: String,
    /// The policy's id or the row's path, where the mistake is inside one.
    pub item: Option<String>,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            Some(item) => write!(f, "{}: `{item}`: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

/// Every mistake of a set of policy files, one a line when printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyErrors(Vec<PolicyError>);

impl PolicyErrors {
    /// The mistakes, by file.
    pub fn iter(&self) -> std::slice::Iter<'_, PolicyError> {
        self.0.iter()
    }

    /// Whether something is wrong with the file as a whole, so that what it lacks is not worth saying.
    pub(crate) fn spoils(&self, file: &str) -> bool {
        self.0.iter().any(|error| error.file == file && error.item.is_none())
    }

    pub(crate) fn file(&mut self, file: &str, problem: impl Into<String>) {
        self.0.push(PolicyError { file: file.to_owned(), item: None, problem: problem.into() });
    }

    pub(crate) fn item(&mut self, file: &str, item: impl Into<String>, problem: impl Into<String>) {
        self.0.push(PolicyError { file: file.to_owned(), item: Some(item.into()), problem: problem.into() });
    }

    /// The value where there is no mistake, else all mistakes.
    pub(crate) fn settle<T>(mut self, value: Option<T>) -> Result<T, Self> {
        self.0.sort();
        self.0.dedup();
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) => Err(self),
            None if self.0.is_empty() => {
                self.file(".", "the policies cannot be loaded");
                Err(self)
            }
            None => Err(self),
        }
    }
}

impl<'a> IntoIterator for &'a PolicyErrors {
    type Item = &'a PolicyError;
    type IntoIter = std::slice::Iter<'a, PolicyError>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyErrors {}

/// A Cedar mistake in one line: place, message, what was expected, help.
pub(crate) fn explain(text: &str, error: &dyn Diagnostic) -> String {
    let label = error.labels().and_then(|mut labels| labels.next());
    let mut line = String::new();
    if let Some(label) = &label {
        let (row, column) = place(text, label.offset());
        line.push_str(&format!("line {row}, column {column}: "));
    }
    line.push_str(&error.to_string());
    if let Some(note) = label.as_ref().and_then(|label| label.label()) {
        line.push_str(&format!("; {note}"));
    }
    if let Some(help) = error.help() {
        line.push_str(&format!("; {help}"));
    }
    line
}

/// A line and a column, from 1, of a byte of the text.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let row = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (row, column)
}
