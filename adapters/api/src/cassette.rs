//! Cassettes: what a vendor answered to one read, with everything that could be somebody's replaced.
//!
//! The gateway records them from a real system, the kit plays them back to the adapter. A cassette is one JSON object.

use crate::adapter::{Adapter, CallCx, Op};
use crate::domain::{ArticleQuery, TicketQuery};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ArticleId, ContactId, ExternalId, TicketId};
use serde::{Deserialize, Serialize};

/// What one read did: requests in their order, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cassette {
    /// The adapter, as [`Adapter::name`] says it.
    pub adapter: String,
    /// What was asked.
    pub operation: Operation,
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
    pub const ALL: [(&'static str, &'static str); 11] = [
        ("probe", ""),
        ("ticket.list", "[ORGANISATION]"),
        ("ticket.get", "TICKET"),
        ("requester.find", "E-MAIL, with --organisation"),
        ("organisation.get", "ORGANISATION"),
        ("organisation.list", ""),
        ("contact.list", "ORGANISATION"),
        ("contact.get", "CONTACT"),
        ("article.search", "TEXT"),
        ("article.get", "ARTICLE"),
        ("login.list", "ORGANISATION"),
    ];

    /// Asks an adapter. Answers how many records came back; they themselves go no further.
    ///
    /// Errors: those of the port; `InvalidArgument` for a name or an argument that is none.
    pub async fn perform(&self, adapter: &dyn Adapter, cx: &CallCx) -> Result<usize> {
        let about = self.about.as_deref();
        let needed = || about.ok_or_else(|| invalid(format!("`{}` needs to know what it is about", self.name)));
        let organisation = || ExternalId::new(needed()?).map_err(|it| invalid(it.to_string()));
        let desk = || adapter.service_desk().ok_or_else(|| Error::unsupported(Op::TicketList));
        let crm = || adapter.crm().ok_or_else(|| Error::unsupported(Op::OrganisationGet));
        let knowledge = || adapter.knowledge().ok_or_else(|| Error::unsupported(Op::ArticleSearch));
        match self.name.as_str() {
            "probe" => adapter.probe(cx).await.map(|()| 0),
            "ticket.list" => {
                let organisation = about.map(|it| ExternalId::new(it).map_err(|it| invalid(it.to_string())));
                let query = TicketQuery { organisation: organisation.transpose()?, ..TicketQuery::default() };
                Ok(desk()?.tickets(cx, &query).await?.rows.len())
            }
            "ticket.get" => {
                let id = TicketId::new(needed()?).map_err(|it| invalid(it.to_string()))?;
                desk()?.ticket(cx, &id).await.map(|_| 1)
            }
            "requester.find" => {
                let crate::Reach::Organisations(some) = &cx.reach else {
                    return Err(invalid("`requester.find` needs an organisation to look in"));
                };
                let organisation = some.first().ok_or_else(|| invalid("no organisation to look in"))?;
                Ok(usize::from(desk()?.requester(cx, organisation, needed()?).await?.is_some()))
            }
            "organisation.get" => crm()?.organisation(cx, &organisation()?).await.map(|_| 1),
            "organisation.list" => Ok(crm()?.directory(cx).await?.entries.len()),
            "contact.list" => Ok(crm()?.contacts(cx, &organisation()?).await?.len()),
            "contact.get" => {
                let id = ContactId::new(needed()?).map_err(|it| invalid(it.to_string()))?;
                crm()?.contact(cx, &id).await.map(|_| 1)
            }
            "article.search" => {
                let query = ArticleQuery { text: needed()?.to_owned(), category: None, public_only: false, limit: 20 };
                Ok(knowledge()?.search(cx, &query).await?.rows.len())
            }
            "article.get" => {
                let id = ArticleId::new(needed()?).map_err(|it| invalid(it.to_string()))?;
                knowledge()?.article(cx, &id).await.map(|_| 1)
            }
            "login.list" => {
                let identity = adapter.identity().ok_or_else(|| Error::unsupported(Op::LoginList))?;
                Ok(identity.logins(cx, &organisation()?).await?.len())
            }
            other => {
                let known: Vec<_> = Self::ALL.iter().map(|it| it.0).collect();
                Err(invalid(format!("no read `{other}`; expected {}", known.join(", "))))
            }
        }
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
