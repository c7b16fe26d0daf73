//! Cassettes: what a vendor answered to one read, with everything that could be somebody's replaced.
//!
//! The gateway records them from a real system, the kit plays them back to the adapter. A cassette is one JSON object.

use crate::adapter::{Adapter, CallCx, Op};
use crate::domain::{ArticleQuery, AssetQuery, InvoiceQuery, OrderQuery, ProjectQuery, TicketQuery};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ArticleId, ContactId, ExternalId, InvoiceId, ProjectId, TicketId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What one read did: requests in their order, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cassette {
    /// The adapter, as [`Adapter::name`] says it.
    pub adapter: String,
    /// What was asked.
    pub operation: Operation,
    /// The organisation that alone was reached, in the system's own id; without it the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// What the adapter made of it: `ok`, or a kind of error.
    pub outcome: String,
    /// Records that it returned.
    pub records: usize,
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The verb.
    pub method: String,
    /// The path below the base address, segment by segment.
    pub path: Vec<String>,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The answer; `None` where none came.
    pub answer: Option<Answer>,
}

/// What the vendor answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that an adapter may look at.
    pub headers: Vec<(String, String)>,
    /// The body; bytes that are no UTF-8 are replaced.
    pub body: String,
}

/// A read, by the name of its operation, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// `probe`, or [`Op::name`] of a read.
    pub name: String,
    /// An id, an organisation or a text, as the operation wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl Operation {
    /// The reads that can be recorded, each with what it is about.
    pub const ALL: [(&'static str, &'static str); 22] = [
        ("probe", ""),
        ("ticket.list", "[ORGANISATION]"),
        ("ticket.get", "TICKET"),
        ("time.list", "TICKET"),
        ("vocabulary.get", ""),
        ("requester.find", "E-MAIL, with --organisation"),
        ("organisation.get", "ORGANISATION"),
        ("organisation.list", ""),
        ("contact.list", "ORGANISATION"),
        ("contact.get", "CONTACT"),
        ("site.list", "ORGANISATION"),
        ("article.search", "TEXT"),
        ("article.get", "ARTICLE"),
        ("login.list", "ORGANISATION"),
        ("invoice.list", "[ORGANISATION]"),
        ("invoice.get", "INVOICE"),
        ("payment.list", "ORGANISATION"),
        ("agreement.list", "ORGANISATION"),
        ("order.list", "[ORGANISATION]"),
        ("project.list", "[ORGANISATION]"),
        ("project.get", "PROJECT"),
        ("asset.list", "[ORGANISATION]"),
    ];

    /// Rows of a list that are asked for.
    const MOST: u32 = 200;

    /// Asks an adapter. Answers how many records came back; they themselves go no further.
    ///
    /// Errors: those of the port; `InvalidArgument` for a name or an argument that is none.
    pub async fn perform(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        match self.name.as_str() {
            "probe" => adapter.probe(cx).await.map(|()| 0),
            "ticket.list" | "ticket.get" | "time.list" | "vocabulary.get" | "requester.find" => {
                self.of_a_desk(adapter, cx).await
            }
            "organisation.get" | "organisation.list" | "contact.list" | "contact.get" | "site.list" | "login.list" => {
                self.of_people(adapter, cx).await
            }
            "article.search" | "article.get" => self.of_words(adapter, cx).await,
            "invoice.list" | "invoice.get" | "payment.list" | "agreement.list" | "order.list" => {
                self.of_money(adapter, cx).await
            }
            "project.list" | "project.get" | "asset.list" => self.of_work(adapter, cx).await,
            _ => Err(self.unknown()),
        }
    }

    async fn of_a_desk(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        let desk = adapter.service_desk().ok_or_else(|| Error::unsupported(Op::TicketList))?;
        match self.name.as_str() {
            "ticket.list" => {
                let query = TicketQuery { organisation: self.perhaps()?, ..TicketQuery::default() };
                Ok(desk.tickets(cx, &query).await?.rows.len())
            }
            "ticket.get" => desk.ticket(cx, &self.id::<TicketId>()?).await.map(|_| 1),
            "time.list" => Ok(desk.time(cx, &self.id::<TicketId>()?).await?.len()),
            "vocabulary.get" => {
                let words = desk.vocabulary(cx).await?;
                Ok(words.statuses.len() + words.priorities.len() + words.queues.len())
            }
            "requester.find" => {
                let crate::Reach::Organisations(some) = &cx.reach else {
                    return Err(invalid("`requester.find` needs an organisation to look in"));
                };
                let organisation = some.first().ok_or_else(|| invalid("no organisation to look in"))?;
                Ok(usize::from(desk.requester(cx, organisation, self.needed()?).await?.is_some()))
            }
            _ => Err(self.unknown()),
        }
    }

    async fn of_people(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        if self.name == "login.list" {
            let identity = adapter.identity().ok_or_else(|| Error::unsupported(Op::LoginList))?;
            return Ok(identity.logins(cx, &self.id::<ExternalId>()?).await?.len());
        }
        let crm = adapter.crm().ok_or_else(|| Error::unsupported(Op::OrganisationGet))?;
        match self.name.as_str() {
            "organisation.get" => crm.organisation(cx, &self.id::<ExternalId>()?).await.map(|_| 1),
            "organisation.list" => Ok(crm.directory(cx).await?.entries.len()),
            "contact.list" => Ok(crm.contacts(cx, &self.id::<ExternalId>()?).await?.len()),
            "contact.get" => crm.contact(cx, &self.id::<ContactId>()?).await.map(|_| 1),
            "site.list" => Ok(crm.sites(cx, &self.id::<ExternalId>()?).await?.len()),
            _ => Err(self.unknown()),
        }
    }

    async fn of_words(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        let knowledge = adapter.knowledge().ok_or_else(|| Error::unsupported(Op::ArticleSearch))?;
        if self.name == "article.get" {
            return knowledge.article(cx, &self.id::<ArticleId>()?).await.map(|_| 1);
        }
        let query = ArticleQuery { text: self.needed()?.to_owned(), category: None, public_only: false, limit: 20 };
        Ok(knowledge.search(cx, &query).await?.rows.len())
    }

    async fn of_money(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        let (limit, offset, customer_visible) = (Self::MOST, 0, false);
        if self.name == "order.list" {
            let sales = adapter.sales().ok_or_else(|| Error::unsupported(Op::OrderList))?;
            let query = OrderQuery { organisation: self.perhaps()?, kind: None, customer_visible, offset, limit };
            return Ok(sales.orders(cx, &query).await?.rows.len());
        }
        let billing = adapter.billing().ok_or_else(|| Error::unsupported(Op::InvoiceList))?;
        match self.name.as_str() {
            "invoice.list" => {
                let organisation = self.perhaps()?;
                let query = InvoiceQuery { organisation, statuses: vec![], customer_visible, offset, limit };
                Ok(billing.invoices(cx, &query).await?.rows.len())
            }
            "invoice.get" => billing.invoice(cx, &self.id::<InvoiceId>()?).await.map(|_| 1),
            "payment.list" => Ok(billing.payments(cx, &self.id::<ExternalId>()?, None).await?.len()),
            "agreement.list" => Ok(billing.agreements(cx, &self.id::<ExternalId>()?).await?.len()),
            _ => Err(self.unknown()),
        }
    }

    async fn of_work(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        let (limit, offset, customer_visible) = (Self::MOST, 0, false);
        if self.name == "asset.list" {
            let assets = adapter.assets().ok_or_else(|| Error::unsupported(Op::AssetList))?;
            let query = AssetQuery { organisation: self.perhaps()?, text: None, offset, limit };
            return Ok(assets.assets(cx, &query).await?.rows.len());
        }
        let projects = adapter.projects().ok_or_else(|| Error::unsupported(Op::ProjectList))?;
        if self.name == "project.get" {
            return projects.project(cx, &self.id::<ProjectId>()?).await.map(|_| 1);
        }
        let organisation = self.perhaps()?;
        let query = ProjectQuery { organisation, kinds: vec![], customer_visible, offset, limit };
        Ok(projects.projects(cx, &query).await?.rows.len())
    }

    fn needed(&self) -> Result<&str> {
        self.about.as_deref().ok_or_else(|| invalid(format!("`{}` needs to know what it is about", self.name)))
    }

    /// What it is about, where that is an id.
    fn id<T: FromStr<Err: std::fmt::Display>>(&self) -> Result<T> {
        self.needed()?.parse().map_err(|it: T::Err| invalid(it.to_string()))
    }

    /// The organisation, where it is about one and not about all.
    fn perhaps(&self) -> Result<Option<ExternalId>> {
        if self.about.is_some() { self.id().map(Some) } else { Ok(None) }
    }

    fn unknown(&self) -> Error {
        let known: Vec<_> = Self::ALL.iter().map(|it| it.0).collect();
        invalid(format!("no read `{}`; expected {}", self.name, known.join(", ")))
    }
}

/// How an outcome is written: `ok`, or the kind of the error in snake case.
pub fn outcome<T>(result: &Result<T>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => match error.kind() {
            ErrorKind::NotFound => "not_found",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::InvalidArgument => "invalid_argument",
            ErrorKind::Conflict => "conflict",
            ErrorKind::LimitReached => "limit_reached",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Unauthenticated => "unauthenticated",
            ErrorKind::RateLimited => "rate_limited",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Timeout => "timeout",
            ErrorKind::OutcomeUnknown => "outcome_unknown",
            ErrorKind::BadReply => "bad_reply",
            ErrorKind::Internal => "internal",
        },
    }
}

fn invalid(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, what.into())
}
