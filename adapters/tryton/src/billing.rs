//! Invoices.
//!
//! **Invariant:** a customer sees an invoice only where the settings say so and Tryton says `posted` or `paid`.

use crate::Tryton;
use crate::client::Slice;
use crate::wire::{CurrencyRow, Dec, Domain, INVOICE, InvoiceRow, LINE, LineRow, TERM, TermRow, number};
use jiff::civil::Date;
use postern_api::domain::{Currency, Invoice, InvoiceLine, InvoiceQuery, InvoiceStatus, Money};
use postern_api::{
    Billing, CallCx, Decimal, Error, ExternalId, InvoiceId, Owned, Owner, Page, Payment, Reach, Result, Text,
    async_trait,
};
use std::collections::BTreeMap;

/// Rows of one call, at most.
const MOST: u32 = 200;
/// Lines of one invoice that are read.
const LINES: u32 = 500;

const NEWEST: &[(&str, &str)] = &[("invoice_date", "DESC NULLS LAST"), ("id", "DESC")];
const KNOWN: &[&str] = &["draft", "validated", "posted", "paid", "cancelled"];
const SHOWN: &[&str] = &["posted", "paid"];

/// Tryton's states for one of ours; `None` for every other one.
fn states(status: InvoiceStatus) -> Option<&'static [&'static str]> {
    match status {
        InvoiceStatus::Draft => Some(&["draft", "validated"]),
        InvoiceStatus::Open => Some(&["posted"]),
        InvoiceStatus::Paid => Some(&["paid"]),
        InvoiceStatus::Void => Some(&["cancelled"]),
        InvoiceStatus::Uncollectible => Some(&[]),
        InvoiceStatus::Other => None,
    }
}

fn status(state: Option<&str>) -> InvoiceStatus {
    match state {
        Some("draft" | "validated") => InvoiceStatus::Draft,
        Some("posted") => InvoiceStatus::Open,
        Some("paid") => InvoiceStatus::Paid,
        Some("cancelled") => InvoiceStatus::Void,
        Some(_) | None => InvoiceStatus::Other,
    }
}

/// An amount with as many digits as its currency has, where none is lost by that.
pub(crate) fn money(amount: Dec, currency: Option<&CurrencyRow>) -> Option<Money> {
    let currency = currency?;
    let code = currency.code.as_deref().and_then(Currency::new)?;
    let mut amount = amount.0?;
    if let Some(digits) = currency.digits.filter(|it| *it <= 10)
        && amount.normalize().scale() <= digits
    {
        amount.rescale(digits);
    }
    Some(Money::new(amount, code))
}

impl Tryton {
    /// Whose a row is: its party's, where it is of our company and of this kind.
    pub(crate) fn owner(&self, party: Option<i64>, company: Option<i64>, is_kind: bool) -> Owner {
        let ours = company == Some(self.config.company) && is_kind;
        let party = party.filter(|it| ours && *it > 0).and_then(|it| ExternalId::new(&it.to_string()).ok());
        party.map_or(Owner::Unknown, Owner::Organisation)
    }

    /// The parties that may be asked for; `None`: all, and an empty list: none.
    pub(crate) fn parties(cx: &CallCx, organisation: Option<&ExternalId>) -> Option<Vec<i64>> {
        match (organisation, &cx.reach) {
            (Some(one), reach) if reach.contains(one) => Some(number(one.as_str()).into_iter().collect()),
            (Some(_), _) => Some(vec![]),
            (None, Reach::Organisations(some)) => Some(some.iter().filter_map(|it| number(it.as_str())).collect()),
            (None, Reach::Tenant) => None,
        }
    }

    fn sold(&self) -> Domain {
        Domain::default().is("company", self.config.company).words("type", &["out"])
    }

    fn owned(&self, row: &InvoiceRow, due_on: Option<Date>) -> Result<Owned<Invoice>> {
        let owner = self.owner(row.party, row.company, row.kind.as_deref() == Some("out"));
        let broken = || Error::bad_reply("an invoice without a number, or an amount that cannot be read");
        // A row of nobody's is not opened, so what it comes to does not matter.
        let nothing = (owner == Owner::Unknown).then(|| Money::new(Decimal::ZERO, Currency::NONE));
        let currency = row.currency.as_ref();
        let id = InvoiceId::new(&row.id.to_string()).map_err(|_| broken())?;
        let invoice = Invoice {
            number: row.number.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| id.to_string()),
            id,
            status: status(row.state.as_deref()),
            issued_on: row.invoice_date.0,
            due_on,
            total: money(row.total_amount, currency).or(nothing).ok_or_else(broken)?,
            balance: money(row.amount_to_pay, currency).or(nothing).ok_or_else(broken)?,
            lines: vec![],
            payment_link: None,
            customer_visible: self.config.customer_visible
                && row.state.as_deref().is_some_and(|it| SHOWN.contains(&it)),
            notes: row.comment.as_deref().filter(|it| !it.trim().is_empty()).map(Text::new),
        };
        Ok(Owned::new(owner, invoice))
    }

    /// The day by which the next part of each invoice is due, else the day by which the last was.
    async fn due(&self, cx: &CallCx, rows: &[InvoiceRow]) -> Result<BTreeMap<i64, Date>> {
        let parts: Vec<i64> = rows.iter().flat_map(|it| it.lines_to_pay.iter().copied()).collect();
        if parts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let limit = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let all = Slice { order: &[("id", "ASC")], offset: 0, limit };
        let domain = Domain::default().among("id", &parts);
        let found: Vec<TermRow> = self.client.rows(cx, "account.move.line", &domain, all, TERM).await?;
        let found: BTreeMap<i64, TermRow> = found.into_iter().map(|it| (it.id, it)).collect();
        let mut due = BTreeMap::new();
        for row in rows {
            let terms: Vec<_> = row.lines_to_pay.iter().filter_map(|it| found.get(it)).collect();
            let open = terms.iter().filter(|it| it.reconciliation.is_none()).filter_map(|it| it.maturity_date.0).min();
            let last = terms.iter().filter_map(|it| it.maturity_date.0).max();
            due.extend(open.or(last).map(|it| (row.id, it)));
        }
        Ok(due)
    }

    async fn lines(&self, cx: &CallCx, invoice: &InvoiceRow) -> Result<Vec<InvoiceLine>> {
        let all = Slice { order: &[("sequence", "ASC NULLS FIRST"), ("id", "ASC")], offset: 0, limit: LINES };
        let domain = Domain::default().is("invoice", invoice.id);
        let rows: Vec<LineRow> = self.client.rows(cx, "account.invoice.line", &domain, all, LINE).await?;
        if rows.iter().any(|it| it.invoice != Some(invoice.id)) {
            return Err(Error::bad_reply("a line of another invoice").with("invoice", invoice.id.to_string()));
        }
        let line = |it: LineRow| {
            let counts = matches!(it.kind.as_deref(), Some("line" | "subtotal"));
            let total = if counts { money(it.amount, invoice.currency.as_ref()) } else { None };
            InvoiceLine { text: Text::new(it.description.unwrap_or_default()), total }
        };
        Ok(rows.into_iter().filter(|it| it.id > 0).map(line).collect())
    }

    /// One invoice of the parties in reach. Another's is as if it was not there.
    pub(crate) async fn invoice_row(&self, cx: &CallCx, id: &InvoiceId) -> Result<InvoiceRow> {
        let missing = || Error::not_found("invoice");
        let wanted = number(id.as_str()).ok_or_else(missing)?;
        let mut domain = self.sold().is("id", wanted);
        if let Some(parties) = Self::parties(cx, None) {
            domain = domain.among("party", &parties);
        }
        let one = Slice { order: &[], offset: 0, limit: 1 };
        let rows: Vec<InvoiceRow> = self.client.rows(cx, "account.invoice", &domain, one, INVOICE).await?;
        let row = rows.into_iter().next().ok_or_else(missing)?;
        if row.id == wanted { Ok(row) } else { Err(Error::bad_reply("another record than the one asked for")) }
    }
}

#[async_trait]
impl Billing for Tryton {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        let nothing = Page { rows: vec![], total: 0, truncated: false };
        let mut domain = self.sold();
        if let Some(parties) = Self::parties(cx, query.organisation.as_ref()) {
            if parties.is_empty() {
                return Ok(nothing);
            }
            domain = domain.among("party", &parties);
        }
        if query.customer_visible {
            if !self.config.customer_visible {
                return Ok(nothing);
            }
            domain = domain.words("state", SHOWN);
        }
        if !query.statuses.is_empty() {
            let wanted: Vec<_> = query.statuses.iter().filter_map(|it| states(*it)).flatten().copied().collect();
            let others = query.statuses.iter().any(|it| states(*it).is_none());
            domain = if others {
                let unwanted: Vec<_> = KNOWN.iter().filter(|it| !wanted.contains(*it)).copied().collect();
                domain.not_words("state", &unwanted)
            } else if wanted.is_empty() {
                return Ok(nothing);
            } else {
                domain.words("state", &wanted)
            };
        }
        let slice = Slice { order: NEWEST, offset: query.offset, limit: query.limit.min(MOST) };
        let total = self.client.count(cx, "account.invoice", &domain).await?;
        let rows: Vec<InvoiceRow> = self.client.rows(cx, "account.invoice", &domain, slice, INVOICE).await?;
        let due = self.due(cx, &rows).await?;
        let rows = rows.iter().map(|row| self.owned(row, due.get(&row.id).copied()));
        Ok(Page { rows: rows.collect::<Result<_>>()?, total, truncated: false })
    }

    async fn invoice(&self, cx: &CallCx, id: &InvoiceId) -> Result<Owned<Invoice>> {
        let row = self.invoice_row(cx, id).await?;
        let due = self.due(cx, std::slice::from_ref(&row)).await?;
        let lines = self.lines(cx, &row).await?;
        Ok(self.owned(&row, due.get(&row.id).copied())?.map(|it| Invoice { lines, ..it }))
    }

    async fn payments(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        if self.config.payments {
            self.received(cx, organisation, invoice).await
        } else {
            Err(Error::unsupported(postern_api::Op::PaymentList))
        }
    }
}
