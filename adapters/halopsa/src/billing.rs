//! Invoices, payments and contracts.
//!
//! **Invariant:** a customer sees an invoice only where the settings say that invoices are for customers, and it was plainly
//! issued and is plainly not voided.

use crate::adapter::{HaloPsa, in_reach, number};
use crate::wire::{ContractRow, Dec, InvoiceRow, Num, PaymentRow, Str, owner};
use jiff::Timestamp;
use jiff::civil::Date;
use postern_api::domain::{
    Agreement, Currency, Decimal, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money, Payment, PaymentStatus,
};
use postern_api::records::{by_name, day, days};
use postern_api::{
    AgreementId, Billing, CallCx, Error, ExternalId, InvoiceId, Owned, Owner, Page, PaymentId, Result, Text,
};

#[postern_api::async_trait]
impl Billing for HaloPsa {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        if query.customer_visible && !self.config.customer_visible.invoices {
            return Ok(Page { rows: vec![], total: 0, truncated: false });
        }
        let list = ("Invoice", "invoices");
        let found = self.records::<InvoiceRow>(cx, list, query.organisation.as_ref(), &[]).await?;
        let mut invoices = found.each(|row| self.invoice_of(row))?;
        invoices.retain(|it| {
            (query.statuses.is_empty() || query.statuses.contains(&it.status))
                && (!query.customer_visible || it.customer_visible)
        });
        let order = |a: &Invoice, b: &Invoice| b.issued_on.cmp(&a.issued_on).then_with(|| b.id.cmp(&a.id));
        Ok(invoices.page((query.offset, query.limit), order))
    }

    async fn invoice(&self, cx: &CallCx, id: &InvoiceId) -> Result<Owned<Invoice>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("invoice"))?;
        let query = [("includelines", "true".to_owned())];
        let row: InvoiceRow = self.client.one(cx, "Invoice", number, &query, "invoice").await?;
        let mut invoice = self.invoice_of(&row)?;
        let currency = (row.currency_code, &row.currency_code_name);
        let line = |it: &crate::wire::LineRow| InvoiceLine {
            text: Text::new(it.item_shortdescription.or_empty()),
            total: self.money(it.net_amount, currency),
        };
        invoice.lines = row.lines.rows().unwrap_or_default().iter().map(line).collect();
        Ok(Owned::new(owner(row.client_id), invoice))
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
        let none = (Num::default(), Str::default());
        let (of, currency) = match invoice {
            Some(id) => {
                let number = number(id.as_str()).ok_or_else(|| Error::not_found("invoice"))?;
                let row: InvoiceRow = self.client.one(cx, "Invoice", number, &[], "invoice").await?;
                // Another organisation's invoice is a missing one.
                if owner(row.client_id) != Owner::Organisation(organisation.clone()) {
                    return Err(Error::not_found("invoice"));
                }
                (Some(number), (row.currency_code, row.currency_code_name))
            }
            None => (None, none),
        };
        let narrow: Vec<_> = of.iter().map(|it| ("invoice_id", it.to_string())).collect();
        let list = ("InvoicePayment", "invoicepayments");
        let mut found = self.records::<PaymentRow>(cx, list, Some(organisation), &narrow).await?;
        found.rows.retain(|(_, it)| of.is_none() || it.invoice_id.id() == of);
        let payments = found.each(|row| self.payment_of(row, (currency.0, &currency.1)))?;
        payments.whole(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)))
    }

    async fn agreements(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        if in_reach(cx, organisation).is_none() {
            return Ok(vec![]);
        }
        let all = [("includeinactive", "true".to_owned())];
        let list = ("ClientContract", "contracts");
        let found = self.records::<ContractRow>(cx, list, Some(organisation), &all).await?;
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let agreements = found.each(|row| self.agreement_of(row, today))?;
        agreements.whole(|a, b| by_name((a.name.expose(), &a.id), (b.name.expose(), &b.id)))
    }
}

impl HaloPsa {
    fn invoice_of(&self, row: &InvoiceRow) -> Result<Invoice> {
        let id = row.id.id().and_then(|id| InvoiceId::new(&id.to_string()).ok());
        let id = id.ok_or_else(|| Error::bad_reply("an invoice without a number"))?;
        // A row of nobody's is not opened, so what it comes to does not matter.
        let nobodys = owner(row.client_id) == Owner::Unknown;
        let nothing = nobodys.then(|| Money::new(Decimal::ZERO, Currency::NONE));
        let unreadable = || Error::bad_reply("an amount that cannot be read, or without a currency: set `currency`");
        let currency = (row.currency_code, &row.currency_code_name);
        let total = self.money(row.total, currency).or(nothing).ok_or_else(unreadable)?;
        let left = row.amountdue.0.or_else(|| total.amount.checked_sub(row.amountpaid.0?));
        let balance = self.money(Dec(left), currency).or(nothing).ok_or_else(unreadable)?;
        let issued = row.posted.0 == Some(true) || day(&row.datesent).is_some();
        let status = match (row.voided.0, issued) {
            (Some(true), _) => InvoiceStatus::Void,
            (Some(false) | None, false) => InvoiceStatus::Draft,
            (Some(false) | None, true) if balance.amount <= Decimal::ZERO => InvoiceStatus::Paid,
            (Some(false) | None, true) => InvoiceStatus::Open,
        };
        let shown = issued && row.voided.0 == Some(false);
        Ok(Invoice {
            number: row.invoicenumber.get().map_or_else(|| id.to_string(), str::to_owned),
            id,
            status,
            issued_on: day(&row.invoice_date),
            due_on: day(&row.duedate),
            total,
            balance,
            lines: vec![],
            payment_link: None,
            customer_visible: shown && self.config.customer_visible.invoices,
            notes: None,
        })
    }

    fn payment_of(&self, row: &PaymentRow, currency: (Num, &Str)) -> Result<Payment> {
        let id = row.id.id().and_then(|id| PaymentId::new(&id.to_string()).ok());
        let amount = self.money(row.amount, currency).or_else(|| {
            // A row of nobody's is not opened, so what it comes to does not matter.
            (owner(row.client_id) == Owner::Unknown).then(|| Money::new(Decimal::ZERO, Currency::NONE))
        });
        let unreadable = "an amount that cannot be read, or without a currency: set `currency`";
        let meant = row.status.0.and_then(|it| self.config.payment_statuses.get(&it.to_string()).copied());
        Ok(Payment {
            id: id.ok_or_else(|| Error::bad_reply("a payment without a number"))?,
            invoice: row.invoice_id.id().and_then(|id| InvoiceId::new(&id.to_string()).ok()),
            amount: amount.ok_or_else(|| Error::bad_reply(unreadable))?,
            status: meant.unwrap_or(PaymentStatus::Other),
            method: None,
            refunded: None,
            receipt: None,
            failure: None,
            finance_notified: None,
            at: self.clock.read(&row.date).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    fn agreement_of(&self, row: &ContractRow, today: Date) -> Result<Agreement> {
        let id = row.id.id().and_then(|id| AgreementId::new(&id.to_string()).ok());
        let days = days(&row.start_date, &row.end_date);
        let within = days.from.is_none_or(|it| it <= today) && days.until.is_none_or(|it| it >= today);
        Ok(Agreement {
            id: id.ok_or_else(|| Error::bad_reply("a contract without a number"))?,
            name: Text::new(row.r#ref.or_empty()),
            kind: row.contracttype_name.get().map(str::to_owned),
            active: row.active.0 == Some(true) && row.expired.0 != Some(true) && within,
            days,
            amount: self.money(row.periodchargeamount, (Num::default(), &Str::default())),
            period: row.billing_period_string.get().map(str::to_owned),
        })
    }
}
