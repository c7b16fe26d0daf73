//! Who may send messages to Postern: systems about their records, and realms about their people.

use super::mistakes::{Mistakes, section};
use super::secret::SecretRef;
use super::system::{Proves, SystemConfig};
use postern_api::http::{ExposeSecret, SecretString};
use postern_policies::Realm;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The shortest secret, in bytes.
const SHORTEST: usize = 16;

/// One address that messages are sent to.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// For events of a realm: which one. `None`: events of the system of the same name.
    pub realm: Option<Realm>,
    /// Secrets that the sender proves to have; several while one is being changed.
    pub secrets: Vec<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    realm: Option<Named>,
    #[serde(default)]
    secrets: Vec<SecretRef>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Customer,
    Employee,
}

/// What a webhook may be about.
pub(super) struct About<'a> {
    /// The tenant's systems.
    pub(super) systems: &'a BTreeMap<String, SystemConfig>,
    /// Whether the tenant has the realm of customers and the one of employees.
    pub(super) realms: (bool, bool),
}

/// Parses `[tenants.webhooks.NAME]`.
pub(super) fn webhooks(
    value: Option<Value>,
    path: &str,
    about: &About<'_>,
    found: &mut Mistakes,
) -> BTreeMap<String, WebhookConfig> {
    let table = match value {
        Some(Value::Table(table)) => table,
        Some(_) => {
            found.add(path, "expected `[tenants.webhooks.NAME]`");
            Table::new()
        }
        None => Table::new(),
    };
    let each = table.into_iter().map(|(name, value)| {
        let path = format!("{path}.{name}");
        let config = one(&name, value, &path, about, found);
        (name, config)
    });
    each.filter_map(|(name, config)| Some((name, config?))).collect()
}

fn one(name: &str, value: Value, path: &str, about: &About<'_>, found: &mut Mistakes) -> Option<WebhookConfig> {
    let written = section::<Written>(Some(value), path, found)?;
    let realm = written.realm.map(|it| match it {
        Named::Customer => (Realm::Customer, about.realms.0),
        Named::Employee => (Realm::Employee, about.realms.1),
    });
    match realm {
        Some((_, false)) => found.add(&format!("{path}.realm"), "expected a realm that this tenant has"),
        Some((_, true)) if about.systems.contains_key(name) => {
            found.add(&format!("{path}.realm"), "expected another name than a system's; the events are the realm's");
        }
        Some((_, true)) => {}
        None => match about.systems.get(name) {
            Some(system) if system.proves_messages().is_some() => {}
            Some(system) => {
                let text = format!("expected a system that sends messages; `{name}` is {}", system.kind());
                found.add(path, text);
            }
            None => found.add(path, "expected the name of a system, or a `realm`"),
        },
    }
    let proves = about.systems.get(name).filter(|_| realm.is_none()).and_then(SystemConfig::proves_messages);
    if proves == Some(Proves::Otherwise) && !written.secrets.is_empty() {
        found.add(&format!("{path}.secrets"), "expected none; this system has no secret of yours to sign with");
    }
    if realm.is_none() && proves != Some(Proves::Otherwise) && written.secrets.is_empty() {
        found.add(&format!("{path}.secrets"), "expected at least one; without it nobody knows who sends");
    }
    let mut secrets = Vec::new();
    for (nth, reference) in written.secrets.iter().enumerate() {
        let path = format!("{path}.secrets[{nth}]");
        match reference.read() {
            Ok(secret) if secret.expose_secret().len() >= SHORTEST => secrets.push(secret),
            Ok(_) => found.add(&path, format!("expected a secret of at least {SHORTEST} bytes")),
            Err(expected) => found.add(&path, expected),
        }
    }
    Some(WebhookConfig { realm: realm.map(|(it, _)| it), secrets })
}

#[cfg(test)]
mod tests {
    use super::super::system::Connection;
    use super::*;

    fn told(name: &str, text: &str) -> Vec<String> {
        let hosts = vec!["webservices5.autotask.net".to_owned()];
        let autotask = postern_autotask::Config::new("api@msp.example", "CODE", String::new().into(), hosts);
        let syncro = postern_syncro::Config::new("https://msp.example/api/v1", "token");
        let systems = BTreeMap::from([
            ("at".to_owned(), SystemConfig::Autotask(Box::new(autotask), Connection::default())),
            ("syncro".to_owned(), SystemConfig::Syncro(Box::new(syncro), Connection::default())),
        ]);
        let about = About { systems: &systems, realms: (false, false) };
        let value = format!("[{name}]\n{text}").parse::<Table>().map(Value::Table).ok();
        let mut found = Mistakes::default();
        webhooks(value, "hooks", &about, &mut found);
        found.iter().map(|it| format!("{} {}", it.path, it.expected)).collect()
    }

    #[test]
    fn who_signs_with_a_secret_of_ours_has_one_and_who_does_not_has_none() {
        assert_eq!(told("syncro", ""), Vec::<String>::new());
        let secrets = "secrets = [{ env = \"POSTERN_NO_SUCH_SECRET\" }]";
        assert!(told("syncro", secrets).iter().any(|it| it.contains("hooks.syncro.secrets") && it.contains("none")));
        assert!(told("at", "").iter().any(|it| it.contains("hooks.at.secrets") && it.contains("at least one")));
        assert!(!told("at", secrets).iter().any(|it| it.contains("at least one")));
    }
}
