//! Tryton, through its JSON-RPC interface: invoices and payments.
//!
//! A party is an organisation, by its number. **Invariants:** the owner of a record is the party that its own row names, and only
//! where that row is of the configured company and of the kind that is sold, not bought; a domain holds our words and numbers alone;
//! an amount is the decimal that was sent, never a float. Nothing is written.

mod auth;
mod billing;
mod client;
mod config;
mod error;
mod payments;
mod wire;

pub use auth::authenticator;
pub use config::{Config, Mistake};

use client::{Client, Slice};
use postern_api::http::Http;
use postern_api::{Adapter, Billing, CallCx, Error, ErrorKind, Op, Result, async_trait};
use std::sync::Arc;
use wire::{Domain, IdRow};

/// A connection to one database.
#[derive(Debug)]
struct Tryton {
    client: Client,
    config: Config,
}

/// Connects to a database. `http` has [`Config::base_url`] as its base address and signs in with [`authenticator`].
///
/// Errors: `Internal` where the configuration has mistakes. Nothing is sent.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().into_iter().next() {
        return Err(Error::internal(format!("tryton: {}: expected {}", mistake.path, mistake.expected)));
    }
    Ok(Arc::new(Tryton { client: Client::new(http, config.company), config }))
}

#[async_trait]
impl Adapter for Tryton {
    fn name(&self) -> &'static str {
        "tryton"
    }

    fn supports(&self) -> &'static [Op] {
        if self.config.payments {
            &[Op::InvoiceList, Op::InvoiceGet, Op::PaymentList]
        } else {
            &[Op::InvoiceList, Op::InvoiceGet]
        }
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        let one = Slice { order: &[], offset: 0, limit: 1 };
        let company = Domain::default().is("id", self.config.company);
        let found: Vec<IdRow> = self.client.rows(cx, "company.company", &company, one, &["id"]).await?;
        if found.first().map(|it| it.id) != Some(self.config.company) {
            let message = "the connected system has no such company, or does not let Postern's account see it";
            return Err(Error::new(ErrorKind::Forbidden, message));
        }
        self.client.count(cx, "account.invoice", &Domain::default().is("id", 0)).await?;
        if self.config.payments {
            self.client.count(cx, "account.payment", &Domain::default().is("id", 0)).await?;
        }
        Ok(())
    }

    fn billing(&self) -> Option<&dyn Billing> {
        Some(self)
    }
}
