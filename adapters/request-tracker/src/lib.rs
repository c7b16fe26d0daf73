//! Request Tracker 5, through its REST 2 interface.
//!
//! One queue is one organisation, and the queue's number is the organisation's external id. **Invariants:** the owner of
//! a ticket is the queue that its own row names; every write reads the ticket first and refuses one whose queue is out of
//! reach, because Request Tracker itself may let it through; every write is read back, because Request Tracker answers 200
//! and prose to a change that it refused; no text of a caller leaves its literal in a query.

mod auth;
mod client;
mod config;
mod contacts;
mod desk;
mod entry;
mod error;
mod html;
mod map;
mod query;
mod trace;
mod wire;
mod write;

pub use auth::authenticator;
pub use config::{Config, InvalidConfig, PriorityScale};

use client::Client;
use postern_api::http::Http;
use postern_api::{
    Adapter, CallCx, Crm, Error, ErrorKind, Op, Owned, Reach, Result, ServiceDesk, Sought, Trace, Traceable,
    async_trait,
};
use std::sync::Arc;

/// A connection to one Request Tracker.
#[derive(Debug)]
struct RequestTracker {
    client: Client,
    config: Config,
    turns: write::Turns,
}

/// Connects to a Request Tracker. `http` has the configuration's [`Config::base_url`] as its base address and signs in
/// with [`authenticator`]. Errors: the configuration contradicts itself. Nothing is sent.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    config.validate().map_err(|e| Error::internal(e.to_string()))?;
    Ok(Arc::new(RequestTracker { client: Client::new(http), config, turns: write::Turns::default() }))
}

#[async_trait]
impl Adapter for RequestTracker {
    fn name(&self) -> &'static str {
        "request-tracker"
    }

    fn supports(&self) -> &'static [Op] {
        &[
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
        ]
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.client.version(cx).await?;
        // Request Tracker ignores a filter on a field that the account may not search, and returns everybody.
        if !self.client.users(cx, &[("Organization", "no such organisation, asked by a probe")]).await?.items.is_empty()
        {
            return Err(setup("it does not let this account search people by `Organization`"));
        }
        if let Reach::Organisations(some) = &cx.reach {
            for id in some {
                let queue = self.client.queue(cx, id).await?.ok_or_else(|| Error::not_found("organisation"))?;
                self.bound(&queue)?;
            }
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
}

impl RequestTracker {
    /// Request Tracker drops the value of a custom field that is not bound to the queue without an error. Asked before
    /// something is written, since what was dropped cannot be found again.
    fn bound(&self, queue: &wire::Queue) -> Result<()> {
        let missing = |fields: &[wire::Named], name: &str| !fields.iter().any(|it| it.name == name);
        let on_tickets = self.config.ticket_fields().find(|name| missing(&queue.ticket_fields, name));
        let entry = self.config.entry_field.as_str();
        let on_messages = Some(entry).filter(|name| missing(&queue.message_fields, name));
        match on_tickets.or(on_messages) {
            None => Ok(()),
            Some(name) => Err(setup(format!("the custom field `{name}` is not bound to the queue or not visible"))
                .with("queue", queue.id.to_string())),
        }
    }
}

/// Request Tracker is not set up as the README of this adapter says.
fn setup(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Forbidden, format!("the service desk is not set up for this: {what}"))
}
