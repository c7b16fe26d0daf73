//! The configuration of signing people in: `[tenants.realms.NAME.sign_in]` and `[mail]`.

use super::mistakes::{Mistakes, section};
use super::secret::SecretRef;
use crate::authority::sign_in::config::{ClientAuth, How, LocalConfig, OidcConfig, RealmSignIn};
use crate::mail::MailConfig;
use postern_api::http::SecretString;
use serde::Deserialize;
use toml::{Table, Value};

/// What both kinds have.
#[derive(Deserialize)]
struct Common {
    title: Option<String>,
    #[serde(default)]
    email_domains: Vec<String>,
    #[serde(default = "yes")]
    listed: bool,
}

fn yes() -> bool {
    true
}

/// Parses `[tenants.realms.NAME.sign_in]`.
pub(super) fn realm(value: Value, path: &str, found: &mut Mistakes) -> Option<RealmSignIn> {
    let Value::Table(mut table) = value else {
        found.add(path, "expected a table");
        return None;
    };
    let mut common = Table::new();
    for field in ["title", "email_domains", "listed"] {
        if let Some(value) = table.remove(field) {
            common.insert(field.to_owned(), value);
        }
    }
    let common = section::<Common>(Some(Value::Table(common)), path, found);
    for domain in common.iter().flat_map(|it| &it.email_domains) {
        if !domain.contains('.') || domain.contains(['@', ' ', '*', '/']) || *domain != domain.to_lowercase() {
            let text = format!("expected a domain in lower case such as `acme.example`, found `{domain}`");
            found.add(&format!("{path}.email_domains"), text);
        }
    }
    let kind = table.remove("kind");
    let how = match kind.as_ref().and_then(Value::as_str) {
        Some("local") => section::<LocalConfig>(Some(Value::Table(table)), path, found).map(How::Local),
        Some("oidc") => oidc(table, path, found).map(|it| How::Oidc(Box::new(it))),
        Some(_) | None => {
            found.add(&format!("{path}.kind"), "expected `oidc` or `local`");
            None
        }
    };
    let (common, how) = (common?, how?);
    Some(RealmSignIn { title: common.title, email_domains: common.email_domains, listed: common.listed, how })
}

fn oidc(mut table: Table, path: &str, found: &mut Mistakes) -> Option<OidcConfig> {
    let secrets = [("client_secret", table.remove("client_secret")), ("client_key", table.remove("client_key"))];
    let config = section::<OidcConfig>(Some(Value::Table(table)), path, found);
    for (field, expected) in config.iter().flat_map(OidcConfig::mistakes) {
        found.add(&format!("{path}.{field}"), expected);
    }
    let wanted = match config.as_ref().map(|it| it.client_auth) {
        Some(ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost) => Some("client_secret"),
        Some(ClientAuth::PrivateKeyJwt) => Some("client_key"),
        Some(ClientAuth::None) | None => None,
    };
    let mut secret = None;
    for (field, value) in secrets {
        let path = format!("{path}.{field}");
        match value {
            None if wanted == Some(field) => found.add(&path, REFERENCE),
            None => {}
            Some(_) if config.is_some() && wanted != Some(field) => {
                found.add(&path, "expected nothing with this `client_auth`");
            }
            Some(value) => secret = read(value, &path, found),
        }
    }
    config.map(|it| OidcConfig { secret, ..it })
}

pub(super) const REFERENCE: &str = "expected a reference: `{ env = \"NAME\" }` or `{ file = \"path\" }`";

pub(super) fn read(value: Value, path: &str, found: &mut Mistakes) -> Option<SecretString> {
    if !value.is_table() {
        found.add(path, REFERENCE);
        return None;
    }
    let read = section::<SecretRef>(Some(value), path, found)?.read();
    read.map_err(|expected| found.add(path, expected)).ok()
}

/// Parses a mail server: `[mail]`, or a system's own.
pub(super) fn mail(value: Value, path: &str, found: &mut Mistakes) -> Option<MailConfig> {
    let Value::Table(mut table) = value else {
        found.add(path, "expected a table");
        return None;
    };
    let password = table.remove("password");
    let asked = password.is_some();
    let password = password.and_then(|it| read(it, &format!("{path}.password"), found));
    let mut config = section::<MailConfig>(Some(Value::Table(table)), path, found)?;
    let unread = asked && password.is_none();
    config.password = password;
    for (field, expected) in config.mistakes() {
        if field != "password" || !unread {
            found.add(&format!("{path}.{field}"), expected);
        }
    }
    Some(config)
}
