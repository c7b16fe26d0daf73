//! The configuration of one connected system. A new adapter has its lines here and in `src/adapters.rs`.

use super::PortsConfig;
use super::mistakes::{Mistakes, section};
use super::secret::SecretRef;
use super::sign_in;
use crate::mail::MailConfig;
use postern_api::http::SecretString;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// One connected system.
#[derive(Debug, Clone)]
pub enum SystemConfig {
    /// Postern's own backend, for every port.
    Embedded,
    /// ConnectWise PSA.
    ConnectWise(Box<postern_connectwise::Config>, Connection),
    /// Autotask PSA.
    Autotask(Box<postern_autotask::Config>, Connection),
    /// HaloPSA.
    HaloPsa(Box<postern_halopsa::Config>, Connection),
    /// HubSpot.
    HubSpot(Box<postern_hubspot::Config>, Connection),
    /// Keycloak.
    Keycloak(Box<postern_keycloak::Config>, Connection),
    /// Request Tracker 5.
    RequestTracker(Box<postern_request_tracker::Config>, Connection),
    /// Stripe.
    Stripe(Box<postern_stripe::Config>, Connection),
    /// A mail server, with the built-in backend's ledger.
    Smtp(Box<postern_smtp::Config>, Box<MailConfig>),
    /// Syncro.
    Syncro(Box<postern_syncro::Config>, Connection),
    /// Tryton.
    Tryton(Box<postern_tryton::Config>, Connection),
    /// A calendar server over CalDAV.
    CalDav(Box<postern_caldav::Config>, Connection),
    /// Hudu.
    Hudu(Box<postern_hudu::Config>, Connection),
    /// A file server over WebDAV.
    WebDav(Box<postern_webdav::Config>, Connection),
}

/// How a system is reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connection {
    /// Requests under way at once.
    pub concurrency: Option<usize>,
    /// Requests within `rate_per_secs`; the vendor's own limit where it is missing.
    pub rate_requests: Option<u32>,
    /// The time that `rate_requests` counts in, in seconds.
    pub rate_per_secs: Option<u64>,
    /// Further hosts that the adapter may talk to, for example an authorisation server's.
    pub other_hosts: Vec<String>,
    /// The longest answer that is read, in bytes.
    pub max_body_bytes: Option<usize>,
}

impl SystemConfig {
    /// Parses `[tenants.systems.NAME]`.
    pub(super) fn parse(mut table: Table, path: &str, found: &mut Mistakes) -> Option<Self> {
        let kind = match table.remove("kind") {
            Some(Value::String(kind)) => kind,
            Some(_) | None => {
                found.add(&format!("{path}.kind"), format!("expected {KINDS}"));
                return None;
            }
        };
        if kind == "smtp" {
            return smtp(table, path, found);
        }
        let connection = section::<Connection>(table.remove("connection"), &format!("{path}.connection"), found);
        match kind.as_str() {
            "embedded" => {
                for key in table.keys() {
                    found.add(&format!("{path}.{key}"), "unknown field; `embedded` has no settings");
                }
                Some(SystemConfig::Embedded)
            }
            "autotask" => {
                let secret = secret(&mut table, path, "secret", found);
                let config = section::<postern_autotask::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::Autotask(Box::new(config), connection?))
            }
            "connectwise" => {
                let secret = secret(&mut table, path, "private_key", found);
                let config = section::<postern_connectwise::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::ConnectWise(Box::new(config), connection?))
            }
            "halopsa" => {
                let secret = secret(&mut table, path, "client_secret", found);
                let config = section::<postern_halopsa::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::HaloPsa(Box::new(config), connection?))
            }
            "hubspot" => {
                let secret = secret(&mut table, path, "token", found);
                let config = section::<postern_hubspot::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::HubSpot(Box::new(config), connection?))
            }
            "keycloak" => {
                let secret = secret(&mut table, path, "client_secret", found);
                let config = section::<postern_keycloak::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::Keycloak(Box::new(config), connection?))
            }
            "request-tracker" => {
                let field = if table.contains_key("token") { "token" } else { "password" };
                let secret = secret(&mut table, path, field, found);
                let config = section::<postern_request_tracker::Config>(Some(Value::Table(table)), path, found);
                let mut config = config?;
                if let Err(invalid) = config.validate() {
                    found.add(&format!("{path}.{}", invalid.path), format!("expected {}", invalid.expected));
                }
                *(if field == "token" { &mut config.token } else { &mut config.password }) = Some(secret?);
                Some(SystemConfig::RequestTracker(Box::new(config), connection?))
            }
            "stripe" => {
                let secret = secret(&mut table, path, "key", found);
                let config = section::<postern_stripe::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::Stripe(Box::new(config), connection?))
            }
            "syncro" => {
                let secret = secret(&mut table, path, "token", found);
                let config = section::<postern_syncro::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::Syncro(Box::new(config), connection?))
            }
            "tryton" => {
                let secret = secret(&mut table, path, "password", found);
                let config = section::<postern_tryton::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::Tryton(Box::new(config), connection?))
            }
            "caldav" => {
                let secret = secret(&mut table, path, "password", found);
                let config = section::<postern_caldav::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::CalDav(Box::new(config), connection?))
            }
            "hudu" => {
                let secret = secret(&mut table, path, "api_key", found);
                let config = section::<postern_hudu::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::Hudu(Box::new(config), connection?))
            }
            "webdav" => {
                let secret = secret(&mut table, path, "password", found);
                let config = section::<postern_webdav::Config>(Some(Value::Table(table)), path, found);
                let config = config?.with_secret(secret?);
                for mistake in config.mistakes() {
                    found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
                }
                Some(SystemConfig::WebDav(Box::new(config), connection?))
            }
            other => {
                found.add(&format!("{path}.kind"), format!("expected {KINDS}, found `{other}`"));
                None
            }
        }
    }

    /// The kind, as it is configured.
    pub fn kind(&self) -> &'static str {
        match self {
            SystemConfig::Embedded => "embedded",
            SystemConfig::Autotask(..) => "autotask",
            SystemConfig::ConnectWise(..) => "connectwise",
            SystemConfig::HaloPsa(..) => "halopsa",
            SystemConfig::HubSpot(..) => "hubspot",
            SystemConfig::Keycloak(..) => "keycloak",
            SystemConfig::RequestTracker(..) => "request-tracker",
            SystemConfig::Stripe(..) => "stripe",
            SystemConfig::Smtp(..) => "smtp",
            SystemConfig::Syncro(..) => "syncro",
            SystemConfig::Tryton(..) => "tryton",
            SystemConfig::CalDav(..) => "caldav",
            SystemConfig::Hudu(..) => "hudu",
            SystemConfig::WebDav(..) => "webdav",
        }
    }

    /// Which installation it is: the same under another name, another one under the same name.
    pub fn place(&self) -> String {
        match self {
            SystemConfig::Embedded => "embedded".into(),
            SystemConfig::Autotask(it, _) => format!("autotask {}", it.username),
            SystemConfig::ConnectWise(it, _) => format!("connectwise {} {}", it.base_url, it.company_id),
            SystemConfig::HaloPsa(it, _) => {
                format!("halopsa {} {}", it.base_url, it.tenant.as_deref().unwrap_or_default())
            }
            SystemConfig::HubSpot(it, _) => format!("hubspot {}", it.account),
            SystemConfig::Keycloak(it, _) => format!("keycloak {} {}", it.base_url, it.realm),
            SystemConfig::RequestTracker(it, _) => format!("request-tracker {}", it.base_url),
            SystemConfig::Stripe(it, _) => format!("stripe {} {}", it.account, if it.live { "live" } else { "test" }),
            // Its people are the built-in backend's.
            SystemConfig::Smtp(..) => "embedded".into(),
            SystemConfig::Syncro(it, _) => format!("syncro {}", it.base_url),
            SystemConfig::Tryton(it, _) => format!("tryton {} {}", it.base_url, it.company),
            SystemConfig::CalDav(it, _) => format!("caldav {}", it.base_url),
            SystemConfig::Hudu(it, _) => format!("hudu {}", it.base_url),
            SystemConfig::WebDav(it, _) => {
                format!("webdav {} {}", it.base_url, it.folder.as_deref().unwrap_or_default())
            }
        }
    }

    /// Whether the adapter has this port at all.
    pub(super) fn has_port(&self, port: &str) -> bool {
        match self {
            SystemConfig::Embedded => true,
            SystemConfig::ConnectWise(..) | SystemConfig::HaloPsa(..) => {
                matches!(port, "service_desk" | "crm" | "knowledge" | "billing" | "sales" | "projects" | "assets")
            }
            SystemConfig::Syncro(..) => {
                matches!(port, "service_desk" | "crm" | "knowledge" | "billing" | "sales" | "assets")
            }
            SystemConfig::Autotask(..) => {
                matches!(port, "service_desk" | "crm" | "knowledge" | "billing" | "sales" | "projects" | "assets")
            }
            SystemConfig::Keycloak(..) => port == "identity",
            SystemConfig::RequestTracker(..) => matches!(port, "service_desk" | "crm"),
            SystemConfig::HubSpot(..) => port == "crm",
            SystemConfig::Stripe(..) => port == "billing",
            SystemConfig::Smtp(..) => port == "notifications",
            SystemConfig::Tryton(..) => port == "billing",
            SystemConfig::CalDav(..) => port == "bookings",
            SystemConfig::Hudu(..) => port == "knowledge",
            SystemConfig::WebDav(..) => port == "documents",
        }
    }

    /// How it proves messages of its own, which `[tenants.webhooks]` may let in; `None` where it sends none.
    pub(super) fn proves_messages(&self) -> Option<Proves> {
        match self {
            SystemConfig::Autotask(..) | SystemConfig::HubSpot(..) | SystemConfig::Stripe(..) => Some(Proves::BySecret),
            SystemConfig::ConnectWise(..) | SystemConfig::Syncro(..) => Some(Proves::Otherwise),
            SystemConfig::Embedded
            | SystemConfig::CalDav(..)
            | SystemConfig::HaloPsa(..)
            | SystemConfig::Hudu(..)
            | SystemConfig::Keycloak(..)
            | SystemConfig::RequestTracker(..)
            | SystemConfig::Smtp(..)
            | SystemConfig::Tryton(..)
            | SystemConfig::WebDav(..) => None,
        }
    }
}

/// How a system proves that a message is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proves {
    /// By a secret that both have.
    BySecret,
    /// By a key of its own, or not at all.
    Otherwise,
}

const KINDS: &str = "`autotask`, `caldav`, `connectwise`, `embedded`, `halopsa`, `hubspot`, `hudu`, `keycloak`, `request-tracker`, `smtp`, `stripe`, `syncro`, `tryton` or `webdav`";

/// A mail server is reached by SMTP: it has `server` where others have an address and `connection`.
fn smtp(mut table: Table, path: &str, found: &mut Mistakes) -> Option<SystemConfig> {
    let server = match table.remove("server") {
        Some(server) => sign_in::mail(server, &format!("{path}.server"), found),
        None => {
            found.add(&format!("{path}.server"), "expected the mail server, as in `[mail]`");
            None
        }
    };
    let config = section::<postern_smtp::Config>(Some(Value::Table(table)), path, found)?;
    for mistake in config.mistakes() {
        found.add(&format!("{path}.{}", mistake.path), format!("expected {}", mistake.expected));
    }
    Some(SystemConfig::Smtp(Box::new(config), Box::new(server?)))
}

/// Mail goes to contacts as the ledger knows them, and the ledger is the built-in backend's.
pub(super) fn mail_goes_to_known_people(
    ports: &PortsConfig,
    systems: &BTreeMap<String, SystemConfig>,
    path: &str,
    found: &mut Mistakes,
) {
    let chosen = ports.notifications.as_ref().and_then(|it| systems.get(it));
    if matches!(chosen, Some(SystemConfig::Smtp(..)))
        && !matches!(systems.get(&ports.crm), Some(SystemConfig::Embedded) | None)
    {
        found.add(path, "expected `crm` to be a system of the kind `embedded` where notifications go by `smtp`: its people are told");
    }
}

/// Takes a secret reference out of a table and reads it.
fn secret(table: &mut Table, path: &str, field: &str, found: &mut Mistakes) -> Option<SecretString> {
    let path = format!("{path}.{field}");
    let expected = "expected a reference: `{ env = \"NAME\" }` or `{ file = \"path\" }`";
    let reference = match table.remove(field) {
        Some(value @ Value::Table(_)) => section::<SecretRef>(Some(value), &path, found)?,
        Some(_) | None => {
            found.add(&path, expected);
            return None;
        }
    };
    match reference.read() {
        Ok(secret) => Some(secret),
        Err(expected) => {
            found.add(&path, expected);
            None
        }
    }
}
