//! Secrets by reference.

use postern_api::http::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase", expecting = "`{ env = \"NAME\" }` or `{ file = \"path\" }`")]
pub enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file; a line end after it does not count.
    File(PathBuf),
}

impl SecretRef {
    /// Reads it; the text of an error never holds the secret.
    pub fn read(&self) -> Result<SecretString, String> {
        let text = match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the place where configuration reads the environment"
            )]
            SecretRef::Env(name) => {
                std::env::var(name).map_err(|_| format!("expected the environment variable `{name}` to be set"))?
            }
            SecretRef::File(path) => std::fs::read_to_string(path)
                .map_err(|e| format!("expected a readable file `{}`: {e}", path.display()))?,
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() { Err("expected a secret, found nothing".to_owned()) } else { Ok(text.into()) }
    }
}
