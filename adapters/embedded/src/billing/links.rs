//! Links by which an invoice can be paid: one that works at a time.

use super::{newest_link, now_micros, one, payable, usable};
use crate::adapter::required_organisation;
use crate::convert::some_time;
use crate::fail::{Result, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;

/// The newest link of an invoice, without its token.
pub(super) fn of(rows: &Rows<'_>, key: i64, invoice: &Invoice) -> Result<Option<PaymentLink>> {
    let Some((link, made, expires_at)) = newest_link(rows, key)? else { return Ok(None) };
    Ok(Some(PaymentLink {
        created_at: Some(made),
        expires_at,
        active: usable(invoice, expires_at, Timestamp::now()),
        sent: Some(sent(rows, link, made)?),
    }))
}

/// How often a link was sent: when it was made, and each time again.
fn sent(rows: &Rows<'_>, link: i64, made: Timestamp) -> Result<LinkSent> {
    let again: Option<(u32, Option<Timestamp>)> = rows.one(
        "SELECT count(*), max(at) FROM payment_link_sending WHERE tenant = :tenant AND link = :link",
        &[(":link", &link)],
        |row| Ok((row.get(0)?, some_time(row, 1)?)),
    )?;
    let (again, last) = again.unwrap_or_default();
    Ok(LinkSent { times: again.saturating_add(1), last_at: last.or(Some(made)) })
}

pub(super) fn create(rows: &Rows<'_>, cx: &CallCx, new: &NewPaymentLink) -> Result<Owned<Invoice>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    let key: Option<i64> = rows.one(
        "SELECT key FROM invoice WHERE tenant = :tenant AND id = :id AND organisation = :organisation",
        &[(":id", &new.invoice.as_str()), (":organisation", &organisation)],
        |row| Ok(row.get(0)?),
    )?;
    let Some(key) = key else { return Err(Error::not_found("invoice").into()) };
    let earlier = once::earlier(rows, cx, Op::PaymentLinkCreate, organisation)?;
    if earlier.is_some_and(|it| it == new.invoice.as_str()) {
        return one(rows, &cx.reach, &new.invoice);
    }
    let invoice = bare(rows, key)?;
    let link = newest_link(rows, key)?.filter(|(_, _, expires_at)| usable(&invoice, *expires_at, Timestamp::now()));
    if !payable(&invoice) {
        return refuse(ErrorKind::Conflict, "there is nothing to pay on this invoice");
    }
    if invoice.balance != new.amount {
        return refuse(ErrorKind::Conflict, "the balance is another one by now; read the invoice again");
    }
    match (new.resend, link) {
        (true, None) => return Err(Error::not_found("payment link").into()),
        (true, Some((link, ..))) => {
            rows.change(
                "INSERT INTO payment_link_sending (tenant, link, at) VALUES (:tenant, :link, :now)",
                &[(":link", &link), (":now", &now_micros())],
            )?;
        }
        (false, Some(_)) => {
            return refuse(ErrorKind::Conflict, "the invoice has a payment link that works; send that one again");
        }
        (false, None) => {
            rows.insert(
                "INSERT INTO payment_link (tenant, invoice, token, created_at) VALUES (:tenant, :invoice, :token, :now)",
                &[(":invoice", &key), (":token", &rows.secret()?), (":now", &now_micros())],
            )?;
        }
    }
    once::keep(rows, cx, Op::PaymentLinkCreate, organisation, new.invoice.as_str())?;
    one(rows, &cx.reach, &new.invoice)
}

/// An invoice by its key, as far as paying goes.
fn bare(rows: &Rows<'_>, key: i64) -> Result<Invoice> {
    let super::Listing { columns, from, .. } = super::INVOICES;
    let found = rows.one(&format!("SELECT {columns} {from} AND i.key = :key"), &[(":key", &key)], super::invoice)?;
    found.map(|(_, _, invoice)| invoice).ok_or_else(|| Error::internal("an invoice is gone").into())
}
