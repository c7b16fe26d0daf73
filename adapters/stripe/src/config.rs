//! What an administrator says about the tenant's Stripe account.

use postern_api::http::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The settings of one account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The API; only a simulator is elsewhere.
    #[serde(default = "the_api")]
    pub base_url: String,
    /// The account's id, `acct_...`: one account has one request limit, whichever tenants use it.
    pub account: String,
    /// Whether it is live data. The key has to be of the same kind, and so has every object that comes back.
    pub live: bool,
    /// The API key. Not read from this table: whoever resolves secrets fills it in.
    #[serde(skip)]
    pub key: SecretString,
    /// What the link is by which an invoice is paid.
    #[serde(default)]
    pub links: Links,
    /// Whether customers may see their own invoices here that are neither drafts nor given up.
    #[serde(default)]
    pub customer_visible: bool,
    /// Rows that one query may read before it answers with what it has, and says so.
    #[serde(default = "thousand")]
    pub max_rows: u32,
}

/// What a payment link is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// The page that the vendor keeps for each invoice. It cannot be paid twice.
    #[default]
    HostedInvoice,
    /// An object of its own, which can be used once. The vendor does not know that it pays the invoice.
    PaymentLink,
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
    pub fn new(base_url: impl Into<String>, account: impl Into<String>, live: bool, key: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            account: account.into(),
            live,
            key: key.into().into(),
            links: Links::default(),
            customer_visible: false,
            max_rows: thousand(),
        }
    }

    /// The same settings with the secret filled in.
    #[must_use]
    pub fn with_secret(mut self, key: SecretString) -> Self {
        self.key = key;
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
        expect(is_url(&self.base_url), "base_url", "an address that begins with https:// and ends in /v1");
        expect(crate::adapter::vendors(&self.account, "acct_").is_some(), "account", "an account's id, `acct_...`");
        let kinds: [&str; 2] = if self.live { ["rk_live_", "sk_live_"] } else { ["rk_test_", "sk_test_"] };
        let key = self.key.expose_secret().trim();
        let fits = kinds.iter().any(|it| key.starts_with(it));
        let expected = if self.live {
            "a restricted key of live data, `rk_live_...`; `live` is true"
        } else {
            "a restricted key of test data, `rk_test_...`; `live` is false"
        };
        expect(fits, "key", expected);
        expect((1..=20_000).contains(&self.max_rows), "max_rows", "1 to 20000");
        found
    }
}

fn is_url(text: &str) -> bool {
    let (rest, plain) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return false,
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let here = matches!(host, "127.0.0.1" | "localhost");
    let version = rest.trim_end_matches('/').ends_with("/v1");
    !host.is_empty() && version && !rest.contains(['?', '#', '@', ' ']) && (!plain || here)
}

fn the_api() -> String {
    "https://api.stripe.com/v1".into()
}

fn thousand() -> u32 {
    1000
}
