//! What the trials share: calls, opening rows, comparing.

use crate::fixture::{Fixture, Side};
use crate::trial::Verdict;
use postern_api::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

impl Fixture {
    /// A call that reaches the own organisation alone.
    pub(crate) fn own_cx(&self) -> CallCx {
        CallCx::new(Reach::Organisations(vec![self.own.external.clone()]), TIMEOUT)
    }

    /// A call that reaches both organisations.
    pub(crate) fn both_cx(&self) -> CallCx {
        CallCx::new(Reach::Organisations(vec![self.own.external.clone(), self.foreign.external.clone()]), TIMEOUT)
    }

    pub(crate) fn desk(&self) -> Result<&dyn ServiceDesk, String> {
        self.adapter.service_desk().ok_or_else(|| "the adapter has no service desk".to_owned())
    }
    pub(crate) fn crm(&self) -> Result<&dyn Crm, String> {
        self.adapter.crm().ok_or_else(|| "the adapter has no CRM".to_owned())
    }
    pub(crate) fn knowledge(&self) -> Result<&dyn KnowledgeBase, String> {
        self.adapter.knowledge().ok_or_else(|| "the adapter has no knowledge base".to_owned())
    }
    pub(crate) fn identity(&self) -> Result<&dyn Identity, String> {
        self.adapter.identity().ok_or_else(|| "the adapter has no directory".to_owned())
    }
    pub(crate) fn articles(&self) -> Result<&crate::Articles, String> {
        self.articles.as_ref().ok_or_else(|| "the fixture has no articles".to_owned())
    }

    /// Opens a row as the gateway does for a caller of this side.
    pub(crate) fn open<T>(&self, side: &Side, row: Owned<T>) -> Result<T, String> {
        let tenant = TenantId::new("kit").map_err(|e| e.to_string())?;
        let scope = Scope::organisation(tenant, side.organisation.clone());
        let row = scope.admit(&self.map, row).map_err(|owner| format!("a row names {owner:?} as its owner"))?;
        ensure(row.organisation.as_ref() == Some(&side.organisation), || "a row belongs to the whole tenant".into())?;
        Ok(row.record)
    }

    /// Opens a row that may belong to the whole tenant.
    pub(crate) fn open_shared<T>(&self, row: Owned<T>) -> Result<T, String> {
        let tenant = TenantId::new("kit").map_err(|e| e.to_string())?;
        let scope = Scope::organisation(tenant, self.own.organisation.clone());
        Ok(scope.admit(&self.map, row).map_err(|owner| format!("a row names {owner:?} as its owner"))?.record)
    }

    pub(crate) fn open_all<T>(&self, side: &Side, rows: Vec<Owned<T>>) -> Result<Vec<T>, String> {
        rows.into_iter().map(|row| self.open(side, row)).collect()
    }

    /// One page of the own organisation's tickets, opened, and the total.
    pub(crate) async fn list(&self, query: &TicketQuery) -> Result<(Vec<Ticket>, u64), String> {
        let page = said("tickets", self.desk()?.tickets(&self.own_cx(), query).await)?;
        Ok((self.open_all(&self.own, page.rows)?, page.total))
    }

    /// One ticket of the own organisation.
    pub(crate) async fn ticket(&self, id: &TicketId) -> Result<Ticket, String> {
        self.open(&self.own, said("ticket", self.desk()?.ticket(&self.own_cx(), id).await)?)
    }

    /// A new ticket of the own requester's, with a word in it that no other ticket holds.
    pub(crate) fn new_ticket(&self, word: &str) -> NewTicket {
        NewTicket {
            organisation: self.own.external.clone(),
            requester: self.own.requester.clone(),
            subject: format!("Printer on floor 2 {word}"),
            description: "It prints blank pages since this morning.".to_owned(),
            category: None,
            priority: Priority::Medium,
            visibility: Visibility::Organisation,
            attachments: vec![],
            response_due: None,
            resolution_due: None,
            limit: None,
        }
    }

    pub(crate) async fn create(&self, new: &NewTicket) -> Result<Ticket, String> {
        let mut cx = self.own_cx();
        cx.reference = Some(format!("gw:{}", word()));
        self.open(&self.own, said("create", self.desk()?.create(&cx, new).await)?)
    }

    pub(crate) fn staff_author(&self) -> Author {
        Author::Agent(self.staff.clone())
    }

    pub(crate) fn customer_author(&self) -> Author {
        Author::Customer(Person {
            contact: Some(self.own.requester.clone()),
            name: "Kit Requester".to_owned(),
            email: Some(self.own.email.clone()),
        })
    }

    pub(crate) async fn comment(&self, id: &TicketId, new: &NewComment) -> Result<Comment, String> {
        self.open(&self.own, said("comment", self.desk()?.comment(&self.own_cx(), id, new).await)?)
    }

    /// What the own requester sees: `wide`, also the organisation's.
    pub(crate) fn viewer(&self, wide: bool) -> Option<Viewer> {
        Some(Viewer { contact: self.own.requester.clone(), organisation_wide: wide })
    }
}

/// A word that nobody used before: letters and digits, so that every search takes it as one.
pub(crate) fn word() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = jiff::Timestamp::now().as_microsecond();
    format!("kit{now:x}x{:x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn ensure(held: bool, seen: impl FnOnce() -> String) -> Verdict {
    if held { Ok(()) } else { Err(seen()) }
}

pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(what: &str, seen: &T, expected: &T) -> Verdict {
    ensure(seen == expected, || format!("{what} is {seen:?}, expected {expected:?}"))
}

/// The answer, or what went wrong as text.
pub(crate) fn said<T>(what: &str, answer: Result<T>) -> Result<T, String> {
    answer.map_err(|e| format!("{what} failed with {:?}: {e} {:?}", e.kind(), e.context()))
}

/// The call failed with one of these kinds.
pub(crate) fn failed<T>(what: &str, answer: Result<T>, kinds: &[ErrorKind]) -> Verdict {
    match answer {
        Ok(_) => Err(format!("{what} worked, expected {kinds:?}")),
        Err(e) if kinds.contains(&e.kind()) => Ok(()),
        Err(e) => Err(format!("{what} failed with {:?} ({e} {:?}), expected {kinds:?}", e.kind(), e.context())),
    }
}
