//! The configuration of a mail server: `[mail]`, and `server` of a system that sends mail.

use lettre::message::Mailbox;
use postern_api::http::SecretString;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS after `STARTTLS`, or no mail.
    #[default]
    Starttls,
    /// TLS from the beginning.
    Implicit,
    /// None: for a mail server on this machine alone.
    None,
}

/// The mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its host.
    pub host: String,
    /// Its port.
    #[serde(default = "submission")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: MailTls,
    /// Certificates in PEM of an authority of one's own that the server's is signed by, beside those that the machine trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// From whom mail comes, for example `Postern <postern@msp.example>`.
    pub from: String,
    /// Who signs in to the mail server, where it asks.
    #[serde(default)]
    pub username: Option<String>,
    /// The password for it; read from where the configuration says that it is.
    #[serde(skip)]
    pub password: Option<SecretString>,
}

fn submission() -> u16 {
    587
}

impl MailConfig {
    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.host.is_empty() || self.host.contains(['/', ' ', '@']) {
            found.push(("host", format!("expected a host name, found `{}`", self.host)));
        }
        let here = self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        if self.tls == MailTls::None && !here {
            found.push(("tls", "expected `starttls` or `implicit`; `none` is for a server on this machine".into()));
        }
        if let Some(path) = &self.ca_file
            && let Err(error) = std::fs::File::open(path)
        {
            found.push(("ca_file", format!("expected a readable file: {error}")));
        }
        if self.from.contains(char::is_control) || self.from.parse::<Mailbox>().is_err() {
            found.push((
                "from",
                format!("expected an address such as `Postern <postern@msp.example>`, found `{}`", self.from),
            ));
        }
        if self.username.is_some() != self.password.is_some() {
            found.push(("password", "expected `username` and `password`, or neither".into()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_at_once() {
        let text = "host = \"mail.msp.example\"\ntls = \"none\"\nfrom = \"nobody\"\nusername = \"postern\"\nca_file = \"/nowhere\"";
        let config: MailConfig = toml::from_str(text).expect("parses");
        let fields: Vec<_> = config.mistakes().into_iter().map(|it| it.0).collect();
        assert_eq!(fields, ["tls", "ca_file", "from", "password"]);
    }

    #[test]
    fn only_a_server_on_this_machine_is_reached_without_protection() {
        for (host, fine) in [("localhost", true), ("127.0.0.1", true), ("::1", true), ("10.0.0.1", false)] {
            let config: MailConfig =
                toml::from_str(&format!("host = \"{host}\"\ntls = \"none\"\nfrom = \"a@b.example\"")).expect("parses");
            assert_eq!(config.mistakes().is_empty(), fine, "{host}");
        }
    }
}
