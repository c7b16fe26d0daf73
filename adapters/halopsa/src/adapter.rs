//! The adapter: what it is made of and what it says that it can do.

use crate::client::Client;
use crate::config::Config;
use crate::desk::{Counts, trace};
use crate::vocabulary::Meanings;
use crate::wire::{Clock, NamedRow, TicketRow};
use parking_lot::Mutex;
use postern_api::http::Http;
use postern_api::{
    Adapter, Assets, Billing, CallCx, Crm, Error, ErrorKind, ExternalId, KnowledgeBase, Op, Owned, Priority, Projects,
    Result, Sales, ServiceDesk, Sought, TicketStatus, Trace, Traceable,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long learnt statuses hold.
const STATUSES_HOLD: Duration = Duration::from_secs(600);

/// Connects to one tenant's HaloPSA. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    let wrong =
        |path: &str| Error::new(ErrorKind::InvalidArgument, format!("the setting `{path}` of halopsa is wrong"));
    if let Some(mistake) = config.mistakes().first() {
        return Err(wrong(&mistake.path));
    }
    let zone = jiff::tz::TimeZone::get(&config.time_zone).map_err(|_| wrong("time_zone"))?;
    let statuses = Meanings::configured(&config.statuses);
    Ok(Arc::new(HaloPsa {
        client: Client { http, page_size: config.page_size, max_rows: config.max_rows },
        priorities: Meanings::configured(&config.priorities),
        statuses: (!config.statuses.is_empty()).then(|| Arc::new(statuses)),
        learnt: Mutex::new(None),
        clock: Clock(zone),
        counts: Counts::default(),
        config,
    }))
}

/// One tenant's HaloPSA.
#[derive(Debug)]
pub(crate) struct HaloPsa {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) priorities: Meanings<Priority>,
    pub(crate) counts: Counts,
    statuses: Option<Arc<Meanings<TicketStatus>>>,
    learnt: Mutex<Option<(Instant, Arc<Meanings<TicketStatus>>)>>,
}

impl HaloPsa {
    /// What the vendor's statuses mean: as configured, or else as their names say.
    pub(crate) async fn statuses(&self, cx: &CallCx) -> Result<Arc<Meanings<TicketStatus>>> {
        if let Some(configured) = &self.statuses {
            return Ok(configured.clone());
        }
        let held = self.learnt.lock().clone();
        if let Some((at, learnt)) = held
            && at.elapsed() < STATUSES_HOLD
        {
            return Ok(learnt);
        }
        let rows = self.client.whole::<NamedRow>(cx, "Status", "statuses", &[("showall", "true".into())]).await?.rows;
        let learnt = Arc::new(Meanings::learnt(&rows));
        *self.learnt.lock() = Some((Instant::now(), learnt.clone()));
        Ok(learnt)
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

const SUPPORTED: [Op; 25] = [
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
    Op::SiteList,
    Op::AssetList,
    Op::InvoiceList,
    Op::InvoiceGet,
    Op::PaymentList,
    Op::AgreementList,
    Op::OrderList,
    Op::ProjectList,
    Op::ProjectGet,
];

#[postern_api::async_trait]
impl Adapter for HaloPsa {
    fn name(&self) -> &'static str {
        "halopsa"
    }

    fn supports(&self) -> &'static [Op] {
        &SUPPORTED
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.client
            .whole::<NamedRow>(cx, "Status", "statuses", &[("showall", "true".into())])
            .await
            .map_err(at_probe)?;
        let one = [("count", "1".to_owned())];
        self.client.whole::<TicketRow>(cx, "Tickets", "tickets", &one).await.map_err(at_probe)?;
        Ok(())
    }

    fn traces(&self, op: Op) -> Traceable {
        trace::traceable(self, op)
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

    fn projects(&self) -> Option<&dyn Projects> {
        Some(self)
    }

    fn assets(&self) -> Option<&dyn Assets> {
        Some(self)
    }
}

/// A missing list is a wrong address, not a missing record.
fn at_probe(found: Error) -> Error {
    if found.kind() == ErrorKind::NotFound {
        return Error::new(ErrorKind::Unavailable, "no HaloPSA at this address; check `base_url`, which ends in /api");
    }
    found
}
