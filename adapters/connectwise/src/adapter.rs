//! The adapter: what it is made of and what it says that it can do.

use crate::client::{Client, Query};
use crate::config::{Config, number};
use crate::desk::{Counts, trace};
use crate::vocabulary::Learnt;
use crate::wire::{Str, TicketRow};
use postern_api::http::Http;
use postern_api::{
    Adapter, Assets, Billing, CallCx, Crm, Error, ErrorKind, ExternalId, KnowledgeBase, Op, Owned, Projects, Result,
    Sales, ServiceDesk, Sought, Trace, Traceable,
};
use std::sync::Arc;

/// Connects to one MSP's ConnectWise PSA. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let message = format!("the setting `{}` of connectwise is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let client = Client {
        http,
        client_id: config.client_id.clone(),
        version: config.version.clone(),
        page_size: config.page_size,
        max_rows: config.max_rows,
    };
    Ok(Arc::new(ConnectWise { client, learnt: Learnt::default(), counts: Counts::default(), config }))
}

/// One MSP's ConnectWise PSA.
#[derive(Debug)]
pub(crate) struct ConnectWise {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) learnt: Learnt,
    pub(crate) counts: Counts,
}

/// The number of an organisation in reach.
pub(crate) fn in_reach(cx: &CallCx, organisation: &ExternalId) -> Option<i64> {
    number(organisation.as_str()).filter(|_| cx.reach.contains(organisation))
}

/// Plain text without control characters and without blanks around it.
pub(crate) fn plain(text: &Str) -> String {
    clean(text.or_empty())
}

/// The same for text that is on its way to the vendor.
pub(crate) fn clean(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.trim().to_owned();
    }
    let lines = text.lines().map(|line| line.chars().filter(|c| !c.is_control() || *c == '\t').collect::<String>());
    lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n").trim().to_owned()
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
impl Adapter for ConnectWise {
    fn name(&self) -> &'static str {
        "connectwise"
    }

    fn supports(&self) -> &'static [Op] {
        &SUPPORTED
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.meanings(cx).await.map_err(at_probe)?;
        let query = Query { fields: "id", ..Query::default() };
        self.client.newest::<TicketRow>(cx, &["service", "tickets"], &query, 1).await.map_err(at_probe)?;
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

/// The vendor says the same for a wrong address, company and key; whoever tests a connection is told where to look.
fn at_probe(found: Error) -> Error {
    if found.kind() != ErrorKind::Unauthenticated {
        return found;
    }
    let message = "the connected system does not know this address or these keys; check `base_url`, `company_id`, \
                   `public_key`, the private key, `client_id` and the boards' numbers";
    Error::new(ErrorKind::Unauthenticated, message).because(found)
}
