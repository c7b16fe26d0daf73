//! The demo: a whole MSP on SQLite, with two realms of its own whose keys are made at the first start.
//!
//! Its realms are token issuers like any other: the gateway fetches their keys over HTTP and verifies what they signed. They
//! sign for the demo's accounts alone, and only for whoever can read the data directory.

use crate::adapters::Registry;
use crate::authority::accounts::password::hash_now;
use crate::authority::accounts::totp::base32;
use crate::config::{Config, Mistakes};
use crate::store::{Store, secret_file, sign_in_accounts as local};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::{Json, Router, routing::get};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use postern_api::{Error, ErrorKind, OrganisationId, Result, TenantId};
pub use postern_embedded::demo::ACCOUNTS;
use postern_embedded::demo::{Account, seed};
use postern_policies::Realm;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How long a minted token holds, in hours.
pub const TOKEN_HOURS: i64 = 8;
const TENANT: &str = "msp-example";

/// A demo's place: its data directory and the address that its URLs carry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// `http://HOST:PORT`.
    pub origin: String,
    #[serde(skip)]
    dir: PathBuf,
}

impl Demo {
    /// A demo that listens at an address.
    pub fn at(listen: SocketAddr, dir: &Path) -> Self {
        Self { origin: format!("http://{listen}"), dir: dir.to_owned() }
    }

    /// The demo of a data directory, as it was last started.
    pub fn of(dir: &Path) -> Result<Self> {
        let missing = |_| {
            let text = format!("`{}` holds no demo; start one with `postern demo`", dir.display());
            Error::new(ErrorKind::NotFound, text)
        };
        let text = std::fs::read_to_string(dir.join("demo.json")).map_err(missing)?;
        let demo: Self = serde_json::from_str(&text).map_err(|e| Error::internal("demo.json").because(e))?;
        Ok(Self { dir: dir.to_owned(), ..demo })
    }

    /// The URL that clients enter.
    pub fn mcp_url(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    fn issuer(&self, realm: &str) -> String {
        format!("{}/realms/{realm}s", self.origin)
    }

    /// Makes keys and data where there are none, and answers the configuration. `operations` is for health and metrics.
    pub fn prepare(&self, operations: SocketAddr) -> Result<Config> {
        let failed = |e: std::io::Error| Error::internal(format!("data directory {}", self.dir.display())).because(e);
        std::fs::create_dir_all(&self.dir).map_err(failed)?;
        let written = serde_json::to_string(self).map_err(|e| Error::internal("demo.json").because(e))?;
        std::fs::write(self.dir.join("demo.json"), written).map_err(failed)?;
        let tenant = TenantId::new(TENANT).map_err(|e| Error::internal("demo tenant").because(e))?;
        seed(Registry::new(&self.dir).embedded()?, &tenant, Timestamp::now())?;
        self.accounts(&tenant)?;
        Config::parse(&self.configuration(operations)).map_err(|e: Mistakes| Error::internal(e.to_string()))
    }

    /// The password of every account of the demo, made at the first start.
    pub fn password(&self) -> Result<String> {
        let secret = secret_file::<10>(&self.dir.join("demo-password.key"))?;
        let letters: Vec<char> = base32(&*secret).to_lowercase().chars().collect();
        Ok(letters.chunks(4).map(|it| it.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
    }

    /// Local accounts for everybody, under the subjects that their realms' tokens carry.
    fn accounts(&self, tenant: &TenantId) -> Result<()> {
        let store = Store::beside(&self.dir)?;
        if !store.accounts()?.is_empty() {
            return Ok(());
        }
        let hash = hash_now(&self.password()?)?;
        for it in &ACCOUNTS {
            let realm = if it.realm == "customer" { Realm::Customer } else { Realm::Employee };
            let organisation = it.organisation.map(OrganisationId::new).transpose();
            store.add_account(&local::Account {
                at: local::AccountRealm { tenant: tenant.clone(), realm },
                id: subject(it.email),
                email: it.email.to_owned(),
                name: it.name.to_owned(),
                organisation: organisation.map_err(|e| Error::internal("demo organisation").because(e))?,
                roles: [it.role.to_owned()].into(),
                password: Some(hash.clone()),
                totp: false,
                locked: false,
            })?;
        }
        Ok(())
    }

    /// The configuration as text: what an MSP without any other system would write.
    fn configuration(&self, operations: SocketAddr) -> String {
        let (origin, mcp) = (&self.origin, self.mcp_url());
        let listen = origin.trim_start_matches("http://");
        let dir = Value::from(self.dir.display().to_string());
        let realm = |name: &str| {
            let issuer = self.issuer(name);
            let of_realm = ACCOUNTS.iter().filter(|it| it.realm == name).filter_map(|it| it.email.split('@').nth(1));
            let domains: BTreeSet<_> = of_realm.map(|it| format!("\"{it}\"")).collect();
            let domains = domains.into_iter().collect::<Vec<_>>().join(", ");
            format!(
                "[tenants.realms.{name}]\nissuer = \"{issuer}\"\njwks_uri = \"{issuer}/protocol/openid-connect/certs\"\n\
                 [tenants.realms.{name}.sign_in]\nkind = \"local\"\nemail_domains = [{domains}]\n"
            )
        };
        let (customer, employee) = (realm("customer"), realm("employee"));
        format!(
            r#"
[server]
listen = "{listen}"
operations_listen = "{operations}"
data_dir = {dir}

[edge]
public_url = "{mcp}"
resource_name = "Postern demo"

[authority]
enabled = true
# A machine that shows the demo may reach nobody; clients register themselves here.
client_documents = {{ enabled = false }}

[[tenants]]
id = "{TENANT}"
name = "Example MSP"

{customer}
{employee}
[tenants.ports]
service_desk = "embedded"
crm = "embedded"
knowledge = "embedded"
identity = "embedded"
billing = "embedded"
sales = "embedded"
projects = "embedded"
assets = "embedded"
documents = "embedded"
bookings = "embedded"
notifications = "embedded"
portal = "embedded"

[tenants.systems.embedded]
kind = "embedded"

[tenants.organisations]
acme = {{ embedded = "acme" }}
globex = {{ embedded = "globex" }}
initech = {{ embedded = "initech" }}
"#
        )
    }

    fn key(&self, realm: &str) -> Result<Ed25519KeyPair> {
        let seed = secret_file::<32>(&self.dir.join(format!("demo-{realm}.key")))?;
        Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| Error::internal("demo key"))
    }

    /// The realms' public keys, where the gateway looks for them.
    pub fn routes(&self) -> Result<Router> {
        let mut routes = Router::new();
        for realm in ["customer", "employee"] {
            let public = URL_SAFE_NO_PAD.encode(self.key(realm)?.public_key().as_ref());
            let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": realm, "x": public}]});
            let issuer = self.issuer(realm);
            let metadata = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/protocol/openid-connect/certs")});
            let path = format!("/realms/{realm}s");
            let serve = |value: Value| get(move || std::future::ready(Json(value.clone())));
            routes = routes
                .route(&format!("{path}/protocol/openid-connect/certs"), serve(jwks))
                .route(&format!("{path}/.well-known/openid-configuration"), serve(metadata));
        }
        Ok(routes)
    }

    /// Mints a realm token for one of the demo's accounts, as Keycloak writes them.
    pub fn token(&self, email: &str, now: Timestamp) -> Result<String> {
        let account = ACCOUNTS.iter().find(|it| it.email.eq_ignore_ascii_case(email)).ok_or_else(|| {
            let known: Vec<_> = ACCOUNTS.iter().map(|it| it.email).collect();
            let text = format!("no account `{email}`; the demo has {}", known.join(", "));
            Error::new(ErrorKind::NotFound, text)
        })?;
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": account.realm});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&self.claims(account, now.as_second())));
        let signature = self.key(account.realm)?.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }

    fn claims(&self, account: &Account, now: i64) -> Value {
        let mut claims = json!({
            "iss": self.issuer(account.realm),
            "sub": subject(account.email),
            "aud": self.mcp_url(),
            "typ": "Bearer",
            "azp": "postern-demo",
            "iat": now,
            "exp": now + TOKEN_HOURS * 3600,
            "jti": uuid::Uuid::new_v4().to_string(),
            "scope": "support.read support.write portal.read portal.write documents.read documents.write billing.read billing.write",
            "realm_access": {"roles": [account.role]},
            "name": account.name,
            "email": account.email,
            "email_verified": true,
        });
        if let (Some(organisation), Some(claims)) = (account.organisation, claims.as_object_mut()) {
            claims.insert("organization_id".into(), organisation.into());
        }
        claims
    }
}

/// The same for a token and for a sign-in, so that both are one person.
fn subject(email: &str) -> String {
    digest(&SHA256, email.as_bytes()).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
