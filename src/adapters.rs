//! The registry: which adapter crate serves which kind of system. The only place that names them.

use crate::config::{Connection, SystemConfig};
use crate::tenant::System;
use crate::upstream::{Settings, Upstream};
use postern_api::http::{Authenticator, Http};
use postern_api::{Adapter, Error, Result, TenantId};
use postern_embedded::Embedded;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Opens the systems of a data directory.
#[derive(Debug)]
pub struct Registry<'a> {
    data_dir: &'a Path,
    embedded: OnceLock<Embedded>,
    /// What all tenants' connections to one Autotask database share.
    autotask: postern_autotask::Budgets,
}

impl<'a> Registry<'a> {
    /// For a data directory.
    pub fn new(data_dir: &'a Path) -> Self {
        Self { data_dir, embedded: OnceLock::new(), autotask: postern_autotask::Budgets::default() }
    }

    /// Postern's own backend, opened when the first tenant uses it.
    pub fn embedded(&self) -> Result<&Embedded> {
        if let Some(open) = self.embedded.get() {
            return Ok(open);
        }
        let opened = Embedded::open(&self.data_dir.join("embedded.db"))?;
        Ok(self.embedded.get_or_init(|| opened))
    }

    /// Connects a system of a tenant. Nothing is sent yet.
    pub fn open(&self, tenant: &TenantId, name: &str, config: &SystemConfig) -> Result<System> {
        let adapter: Arc<dyn Adapter> = match config {
            SystemConfig::Embedded => self.embedded()?.for_tenant(tenant),
            SystemConfig::Autotask(config, connection) => {
                let auth = postern_autotask::authenticator(config);
                let mut settings = settings(name, &config.lookup_url, connection, Some(postern_autotask::RATE))?;
                settings.other_hosts.extend(config.zone_hosts.iter().cloned());
                postern_autotask::connect((**config).clone(), handle(settings, auth)?, &self.autotask)?
            }
            SystemConfig::HaloPsa(config, connection) => {
                let auth = postern_halopsa::authenticator(config);
                let mut settings = settings(name, &config.base_url, connection, Some(postern_halopsa::RATE))?;
                settings.other_hosts.extend(host(&config.token_server()));
                postern_halopsa::connect((**config).clone(), handle(settings, auth)?)?
            }
            SystemConfig::RequestTracker(config, connection) => {
                let auth = postern_request_tracker::authenticator(config);
                let settings = settings(name, &config.base_url, connection, None)?;
                postern_request_tracker::connect((**config).clone(), handle(settings, auth)?)?
            }
        };
        Ok(System { name: name.into(), adapter })
    }
}

fn handle(settings: Settings, authenticator: Arc<dyn Authenticator>) -> Result<Arc<dyn Http>> {
    Ok(Arc::new(Upstream::new(settings, Some(authenticator))?))
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

fn settings(name: &str, base_url: &str, it: &Connection, vendor: Option<(u32, Duration)>) -> Result<Settings> {
    let base = base_url.parse().map_err(|e| Error::internal("base address").because(Box::new(e) as Box<_>))?;
    let mut settings = Settings::new(name, base);
    settings.other_hosts.clone_from(&it.other_hosts);
    settings.concurrency = it.concurrency.unwrap_or(settings.concurrency).max(1);
    settings.max_body_bytes = it.max_body_bytes.unwrap_or(settings.max_body_bytes);
    settings.rate = match (it.rate_requests, it.rate_per_secs) {
        (None, None) => vendor,
        (requests, per) => {
            let (usual, usual_per) = vendor.unwrap_or((60, Duration::from_secs(60)));
            Some((requests.unwrap_or(usual), per.map_or(usual_per, Duration::from_secs)))
        }
    };
    Ok(settings)
}
