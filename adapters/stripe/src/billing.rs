//! Invoices.
//!
//! **Invariant:** a customer sees an invoice only where the settings say so, and it was issued and not given up.

use crate::adapter::{Stripe, vendors};
use crate::amounts::money;
use crate::client::{Pair, Rows};
use crate::config::Links;
use crate::links;
use crate::wire::{InvoiceRow, LineRow, LinkRow, Row as _, owner};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postern_api::domain::{
    Agreement, Decimal, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money, NewPaymentLink, Payment,
};
use postern_api::{Billing, CallCx, Error, ErrorKind, ExternalId, InvoiceId, Owned, Owner, Page, Reach, Result, Text};

#[postern_api::async_trait]
impl Billing for Stripe {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        let nothing = Page { rows: vec![], total: 0, truncated: false };
        if query.customer_visible && !self.config.customer_visible {
            return Ok(nothing);
        }
        let status = match query.statuses.as_slice() {
            [one] => word(*one),
            _ => None,
        };
        let (mut found, mut strays, mut truncated) = (vec![], vec![], false);
        for customer in customers(&cx.reach, query.organisation.as_ref()) {
            let mut pairs: Vec<Pair> = customer.iter().map(|it| ("customer", it.to_string())).collect();
            pairs.extend(status.map(|it| ("status", it.to_owned())));
            let got = self.customers_rows(cx, &pairs, customer.is_some()).await?;
            truncated |= got.truncated;
            for row in got.rows {
                let Owner::Organisation(its) = owner(row.customer.as_ref()) else { continue };
                if !cx.reach.contains(&its) {
                    strays.push(its);
                } else if query.organisation.as_ref().is_none_or(|it| *it == its) {
                    found.push((its, row));
                }
            }
        }
        let links = if found.is_empty() { vec![] } else { self.links(cx).await? };
        let invoices = found.into_iter().map(|(its, row)| Ok((its, self.invoice_of(&row, &links)?)));
        let mut invoices = invoices.collect::<Result<Vec<_>>>()?;
        invoices.retain(|(_, it)| {
            (query.statuses.is_empty() || query.statuses.contains(&it.status))
                && (!query.customer_visible || it.customer_visible)
        });
        // What is not issued yet is the newest.
        let newest = |it: &Invoice| (it.issued_on.is_none(), it.issued_on, it.id.clone());
        invoices.sort_by_key(|(_, it)| std::cmp::Reverse(newest(it)));
        let total = invoices.len() as u64;
        let some = invoices.into_iter().skip(query.offset as usize).take(query.limit.min(200) as usize);
        let mut rows: Vec<_> = some.map(|(its, it)| Owned::new(Owner::Organisation(its), it)).collect();
        // One row of somebody else's goes on without its contents, for the gateway's alarm.
        rows.extend(strays.into_iter().take(1).filter_map(|its| Some(Owned::new(Owner::Organisation(its), empty()?))));
        Ok(Page { rows, total, truncated })
    }

    async fn invoice(&self, cx: &CallCx, id: &InvoiceId) -> Result<Owned<Invoice>> {
        let row = self.row(cx, id).await?;
        let mut invoice = self.invoice_of(&row, &self.links(cx).await?)?;
        invoice.lines = self.lines(cx, &row).await?;
        Ok(Owned::new(owner(row.customer.as_ref()), invoice))
    }

    async fn payments(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        self.payments_of(cx, organisation, invoice).await
    }

    async fn agreements(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        self.subscriptions_of(cx, organisation).await
    }

    async fn create_payment_link(&self, cx: &CallCx, new: &NewPaymentLink) -> Result<Owned<Invoice>> {
        links::create(self, cx, new).await
    }
}

/// The customers to ask for, one after the other; `None` asks for all.
fn customers<'a>(reach: &'a Reach, wanted: Option<&'a ExternalId>) -> Vec<Option<&'a ExternalId>> {
    let is_customer = |it: &ExternalId| vendors(it.as_str(), "cus_").is_some();
    match (wanted, reach) {
        (Some(one), reach) => {
            if reach.contains(one) && is_customer(one) {
                vec![Some(one)]
            } else {
                vec![]
            }
        }
        (None, Reach::Organisations(some)) => some.iter().filter(|it| is_customer(it)).map(Some).collect(),
        (None, Reach::Tenant) => vec![None],
    }
}

impl Stripe {
    /// The invoices of one customer. One that is not there, or no longer, has none.
    async fn customers_rows(&self, cx: &CallCx, pairs: &[Pair], of_one: bool) -> Result<Rows<InvoiceRow>> {
        match self.client.list(cx, &["invoices"], pairs, self.config.max_rows).await {
            Err(error) if of_one && error.kind() == ErrorKind::NotFound => Ok(Rows { rows: vec![], truncated: false }),
            found => found,
        }
    }

    /// One invoice as the vendor has it.
    pub(crate) async fn row(&self, cx: &CallCx, id: &InvoiceId) -> Result<InvoiceRow> {
        let missing = || Error::not_found("invoice");
        let asked = vendors(id.as_str(), "in_").ok_or_else(missing)?;
        self.client.one(cx, &["invoices", asked], &[], "invoice").await
    }

    /// The payment links that there are, where those are what an invoice is paid by.
    pub(crate) async fn links(&self, cx: &CallCx) -> Result<Vec<LinkRow>> {
        if self.config.links == Links::HostedInvoice {
            return Ok(vec![]);
        }
        let found = self.client.list(cx, &["payment_links"], &[], self.config.max_rows).await?;
        // Among those that were not read could be the one that pays this invoice.
        if found.truncated { Err(Error::bad_reply("more payment links than can be read")) } else { Ok(found.rows) }
    }

    /// An invoice without its lines.
    pub(crate) fn invoice_of(&self, row: &InvoiceRow, links: &[LinkRow]) -> Result<Invoice> {
        let unreadable = || Error::bad_reply("an amount that cannot be read");
        let status = status(row.status.as_deref());
        let total = money(row.total, &row.currency).ok_or_else(unreadable)?;
        let left = match status {
            InvoiceStatus::Draft | InvoiceStatus::Open | InvoiceStatus::Uncollectible => row.amount_remaining,
            InvoiceStatus::Paid | InvoiceStatus::Void | InvoiceStatus::Other => 0,
        };
        let balance = money(left, &row.currency).ok_or_else(unreadable)?;
        let issued = status != InvoiceStatus::Draft;
        let shown = matches!(status, InvoiceStatus::Open | InvoiceStatus::Paid | InvoiceStatus::Void);
        let at = row.status_transitions.finalized_at.or(row.effective_at).filter(|_| issued);
        Ok(Invoice {
            id: InvoiceId::new(&row.id).map_err(|e| Error::bad_reply("an invoice's id").because(e))?,
            number: row.number.clone().unwrap_or_else(|| row.id.clone()),
            status,
            issued_on: at.and_then(day),
            due_on: row.due_date.and_then(day),
            total,
            balance,
            lines: vec![],
            payment_link: links::of(self.config.links, row, status, links),
            customer_visible: shown && self.config.customer_visible,
            notes: None,
        })
    }

    /// An invoice's lines; those that did not come with it are asked for.
    async fn lines(&self, cx: &CallCx, row: &InvoiceRow) -> Result<Vec<InvoiceLine>> {
        let line = |row: &LineRow| InvoiceLine {
            text: Text::new(row.description.as_deref().unwrap_or_default()),
            total: money(row.amount, &row.currency),
        };
        match &row.lines {
            Some(with) if !with.has_more => Ok(with.data.iter().map(line).collect()),
            Some(_) | None => {
                let path = ["invoices", row.id(), "lines"];
                let found = self.client.list::<LineRow>(cx, &path, &[], self.config.max_rows).await?;
                Ok(found.rows.iter().map(line).collect())
            }
        }
    }
}

/// The day of a time, in UTC.
pub(crate) fn day(seconds: i64) -> Option<Date> {
    Some(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).date())
}

fn status(word: Option<&str>) -> InvoiceStatus {
    match word.unwrap_or_default() {
        "draft" => InvoiceStatus::Draft,
        "open" => InvoiceStatus::Open,
        "paid" => InvoiceStatus::Paid,
        "void" => InvoiceStatus::Void,
        "uncollectible" => InvoiceStatus::Uncollectible,
        _ => InvoiceStatus::Other,
    }
}

/// The vendor's word for a state; it has none for those that we have none for.
fn word(status: InvoiceStatus) -> Option<&'static str> {
    match status {
        InvoiceStatus::Draft => Some("draft"),
        InvoiceStatus::Open => Some("open"),
        InvoiceStatus::Paid => Some("paid"),
        InvoiceStatus::Void => Some("void"),
        InvoiceStatus::Uncollectible => Some("uncollectible"),
        InvoiceStatus::Other => None,
    }
}

/// An invoice of nobody's that says nothing.
fn empty() -> Option<Invoice> {
    let nothing = Money::new(Decimal::ZERO, postern_api::domain::Currency::NONE);
    Some(Invoice {
        id: InvoiceId::new("in_0").ok()?,
        number: String::new(),
        status: InvoiceStatus::Other,
        issued_on: None,
        due_on: None,
        total: nothing,
        balance: nothing,
        lines: vec![],
        payment_link: None,
        customer_visible: false,
        notes: None,
    })
}
