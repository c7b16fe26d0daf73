//! What is peculiar to this vendor, against its simulator.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

mod links;
mod records;
mod setup;
mod traces;

use postern_api::*;
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::stripe::{self, State};
use postern_stripe::{Config, Links};
use std::sync::Arc;
use std::time::Duration;

/// The simulator and an adapter for it.
pub(crate) struct Bench {
    pub(crate) stripe: Running<State>,
    pub(crate) adapter: Arc<dyn Adapter>,
}

pub(crate) fn external(id: &str) -> ExternalId {
    ExternalId::new(id).expect("an id")
}

pub(crate) fn invoice(id: &str) -> InvoiceId {
    InvoiceId::new(id).expect("an id")
}

pub(crate) fn config(url: &str) -> Config {
    let mut config = Config::new(format!("{url}/v1"), stripe::ACCOUNT, false, stripe::KEY);
    config.customer_visible = true;
    config
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn of(links: Links) -> Self {
        Self::with(|config| config.links = links).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let stripe = stripe::start().await.expect("a free port");
        let mut config = config(&stripe.url);
        change(&mut config);
        let http = PlainHttp::new(&config.base_url, Some(postern_stripe::authenticator(&config))).expect("a client");
        let adapter = postern_stripe::connect(config, http).expect("a good configuration");
        Self { stripe, adapter }
    }

    pub(crate) fn billing(&self) -> &dyn Billing {
        self.adapter.billing().expect("billing")
    }

    /// Acme's invoices, opened as the gateway opens them.
    pub(crate) async fn invoices(&self, cx: &CallCx) -> (Vec<Invoice>, Page<()>) {
        let query =
            InvoiceQuery { organisation: None, statuses: vec![], customer_visible: false, offset: 0, limit: 200 };
        let page = self.billing().invoices(cx, &query).await.expect("invoices");
        let rest = Page { rows: vec![], total: page.total, truncated: page.truncated };
        (page.rows.into_iter().filter_map(opened).collect(), rest)
    }
}

/// A call for Acme, patient enough.
pub(crate) fn acme() -> CallCx {
    CallCx::new(Reach::Organisations(vec![external(stripe::ACME)]), Duration::from_secs(20))
}

/// The same for a write with this reference.
pub(crate) fn writing(reference: &str) -> CallCx {
    CallCx { reference: Some(reference.into()), ..acme() }
}

pub(crate) fn opened<T>(row: Owned<T>) -> Option<T> {
    let organisation = OrganisationId::new("acme").expect("an id");
    let map = OrganisationMap::new([(organisation.clone(), external(stripe::ACME))]);
    let scope = Scope::organisation(TenantId::new("msp").expect("an id"), organisation);
    scope.admit(&map, row).ok().map(|it| it.record)
}
