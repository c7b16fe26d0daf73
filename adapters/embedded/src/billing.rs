//! Invoices, payments, agreements.
//!
//! **Invariant:** the token of a payment link is written and compared in here and read by nobody: whoever has it can see the
//! invoice. A draft is never for customers, whatever its flag says.

mod links;

use crate::adapter::{Tenant, required_organisation};
use crate::convert::{
    days, id, micros, money, named, owner, some_date, some_id, some_money, some_text, some_time, text, time, word,
    words,
};
use crate::fail::Result as Inner;
use crate::filter::{Filter, Listing, MOST, nothing};
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use rusqlite::Row;

const INVOICES: Listing = Listing {
    columns: "o.id, i.id, i.number, i.status, i.issued_on, i.due_on, i.total, i.currency, i.balance, i.currency,
              i.customer_visible = 1 AND i.status <> 'draft', i.notes, i.key",
    from: "FROM invoice i JOIN organisation o ON o.key = i.organisation WHERE i.tenant = :tenant",
    order: "i.issued_on IS NULL DESC, i.issued_on DESC, i.key DESC",
};

#[async_trait]
impl Billing for Tenant {
    async fn invoices(&self, cx: &CallCx, query: &InvoiceQuery) -> Result<Page<Owned<Invoice>>> {
        self.read(cx, |rows| list(rows, &cx.reach, query))
    }

    async fn invoice(&self, cx: &CallCx, id: &InvoiceId) -> Result<Owned<Invoice>> {
        self.read(cx, |rows| one(rows, &cx.reach, id))
    }

    async fn payments(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        self.read(cx, |rows| payments(rows, required_organisation(rows, &cx.reach, organisation)?, invoice))
    }

    async fn agreements(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Agreement>>> {
        self.read(cx, |rows| agreements(rows, required_organisation(rows, &cx.reach, organisation)?))
    }

    async fn create_payment_link(&self, cx: &CallCx, new: &NewPaymentLink) -> Result<Owned<Invoice>> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| links::create(rows, &call, &new)).await
    }
}

fn list(rows: &Rows<'_>, reach: &Reach, query: &InvoiceQuery) -> Inner<Page<Owned<Invoice>>> {
    let mut filter = Filter::default();
    if !filter.in_reach(rows, reach, query.organisation.as_ref(), "i.organisation")? {
        return Ok(nothing());
    }
    filter.one_of("i.status", ":statuses", &words(&query.statuses)?);
    if query.customer_visible {
        filter.and("i.customer_visible = 1 AND i.status <> :draft");
        filter.bind(":draft", word(&InvoiceStatus::Draft)?);
    }
    let mut page = INVOICES.page(rows, filter, (query.offset, query.limit), invoice)?;
    let mut found = Vec::with_capacity(page.rows.len());
    for (key, owner, mut invoice) in page.rows.drain(..) {
        invoice.payment_link = links::of(rows, key, &invoice)?;
        found.push(Owned::new(owner, invoice));
    }
    Ok(Page { rows: found, total: page.total, truncated: false })
}

/// One invoice with its lines. Out of reach is as if it were not there.
fn one(rows: &Rows<'_>, reach: &Reach, id: &InvoiceId) -> Inner<Owned<Invoice>> {
    let Listing { columns, from, .. } = INVOICES;
    let found = rows.one(&format!("SELECT {columns} {from} AND i.id = :id"), &[(":id", &id.as_str())], invoice)?;
    let Some((key, Owner::Organisation(organisation), mut invoice)) = found else {
        return Err(Error::not_found("invoice").into());
    };
    if !reach.contains(&organisation) {
        return Err(Error::not_found("invoice").into());
    }
    invoice.lines = rows.all(
        "SELECT l.text, l.total, i.currency FROM invoice_line l JOIN invoice i ON i.key = l.invoice
         WHERE l.tenant = :tenant AND l.invoice = :invoice ORDER BY l.place",
        &[(":invoice", &key)],
        |row| Ok(InvoiceLine { text: text(row, 0)?, total: some_money(row, 1)? }),
    )?;
    invoice.payment_link = links::of(rows, key, &invoice)?;
    Ok(Owned::new(Owner::Organisation(organisation), invoice))
}

/// An invoice's row without its lines and link: its key, its owner, the rest.
fn invoice(row: &Row<'_>) -> Inner<(i64, Owner, Invoice)> {
    let record = Invoice {
        id: id(row, 1, InvoiceId::new)?,
        number: row.get(2)?,
        status: named(row, 3)?,
        issued_on: some_date(row, 4)?,
        due_on: some_date(row, 5)?,
        total: money(row, 6)?,
        balance: money(row, 8)?,
        lines: vec![],
        payment_link: None,
        customer_visible: row.get(10)?,
        notes: some_text(row, 11)?,
    };
    Ok((row.get(12)?, owner(row, 0)?, record))
}

fn payments(rows: &Rows<'_>, organisation: i64, invoice: Option<&InvoiceId>) -> Inner<Vec<Owned<Payment>>> {
    let mut filter = Filter::default();
    filter.only("p.organisation", ":organisation", Some(organisation));
    filter.only("i.id", ":invoice", invoice.map(|it| it.as_str().to_owned()));
    let sql = format!(
        "SELECT o.id, p.id, i.id, p.amount, p.currency, p.status, p.method, p.refunded, p.currency, p.receipt,
         p.failure, p.finance_notified, p.at
         FROM payment p JOIN organisation o ON o.key = p.organisation LEFT JOIN invoice i ON i.key = p.invoice
         WHERE p.tenant = :tenant{} ORDER BY p.at DESC, p.key DESC LIMIT :limit",
        filter.sql()
    );
    filter.bind(":limit", MOST);
    rows.all(&sql, &filter.params(), |row| {
        let record = Payment {
            id: id(row, 1, PaymentId::new)?,
            invoice: some_id(row, 2, InvoiceId::new)?,
            amount: money(row, 3)?,
            status: named(row, 5)?,
            method: row.get(6)?,
            refunded: some_money(row, 7)?,
            receipt: row.get(9)?,
            failure: some_text(row, 10)?,
            finance_notified: row.get(11)?,
            at: time(row, 12)?,
        };
        Ok(Owned::new(owner(row, 0)?, record))
    })
}

fn agreements(rows: &Rows<'_>, organisation: i64) -> Inner<Vec<Owned<Agreement>>> {
    rows.all(
        "SELECT o.id, a.id, a.name, a.kind, a.active, a.from_on, a.until_on, a.amount, a.currency, a.period
         FROM agreement a JOIN organisation o ON o.key = a.organisation
         WHERE a.tenant = :tenant AND a.organisation = :organisation ORDER BY a.name COLLATE NOCASE, a.key",
        &[(":organisation", &organisation)],
        |row| {
            let record = Agreement {
                id: id(row, 1, AgreementId::new)?,
                name: text(row, 2)?,
                kind: row.get(3)?,
                active: row.get(4)?,
                days: days(row, 5)?,
                amount: some_money(row, 7)?,
                period: row.get(9)?,
            };
            Ok(Owned::new(owner(row, 0)?, record))
        },
    )
}

/// Whether a link that was made can be used at `now`.
fn usable(invoice: &Invoice, expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    payable(invoice) && expires_at.is_none_or(|it| it > now)
}

/// Whether there is something to pay.
fn payable(invoice: &Invoice) -> bool {
    invoice.status == InvoiceStatus::Open && invoice.balance.amount > Decimal::ZERO
}

/// The newest link of an invoice: its key, when it was made, when it ends.
fn newest_link(rows: &Rows<'_>, invoice: i64) -> Inner<Option<(i64, Timestamp, Option<Timestamp>)>> {
    rows.one(
        "SELECT key, created_at, expires_at FROM payment_link WHERE tenant = :tenant AND invoice = :invoice
         ORDER BY key DESC LIMIT 1",
        &[(":invoice", &invoice)],
        |row| Ok((row.get(0)?, time(row, 1)?, some_time(row, 2)?)),
    )
}

fn now_micros() -> i64 {
    micros(Timestamp::now())
}
