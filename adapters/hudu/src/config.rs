//! What an administrator says about the tenant's Hudu.

use postern_api::http::SecretString;
use serde::Deserialize;

/// The settings of one Hudu connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The API, for example `https://docs.example.com/api/v1`.
    pub base_url: String,
    /// The API key. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub api_key: SecretString,
    /// Folders, by number, whose articles customers may read.
    #[serde(default)]
    pub public_folders: Vec<i64>,
    /// Articles, by number, that customers may read.
    #[serde(default)]
    pub public_articles: Vec<i64>,
    /// Articles that one query may read before it answers with what it has, and says so.
    #[serde(default = "thousand")]
    pub max_rows: u32,
}

fn thousand() -> u32 {
    1_000
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
    /// The usual settings for an address and a key.
    pub fn new(base_url: impl Into<String>, api_key: SecretString) -> Self {
        Self {
            base_url: base_url.into(),
            api_key,
            public_folders: vec![],
            public_articles: vec![],
            max_rows: thousand(),
        }
    }

    /// With a key.
    #[must_use]
    pub fn with_secret(self, api_key: SecretString) -> Self {
        Self { api_key, ..self }
    }

    /// The settings that cannot work.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |held: bool, path, expected| {
            if !held {
                found.push(Mistake { path, expected });
            }
        };
        let web = self.base_url.starts_with("https://") || self.base_url.starts_with("http://");
        expect(web, "base_url", "an address that begins with `https://` and ends in `/api/v1`");
        let numbers = |it: &[i64]| it.iter().all(|it| *it > 0);
        expect(numbers(&self.public_folders), "public_folders", "numbers of folders");
        expect(numbers(&self.public_articles), "public_articles", "numbers of articles");
        expect((1..=50_000).contains(&self.max_rows), "max_rows", "1 to 50000");
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_work_is_named() {
        let good = || Config::new("https://docs.example/api/v1", SecretString::from("hunter2"));
        assert_eq!(good().mistakes(), []);
        assert!(!format!("{:?}", good()).contains("hunter2"));
        let paths = |it: Config| it.mistakes().iter().map(|it| it.path).collect::<Vec<_>>();
        assert_eq!(paths(Config { base_url: "docs.example".into(), ..good() }), ["base_url"]);
        assert_eq!(paths(Config { public_folders: vec![0], ..good() }), ["public_folders"]);
        assert_eq!(paths(Config { public_articles: vec![-1], max_rows: 0, ..good() }), ["public_articles", "max_rows"]);
    }
}
