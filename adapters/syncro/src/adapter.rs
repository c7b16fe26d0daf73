//! The adapter: what it is made of and what it says that it can do.

use crate::client::Client;
use crate::config::Config;
use crate::desk::{Facts, trace};
use crate::vocabulary;
use crate::wire::{SettingsRow, TicketRow};
use parking_lot::Mutex;
use postern_api::http::Http;
use postern_api::{
    Adapter, Assets, Billing, CallCx, Crm, Error, ErrorKind, ExternalId, KnowledgeBase, Op, Owned, Result, Sales,
    ServiceDesk, Sought, TicketStatus, Trace, Traceable,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the account's settings hold.
const SETTINGS_HOLD: Duration = Duration::from_secs(600);

/// Connects to one tenant's Syncro. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let message = format!("the setting `{}` of syncro is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(Arc::new(Syncro {
        client: Client { http, max_rows: config.max_rows },
        facts: Facts::default(),
        settings: Mutex::new(None),
        config,
    }))
}

/// One tenant's Syncro.
#[derive(Debug)]
pub(crate) struct Syncro {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) facts: Facts,
    settings: Mutex<Option<(Instant, Arc<SettingsRow>)>>,
}

impl Syncro {
    /// What tickets of this account are made of: its statuses and technicians.
    pub(crate) async fn settings(&self, cx: &CallCx) -> Result<Arc<SettingsRow>> {
        let held = self.settings.lock().clone();
        if let Some((at, settings)) = held
            && at.elapsed() < SETTINGS_HOLD
        {
            return Ok(settings);
        }
        let settings: Arc<SettingsRow> = Arc::new(self.client.single(cx, &["tickets", "settings"]).await?);
        *self.settings.lock() = Some((Instant::now(), settings.clone()));
        Ok(settings)
    }

    /// What a ticket's status means.
    pub(crate) fn status(&self, row: &TicketRow) -> TicketStatus {
        vocabulary::status(&self.config.statuses, row.status.or_empty())
    }
}

/// The vendor's number in one of our ids. Its numbers are positive and written one way only; anything else is no record.
pub(crate) fn number(id: &str) -> Option<i64> {
    id.parse::<i64>().ok().filter(|it| *it > 0 && it.to_string() == id)
}

/// The number of an organisation in reach.
pub(crate) fn in_reach(cx: &CallCx, organisation: &ExternalId) -> Option<i64> {
    number(organisation.as_str()).filter(|_| cx.reach.contains(organisation))
}

const SUPPORTED: [Op; 22] = [
    Op::TicketList,
    Op::TicketGet,
    Op::TicketCreate,
    Op::TicketComment,
    Op::TicketClose,
    Op::TicketEscalate,
    Op::RequesterFind,
    Op::OrganisationGet,
    Op::OrganisationList,
    Op::ContactList,
    Op::ContactGet,
    Op::ArticleSearch,
    Op::ArticleGet,
    Op::TicketChange,
    Op::TimeList,
    Op::VocabularyGet,
    Op::AssetList,
    Op::AgreementList,
    Op::OrderList,
    Op::InvoiceList,
    Op::InvoiceGet,
    Op::PaymentList,
];

#[postern_api::async_trait]
impl Adapter for Syncro {
    fn name(&self) -> &'static str {
        "syncro"
    }

    fn supports(&self) -> &'static [Op] {
        // The last ones are invoices, whose amounts mean nothing without a currency, and payments, whose amounts mean
        // nothing either unless somebody says what they count.
        let less = match (&self.config.currency, self.config.payments_in_cents) {
            (Some(_), Some(_)) => 0,
            (Some(_), None) => 1,
            (None, _) => 3,
        };
        SUPPORTED.split_at(SUPPORTED.len() - less).0
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        // Any account has settings; a list proves the permission that everything else needs.
        self.client.single::<SettingsRow>(cx, &["tickets", "settings"]).await.map_err(at_probe)?;
        self.client.first_page::<TicketRow>(cx, &["tickets"], "tickets").await.map_err(at_probe)
    }

    fn traces(&self, op: Op) -> Traceable {
        trace::traceable(op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        trace::find(self, cx, sought).await
    }

    fn service_desk(&self) -> Option<&dyn ServiceDesk> {
        Some(self)
    }

    fn crm(&self) -> Option<&dyn Crm> {
        Some(self)
    }

    fn knowledge(&self) -> Option<&dyn KnowledgeBase> {
        Some(self)
    }

    fn billing(&self) -> Option<&dyn Billing> {
        Some(self)
    }

    fn sales(&self) -> Option<&dyn Sales> {
        Some(self)
    }

    fn assets(&self) -> Option<&dyn Assets> {
        Some(self)
    }
}

/// A missing list is a wrong address, not a missing record.
fn at_probe(found: Error) -> Error {
    if found.kind() == ErrorKind::NotFound {
        return Error::new(
            ErrorKind::Unavailable,
            "no Syncro at this address; check `base_url`, which ends in /api/v1",
        );
    }
    found
}
