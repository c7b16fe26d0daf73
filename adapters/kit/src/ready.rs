//! A service desk whose vendor has its answers ready in memory: what is measured with it is the adapter and nothing else.
//!
//! Each desk's `benches/vendor.rs` makes one; its benches measure time with it, and `tests/memory` of this crate measures
//! memory.

use postern_api::*;
use std::sync::Arc;
use std::time::Duration;

/// An adapter whose vendor answers from memory at once, with rows as long as the vendor's.
#[derive(Debug)]
pub struct Ready {
    /// The adapter under measurement.
    pub adapter: Arc<dyn Adapter>,
    /// Bytes of the vendor's answers that one list of all tickets reads.
    pub bytes: usize,
    /// The organisation that every ticket belongs to, in the vendor's words.
    pub organisation: &'static str,
    /// A ticket that can be read by itself.
    pub ticket: &'static str,
}

impl Ready {
    /// A call for that organisation.
    ///
    /// # Errors
    /// `Internal` where `organisation` is no id.
    pub fn cx(&self) -> Result<CallCx> {
        let organisation = ExternalId::new(self.organisation).map_err(|_| Error::internal("an organisation's id"))?;
        Ok(CallCx::new(Reach::Organisations(vec![organisation]), Duration::from_secs(3_600)))
    }

    /// The first tickets, at most `limit` of them.
    ///
    /// # Errors
    /// Those of the adapter, and `Internal` where it has no service desk.
    pub async fn list(&self, limit: u32) -> Result<Page<Owned<Ticket>>> {
        let query = TicketQuery { limit, ..TicketQuery::default() };
        self.desk()?.tickets(&self.cx()?, &query).await
    }

    /// One ticket with what was said on it.
    ///
    /// # Errors
    /// Those of the adapter, and `Internal` where it has no service desk.
    pub async fn one(&self) -> Result<Owned<Ticket>> {
        let id = TicketId::new(self.ticket).map_err(|_| Error::internal("a ticket's id"))?;
        self.desk()?.ticket(&self.cx()?, &id).await
    }

    fn desk(&self) -> Result<&dyn ServiceDesk> {
        self.adapter.service_desk().ok_or_else(|| Error::internal("no service desk"))
    }
}
