//! The MSPs: their systems, connected, and which of their organisations is which in each.

use super::CannotStart;
use crate::adapters::Registry;
use crate::config::{Config, SystemConfig, TenantConfig};
use crate::console::unsubscribe::Leaving;
use crate::organisations::Places;
use crate::store::Store;
use crate::tenant::{MorePorts, Plan, System, Tenant};
use postern_api::{Limits, SlaHours, TenantId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Connects the systems of a tenant and brings its identity map up to date with the configuration.
pub(super) fn connect(registry: &Registry<'_>, store: &Store, config: &TenantConfig) -> Result<Tenant, CannotStart> {
    let mut systems: BTreeMap<&str, System> = BTreeMap::new();
    for (name, system) in &config.systems {
        let mut opened = registry.open(&config.id, name, system)?;
        if matches!(system, SystemConfig::Smtp(..)) {
            // Mail goes to the people of the customer records.
            opened.ids = config.ports.crm.as_str().into();
        }
        systems.insert(name, opened);
    }
    let links = config.organisations.iter().flat_map(|(organisation, links)| {
        links.iter().map(move |(system, external)| (system.as_str(), organisation, external))
    });
    store.set_organisations(&config.id, &links.collect::<Vec<_>>())?;
    let system = |port: &str, name: &str| {
        let found = systems.get(name).cloned();
        found.ok_or_else(|| CannotStart(format!("tenant {}: no system `{name}` for the port `{port}`", config.id)))
    };
    let plans = config.plans.iter().map(|(tier, plan)| {
        let sla = plan.response_hours.zip(plan.resolution_hours);
        let plan = Plan {
            limits: Limits { tickets_per_month: plan.tickets_per_month, contacts: plan.contacts },
            sla: sla.map(|(response, resolution)| SlaHours { response, resolution }),
        };
        (tier.clone(), plan)
    });
    let maybe = |port: &str, name: &Option<String>| name.as_ref().map(|it| system(port, it)).transpose();
    let ports = &config.ports;
    let more = MorePorts {
        billing: maybe("billing", &ports.billing)?,
        sales: maybe("sales", &ports.sales)?,
        projects: maybe("projects", &ports.projects)?,
        assets: maybe("assets", &ports.assets)?,
        documents: maybe("documents", &ports.documents)?,
        bookings: maybe("bookings", &ports.bookings)?,
        notifications: maybe("notifications", &ports.notifications)?,
        portal: maybe("portal", &ports.portal)?,
    };
    Ok(Tenant {
        more,
        service_desk: system("service_desk", &config.ports.service_desk)?,
        crm: system("crm", &config.ports.crm)?,
        knowledge: system("knowledge", &config.ports.knowledge)?,
        identity: system("identity", &config.ports.identity)?,
        id: config.id.clone(),
        name: config.name.clone(),
        plans: plans.collect(),
        trusted_link_hosts: Arc::new(config.trusted_link_hosts.clone()),
    })
}

/// Which installation each system is. What was agreed about another one under the same name is forgotten.
pub(super) fn places(config: &Config, store: &Store) -> Result<Places, CannotStart> {
    let mut all = Places::new();
    for tenant in &config.tenants {
        let places: BTreeMap<String, String> =
            tenant.systems.iter().map(|(name, system)| (name.clone(), system.place())).collect();
        let gone = store.keep_agreements(&tenant.id, &places)?;
        if gone > 0 {
            let tenant = tenant.id.as_str();
            tracing::warn!(
                tenant,
                gone,
                "{gone} matches of organisations of tenant `{tenant}` were about other systems"
            );
        }
        all.insert(tenant.id.clone(), places);
    }
    Ok(all)
}

/// The tenants that send mail, for who leaves it.
pub(super) fn leaving(
    config: &Config,
    registry: &Registry<'_>,
) -> Result<Option<HashMap<TenantId, Leaving>>, CannotStart> {
    let mails = |it: &&TenantConfig| it.systems.values().any(|it| matches!(it, SystemConfig::Smtp(..)));
    let mut found = HashMap::new();
    for tenant in config.tenants.iter().filter(mails) {
        let ledger = registry.embedded()?.notice_ledger(&tenant.id);
        found.insert(tenant.id.clone(), Leaving { name: tenant.name.clone(), ledger });
    }
    Ok(Some(found).filter(|it| !it.is_empty()))
}
