//! What a tenant configures.

use postern_api::http::SecretString;
use serde::Deserialize;

/// The configuration of one Tryton database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address of the database, with the slash at its end, for example `https://erp.msp.example/msp/`.
    pub base_url: String,
    /// The account that Postern signs in as.
    pub username: String,
    /// Its password. Filled in by the gateway, never read from this table.
    #[serde(skip)]
    pub password: SecretString,
    /// The number of the company whose invoices these are. Records of other companies are nobody's.
    pub company: i64,
    /// Whether customers see invoices that were posted; else no invoice is for customers.
    #[serde(default)]
    pub customer_visible: bool,
    /// Whether the module `account_payment` is there and its payments are read.
    #[serde(default)]
    pub payments: bool,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The field.
    pub path: &'static str,
    /// What was expected there.
    pub expected: String,
}

impl Config {
    /// With the secret that the gateway read.
    #[must_use]
    pub fn with_secret(self, password: SecretString) -> Self {
        Self { password, ..self }
    }

    /// Every mistake.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut add = |path, expected: String| found.push(Mistake { path, expected });
        let url = self.base_url.as_str();
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let database = rest.and_then(|it| it.split_once('/')).map(|it| it.1).unwrap_or_default();
        if database.len() < 2 || !url.ends_with('/') || url.contains(['?', '#', ' ']) {
            let example = "https://erp.msp.example/msp/";
            add("base_url", format!("the database's URL with a slash at its end, as `{example}`, found `{url}`"));
        }
        if self.username.is_empty() || self.username.contains([':', '\n', '\r']) {
            add("username", "a login name without a colon".into());
        }
        if self.company <= 0 {
            add("company", "the company's number".into());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told() {
        let paths = |text: &str| -> Vec<&'static str> {
            let config: Config = toml::from_str(text).expect("a table");
            config.mistakes().into_iter().map(|it| it.path).collect()
        };
        assert!(paths("base_url = \"https://erp.msp.example/msp/\"\nusername = \"postern\"\ncompany = 1").is_empty());
        let bad = "base_url = \"https://erp.msp.example\"\nusername = \"a:b\"\ncompany = 0";
        assert_eq!(paths(bad), ["base_url", "username", "company"]);
        for url in ["https://x/", "https://x/msp", "ftp://x/msp/", "https://x/msp/?a/"] {
            assert_eq!(paths(&format!("base_url = {url:?}\nusername = \"p\"\ncompany = 1")), ["base_url"], "{url}");
        }
    }
}
