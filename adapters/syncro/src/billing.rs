//! Invoices and contracts.
//!
//! **Invariant:** a customer sees an invoice only where the settings say that invoices are for customers, and it says plainly
//! whether it is paid.

use crate::adapter::{Syncro, in_reach, number};
use crate::records::{by_name, day, days};
use crate::wire::{ContractRow, InvoiceRow, Owning, owner};
use jiff::Timestamp;
use jiff::civil::Date;
use postern_api::domain::{Agreement, Currency, Decimal, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money};
use postern_api::{
    AgreementId, Billing, CallCx, Error, ErrorKind, ExternalId, InvoiceId, Owned, Owner, Page, Result, Text,
};

#[postern_api::async_trait]
impl Billing for Syncro {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        self.counts_money()?;
        if query.customer_visible && !self.config.customer_visible.invoices {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let list = ("invoices", "invoices");
        let found = self.records::<InvoiceRow>(cx, list, query.organisation.as_ref(), false, &[]).await?;
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
        let row: InvoiceRow = self.client.one(cx, "invoices", number, "invoice").await?;
        let mut invoice = self.invoice_of(&row)?;
        invoice.lines = self.lines(&row);
        Ok(Owned::new(owner(row.customer()), invoice))
    }

    async fn agreements(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        if in_reach(cx, organisation).is_none() {
            return Ok(vec![]);
        }
        let list = ("contracts", "contracts");
        let found = self.records::<ContractRow>(cx, list, Some(organisation), false, &[]).await?;
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let agreements = found.each(|row| agreement(row, today))?;
        agreements.whole(|a, b| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id)))
    }
}

impl Syncro {
    /// The vendor's amounts name no currency, so that without the setting there are none.
    fn counts_money(&self) -> Result<()> {
        let message = "the connected system names no currency; ask an administrator to set `currency`";
        self.config.currency.as_ref().map(drop).ok_or_else(|| Error::new(ErrorKind::Unsupported, message))
    }

    fn invoice_of(&self, row: &InvoiceRow) -> Result<Invoice> {
        let id = row.id.id().and_then(|id| InvoiceId::new(&id.to_string()).ok());
        let id = id.ok_or_else(|| Error::bad_reply("an invoice without a number"))?;
        // A row of nobody's is not opened, so what it comes to does not matter.
        let nobodys = owner(row.customer()) == Owner::Unknown;
        let nothing = nobodys.then(|| Money::new(Decimal::ZERO, Currency::NONE));
        let total =
            self.money(row.total).or(nothing).ok_or_else(|| Error::bad_reply("an amount that cannot be read"))?;
        let status = match row.is_paid.0 {
            Some(true) => InvoiceStatus::Paid,
            Some(false) => InvoiceStatus::Open,
            None => InvoiceStatus::Other,
        };
        let left = if status == InvoiceStatus::Paid { Decimal::ZERO } else { total.amount };
        Ok(Invoice {
            number: row.number.get().map_or_else(|| id.to_string(), str::to_owned),
            id,
            status,
            issued_on: day(&row.date),
            due_on: day(&row.due_date),
            total,
            balance: Money::new(left, total.currency),
            lines: vec![],
            payment_link: None,
            customer_visible: status != InvoiceStatus::Other && self.config.customer_visible.invoices,
            notes: None,
        })
    }

    fn lines(&self, row: &InvoiceRow) -> Vec<InvoiceLine> {
        let line = |row: &crate::wire::LineRow| {
            let product = row.price.0.zip(row.quantity.0).and_then(|(price, count)| price.checked_mul(count));
            let text = row.item.get().or(row.name.get()).unwrap_or_default();
            InvoiceLine { text: Text::new(text), total: self.money(crate::wire::Dec(product)) }
        };
        row.line_items.0.iter().map(line).collect()
    }
}

/// A contract's status is a word that each account makes up; only one that plainly says so runs.
fn agreement(row: &ContractRow, today: Date) -> Result<Agreement> {
    const RUNS: [&str; 5] = ["active", "signed", "won", "current", "approved"];
    let id = row.id.id().and_then(|id| AgreementId::new(&id.to_string()).ok());
    let days = days(&row.start_date, &row.end_date);
    let within = days.from.is_none_or(|it| it <= today) && days.until.is_none_or(|it| it >= today);
    let runs = RUNS.iter().any(|it| row.status.or_empty().eq_ignore_ascii_case(it));
    Ok(Agreement {
        id: id.ok_or_else(|| Error::bad_reply("a contract without a number"))?,
        name: Text::new(row.name.or_empty()),
        kind: None,
        active: runs && within,
        days,
        amount: None,
        period: None,
    })
}
