//! What is read and written while the backend misbehaves: of the service desk where there is one, else of money, else of contacts.

use crate::check::said;
use crate::fixture::Fixture;
use crate::trial::Verdict;
use postern_api::*;
use std::collections::BTreeMap;

/// A record, and the port that it is asked of.
pub(super) enum Subject {
    /// The own ticket.
    Ticket,
    /// An open invoice of the own organisation, without a link that works, and what is to be paid.
    Invoice(InvoiceId, Money),
    /// The own organisation and its contacts.
    Contacts,
}

/// What can be asked here. Nothing is in trouble yet.
pub(super) async fn subject(f: &Fixture) -> Result<Subject, String> {
    if f.adapter.service_desk().is_some() {
        return Ok(Subject::Ticket);
    }
    let Some(billing) = f.adapter.billing() else { return Ok(Subject::Contacts) };
    let page = said("invoices", billing.invoices(&f.own_cx(), &invoices(f)).await)?;
    let rows = f.open_all(&f.own, page.rows)?;
    let payable = |it: &&Invoice| {
        let active = it.payment_link.is_some_and(|link| link.active);
        it.status == InvoiceStatus::Open && it.balance.amount > Decimal::ZERO && !active
    };
    let found = rows.iter().find(payable).ok_or("there is no invoice that could be paid")?;
    Ok(Subject::Invoice(found.id.clone(), found.balance))
}

fn invoices(f: &Fixture) -> InvoiceQuery {
    let organisation = Some(f.own.external.clone());
    InvoiceQuery { organisation, statuses: vec![], customer_visible: false, offset: 0, limit: 200 }
}

impl Subject {
    /// Without trouble there is an answer.
    pub(super) async fn well(&self, f: &Fixture) -> Verdict {
        said("the record", self.single(f, &f.own_cx()).await)
    }

    /// Whether something can be written.
    pub(super) fn writes(&self, f: &Fixture) -> bool {
        let op = match self {
            Subject::Ticket => Op::TicketComment,
            Subject::Invoice(..) => Op::PaymentLinkCreate,
            Subject::Contacts => Op::ProfileChange,
        };
        f.adapter.supports().contains(&op)
    }

    /// Asks for one record.
    pub(super) async fn single(&self, f: &Fixture, cx: &CallCx) -> Result<()> {
        let none = || Error::internal("the adapter has no such port");
        match self {
            Subject::Ticket => desk(f)?.ticket(cx, &f.own.ticket).await.map(drop),
            Subject::Invoice(id, _) => f.adapter.billing().ok_or_else(none)?.invoice(cx, id).await.map(drop),
            Subject::Contacts => f.adapter.crm().ok_or_else(none)?.organisation(cx, &f.own.external).await.map(drop),
        }
    }

    /// Asks for a list.
    pub(super) async fn list(&self, f: &Fixture, cx: &CallCx) -> Result<()> {
        let none = || Error::internal("the adapter has no such port");
        match self {
            Subject::Ticket => desk(f)?.tickets(cx, &TicketQuery::default()).await.map(drop),
            Subject::Invoice(..) => f.adapter.billing().ok_or_else(none)?.invoices(cx, &invoices(f)).await.map(drop),
            Subject::Contacts => f.adapter.crm().ok_or_else(none)?.contacts(cx, &f.own.external).await.map(drop),
        }
    }

    /// Writes it.
    pub(super) async fn write(&self, f: &Fixture, mut cx: CallCx, written: &str) -> Result<()> {
        match self {
            Subject::Ticket => {
                let new = NewComment { author: f.staff_author(), body: written.to_owned(), internal: true };
                desk(f)?.comment(&cx, &f.own.ticket, &new).await.map(drop)
            }
            Subject::Invoice(id, amount) => {
                cx.reference = Some(format!("gw:{written}"));
                let organisation = f.own.external.clone();
                let new = NewPaymentLink { organisation, invoice: id.clone(), amount: *amount, resend: false };
                let billing = f.adapter.billing().ok_or_else(|| Error::internal("no billing"))?;
                billing.create_payment_link(&cx, &new).await.map(drop)
            }
            Subject::Contacts => {
                cx.reference = Some(format!("gw:{written}"));
                let crm = f.adapter.crm().ok_or_else(|| Error::internal("no crm"))?;
                let now = profile(f, crm).await?;
                let before = now.get(&ProfileField::Title).cloned().flatten();
                let change = ProfileChange {
                    organisation: f.own.external.clone(),
                    contact: f.own.contact.clone(),
                    fields: [(ProfileField::Title, (before, Some(written.to_owned())))].into(),
                    source: "kit".into(),
                    by: "kit".into(),
                };
                crm.change_profile(&cx, &change).await.map(drop)
            }
        }
    }

    /// Whether it is there.
    pub(super) async fn proven(&self, f: &Fixture, written: &str) -> Result<bool, String> {
        match self {
            Subject::Ticket => {
                let ticket = f.ticket(&f.own.ticket).await?;
                Ok(ticket.comments.iter().any(|it| it.body.expose().contains(written)))
            }
            Subject::Invoice(id, _) => {
                let billing = f.adapter.billing().ok_or("no billing")?;
                let invoice = f.open(&f.own, said("invoice", billing.invoice(&f.own_cx(), id).await)?)?;
                Ok(invoice.payment_link.is_some_and(|it| it.active))
            }
            Subject::Contacts => {
                let crm = f.adapter.crm().ok_or("no crm")?;
                let now = said("profile", profile(f, crm).await)?;
                Ok(now.get(&ProfileField::Title).cloned().flatten().as_deref() == Some(written))
            }
        }
    }
}

/// The own contact's fields.
async fn profile(f: &Fixture, crm: &dyn Crm) -> Result<BTreeMap<ProfileField, Option<String>>> {
    let fields = crm.profile(&f.own_cx(), &f.own.external, f.own.contact.as_ref()).await?;
    f.open(&f.own, fields).map_err(Error::internal)
}

fn desk(f: &Fixture) -> Result<&dyn ServiceDesk> {
    f.adapter.service_desk().ok_or_else(|| Error::internal("no service desk"))
}
