//! The registry: which adapter crate serves which kind of system. The only place that names them.

use crate::cassette::Tape;
use crate::config::{Connection, SystemConfig};
use crate::mail::{Mailer, Smtp};
use crate::tenant::System;
use crate::unsubscribe::Signer;
use crate::upstream::breaker::Breakers;
use crate::upstream::shared::{Budgets, Rate, Share};
use crate::upstream::{Settings, Upstream};
use postern_api::http::{Authenticator, Http};
use postern_api::mail::{Subscription, Unsubscribing};
use postern_api::webhook::Hook;
use postern_api::{Adapter, Error, Result, TenantId};
use postern_embedded::Embedded;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Opens the systems of a data directory. One a process: vendors' request limits are shared by what one registry opened.
#[derive(Debug)]
pub struct Registry<'a> {
    data_dir: &'a Path,
    embedded: OnceLock<Embedded>,
    tape: Option<Arc<Tape>>,
    budgets: Budgets,
    breakers: Breakers,
    /// Signs links by which people leave a kind of mail.
    signer: Option<Signer>,
    /// What all tenants' connections to one Autotask database share.
    autotask: postern_autotask::Budgets,
}

impl<'a> Registry<'a> {
    /// For a data directory.
    pub fn new(data_dir: &'a Path) -> Self {
        Self {
            data_dir,
            embedded: OnceLock::new(),
            budgets: Budgets::default(),
            breakers: Breakers::default(),
            autotask: postern_autotask::Budgets::default(),
            signer: None,
            tape: None,
        }
    }

    /// Records what the systems that are connected from now on are asked and answer.
    #[must_use]
    pub fn recording(self, tape: Arc<Tape>) -> Self {
        Self { tape: Some(tape), ..self }
    }

    /// Has links signed by which people leave a kind of mail; without it no mail is sent that could be left.
    #[must_use]
    pub fn signing(self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self }
    }

    /// Postern's own backend, opened when the first tenant uses it.
    pub fn embedded(&self) -> Result<&Embedded> {
        if let Some(open) = self.embedded.get() {
            return Ok(open);
        }
        let opened = Embedded::open(&self.data_dir.join("embedded.db"))?;
        Ok(self.embedded.get_or_init(|| opened))
    }

    /// The request limits that what was opened shares.
    pub fn budgets(&self) -> Budgets {
        self.budgets.clone()
    }

    /// What stops asking the systems that were opened, where they keep failing.
    pub fn breakers(&self) -> Breakers {
        self.breakers.clone()
    }

    /// Connects a system of a tenant. Nothing is sent yet.
    pub fn open(&self, tenant: &TenantId, name: &str, config: &SystemConfig) -> Result<System> {
        let adapter: Arc<dyn Adapter> = match config {
            SystemConfig::Embedded => self.embedded()?.for_tenant(tenant),
            SystemConfig::Autotask(config, connection) => {
                let auth = postern_autotask::authenticator(config);
                let mut settings = settings(name, &config.lookup_url, connection)?;
                settings.other_hosts.extend(config.zone_hosts.iter().cloned());
                settings.refusal = Some(postern_autotask::is_refusal);
                // Autotask counts by database, which the API user's name stands for. Here alone the hour is counted; the adapter
                // looks at what the vendor itself says of all that use the database.
                let hour = (config.requests_per_hour, Duration::from_secs(3_600));
                settings.share = self.share((tenant, name), "autotask", &config.username, connection, Some(hour));
                postern_autotask::connect((**config).clone(), self.handle(tenant, settings, auth)?, &self.autotask)?
            }
            SystemConfig::ConnectWise(config, connection) => {
                let auth = postern_connectwise::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                // ConnectWise counts by company, of which many share one cloud.
                let usual = Some(postern_connectwise::RATE);
                let account = config.account();
                settings.share = self.share((tenant, name), "connectwise", &account, connection, usual);
                postern_connectwise::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::HaloPsa(config, connection) => {
                let auth = postern_halopsa::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                settings.other_hosts.extend(host(&config.token_server()));
                // Each HaloPSA counts for itself, all integrations together.
                let usual = Some(postern_halopsa::RATE);
                settings.share = self.share((tenant, name), "halopsa", &config.base_url, connection, usual);
                postern_halopsa::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::HubSpot(config, connection) => {
                let auth = postern_hubspot::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                // HubSpot counts by private app, of which an account has one for Postern.
                let account = config.account.to_string();
                settings.share =
                    self.share((tenant, name), "hubspot", &account, connection, Some(postern_hubspot::RATE));
                postern_hubspot::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::Keycloak(config, connection) => {
                let auth = postern_keycloak::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                settings.refusal = Some(postern_keycloak::is_refusal);
                // Keycloak counts nothing by itself.
                settings.share = self.share((tenant, name), "keycloak", &config.base_url, connection, None);
                postern_keycloak::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::RequestTracker(config, connection) => {
                let auth = postern_request_tracker::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                settings.share = self.share((tenant, name), "request-tracker", &config.base_url, connection, None);
                postern_request_tracker::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::Smtp(config, server) => {
                let mailer: Arc<dyn Mailer> = Arc::new(Smtp::new(server)?);
                let links: Arc<dyn Unsubscribing> = match &self.signer {
                    Some(signer) => signer.of_tenant(tenant),
                    None => Arc::new(NoLinks),
                };
                let ledger = self.embedded()?.notice_ledger(tenant);
                postern_smtp::connect((**config).clone(), mailer, ledger, links)
            }
            SystemConfig::Stripe(config, connection) => {
                let auth = postern_stripe::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                // Stripe counts by account, live and test data apart.
                let account = format!("{} {}", config.account, config.live);
                let usual = Some(postern_stripe::rate(config.live));
                settings.share = self.share((tenant, name), "stripe", &account, connection, usual);
                postern_stripe::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::Syncro(config, connection) => {
                let auth = postern_syncro::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                // Syncro counts by the address that requests come from: all tenants of this process together.
                settings.share =
                    self.share((tenant, name), "syncro", "address", connection, Some(postern_syncro::RATE));
                postern_syncro::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::Tryton(config, connection) => {
                let auth = postern_tryton::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                settings.share = self.share((tenant, name), "tryton", &config.base_url, connection, None);
                postern_tryton::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::CalDav(config, connection) => {
                let auth = postern_caldav::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                settings.share = self.share((tenant, name), "caldav", &config.base_url, connection, None);
                postern_caldav::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::Hudu(config, connection) => {
                let auth = postern_hudu::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                // Each Hudu counts for itself.
                let usual = Some(postern_hudu::RATE);
                settings.share = self.share((tenant, name), "hudu", &config.base_url, connection, usual);
                postern_hudu::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
            SystemConfig::WebDav(config, connection) => {
                let auth = postern_webdav::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection)?;
                settings.share = self.share((tenant, name), "webdav", &config.base_url, connection, None);
                postern_webdav::connect((**config).clone(), self.handle(tenant, settings, auth)?)?
            }
        };
        Ok(System { name: name.into(), ids: name.into(), adapter })
    }

    /// A tenant's system's share of what a vendor takes. `account` says what the vendor counts by: systems with the same one share.
    fn share(
        &self,
        (tenant, system): (&TenantId, &str),
        vendor: &'static str,
        account: &str,
        it: &Connection,
        usual: Option<Rate>,
    ) -> Option<Share> {
        let rate = match (it.rate_requests, it.rate_per_secs) {
            (None, None) => usual?,
            (requests, per) => {
                let (usual, usual_per) = usual.unwrap_or((60, Duration::from_secs(60)));
                (requests.unwrap_or(usual), per.map_or(usual_per, Duration::from_secs))
            }
        };
        Some(self.budgets.share(vendor, account, rate, tenant.as_str()).of_system(system))
    }

    fn handle(
        &self,
        tenant: &TenantId,
        mut settings: Settings,
        authenticator: Arc<dyn Authenticator>,
    ) -> Result<Arc<dyn Http>> {
        settings.breaker = self.breakers.of(tenant, &settings.name);
        let handle: Arc<dyn Http> = Arc::new(Upstream::new(settings, Some(authenticator))?);
        Ok(match &self.tape {
            Some(tape) => tape.listen(handle),
            None => handle,
        })
    }
}

/// The longest answer that a key is in, in bytes.
const KEY_BYTES: usize = 16 << 10;

/// A handle to where a system gives out the keys that it signs messages with, where it does; without any credential.
pub fn key_place(name: &str, config: &SystemConfig) -> Result<Option<Arc<dyn Http>>> {
    let SystemConfig::ConnectWise(config, _) = config else { return Ok(None) };
    let place = url::Url::parse(&config.key_place()).map_err(|e| Error::internal("key address").because(e))?;
    let settings = Settings { concurrency: 1, max_body_bytes: KEY_BYTES, ..Settings::new(name, place) };
    Ok(Some(Arc::new(Upstream::new(settings, None)?)))
}

/// How a system sends messages, where it does.
pub fn hook(config: &SystemConfig) -> Option<Arc<dyn Hook>> {
    match config {
        SystemConfig::Autotask(..) => Some(postern_autotask::hook()),
        SystemConfig::ConnectWise(config, _) => Some(postern_connectwise::hook(config)),
        SystemConfig::HubSpot(config, _) => Some(postern_hubspot::hook(config.account)),
        SystemConfig::Stripe(config, _) => Some(postern_stripe::hook(config.live)),
        SystemConfig::Syncro(..) => Some(postern_syncro::hook()),
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

/// Stands in where nothing is served, so no link could be followed.
#[derive(Debug)]
struct NoLinks;

impl Unsubscribing for NoLinks {
    fn link(&self, _subscription: &Subscription) -> Result<String> {
        Err(Error::internal("links to leave are made where the gateway is served"))
    }
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

fn settings(name: &str, base_url: &str, it: &Connection) -> Result<Settings> {
    let base = base_url.parse().map_err(|e| Error::internal("base address").because(Box::new(e) as Box<_>))?;
    let mut settings = Settings::new(name, base);
    settings.other_hosts.clone_from(&it.other_hosts);
    settings.concurrency = it.concurrency.unwrap_or(settings.concurrency).max(1);
    settings.max_body_bytes = it.max_body_bytes.unwrap_or(settings.max_body_bytes);
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Connection;
    use postern_autotask::Config;

    #[test]
    fn all_tenants_share_the_one_address_that_syncro_counts_by() {
        let registry = Registry::new(Path::new("nowhere"));
        for tenant in ["north", "south"] {
            let url = format!("https://{tenant}.syncromsp.com/api/v1");
            let system = SystemConfig::Syncro(
                Box::new(postern_syncro::Config::new(url, "token".to_owned())),
                Connection::default(),
            );
            registry.open(&TenantId::new(tenant).expect("an id"), "desk", &system).expect("opens");
        }
        let report = registry.budgets().report();
        assert_eq!(report.iter().map(|it| (it.systems.len(), it.left)).collect::<Vec<_>>(), [(2, 45)]);
    }

    #[test]
    fn two_companies_on_one_cloud_of_connectwise_have_a_limit_each_and_one_company_has_one() {
        let registry = Registry::new(Path::new("nowhere"));
        for (tenant, place, company) in [
            ("north", "api-eu.myconnectwise.net/v4_6_release", "Northern"),
            ("south", "api-eu.myconnectwise.net/v2026_1", "northern"),
            ("west", "api-eu.myconnectwise.net/v4_6_release", "western"),
            ("east", "api-na.myconnectwise.net/v4_6_release", "western"),
        ] {
            let keys = ("public", "private".to_owned());
            let config = postern_connectwise::Config::new(format!("https://{place}/apis/3.0"), company, keys, "id", 1);
            let system = SystemConfig::ConnectWise(Box::new(config), Connection::default());
            registry.open(&TenantId::new(tenant).expect("an id"), "desk", &system).expect("opens");
        }
        let report = registry.budgets().report();
        let shared = report.iter().map(|it| it.systems.iter().map(|(tenant, _)| &**tenant).collect::<Vec<_>>());
        assert_eq!(shared.collect::<Vec<_>>(), [vec!["north", "south"], vec!["west"], vec!["east"]]);
    }

    #[test]
    fn tenants_with_one_api_user_of_autotask_share_one_hour_which_is_the_configured_one() {
        let registry = Registry::new(Path::new("nowhere"));
        let mut config = Config::new("user@msp.example", "C", "s".to_owned().into(), vec!["127.0.0.1".into()]);
        for (tenant, hour) in [("north", 8_000), ("south", 4_000)] {
            config.requests_per_hour = hour;
            let system = SystemConfig::Autotask(Box::new(config.clone()), Connection::default());
            registry.open(&TenantId::new(tenant).expect("an id"), "desk", &system).expect("opens");
        }
        let report = registry.budgets().report();
        assert_eq!(report.len(), 1, "one limit, counted once");
        let one = report.first().expect("a budget");
        let systems: Vec<_> = one.systems.iter().map(|(tenant, system)| (&**tenant, &**system)).collect();
        assert_eq!(systems, [("north", "desk"), ("south", "desk")]);
        assert_eq!(one.left, 1_000, "a quarter of the smaller hour at once");
    }
}
