//! The configuration of the authority.

use super::client::ClientKeys;
use super::redirect;
use super::secret::Hashed;
use crate::edge::realm::trusted_url;
use postern_api::{OrganisationId, TenantId};
use postern_policies::Realm;
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
    /// Requests a minute of one network to the endpoints that are not for reading metadata; 0: no limit.
    pub requests_per_minute: u32,
    /// Clients that are known by the address of their own description.
    pub client_documents: DocumentsConfig,
    /// Whether the realms' issuers are advertised beside the authority, for clients that sign people in there.
    pub advertise_realms: bool,
    /// Clients that are known beforehand. The configuration reads them one by one, since their secrets are references.
    #[serde(skip)]
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
            requests_per_minute: 1_200,
            client_documents: DocumentsConfig::default(),
            advertise_realms: false,
            clients: Vec::new(),
        }
    }
}

/// Clients that are known by the address of their own description (Client ID Metadata Documents).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentsConfig {
    /// Whether there are any.
    pub enabled: bool,
    /// The hosts that may publish such descriptions, for example `claude.ai`. Empty: any public host.
    pub hosts: Vec<String>,
    /// Documents that are asked for in a minute, of all hosts together.
    pub per_minute: u32,
    /// Of one host.
    pub per_host_per_minute: u32,
}

impl Default for DocumentsConfig {
    fn default() -> Self {
        Self { enabled: true, hosts: Vec::new(), per_minute: 120, per_host_per_minute: 20 }
    }
}

impl DocumentsConfig {
    /// Whether a host's descriptions are taken.
    pub(super) fn takes(&self, host: &str) -> bool {
        self.enabled && (self.hosts.is_empty() || self.hosts.iter().any(|it| it == host))
    }
}

/// What a client may do as itself, with no person behind it (RFC 6749 section 4.4). It can confirm and approve nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConfig {
    /// At which MSP.
    pub tenant: TenantId,
    /// As one of its customers, or of its employees.
    pub realm: Realm,
    /// In the realm of customers: of which.
    #[serde(default)]
    pub organisation: Option<OrganisationId>,
    /// In the realm of employees: the customers that it is for. Absent: as its roles say.
    #[serde(default)]
    pub assigned: Option<BTreeSet<OrganisationId>>,
    /// Its roles.
    pub roles: BTreeSet<String>,
    /// What it may do at the most.
    pub scopes: BTreeSet<String>,
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
    /// The address of its keys.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Its keys, a key set as JSON; read from where the configuration says that they are.
    #[serde(skip)]
    pub jwks: Option<String>,
    /// Of its secret; read from where the configuration says that it is.
    #[serde(skip)]
    pub secret: Option<Hashed>,
    /// What it may do as itself.
    #[serde(default)]
    pub service: Option<ServiceConfig>,
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
            ("requests_per_minute", i64::from(self.requests_per_minute), 0, 10_000_000),
        ] {
            if !(least..=most).contains(&value) {
                found.push((name.to_owned(), format!("expected {least} to {most}, found {value}")));
            }
        }
        for (name, value) in [
            ("client_documents.per_minute", self.client_documents.per_minute),
            ("client_documents.per_host_per_minute", self.client_documents.per_host_per_minute),
        ] {
            if !(1..=100_000).contains(&value) {
                found.push((name.to_owned(), format!("expected 1 to 100000, found {value}")));
            }
        }
        for host in &self.client_documents.hosts {
            if host.is_empty() || host.contains(['/', ':', '*', ' ']) || *host != host.to_ascii_lowercase() {
                let text = format!("expected a host's name in lower case such as `claude.ai`, found `{host}`");
                found.push(("client_documents.hosts".to_owned(), text));
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
            if client.redirect_uris.is_empty() && client.service.is_none() {
                found.push((at("redirect_uris"), "expected at least one".into()));
            }
            found.extend(client.mistakes().into_iter().map(|(field, text)| (at(field), text)));
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

impl ClientConfig {
    /// What is wrong with its keys and with what it may do as itself.
    fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let jwks = self.jwks.as_deref().map(serde_json::from_str::<serde_json::Value>);
        match jwks.transpose() {
            Err(_) => found.push(("jwks", "expected a key set in JSON".into())),
            Ok(jwks) => {
                if let Err(says) = ClientKeys::read(jwks.as_ref(), self.jwks_uri.as_deref()) {
                    found.push((if jwks.is_some() { "jwks" } else { "jwks_uri" }, says.into()));
                }
            }
        }
        let Some(service) = &self.service else { return found };
        if self.secret.is_none() && self.jwks.is_none() && self.jwks_uri.is_none() {
            found.push((
                "service",
                "expected `secret`, `jwks` or `jwks_uri`, by which the client shows that it is itself".into(),
            ));
        }
        if service.scopes.is_empty() {
            found.push(("service.scopes", "expected at least one".into()));
        }
        match (service.realm, &service.organisation, &service.assigned) {
            (Realm::Customer, None, _) => {
                found.push(("service.organisation", "expected the customer that it is of".into()))
            }
            (Realm::Employee, Some(_), _) => {
                found.push(("service.organisation", "expected nothing in this realm".into()))
            }
            (Realm::Customer, _, Some(_)) => found.push(("service.assigned", "expected nothing in this realm".into())),
            (Realm::Customer | Realm::Employee, _, _) => {}
        }
        found
    }
}

/// The issuer of a public MCP URL: its origin.
pub(super) fn issuer(public_url: &str) -> Option<String> {
    trusted_url(public_url).map(|it| it.origin().ascii_serialization())
}
