//! The configuration of the edge: one public URL, and what may be sent to it.

use super::origin::{HostPort, WebOrigin};
use super::peer::Network;
use super::realm::is_loopback;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// How the edge is reached and what it lets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeConfig {
    /// The MCP endpoint's URL exactly as clients enter it, for example `https://mcp.example.com/mcp`. Tokens carry it as
    /// their audience.
    pub public_url: String,
    /// Further values of `Host`, as `host` or `host:port`.
    #[serde(default)]
    pub allowed_hosts: Vec<String>,
    /// Further values of `Origin`, as `https://host` or `https://host:port`.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// What consent pages call this server.
    #[serde(default = "resource_name")]
    pub resource_name: String,
    /// The scopes that a client should ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The authorization servers to name in the metadata. Empty: the realms' advertised issuers.
    #[serde(default)]
    pub authorization_servers: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses or `address/bits`.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// Sizes and times.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// Rates.
    #[serde(default)]
    pub throttle: ThrottleConfig,
    /// Sessions of the protocol versions that have them.
    #[serde(default)]
    pub sessions: SessionsConfig,
}

/// Sizes and times of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The largest body.
    pub body_bytes: usize,
    /// The most headers.
    pub header_count: usize,
    /// The most bytes in all headers together.
    pub header_bytes: usize,
    /// How long a body may take to arrive.
    pub body_read_secs: u64,
    /// How long an answer may take to begin.
    pub answer_secs: u64,
    /// How deep a message may nest.
    pub json_depth: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            header_count: 100,
            header_bytes: 32 * 1024,
            body_read_secs: 10,
            answer_secs: 120,
            json_depth: 64,
        }
    }
}

impl LimitsConfig {
    pub(crate) fn body_read(&self) -> Duration {
        Duration::from_secs(self.body_read_secs)
    }
    pub(crate) fn answer(&self) -> Duration {
        Duration::from_secs(self.answer_secs)
    }
}

/// Rates; 0 means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleConfig {
    /// Requests a minute of one caller.
    pub caller_per_minute: u32,
    /// How many of them at once.
    pub caller_burst: u32,
    /// Requests a minute of one tenant.
    pub tenant_per_minute: u32,
    /// How many of them at once.
    pub tenant_burst: u32,
    /// Requests a minute without a token known to be good, of one address (IPv6: of one /64).
    pub stranger_per_minute: u32,
    /// How many of them at once.
    pub stranger_burst: u32,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self {
            caller_per_minute: 1_200,
            caller_burst: 200,
            tenant_per_minute: 30_000,
            tenant_burst: 3_000,
            stranger_per_minute: 600,
            stranger_burst: 300,
        }
    }
}

/// Sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsConfig {
    /// A session that is not used for this long is unknown.
    pub idle_secs: u64,
    /// The most sessions of one caller; the oldest ends when one more begins.
    pub per_caller: usize,
    /// The most sessions of all.
    pub total: u64,
    /// The most open event streams of one caller.
    pub streams_per_caller: usize,
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self { idle_secs: 3600, per_caller: 32, total: 100_000, streams_per_caller: 32 }
    }
}

fn resource_name() -> String {
    "Postern".into()
}

impl EdgeConfig {
    /// An edge at a URL, with every default.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            resource_name: resource_name(),
            scopes: Vec::new(),
            authorization_servers: Vec::new(),
            trusted_proxies: Vec::new(),
            limits: LimitsConfig::default(),
            throttle: ThrottleConfig::default(),
            sessions: SessionsConfig::default(),
        }
    }

    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if public_url(&self.public_url).is_none() {
            found.push((
                "public_url",
                format!(
                    "expected an https URL (http on a loopback address) with a path such as `/mcp`, no trailing slash, query or fragment, found `{}`",
                    self.public_url
                ),
            ));
        }
        for host in self.allowed_hosts.iter().filter(|it| HostPort::parse(it, 443).is_none()) {
            found.push(("allowed_hosts", format!("expected `host` or `host:port`, found `{host}`")));
        }
        for origin in self.allowed_origins.iter().filter(|it| WebOrigin::parse(it).is_none()) {
            found.push(("allowed_origins", format!("expected `https://host[:port]`, found `{origin}`")));
        }
        for proxy in self.trusted_proxies.iter().filter(|it| Network::parse(it).is_none()) {
            found.push(("trusted_proxies", format!("expected an address or `address/bits`, found `{proxy}`")));
        }
        for scope in self.scopes.iter().filter(|it| !is_scope(it)) {
            found.push(("scopes", format!("expected one scope without spaces or quotes, found `{scope}`")));
        }
        let limits = self.limits;
        for (name, value) in [
            ("limits.body_bytes", limits.body_bytes as u64),
            ("limits.header_count", limits.header_count as u64),
            ("limits.header_bytes", limits.header_bytes as u64),
            ("limits.body_read_secs", limits.body_read_secs),
            ("limits.answer_secs", limits.answer_secs),
            ("limits.json_depth", limits.json_depth as u64),
            ("sessions.idle_secs", self.sessions.idle_secs),
            ("sessions.per_caller", self.sessions.per_caller as u64),
            ("sessions.total", self.sessions.total),
            ("sessions.streams_per_caller", self.sessions.streams_per_caller as u64),
        ] {
            if value == 0 {
                found.push((name, "expected at least 1, found 0".into()));
            }
        }
        if limits.json_depth > 100 {
            found.push(("limits.json_depth", format!("expected at most 100, found {}", limits.json_depth)));
        }
        found
    }
}

/// RFC 6749 section 3.3: what may stand in a scope, and so between the quotes of a challenge.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| matches!(it, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// The public URL: one spelling only, since clients compare it to the letter.
pub(crate) fn public_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let path = url.path().len() > 1 && !url.path().ends_with('/') && !url.path().starts_with("/.well-known");
    (safe && path && url.as_str() == text && url.query().is_none() && url.fragment().is_none() && bare(&url))
        .then_some(url)
}

fn bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && !url.path().contains(['{', '}', '*', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_needs_its_public_url_only() {
        let config: EdgeConfig = toml::from_str("public_url = \"https://mcp.example.com/mcp\"").unwrap();
        assert_eq!(config, EdgeConfig::new("https://mcp.example.com/mcp"));
        assert!(config.mistakes().is_empty());
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let text = r#"
            public_url = "https://mcp.example.com/mcp/"
            allowed_hosts = ["a b"]
            allowed_origins = ["*"]
            scopes = ["two words"]
            trusted_proxies = ["10.0.0.0/40"]
            limits = { body_bytes = 0 }
        "#;
        let config: EdgeConfig = toml::from_str(text).unwrap();
        let fields: Vec<_> = config.mistakes().into_iter().map(|it| it.0).collect();
        let expected =
            ["public_url", "allowed_hosts", "allowed_origins", "trusted_proxies", "scopes", "limits.body_bytes"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_public_url_has_one_spelling() {
        for good in ["https://mcp.example.com/mcp", "http://127.0.0.1:8080/mcp", "https://a.example/t/mcp"] {
            assert!(public_url(good).is_some(), "{good}");
        }
        for bad in [
            "http://mcp.example.com/mcp",
            "https://mcp.example.com",
            "https://mcp.example.com/",
            "https://MCP.example.com/mcp",
            "https://mcp.example.com:443/mcp",
            "https://u@mcp.example.com/mcp",
            "https://mcp.example.com/mcp?x=1",
            "https://mcp.example.com/mcp#x",
            "https://mcp.example.com/{x}",
        ] {
            assert!(public_url(bad).is_none(), "{bad}");
        }
    }
}
