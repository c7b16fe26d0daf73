//! The adapter: what it is made of and what it says that it can do.

use crate::client::Client;
use crate::config::Config;
use postern_api::http::Http;
use postern_api::{Adapter, CallCx, Crm, Error, ErrorKind, ExternalId, Op, Owned, Result, Sought, Trace, Traceable};
use std::sync::Arc;

/// Connects to one tenant's HubSpot account. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let message = format!("the setting `{}` of hubspot is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(Arc::new(HubSpot { client: Client { http, max_rows: config.max_rows }, config }))
}

/// One tenant's account.
#[derive(Debug)]
pub(crate) struct HubSpot {
    pub(crate) client: Client,
    pub(crate) config: Config,
}

/// The vendor's number in one of our ids. Its numbers are positive and written one way only; anything else is no record.
pub(crate) fn number(id: &str) -> Option<&str> {
    let plain = id.len() <= 19 && id.bytes().all(|it| it.is_ascii_digit()) && !id.starts_with('0') && !id.is_empty();
    plain.then_some(id)
}

/// The number of an organisation in reach.
pub(crate) fn in_reach<'a>(cx: &CallCx, organisation: &'a ExternalId) -> Option<&'a str> {
    number(organisation.as_str()).filter(|_| cx.reach.contains(organisation))
}

const SUPPORTED: [Op; 6] =
    [Op::OrganisationGet, Op::OrganisationList, Op::ContactList, Op::ContactGet, Op::ProfileGet, Op::ProfileChange];

#[postern_api::async_trait]
impl Adapter for HubSpot {
    fn name(&self) -> &'static str {
        "hubspot"
    }

    fn supports(&self) -> &'static [Op] {
        // The last is a change, which is not found again without a property for our reference.
        let most = SUPPORTED.len() - 1;
        if self.config.reference_property.is_some() { &SUPPORTED } else { SUPPORTED.split_at(most).0 }
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        for kind in ["companies", "contacts"] {
            self.client.first(cx, kind).await.map_err(at_probe)?;
        }
        Ok(())
    }

    fn traces(&self, op: Op) -> Traceable {
        crate::trace::traceable(self, op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        crate::trace::find(self, cx, sought).await
    }

    fn crm(&self) -> Option<&dyn Crm> {
        Some(self)
    }
}

/// A missing list is a wrong address, not a missing record.
fn at_probe(found: Error) -> Error {
    if found.kind() == ErrorKind::NotFound {
        return Error::new(ErrorKind::Unavailable, "no HubSpot at this address; check `base_url`");
    }
    found
}
