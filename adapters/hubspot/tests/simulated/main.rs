//! What is peculiar to this vendor, against its simulator.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

mod changes;
mod records;
mod setup;
mod traces;

use postern_api::*;
use postern_hubspot::{Config, OrganisationFields};
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::hubspot::{self, State};
use std::sync::Arc;
use std::time::Duration;

/// The simulator and an adapter for it.
pub(crate) struct Bench {
    pub(crate) hubspot: Running<State>,
    pub(crate) adapter: Arc<dyn Adapter>,
}

pub(crate) fn external(id: u64) -> ExternalId {
    ExternalId::new(&id.to_string()).expect("an id")
}

pub(crate) fn contact(id: u64) -> ContactId {
    ContactId::new(&id.to_string()).expect("an id")
}

pub(crate) fn config(url: &str) -> Config {
    let mut config = Config::new(url, hubspot::ACCOUNT, hubspot::TOKEN);
    config.reference_property = Some(hubspot::REFERENCE.into());
    config.organisation_fields = OrganisationFields {
        subscription_tier: Some("tier".into()),
        sla_tier: Some("sla".into()),
        tickets_per_month: Some("tickets".into()),
        contacts: None,
    };
    config
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let hubspot = hubspot::start().await.expect("a free port");
        let mut config = config(&hubspot.url);
        change(&mut config);
        let http = PlainHttp::new(&config.base_url, Some(postern_hubspot::authenticator(&config))).expect("a client");
        let adapter = postern_hubspot::connect(config, http).expect("a good configuration");
        Self { hubspot, adapter }
    }

    pub(crate) fn crm(&self) -> &dyn Crm {
        self.adapter.crm().expect("a crm")
    }

    /// Acme's contacts, opened as the gateway opens them.
    pub(crate) async fn names(&self) -> Vec<String> {
        let found = self.crm().contacts(&acme(), &external(hubspot::ACME)).await.expect("contacts");
        found.into_iter().filter_map(opened).map(|it| it.name).collect()
    }
}

/// A call for Acme.
pub(crate) fn acme() -> CallCx {
    CallCx::new(Reach::Organisations(vec![external(hubspot::ACME)]), Duration::from_secs(10))
}

pub(crate) fn opened<T>(row: Owned<T>) -> Option<T> {
    let organisation = OrganisationId::new("acme").expect("an id");
    let map = OrganisationMap::new([(organisation.clone(), external(hubspot::ACME))]);
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), organisation);
    scope.admit(&map, row).ok().map(|it| it.record)
}

pub(crate) fn kind<T>(answer: Result<T>) -> Option<ErrorKind> {
    answer.err().map(|it| it.kind())
}
