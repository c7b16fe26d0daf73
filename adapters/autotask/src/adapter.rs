//! The adapter: what it is made of and what it says that it can do.

use crate::account::Budgets;
use crate::client::Client;
use crate::config::Config;
use crate::desk::People;
use crate::desk::trace;
use crate::labels::Lists;
use crate::picklist::Picklists;
use parking_lot::Mutex;
use postern_api::http::Http;
use postern_api::{
    Adapter, Assets, Billing, CallCx, Crm, Error, ErrorKind, ExternalId, KnowledgeBase, Op, Owned, Projects, Result,
    Sales, ServiceDesk, Sought, Trace, Traceable,
};
use std::sync::Arc;
use std::time::Instant;

/// Connects to one tenant's Autotask. Sends nothing yet. `budgets` is one for the whole process.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>, budgets: &Budgets) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let message = format!("the setting `{}` of autotask is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let config = Arc::new(config);
    Ok(Arc::new(Autotask {
        client: Client::new(http, config.clone(), budgets.clone()),
        held_picklists: Mutex::default(),
        people: People::default(),
        lists: Lists::default(),
        config,
    }))
}

/// One tenant's Autotask.
#[derive(Debug)]
pub(crate) struct Autotask {
    pub(crate) client: Client,
    pub(crate) config: Arc<Config>,
    pub(crate) held_picklists: Mutex<Option<(Instant, Arc<Picklists>)>>,
    pub(crate) people: People,
    pub(crate) lists: Lists,
}

/// The vendor's number in one of our ids. Its numbers are positive and written one way only; anything else is no record.
pub(crate) fn number(id: &str) -> Option<i64> {
    id.parse::<i64>().ok().filter(|it| *it > 0 && it.to_string() == id)
}

/// The number of an organisation in reach.
pub(crate) fn in_reach(cx: &CallCx, organisation: &ExternalId) -> Option<i64> {
    number(organisation.as_str()).filter(|_| cx.reach.contains(organisation))
}

const SUPPORTED: [Op; 24] = [
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
    Op::AgreementList,
    Op::OrderList,
    Op::ProjectList,
    Op::ProjectGet,
    Op::InvoiceList,
    Op::InvoiceGet,
];

#[postern_api::async_trait]
impl Adapter for Autotask {
    fn name(&self) -> &'static str {
        "autotask"
    }

    fn supports(&self) -> &'static [Op] {
        // The last two are invoices, whose amounts mean nothing without a currency.
        if self.config.currency.is_some() { &SUPPORTED } else { SUPPORTED.split_at(SUPPORTED.len() - 2).0 }
    }

    /// Proves zone, credentials and the right to read tickets, and learns how much of the hour is used.
    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.client.threshold(cx).await.map_err(at_probe)?;
        self.picklists(cx).await.map_err(at_probe)?;
        if self.own_resource(cx).await?.is_none() {
            let message =
                "Postern's account cannot find itself among the resources; ask an administrator to set `resource_id`";
            return Err(Error::new(ErrorKind::Forbidden, message));
        }
        Ok(())
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
        return Error::new(ErrorKind::Unavailable, "no Autotask at this address; check `lookup_url` and `zone_hosts`");
    }
    found
}
