//! Invoices, payments and contracts.
//!
//! **Invariant:** a customer sees an invoice only where the settings say that invoices are for customers, and it says plainly
//! whether it is paid.

use crate::adapter::{Syncro, in_reach, number};
use crate::wire::{ContractRow, Dec, InvoiceRow, PaymentRow, time};
use jiff::Timestamp;
use jiff::civil::Date;
use postern_api::domain::{
    Agreement, Currency, Decimal, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money, Payment, PaymentStatus,
};
use postern_api::records::{Owning, by_name, day, days};
use postern_api::{
    AgreementId, Billing, CallCx, Error, ErrorKind, ExternalId, InvoiceId, Owned, Owner, Page, PaymentId, Result, Text,
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
        Ok(Owned::new(row.owner(), invoice))
    }

    async fn payments(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        self.counts_money()?;
        let message =
            "what the connected system's payments count is not known; ask an administrator to set `payments_in_cents`";
        let cents = self.config.payments_in_cents.ok_or_else(|| Error::new(ErrorKind::Unsupported, message))?;
        if in_reach(cx, organisation).is_none() {
            return Ok(vec![]);
        }
        if let Some(id) = invoice {
            let number = number(id.as_str()).ok_or_else(|| Error::not_found("invoice"))?;
            let row: InvoiceRow = self.client.one(cx, "invoices", number, "invoice").await?;
            // Another organisation's invoice is a missing one.
            if row.owner() != Owner::Organisation(organisation.clone()) {
                return Err(Error::not_found("invoice"));
            }
        }
        let list = ("payments", "payments");
        let found = self.records::<PaymentRow>(cx, list, Some(organisation), false, &[]).await?;
        let mut payments = found.each(|row| self.payment_of(row, cents))?;
        payments.retain(|it| invoice.is_none() || it.invoice.as_ref() == invoice);
        payments.whole(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)))
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
        let nobodys = row.owner() == Owner::Unknown;
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

    fn payment_of(&self, row: &PaymentRow, cents: bool) -> Result<Payment> {
        let id = row.id.id().and_then(|id| PaymentId::new(&id.to_string()).ok());
        let hundredth = Decimal::new(1, 2);
        let amount = row.payment_amount.0.and_then(|it| if cents { it.checked_mul(hundredth) } else { Some(it) });
        // Of a payment for several invoices nobody knows how much is for which.
        let invoice = match row.invoice_ids.0.as_slice() {
            [one] => one.id().and_then(|id| InvoiceId::new(&id.to_string()).ok()),
            _ => None,
        };
        Ok(Payment {
            id: id.ok_or_else(|| Error::bad_reply("a payment without a number"))?,
            invoice,
            amount: self.money(Dec(amount)).ok_or_else(|| Error::bad_reply("an amount that cannot be read"))?,
            status: match row.success.0 {
                Some(true) => PaymentStatus::Succeeded,
                Some(false) => PaymentStatus::Failed,
                None => PaymentStatus::Other,
            },
            // A kind, and nothing that somebody typed beside it.
            method: row.payment_method.get().filter(|it| !it.contains(|c: char| c.is_ascii_digit())).map(str::to_owned),
            refunded: None,
            receipt: None,
            failure: None,
            finance_notified: None,
            at: time(&row.applied_at).unwrap_or(Timestamp::UNIX_EPOCH),
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
