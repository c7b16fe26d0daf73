//! Invoices and contracts. The vendor keeps no payments: an invoice is paid or it is not.
//!
//! **Invariant:** a customer sees an invoice only where the settings say that invoices are for customers, and it is plainly
//! not voided.

use crate::adapter::{Autotask, in_reach, number};
use crate::filter::Filter;
use crate::labels::{Labels, label};
use crate::records::{day, days};
use crate::wire::{BilledRow, ContractRow, InvoiceRow, owner};
use jiff::Timestamp;
use postern_api::domain::{Agreement, Currency, Decimal, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money};
use postern_api::records::{by_name, reachable};
use postern_api::{
    AgreementId, Billing, CallCx, Error, ErrorKind, ExternalId, InvoiceId, Owned, Owner, Page, Result, Text,
};

/// "Active" of a contract: a system value, the same in every database.
pub(crate) const RUNS: i64 = 1;

#[postern_api::async_trait]
impl Billing for Autotask {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        self.counts_money()?;
        if query.customer_visible && !self.config.customer_visible.invoices {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let found = self.records::<InvoiceRow>(cx, "Invoices", query.organisation.as_ref(), vec![]).await?;
        let mut invoices = found.each(|row| self.invoice_of(row))?;
        invoices.retain(|it| {
            (query.statuses.is_empty() || query.statuses.contains(&it.status))
                && (!query.customer_visible || it.customer_visible)
        });
        let order = |a: &Invoice, b: &Invoice| b.issued_on.cmp(&a.issued_on).then_with(|| b.id.cmp(&a.id));
        Ok(invoices.page((query.offset, query.limit), order))
    }

    async fn invoice(&self, cx: &CallCx, id: &InvoiceId) -> Result<Owned<Invoice>> {
        self.counts_money()?;
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("invoice"))?;
        let row: InvoiceRow = self.client.one(cx, "Invoices", number, "invoice").await?;
        let owner = owner(row.company);
        let mut invoice = self.invoice_of(&row)?;
        if reachable(cx, &owner) {
            invoice.lines = self.lines(cx, number, &row).await?;
        }
        Ok(Owned::new(owner, invoice))
    }

    async fn agreements(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        if in_reach(cx, organisation).is_none() {
            return Ok(vec![]);
        }
        let found = self.records::<ContractRow>(cx, "Contracts", Some(organisation), vec![]).await?;
        let kinds = self.labels(cx, "Contracts", "contractType").await?;
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let agreements = found.each(|row| agreement(row, &kinds, today))?;
        agreements.whole(|a, b| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id)))
    }
}

impl Autotask {
    /// The vendor's amounts name no currency, so that without the setting there are none.
    fn counts_money(&self) -> Result<()> {
        let message = "the connected system names no currency; ask an administrator to set `currency`";
        self.config.currency.as_ref().map(drop).ok_or_else(|| Error::new(ErrorKind::Unsupported, message))
    }

    fn invoice_of(&self, row: &InvoiceRow) -> Result<Invoice> {
        let id = row.id.id().and_then(|id| InvoiceId::new(&id.to_string()).ok());
        let id = id.ok_or_else(|| Error::bad_reply("an invoice without a number"))?;
        // A row of nobody's is not opened, so what it comes to does not matter.
        let nobodys = owner(row.company) == Owner::Unknown;
        let nothing = nobodys.then(|| Money::new(Decimal::ZERO, Currency::NONE));
        let total =
            self.money(row.total).or(nothing).ok_or_else(|| Error::bad_reply("an amount that cannot be read"))?;
        // The vendor makes an invoice when it is issued, and has no drafts among them.
        let status = match (row.voided.0, day(&row.paid)) {
            (Some(true), _) => InvoiceStatus::Void,
            (Some(false), Some(_)) => InvoiceStatus::Paid,
            (Some(false), None) => InvoiceStatus::Open,
            (None, _) => InvoiceStatus::Other,
        };
        let left = if status == InvoiceStatus::Open { total.amount } else { Decimal::ZERO };
        let shown = matches!(status, InvoiceStatus::Open | InvoiceStatus::Paid);
        Ok(Invoice {
            number: row.number.get().map_or_else(|| id.to_string(), str::to_owned),
            id,
            status,
            issued_on: day(&row.date),
            due_on: day(&row.due),
            total,
            balance: Money::new(left, total.currency),
            lines: vec![],
            payment_link: None,
            customer_visible: shown && self.config.customer_visible.invoices,
            notes: None,
        })
    }

    /// What an invoice is for. A row that names another invoice or company is another's.
    async fn lines(&self, cx: &CallCx, invoice: i64, of: &InvoiceRow) -> Result<Vec<InvoiceLine>> {
        let filter = Filter::every(vec![Filter::number("invoiceID", invoice)]);
        let most = self.config.max_rows;
        let rows = self.client.rows::<BilledRow>(cx, "BillingItems", &filter, Some(BilledRow::NAMES), most).await?.rows;
        let ours = rows.iter().filter(|row| row.invoice.id() == Some(invoice) && row.company.id() == of.company.id());
        Ok(ours.map(|row| InvoiceLine { text: Text::new(row.name.or_empty()), total: self.money(row.total) }).collect())
    }
}

fn agreement(row: &ContractRow, kinds: &Labels, today: jiff::civil::Date) -> Result<Agreement> {
    let id = row.id.id().and_then(|id| AgreementId::new(&id.to_string()).ok());
    let days = days(&row.start, &row.end);
    let runs = days.from.is_none_or(|it| it <= today) && days.until.is_none_or(|it| it >= today);
    Ok(Agreement {
        id: id.ok_or_else(|| Error::bad_reply("a contract without a number"))?,
        name: Text::new(row.name.or_empty()),
        kind: label(kinds, row.kind.0).map(str::to_owned),
        active: row.status.0 == Some(RUNS) && runs,
        days,
        amount: None,
        period: None,
    })
}
