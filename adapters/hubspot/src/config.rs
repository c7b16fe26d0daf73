//! What an administrator says about the tenant's HubSpot account.

use postern_api::http::SecretString;
use serde::Deserialize;

/// The settings of one account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The API; only a simulator is elsewhere.
    #[serde(default = "the_api")]
    pub base_url: String,
    /// The account's number (Hub ID): one account's private apps have one limit a day, and its messages name it.
    pub account: u64,
    /// The token of a private app. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub token: SecretString,
    /// The property, of companies and of contacts, that holds our reference; unique. Without it nothing is changed here.
    #[serde(default)]
    pub reference_property: Option<String>,
    /// Properties of a company that say what it subscribes to.
    #[serde(default)]
    pub organisation_fields: OrganisationFields,
    /// Rows that one query may read before it answers with what it has, and says so.
    #[serde(default = "thousand")]
    pub max_rows: u32,
}

/// The internal names of properties of a company.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganisationFields {
    /// What they subscribe to.
    pub subscription_tier: Option<String>,
    /// The service level's name.
    pub sla_tier: Option<String>,
    /// Tickets in a calendar month.
    pub tickets_per_month: Option<String>,
    /// Logins that are active or pending.
    pub contacts: Option<String>,
}

impl OrganisationFields {
    /// The names that are set.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        let all = [&self.subscription_tier, &self.sla_tier, &self.tickets_per_month, &self.contacts];
        all.into_iter().flatten().map(String::as_str)
    }
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The setting.
    pub path: &'static str,
    /// What was expected there.
    pub expected: &'static str,
}

impl Config {
    /// The settings that have no default; everything else as usual.
    pub fn new(base_url: impl Into<String>, account: u64, token: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            account,
            token: token.into().into(),
            reference_property: None,
            organisation_fields: OrganisationFields::default(),
            max_rows: thousand(),
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, token: SecretString) -> Self {
        self.token = token;
        self
    }

    /// Everything that is wrong, at once.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut expect = |ok: bool, path, expected| {
            if !ok {
                found.push(Mistake { path, expected });
            }
        };
        expect(is_url(&self.base_url), "base_url", "an address that begins with https://, without a path");
        expect(self.account > 0, "account", "the account's number (Hub ID)");
        let names = "a property's internal name: small letters, digits and `_`";
        expect(self.reference_property.as_deref().is_none_or(is_name), "reference_property", names);
        expect(self.organisation_fields.named().all(is_name), "organisation_fields", names);
        expect((1..=20_000).contains(&self.max_rows), "max_rows", "1 to 20000");
        found
    }
}

fn is_name(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    !text.is_empty() && text.len() <= 100 && text.bytes().all(plain)
}

fn is_url(text: &str) -> bool {
    let (rest, plain) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return false,
    };
    let rest = rest.trim_end_matches('/');
    let host = rest.split(':').next().unwrap_or_default();
    let here = matches!(host, "127.0.0.1" | "localhost");
    !host.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']) && (!plain || here)
}

fn the_api() -> String {
    "https://api.hubapi.com".into()
}

fn thousand() -> u32 {
    1000
}
