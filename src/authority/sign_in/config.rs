//! How each realm signs people in, and for how long.

use postern_api::http::SecretString;
use serde::Deserialize;

/// How long browser sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionLifetimes {
    /// A session that is not used for this long ends.
    pub idle_secs: u32,
    /// Every session ends after this long.
    pub absolute_secs: u32,
}

impl Default for SessionLifetimes {
    fn default() -> Self {
        Self { idle_secs: 3600, absolute_secs: 12 * 3600 }
    }
}

impl SessionLifetimes {
    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (field, secs) in [("idle_secs", self.idle_secs), ("absolute_secs", self.absolute_secs)] {
            if !(60..=30 * 24 * 3600).contains(&secs) {
                found.push((field, format!("expected 60 to 2592000, found {secs}")));
            }
        }
        found
    }
}

/// What holds for every realm's sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInConfig {
    /// Whether the open realms are listed for whoever asks. Else only an address of a known domain leads on.
    pub chooser: bool,
}

impl Default for SignInConfig {
    fn default() -> Self {
        Self { chooser: true }
    }
}

/// How one realm of one tenant signs people in.
#[derive(Debug, Clone)]
pub struct RealmSignIn {
    /// What it is called on pages; the tenant's name and the realm otherwise.
    pub title: Option<String>,
    /// Domains of e-mail addresses that belong here, lower case.
    pub email_domains: Vec<String>,
    /// Whether it stands in the chooser.
    pub listed: bool,
    /// How.
    pub how: How,
}

/// How a realm signs people in.
#[derive(Debug, Clone)]
pub enum How {
    /// At its issuer, by OpenID Connect.
    Oidc(Box<OidcConfig>),
    /// With accounts of ours.
    Local(LocalConfig),
}

/// How we say to the issuer who we are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// A secret in the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// A secret in the form.
    ClientSecretPost,
    /// A signed assertion (RFC 7523).
    PrivateKeyJwt,
    /// Not at all: PKCE alone.
    None,
}

/// Signing in at an OpenID Connect issuer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Our client id there.
    pub client_id: String,
    /// How we say who we are.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// The secret, or the private key in PEM (RSA or P-256); read from where the configuration says that it is.
    #[serde(skip)]
    pub secret: Option<SecretString>,
    /// The id of the private key, as the issuer knows it.
    #[serde(default)]
    pub client_key_id: Option<String>,
    /// What is asked for; `openid` has to be among it.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// `login`, `select_account` or `consent`; the issuer decides otherwise.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Whether the issuer's refresh token is kept, sealed, to ask later whether the person is still welcome.
    #[serde(default)]
    pub keep_refresh_token: bool,
    /// For how long after a person's consent their clients are renewed where the issuer cannot be asked about them, in seconds;
    /// then the person has to sign in again.
    #[serde(default = "vouched")]
    pub vouched_secs: u32,
}

fn vouched() -> u32 {
    24 * 3600
}

fn scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

/// Signing in with local accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalConfig {
    /// Whether everybody needs an authenticator app.
    pub require_totp: bool,
}

impl OidcConfig {
    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.client_id.is_empty() {
            found.push(("client_id", "expected our client id at the issuer".into()));
        }
        if !self.scopes.iter().any(|it| it == "openid") {
            found.push(("scopes", "expected `openid` among them".into()));
        }
        if !(300..=366 * 86_400).contains(&self.vouched_secs) {
            found.push(("vouched_secs", format!("expected 300 to 31622400, found {}", self.vouched_secs)));
        }
        if self.prompt.as_deref().is_some_and(|it| !["login", "select_account", "consent"].contains(&it)) {
            found.push(("prompt", "expected `login`, `select_account` or `consent`".into()));
        }
        found
    }
}
