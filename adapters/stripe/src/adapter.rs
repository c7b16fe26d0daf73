//! The adapter: what it is made of and what it says that it can do.

use crate::client::Client;
use crate::config::Config;
use crate::links::Making;
use crate::wire::InvoiceRow;
use postern_api::http::Http;
use postern_api::{Adapter, Billing, CallCx, Error, ErrorKind, Op, Owned, Result, Sought, Trace, Traceable};
use std::sync::Arc;

/// Connects to one tenant's Stripe account. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let message = format!("the setting `{}` of stripe is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let client = Client { http, max_rows: config.max_rows, live: config.live };
    Ok(Arc::new(Stripe { client, config, making: Making::default() }))
}

/// One tenant's account.
#[derive(Debug)]
pub(crate) struct Stripe {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) making: Making,
}

/// The vendor's id in one of ours. Its ids begin with what they name; anything else is no record, and is not asked for.
pub(crate) fn vendors<'a>(id: &'a str, prefix: &str) -> Option<&'a str> {
    let plain = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    id.strip_prefix(prefix).filter(|it| plain(it)).map(|_| id)
}

const SUPPORTED: [Op; 5] = [Op::InvoiceList, Op::InvoiceGet, Op::PaymentList, Op::AgreementList, Op::PaymentLinkCreate];

#[postern_api::async_trait]
impl Adapter for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn supports(&self) -> &'static [Op] {
        &SUPPORTED
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.client.first::<InvoiceRow>(cx, &["invoices"]).await.map_err(at_probe)
    }

    fn traces(&self, op: Op) -> Traceable {
        crate::trace::traceable(op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        crate::trace::find(self, cx, sought).await
    }

    fn billing(&self) -> Option<&dyn Billing> {
        Some(self)
    }
}

/// A missing list is a wrong address, not a missing record.
fn at_probe(found: Error) -> Error {
    if found.kind() == ErrorKind::NotFound {
        let message = "no Stripe at this address; check `base_url`, which ends in /v1";
        return Error::new(ErrorKind::Unavailable, message);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_vendors_only_with_its_beginning_and_plain_letters() {
        assert_eq!(vendors("in_1Pgc6", "in_"), Some("in_1Pgc6"));
        for other in ["", "in_", "cus_1", "in_1.2", "in_a-b", "in_a:b", "IN_1", "1in_1"] {
            assert_eq!(vendors(other, "in_"), None, "{other}");
        }
    }
}
