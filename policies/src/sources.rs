//! The files that a set of policies is made of: those compiled in, or a directory of the same layout.

use crate::error::PolicyErrors;
use std::path::Path;

pub(crate) const SCHEMA: &str = "schema.cedarschema";
pub(crate) const ROLES: &str = "roles.toml";
pub(crate) const TOOLSETS: &str = "toolsets.toml";
pub(crate) const REDACTION: &str = "redaction.toml";
pub(crate) const WORDS: &str = "words.toml";
const CEDAR: &str = "cedar";

/// One file: its name below the directory, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// All files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sources {
    pub(crate) schema: Source,
    pub(crate) roles: Source,
    pub(crate) toolsets: Source,
    pub(crate) redaction: Source,
    pub(crate) words: Source,
    /// `cedar/*.cedar`, by name.
    pub(crate) cedar: Vec<Source>,
}

macro_rules! builtin {
    ($name:literal) => {
        Source { name: $name.to_owned(), text: include_str!(concat!("../", $name)).to_owned() }
    };
}

impl Sources {
    /// The files compiled in.
    pub(crate) fn builtin() -> Self {
        Self {
            schema: builtin!("schema.cedarschema"),
            roles: builtin!("roles.toml"),
            toolsets: builtin!("toolsets.toml"),
            redaction: builtin!("redaction.toml"),
            words: builtin!("words.toml"),
            cedar: vec![
                builtin!("cedar/console.cedar"),
                builtin!("cedar/customer.cedar"),
                builtin!("cedar/gateway.cedar"),
                builtin!("cedar/govern.cedar"),
                builtin!("cedar/portal.cedar"),
                builtin!("cedar/realms.cedar"),
                builtin!("cedar/scopes.cedar"),
                builtin!("cedar/services.cedar"),
                builtin!("cedar/support.cedar"),
            ],
        }
    }

    /// The files of a directory. A file that cannot be read is a mistake and empty.
    pub(crate) fn read(dir: &Path, errors: &mut PolicyErrors) -> Self {
        let mut read = |name: &str| {
            let text = std::fs::read_to_string(dir.join(name)).unwrap_or_else(|error| {
                errors.file(name, format!("cannot be read: {error}"));
                String::new()
            });
            Source { name: name.to_owned(), text }
        };
        let (schema, roles, toolsets) = (read(SCHEMA), read(ROLES), read(TOOLSETS));
        let (redaction, words) = (read(REDACTION), read(WORDS));
        let mut names = cedar_files(dir, errors);
        names.sort();
        let mut cedar = Vec::new();
        for name in names {
            match std::fs::read_to_string(dir.join(&name)) {
                Ok(text) => cedar.push(Source { name, text }),
                Err(error) => errors.file(&name, format!("cannot be read: {error}")),
            }
        }
        Self { schema, roles, toolsets, redaction, words, cedar }
    }

    /// Every file, in a fixed order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Source> {
        let tables = [&self.schema, &self.roles, &self.toolsets, &self.redaction, &self.words];
        tables.into_iter().chain(&self.cedar)
    }

    /// SHA-256 over every file's name and text, each with its length before it, in hex.
    pub(crate) fn version(&self) -> String {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for source in self.all() {
            for part in [&source.name, &source.text] {
                hash.update(&(part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn cedar_files(dir: &Path, errors: &mut PolicyErrors) -> Vec<String> {
    let mut names = Vec::new();
    let entries = match std::fs::read_dir(dir.join(CEDAR)) {
        Ok(entries) => entries,
        Err(error) => {
            errors.file(CEDAR, format!("cannot be read: {error}; expected a directory of `*.cedar` files"));
            return names;
        }
    };
    for entry in entries {
        match entry.map(|entry| entry.file_name().into_string()) {
            // Mounted configuration brings hidden entries of its own.
            Ok(Ok(name)) if name.starts_with('.') => {}
            Ok(Ok(name)) if name.ends_with(".cedar") => names.push(format!("{CEDAR}/{name}")),
            Ok(Ok(name)) => {
                errors.file(&format!("{CEDAR}/{name}"), "does not belong here; expected only `*.cedar` files")
            }
            Ok(Err(name)) => errors.file(CEDAR, format!("the file name {name:?} is not UTF-8")),
            Err(error) => errors.file(CEDAR, format!("cannot be read: {error}")),
        }
    }
    names
}
