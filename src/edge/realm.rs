//! The configuration of a realm: whose tokens are trusted, and how their claims are read.

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// How one realm of one tenant signs people in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealmConfig {
    /// The issuer, exactly as its tokens write it in `iss`.
    pub issuer: String,
    /// Where its keys are. Absent: found through `<issuer>/.well-known/openid-configuration`.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Audiences that mean Postern. Empty: the public URL of the MCP endpoint.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// Further audiences that a token may name beside ours, for example Keycloak's `account`.
    #[serde(default)]
    pub other_audiences: Vec<String>,
    /// Whether every audience that a token names has to be known.
    #[serde(default = "yes")]
    pub strict_audience: bool,
    /// Signature algorithms. A key's own algorithm decides; this narrows it.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<SignatureAlgorithm>,
    /// Values of the header's `typ`; the empty string stands for its absence.
    #[serde(default = "header_types")]
    pub header_types: Vec<String>,
    /// Values of the claim `typ`; the empty string stands for its absence.
    #[serde(default = "token_types")]
    pub token_types: Vec<String>,
    /// Clients whose tokens are accepted. Empty: every client that the issuer gives our audience to.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Clients that are programs signing in as themselves, with no person behind them: they can confirm nothing.
    #[serde(default)]
    pub service_clients: Vec<String>,
    /// Claims that have to be there, beside `iss`, `sub`, `aud` and `exp`.
    #[serde(default)]
    pub required_claims: Vec<String>,
    /// How the claims are called.
    #[serde(default)]
    pub claims: ClaimNames,
    /// How far the clocks may differ, in seconds, at most 60.
    #[serde(default = "leeway")]
    pub leeway_secs: u32,
    /// Whether these tokens are accepted at the MCP endpoint itself.
    #[serde(default = "yes")]
    pub accepted_at_mcp: bool,
    /// Whether the issuer is named in the public metadata, for clients that sign people in there.
    #[serde(default = "yes")]
    pub advertised: bool,
}

/// How the claims are called; `a.b` is the member `b` of the claim `a`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimNames {
    /// The roles: an array of strings.
    pub roles: String,
    /// A customer's organisation: a string.
    pub organisation: String,
    /// The organisations assigned to an employee: an array of strings.
    pub assigned_organisations: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the e-mail address was verified.
    pub email_verified: String,
    /// The person's name.
    pub name: String,
    /// The granted scopes: one string with spaces, or an array.
    pub scope: String,
    /// The client that the token was issued to.
    pub client: String,
}

impl Default for ClaimNames {
    /// As Keycloak writes them.
    fn default() -> Self {
        Self {
            roles: "realm_access.roles".into(),
            organisation: "organization_id".into(),
            assigned_organisations: "assigned_organizations".into(),
            email: "email".into(),
            email_verified: "email_verified".into(),
            name: "name".into(),
            scope: "scope".into(),
            client: "azp".into(),
        }
    }
}

/// The algorithms that can be allowed: asymmetric ones alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    RS256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    RS384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    RS512,
    /// RSA PSS with SHA-256.
    PS256,
    /// RSA PSS with SHA-384.
    PS384,
    /// RSA PSS with SHA-512.
    PS512,
    /// ECDSA on P-256.
    ES256,
    /// ECDSA on P-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl SignatureAlgorithm {
    /// Reads the name as JWA writes it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" | "Ed25519" => Self::EdDSA,
            _ => return None,
        })
    }

    pub(crate) fn library(self) -> Algorithm {
        match self {
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
        }
    }

    pub(crate) fn is_rsa(self) -> bool {
        match self {
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => true,
            Self::ES256 | Self::ES384 | Self::EdDSA => false,
        }
    }
}

fn yes() -> bool {
    true
}
fn leeway() -> u32 {
    30
}
fn algorithms() -> Vec<SignatureAlgorithm> {
    use SignatureAlgorithm::{ES256, EdDSA, PS256, RS256};
    vec![RS256, PS256, ES256, EdDSA]
}
fn header_types() -> Vec<String> {
    vec!["JWT".into(), "at+jwt".into()]
}
fn token_types() -> Vec<String> {
    vec!["Bearer".into(), String::new()]
}

impl RealmConfig {
    /// A realm at an issuer, with every default.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            jwks_uri: None,
            audiences: Vec::new(),
            other_audiences: Vec::new(),
            strict_audience: true,
            algorithms: algorithms(),
            header_types: header_types(),
            token_types: token_types(),
            clients: Vec::new(),
            service_clients: Vec::new(),
            required_claims: Vec::new(),
            claims: ClaimNames::default(),
            leeway_secs: leeway(),
            accepted_at_mcp: true,
            advertised: true,
        }
    }

    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if trusted_url(&self.issuer).is_none() {
            found.push(("issuer", format!("{URL_RULE}, found `{}`", self.issuer)));
        }
        if let Some(uri) = &self.jwks_uri
            && trusted_url(uri).is_none()
        {
            found.push(("jwks_uri", format!("{URL_RULE}, found `{uri}`")));
        }
        if self.algorithms.is_empty() {
            found.push(("algorithms", "expected at least one signature algorithm".into()));
        }
        if self.header_types.is_empty() {
            found.push(("header_types", "expected at least one value, `\"\"` for an absent `typ`".into()));
        }
        if self.token_types.is_empty() {
            found.push(("token_types", "expected at least one value, `\"\"` for an absent `typ`".into()));
        }
        if self.leeway_secs > 60 {
            found.push(("leeway_secs", format!("expected 0 to 60, found {}", self.leeway_secs)));
        }
        if self.audiences.iter().chain(&self.other_audiences).any(|it| it.is_empty()) {
            found.push(("audiences", "expected no empty audience".into()));
        }
        found
    }
}

const URL_RULE: &str = "expected an https URL, or http on a loopback address, without user, query or fragment";

/// A URL that keys may be fetched from: https, or http on this machine, with nothing hidden in it.
pub(crate) fn trusted_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    let safe = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(&url),
        _ => false,
    };
    (plain && bare && safe).then_some(url)
}

/// Whether a URL's host is this machine, whatever the resolver says.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_needs_its_issuer_only() {
        let realm: RealmConfig = toml::from_str("issuer = \"https://id.example/realms/customers\"").unwrap();
        assert_eq!(realm, RealmConfig::new("https://id.example/realms/customers"));
        assert!(realm.mistakes().is_empty());
        assert!(realm.strict_audience && realm.leeway_secs == 30);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let text = "issuer = \"http://id.example\"\njwks_uri = \"ftp://x\"\nleeway_secs = 61\nalgorithms = []";
        let realm: RealmConfig = toml::from_str(text).unwrap();
        let fields: Vec<_> = realm.mistakes().into_iter().map(|it| it.0).collect();
        assert_eq!(fields, ["issuer", "jwks_uri", "algorithms", "leeway_secs"]);
    }

    #[test]
    fn t02_a_symmetric_algorithm_cannot_be_configured() {
        for name in ["HS256", "none", "rs256"] {
            let text = format!("issuer = \"https://id.example\"\nalgorithms = [\"{name}\"]");
            assert!(toml::from_str::<RealmConfig>(&text).is_err(), "{name}");
            assert!(SignatureAlgorithm::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn s01_keys_come_over_https_or_from_this_machine() {
        for good in ["https://id.example/x", "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x"] {
            assert!(trusted_url(good).is_some(), "{good}");
        }
        for bad in [
            "http://id.example/x",
            "http://localhost.evil.example/",
            "https://user@id.example/",
            "https://id.example/?x=1",
            "https://id.example/#x",
            "file:///etc/passwd",
            "http://169.254.169.254/",
        ] {
            assert!(trusted_url(bad).is_none(), "{bad}");
        }
    }
}
