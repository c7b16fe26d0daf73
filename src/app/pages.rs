//! The web pages.

use super::Parts;
use crate::authority::Authority;
use crate::authority::identity::BrowserSessions;
use crate::config::Config;
use crate::console::{self, Console};
use crate::health::Health;
use axum::Router;
use postern_api::TenantId;
use std::sync::Arc;

/// The web pages.
pub(super) fn console(
    config: &Config,
    parts: &Parts,
    authority: &Arc<Authority>,
    sessions: Arc<dyn BrowserSessions>,
    health: &Health,
) -> Router {
    console::routes(Console {
        mcp_url: config.edge.public_url.clone(),
        server: config.edge.resource_name.as_str().into(),
        sign_out: "/sign-out".into(),
        tenants: parts.tenants.clone(),
        sessions,
        clients: authority.clone(),
        host: Arc::new(parts.gate.clone()),
        confirmations: parts.store.clone(),
        actions: parts.store.clone(),
        policies: parts.engine.clone(),
        journal: parts.journal.clone(),
        ledger: Arc::new(parts.journal.clone()),
        healths: Arc::new(Watched(health.clone())),
        organisations: parts.organisations.clone(),
    })
}

/// What the background probes found, for the web pages.
#[derive(Debug)]
pub(super) struct Watched(Health);

impl console::Healths for Watched {
    fn last(&self, tenant: &TenantId, system: &str) -> Option<console::Health> {
        let all = self.0.all();
        let found = all.into_iter().find(|it| it.tenant == *tenant && *it.system == *system)?;
        Some(console::Health { well: found.up?, at: found.asked_at?, says: found.error })
    }

    fn budget(&self, tenant: &TenantId, system: &str) -> Option<console::Budget> {
        let it = self.0.budget(tenant, system)?;
        Some(console::Budget { left: it.left, waiting: it.waiting, paused_secs: it.paused_secs })
    }

    fn left_alone_secs(&self, tenant: &TenantId, system: &str) -> Option<u64> {
        self.0.left_alone_secs(tenant, system)
    }
}
