//! Notifications by mail.
//!
//! Mail keeps no record that could be read back, so a ledger does: each notice is kept before it is sent, as one of which nobody
//! knows whether it arrived, and settled afterwards. **Invariants:** a mail goes to an address that the ledger's own records have for
//! a contact of the organisation, and to no other; it is handed over at most once for one reference, also where the answer was lost;
//! nothing that somebody wrote becomes a header, an address or markup.

mod config;
mod letter;
mod send;
mod trace;

pub use config::{Config, Mistake};

use postern_api::mail::{Mailer, Unsubscribing};
use postern_api::{
    Adapter, CallCx, NoticeLedger, Notifications, Op, Owned, Result, Sought, Trace, Traceable, async_trait,
};
use std::sync::Arc;

/// A mail server, the ledger of what it was given, and who makes links to leave.
#[derive(Debug)]
struct Smtp {
    config: Config,
    mailer: Arc<dyn Mailer>,
    ledger: Arc<dyn NoticeLedger>,
    links: Arc<dyn Unsubscribing>,
}

/// Connects a mail server. What is sent within the portal goes the ledger's own way. Nothing is sent yet.
pub fn connect(
    config: Config,
    mailer: Arc<dyn Mailer>,
    ledger: Arc<dyn NoticeLedger>,
    links: Arc<dyn Unsubscribing>,
) -> Arc<dyn Adapter> {
    Arc::new(Smtp { config, mailer, ledger, links })
}

#[async_trait]
impl Adapter for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn supports(&self) -> &'static [Op] {
        &[Op::NoticeList, Op::NoticeStanding, Op::NoticeSend, Op::PreferenceSet]
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.mailer.probe(cx).await
    }

    fn traces(&self, op: Op) -> Traceable {
        trace::traceable(op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        trace::find(self, cx, sought).await
    }

    fn notifications(&self) -> Option<&dyn Notifications> {
        Some(self)
    }
}
