//! What an administrator says about the tenant's WebDAV server.

use postern_api::http::SecretString;
use postern_dav::Root;
use serde::Deserialize;

/// Where Postern finds marks of a version and keeps what it published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metadata {
    /// Dead properties of each file (RFC 4918 section 4), changed under a lock.
    #[default]
    Properties,
    /// One file beside them, for servers that keep no properties or no locks.
    Sidecar,
}

/// The settings of one WebDAV connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder that the organisations' folders are in, for example `https://files.example.com/dav/customers`.
    pub base_url: String,
    /// The account that Postern uses.
    pub username: String,
    /// The account's password. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub password: SecretString,
    /// A folder within each organisation's folder that holds the documents; without one they are in it directly.
    #[serde(default)]
    pub folder: Option<String>,
    /// Where marks and publications are kept.
    #[serde(default)]
    pub metadata: Metadata,
    /// Whether an approval names the content that was approved, by its entity tag, and holds for no other.
    #[serde(default = "yes")]
    pub approval_names_content: bool,
    /// Folders of organisations that one query over all of them reads before it answers with what it has, and says so.
    #[serde(default = "two_hundred")]
    pub max_organisations: u32,
}

fn yes() -> bool {
    true
}

fn two_hundred() -> u32 {
    200
}

/// A setting that cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The setting.
    pub path: &'static str,
    /// What was expected.
    pub expected: &'static str,
}

impl Config {
    /// The usual settings for an address and an account.
    pub fn new(base_url: impl Into<String>, username: impl Into<String>, password: SecretString) -> Self {
        Self {
            base_url: base_url.into(),
            username: username.into(),
            password,
            folder: None,
            metadata: Metadata::default(),
            approval_names_content: yes(),
            max_organisations: two_hundred(),
        }
    }

    /// With a password.
    #[must_use]
    pub fn with_secret(self, password: SecretString) -> Self {
        Self { password, ..self }
    }

    /// The settings that cannot work.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |held: bool, path, expected| {
            if !held {
                found.push(Mistake { path, expected });
            }
        };
        expect(
            Root::new(&self.base_url).is_some(),
            "base_url",
            "an address that begins with `https://`, without a name or a query",
        );
        let account = !self.username.is_empty() && !self.username.contains(':');
        expect(account, "username", "the name of an account, without a colon");
        let name = |it: &String| {
            !it.is_empty()
                && it.len() <= 255
                && !it.starts_with('.')
                && !it.chars().any(|it| it.is_control() || "/\\".contains(it))
        };
        expect(
            self.folder.as_ref().is_none_or(name),
            "folder",
            "one folder's name, without a slash or a dot before it",
        );
        expect((1..=5_000).contains(&self.max_organisations), "max_organisations", "1 to 5000");
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_work_is_named() {
        let good = || Config::new("https://dav.example/files", "postern", SecretString::from("hunter2"));
        assert_eq!(good().mistakes(), []);
        assert!(!format!("{:?}", good()).contains("hunter2"));
        let paths = |it: Config| it.mistakes().iter().map(|it| it.path).collect::<Vec<_>>();
        assert_eq!(paths(Config { base_url: "dav.example".into(), ..good() }), ["base_url"]);
        assert_eq!(paths(Config { username: "a:b".into(), ..good() }), ["username"]);
        for bad in ["", "a/b", "..", ".hidden", "a\\b"] {
            assert_eq!(paths(Config { folder: Some(bad.into()), ..good() }), ["folder"], "{bad}");
        }
        assert_eq!(paths(Config { max_organisations: 0, ..good() }), ["max_organisations"]);
    }
}
