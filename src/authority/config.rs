//! The configuration of the authority.

use super::redirect;
use crate::edge::realm::trusted_url;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorityConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// How long an access token holds.
    pub access_token_secs: i64,
    /// How long a session can be renewed, counted from its consent.
    pub session_secs: i64,
    /// How long after its use the last refresh token can be used once more, for clients that renew twice at once.
    pub refresh_grace_secs: i64,
    /// After how long another key signs.
    pub key_rotation_secs: i64,
    /// Whether clients may register themselves (RFC 7591).
    pub registration: bool,
    /// The most clients that have registered themselves.
    pub registered_clients: i64,
    /// After how long a client that registered and was never authorised is forgotten.
    pub unused_client_secs: i64,
    /// Registrations an hour of one network.
    pub registrations_per_hour: u32,
    /// Whether the realms' issuers are advertised beside the authority, for clients that sign people in there.
    pub advertise_realms: bool,
    /// Clients that are known beforehand.
    pub clients: Vec<ClientConfig>,
}

impl Default for AuthorityConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            access_token_secs: 900,
            session_secs: 30 * 24 * 3600,
            refresh_grace_secs: 30,
            key_rotation_secs: 30 * 24 * 3600,
            registration: true,
            registered_clients: 100_000,
            unused_client_secs: 24 * 3600,
            registrations_per_hour: 60,
            advertise_realms: false,
            clients: Vec::new(),
        }
    }
}

/// A client that is known beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Whether it is the MSP's own.
    #[serde(default)]
    pub first_party: bool,
    /// Where it may be redirected to.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

impl AuthorityConfig {
    /// Every mistake: the field, and what was expected there.
    pub fn mistakes(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, value, least, most) in [
            ("access_token_secs", self.access_token_secs, 60, 86_400),
            ("session_secs", self.session_secs, 60, 366 * 86_400),
            ("refresh_grace_secs", self.refresh_grace_secs, 0, 120),
            ("key_rotation_secs", self.key_rotation_secs, 3_600, 366 * 86_400),
            ("registered_clients", self.registered_clients, 1, 10_000_000),
            ("unused_client_secs", self.unused_client_secs, 600, 30 * 86_400),
            ("registrations_per_hour", i64::from(self.registrations_per_hour), 1, 1_000_000),
        ] {
            if !(least..=most).contains(&value) {
                found.push((name.to_owned(), format!("expected {least} to {most}, found {value}")));
            }
        }
        let mut ids = BTreeSet::new();
        for (nth, client) in self.clients.iter().enumerate() {
            let at = |field: &str| format!("clients[{nth}].{field}");
            let plain = client.id.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.'));
            if client.id.is_empty() || client.id.len() > 128 || !plain || client.id.starts_with("dcr-") {
                let text = format!(
                    "expected letters, digits, `-`, `_` and `.`, not beginning with `dcr-`, found `{}`",
                    client.id
                );
                found.push((at("id"), text));
            }
            if !ids.insert(&client.id) {
                found.push((at("id"), format!("expected an id of its own; `{}` is taken", client.id)));
            }
            if client.redirect_uris.is_empty() {
                found.push((at("redirect_uris"), "expected at least one".into()));
            }
            for uri in client.redirect_uris.iter().filter(|it| redirect::registrable(it).is_none()) {
                let text = format!(
                    "expected an https address, http on a loopback address, or an application's own scheme, found `{uri}`"
                );
                found.push((at("redirect_uris"), text));
            }
        }
        found
    }
}

/// The issuer of a public MCP URL: its origin.
pub(super) fn issuer(public_url: &str) -> Option<String> {
    trusted_url(public_url).map(|it| it.origin().ascii_serialization())
}
