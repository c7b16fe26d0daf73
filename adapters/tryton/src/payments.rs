//! Payments of the module `account_payment`: what was approved, is on its way, arrived or failed. Drafts are nobody's business yet.

use crate::Tryton;
use crate::billing::money;
use crate::client::Slice;
use crate::wire::{Domain, IdRow, PAYMENT, PaymentRow};
use jiff::tz::TimeZone;
use postern_api::domain::{Payment, PaymentStatus};
use postern_api::{CallCx, Error, ErrorKind, ExternalId, InvoiceId, Owned, PaymentId, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

const MOST: u32 = 200;
const NEWEST: &[(&str, &str)] = &[("date", "DESC NULLS LAST"), ("id", "DESC")];
const TOLD: &[&str] = &["approved", "processing", "succeeded", "failed"];

fn status(state: Option<&str>) -> PaymentStatus {
    match state {
        Some("approved" | "processing") => PaymentStatus::Pending,
        Some("succeeded") => PaymentStatus::Succeeded,
        Some("failed") => PaymentStatus::Failed,
        Some(_) | None => PaymentStatus::Other,
    }
}

/// The invoice that was booked as this.
#[derive(Debug, Deserialize)]
struct BookedInvoice {
    #[serde(flatten)]
    id: IdRow,
    #[serde(default, rename = "move")]
    booking: Option<i64>,
    #[serde(default)]
    party: Option<i64>,
}

impl Tryton {
    pub(crate) async fn received(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        let parties = Self::parties(cx, Some(organisation)).unwrap_or_default();
        if parties.is_empty() {
            return Ok(vec![]);
        }
        let mut domain = Domain::default().is("company", self.config.company).among("party", &parties);
        domain = domain.words("kind", &["receivable"]).words("state", TOLD);
        if let Some(id) = invoice {
            let row = match self.invoice_row(cx, id).await {
                Ok(row) => row,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
                Err(error) => return Err(error),
            };
            let Some(booking) = row.booking.filter(|_| row.party.is_some_and(|it| parties.contains(&it))) else {
                return Ok(vec![]);
            };
            domain = domain.is("line.move", booking);
        }
        let newest = Slice { order: NEWEST, offset: 0, limit: MOST };
        let rows: Vec<PaymentRow> = self.client.rows(cx, "account.payment", &domain, newest, PAYMENT).await?;
        let bookings: Vec<i64> = rows.iter().filter_map(booking).collect();
        let invoices = self.booked(cx, &bookings, &parties).await?;
        rows.iter().map(|row| self.payment_of(row, booking(row).and_then(|it| invoices.get(&it)).copied())).collect()
    }

    /// Which invoice each booking is of, among those of these parties.
    async fn booked(&self, cx: &CallCx, bookings: &[i64], parties: &[i64]) -> Result<BTreeMap<i64, i64>> {
        if bookings.is_empty() {
            return Ok(BTreeMap::new());
        }
        let domain = Domain::default().is("company", self.config.company).words("type", &["out"]);
        let domain = domain.among("party", parties).among("move", bookings);
        let all = Slice { order: &[("id", "ASC")], offset: 0, limit: MOST };
        let fields = &["move", "party"];
        let found: Vec<BookedInvoice> = self.client.rows(cx, "account.invoice", &domain, all, fields).await?;
        let ours = found.into_iter().filter(|it| it.party.is_some_and(|party| parties.contains(&party)));
        Ok(ours.filter_map(|it| Some((it.booking?, it.id.id))).collect())
    }

    fn payment_of(&self, row: &PaymentRow, invoice: Option<i64>) -> Result<Owned<Payment>> {
        let broken = || Error::bad_reply("a payment without a number, a day, or an amount that can be read");
        let owner = self.owner(row.party, row.company, row.kind.as_deref() == Some("receivable"));
        let at = row.date.0.ok_or_else(broken)?.to_zoned(TimeZone::UTC).map_err(|_| broken())?.timestamp();
        // A word of Tryton's own; what a journal is called may hold an account's number.
        let method = row.journal.as_ref().and_then(|it| it.process_method.clone());
        let method = method.filter(|it| !it.is_empty() && it.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        let payment = Payment {
            id: PaymentId::new(&row.id.to_string()).map_err(|_| broken())?,
            invoice: invoice.and_then(|it| InvoiceId::new(&it.to_string()).ok()),
            amount: money(row.amount, row.currency.as_ref()).ok_or_else(broken)?,
            status: status(row.state.as_deref()),
            method,
            refunded: None,
            receipt: None,
            failure: None,
            finance_notified: None,
            at,
        };
        Ok(Owned::new(owner, payment))
    }
}

fn booking(row: &PaymentRow) -> Option<i64> {
    row.line.as_ref().and_then(|it| it.booking)
}
