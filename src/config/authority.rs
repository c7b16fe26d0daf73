//! The configuration of the authorization server: `[authority]`, and the clients that are known beforehand.

use super::TenantConfig;
use super::mistakes::{Mistakes, section};
use super::secret::SecretRef;
use super::sign_in::{REFERENCE, read};
use crate::authority::config::{AuthorityConfig, ClientConfig};
use crate::authority::secret::Hashed;
use postern_api::http::ExposeSecret as _;
use postern_policies::Realm;
use toml::{Table, Value};

/// No secret of a client is shorter; 24 letters of base64 are 144 bits.
const SECRET_LEAST: usize = 24;

/// Parses `[authority]`.
pub(super) fn authority(value: Option<Value>, found: &mut Mistakes) -> Option<AuthorityConfig> {
    let mut value = value.unwrap_or_else(|| Value::Table(Table::new()));
    let clients = value.as_table_mut().and_then(|it| it.remove("clients"));
    let clients = match clients {
        None => Vec::new(),
        Some(Value::Array(clients)) => clients,
        Some(_) => {
            found.add("authority.clients", "expected tables `[[authority.clients]]`");
            Vec::new()
        }
    };
    let config = section::<AuthorityConfig>(Some(value), "authority", found);
    let mut read = Vec::new();
    for (nth, value) in clients.into_iter().enumerate() {
        read.push(client(value, &format!("authority.clients[{nth}]"), found));
    }
    // Where one of them cannot be read the others have no place that could be named.
    let clients = read.into_iter().collect::<Option<Vec<_>>>();
    let whole = clients.is_some();
    let config = AuthorityConfig { clients: clients.unwrap_or_default(), ..config? };
    for (field, expected) in config.mistakes() {
        found.add(&format!("authority.{field}"), expected);
    }
    whole.then_some(config)
}

fn client(value: Value, path: &str, found: &mut Mistakes) -> Option<ClientConfig> {
    let Value::Table(mut table) = value else {
        found.add(path, "expected a table");
        return None;
    };
    let (secret, jwks) = (table.remove("secret"), table.remove("jwks"));
    let config = section::<ClientConfig>(Some(Value::Table(table)), path, found);
    let wanted = (secret.is_some(), jwks.is_some());
    let secret = secret.and_then(|it| {
        let path = format!("{path}.secret");
        let secret = read(it, &path, found)?;
        if secret.expose_secret().len() < SECRET_LEAST {
            found.add(&path, format!("expected a secret of at least {SECRET_LEAST} letters"));
            return None;
        }
        Some(Hashed::of(secret.expose_secret()))
    });
    let jwks = jwks.and_then(|it| {
        let path = format!("{path}.jwks");
        if !it.is_table() {
            found.add(&path, REFERENCE);
            return None;
        }
        let text = section::<SecretRef>(Some(it), &path, found)?.read();
        text.map_err(|expected| found.add(&path, expected)).ok().map(|it| it.expose_secret().to_owned())
    });
    let read = (secret.is_some(), jwks.is_some()) == wanted;
    config.filter(|_| read).map(|it| ClientConfig { secret, jwks, ..it })
}

/// Whether the clients that work as themselves do so at realms and for customers that there are.
pub(super) fn services(config: &AuthorityConfig, tenants: &[TenantConfig], found: &mut Mistakes) {
    for (nth, client) in config.clients.iter().enumerate() {
        let Some(service) = &client.service else { continue };
        let at = |field: &str| format!("authority.clients[{nth}].service.{field}");
        let Some(tenant) = tenants.iter().find(|it| it.id == service.tenant) else {
            found.add(&at("tenant"), format!("expected the id of a tenant, found `{}`", service.tenant));
            continue;
        };
        let realm = match service.realm {
            Realm::Customer => &tenant.customer_realm,
            Realm::Employee => &tenant.employee_realm,
        };
        if realm.is_none() {
            found.add(&at("realm"), format!("expected a realm of the tenant `{}`", tenant.id));
        }
        let organisations = service.organisation.iter().chain(service.assigned.iter().flatten());
        for organisation in organisations.filter(|it| !tenant.organisations.contains_key(*it)) {
            let text = format!("expected an organisation of the tenant `{}`, found `{organisation}`", tenant.id);
            let field = if service.organisation.is_some() { "organisation" } else { "assigned" };
            found.add(&at(field), text);
        }
    }
}
