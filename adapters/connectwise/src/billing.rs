//! Invoices, payments and agreements.
//!
//! **Invariant:** a customer sees an invoice only where the settings say that invoices are for customers, and its status
//! plainly says that it was issued.

use crate::adapter::{ConnectWise, in_reach, plain};
use crate::client::Query;
use crate::config::number;
use crate::wire::{self, ContractRow, Dec, Flag, InvoiceRow, PaymentRow, owner, time};
use crate::words;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use postern_api::domain::{
    Agreement, Currency, Decimal, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money, Page, Payment,
    PaymentStatus,
};
use postern_api::records::{by_name, day, days};
use postern_api::{AgreementId, Billing, CallCx, Error, ExternalId, InvoiceId, Owned, Owner, PaymentId, Result, Text};

/// Invoices of which payments are read where no invoice is named, the newest first.
const PAID_INVOICES: usize = 50;
/// Payments that are told.
const PAYMENTS: usize = 200;
const AT_ONCE: usize = 4;

#[postern_api::async_trait]
impl Billing for ConnectWise {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        if query.customer_visible && !self.config.customer_visible.invoices {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let path = ["finance", "invoices"];
        let asked = query.organisation.as_ref();
        let found = self.records::<InvoiceRow>(cx, &path, asked, wire::INVOICE, |it| it).await?;
        let mut invoices = found.each(|row| self.invoice_of(row))?;
        invoices.retain(|it| {
            (query.statuses.is_empty() || query.statuses.contains(&it.status))
                && (!query.customer_visible || it.customer_visible)
        });
        let order = |a: &Invoice, b: &Invoice| b.issued_on.cmp(&a.issued_on).then_with(|| b.id.cmp(&a.id));
        Ok(invoices.page((query.offset, query.limit), order))
    }

    async fn invoice(&self, cx: &CallCx, id: &InvoiceId) -> Result<Owned<Invoice>> {
        let row = self.invoice_row(cx, id).await?;
        let mut invoice = self.invoice_of(&row)?;
        invoice.lines = self.lines(&row);
        Ok(Owned::new(owner(row.company.id), invoice))
    }

    async fn payments(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        if in_reach(cx, organisation).is_none() {
            return Ok(vec![]);
        }
        let invoices = match invoice {
            Some(id) => {
                let row = self.invoice_row(cx, id).await?;
                // Another organisation's invoice is a missing one.
                if owner(row.company.id) != Owner::Organisation(organisation.clone()) {
                    return Err(Error::not_found("invoice"));
                }
                vec![row]
            }
            None => {
                let path = ["finance", "invoices"];
                let found = self.records::<InvoiceRow>(cx, &path, Some(organisation), wire::INVOICE, |it| it).await?;
                let paid =
                    found.rows.into_iter().map(|(_, row)| row).filter(|row| row.payments.0 != Some(Decimal::ZERO));
                paid.take(PAID_INVOICES).collect()
            }
        };
        let lists: Vec<Vec<Payment>> = stream::iter(invoices)
            .map(|row| async move { self.paid(cx, &row).await })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut payments: Vec<Payment> = lists.into_iter().flatten().collect();
        payments.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
        payments.truncate(PAYMENTS);
        // Whose a payment is: its invoice said so, and the payment named its invoice.
        Ok(payments.into_iter().map(|it| Owned::new(Owner::Organisation(organisation.clone()), it)).collect())
    }

    async fn agreements(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        if in_reach(cx, organisation).is_none() {
            return Ok(vec![]);
        }
        let path = ["finance", "agreements"];
        let found = self.records::<ContractRow>(cx, &path, Some(organisation), wire::CONTRACT, |it| it).await?;
        let now = Timestamp::now();
        let agreements = found.each(|row| self.agreement_of(row, now))?;
        agreements.whole(|a, b| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id)))
    }
}

impl ConnectWise {
    async fn invoice_row(&self, cx: &CallCx, id: &InvoiceId) -> Result<InvoiceRow> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("invoice"))?;
        self.client.one(cx, &["finance", "invoices"], number, wire::INVOICE, "invoice").await
    }

    fn invoice_of(&self, row: &InvoiceRow) -> Result<Invoice> {
        let id = row.id.id().and_then(|id| InvoiceId::new(&id.to_string()).ok());
        let id = id.ok_or_else(|| Error::bad_reply("an invoice without a number"))?;
        // A row of nobody's is not opened, so what it comes to does not matter.
        let nobodys = owner(row.company.id) == Owner::Unknown;
        let nothing = nobodys.then(|| Money::new(Decimal::ZERO, Currency::NONE));
        let unreadable = || Error::bad_reply("an amount that cannot be read, or without a currency: set `currency`");
        let total = self.money(row.total, &row.currency).or(nothing).ok_or_else(unreadable)?;
        let balance = self.money(row.balance, &row.currency).or(nothing).ok_or_else(unreadable)?;
        let named = row.status.id.id().and_then(|it| self.config.invoice_statuses.get(&it.to_string())).copied();
        let issued = named.unwrap_or_else(|| words::invoice(row.status.name.or_empty()));
        let settled = issued == InvoiceStatus::Open && balance.amount <= Decimal::ZERO;
        let status = if settled { InvoiceStatus::Paid } else { issued };
        let shown = matches!(status, InvoiceStatus::Open | InvoiceStatus::Paid);
        Ok(Invoice {
            number: row.invoice_number.get().map_or_else(|| id.to_string(), str::to_owned),
            id,
            status,
            issued_on: day(&row.date),
            due_on: day(&row.due_date),
            total,
            balance,
            lines: vec![],
            payment_link: None,
            customer_visible: shown && self.config.customer_visible.invoices,
            notes: None,
        })
    }

    /// The vendor has no lines on an invoice, but the sums of what it is for.
    fn lines(&self, row: &InvoiceRow) -> Vec<InvoiceLine> {
        let sums: [(&str, Dec); 5] = [
            ("Services", row.service_total),
            ("Expenses", row.expense_total),
            ("Products", row.product_total),
            ("Agreement", row.agreement_amount),
            ("Sales tax", row.sales_tax),
        ];
        let some = sums.into_iter().filter(|(_, sum)| sum.0.is_some_and(|it| it != Decimal::ZERO));
        some.map(|(what, sum)| InvoiceLine { text: Text::new(what), total: self.money(sum, &row.currency) }).collect()
    }

    /// The payments of one invoice. A row that names another invoice is another's.
    async fn paid(&self, cx: &CallCx, invoice: &InvoiceRow) -> Result<Vec<Payment>> {
        let Some(number) = invoice.id.id() else { return Ok(vec![]) };
        let path = ["finance", "invoices", &number.to_string(), "payments"];
        let query = Query { fields: wire::PAYMENT, ..Query::default() };
        let rows = self.client.every::<PaymentRow>(cx, &path, &query).await?.rows;
        let ours = rows.into_iter().filter(|row| row.invoice.id.id() == Some(number));
        ours.map(|row| {
            let id = row.id.id().and_then(|id| PaymentId::new(&id.to_string()).ok());
            let amount = self.money(row.amount, &invoice.currency);
            Ok(Payment {
                id: id.ok_or_else(|| Error::bad_reply("a payment without a number"))?,
                invoice: InvoiceId::new(&number.to_string()).ok(),
                amount: amount.ok_or_else(|| Error::bad_reply("an amount that cannot be read"))?,
                // Only what was received is recorded.
                status: PaymentStatus::Succeeded,
                method: row.r#type.get().map(str::to_owned).filter(|it| it.chars().all(char::is_alphabetic)),
                refunded: None,
                receipt: None,
                failure: None,
                finance_notified: None,
                at: time(&row.payment_date).unwrap_or(Timestamp::UNIX_EPOCH),
            })
        })
        .collect()
    }

    fn agreement_of(&self, row: &ContractRow, now: Timestamp) -> Result<Agreement> {
        let id = row.id.id().and_then(|id| AgreementId::new(&id.to_string()).ok());
        let mut days = days(&row.start_date, &row.end_date);
        if row.no_ending_date_flag == Flag::Yes {
            days.until = None;
        }
        let status = row.agreement_status.get().is_none_or(|it| it == "Active");
        let begun = time(&row.start_date).is_none_or(|it| it <= now);
        let ended = days.until.is_some() && time(&row.end_date).is_some_and(|it| it < now);
        Ok(Agreement {
            id: id.ok_or_else(|| Error::bad_reply("an agreement without a number"))?,
            name: Text::new(plain(&row.name)),
            kind: row.r#type.name.get().map(str::to_owned),
            active: status && row.cancelled_flag == Flag::No && begun && !ended,
            days,
            amount: self.money(row.bill_amount, &row.currency),
            period: row.billing_cycle.name.get().map(str::to_owned),
        })
    }
}
