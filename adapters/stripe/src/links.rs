//! The link by which an invoice is paid: the page that the vendor keeps for it, or an object of its own.
//!
//! **Invariants:** one link for an invoice. It is looked for, by our reference and for the invoice, before one is made; two calls
//! of this process do not make one for the same invoice at once; and what is sent again is sent under the same key. The link's
//! address is read by nobody here: whoever has it can see the invoice.

use crate::adapter::Stripe;
use crate::amounts::minor;
use crate::config::Links;
use crate::trace::noted;
use crate::wire::{InvoiceRow, LinkRow, Metadata, Row as _, owner};
use parking_lot::Mutex;
use postern_api::domain::{Decimal, Invoice, InvoiceStatus, LinkSent, NewPaymentLink, PaymentLink};
use postern_api::{CallCx, Error, ErrorKind, InvoiceId, Owned, Owner, Result};
use std::collections::BTreeSet;

/// The invoices whose link is being made.
#[derive(Debug, Default)]
pub(crate) struct Making(Mutex<BTreeSet<InvoiceId>>);

/// That one of them is.
struct Busy<'a>(&'a Making, InvoiceId);

impl Making {
    fn begin(&self, invoice: &InvoiceId) -> Result<Busy<'_>> {
        if self.0.lock().insert(invoice.clone()) {
            return Ok(Busy(self, invoice.clone()));
        }
        Err(Error::new(ErrorKind::Conflict, "a link of this invoice is being made; read the invoice again"))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.0.lock().remove(&self.1);
    }
}

/// The link of an invoice, where there is or was one.
pub(crate) fn of(mode: Links, row: &InvoiceRow, status: InvoiceStatus, links: &[LinkRow]) -> Option<PaymentLink> {
    let (active, noted) = match mode {
        Links::HostedInvoice => {
            row.metadata.postern_link.as_ref()?;
            (row.has_page(), &row.metadata)
        }
        Links::PaymentLink => {
            let newest = for_invoice(links, row.id()).next()?;
            (for_invoice(links, row.id()).any(usable), &usable_or(links, row.id(), newest).metadata)
        }
    };
    let payable = status == InvoiceStatus::Open && row.amount_remaining > 0;
    Some(PaymentLink { created_at: None, expires_at: None, active: active && payable, sent: sent(noted) })
}

/// How often it was sent. One of before this was counted says nothing.
fn sent(noted: &Metadata) -> Option<LinkSent> {
    let times = noted.postern_sent.as_deref()?.parse().ok()?;
    Some(LinkSent { times, last_at: None })
}

fn usable(link: &LinkRow) -> bool {
    link.active && !link.used()
}

/// The link of an invoice that works, or another one where none does.
fn usable_or<'a>(links: &'a [LinkRow], invoice: &'a str, other: &'a LinkRow) -> &'a LinkRow {
    for_invoice(links, invoice).find(|it| usable(it)).unwrap_or(other)
}

fn for_invoice<'a>(links: &'a [LinkRow], invoice: &'a str) -> impl Iterator<Item = &'a LinkRow> {
    links.iter().filter(move |it| it.metadata.postern_invoice.as_deref() == Some(invoice))
}

/// Makes it, or hands the same one out again.
pub(crate) async fn create(stripe: &Stripe, cx: &CallCx, new: &NewPaymentLink) -> Result<Owned<Invoice>> {
    if !cx.reach.contains(&new.organisation) {
        return Err(Error::not_found("invoice"));
    }
    let row = stripe.row(cx, &new.invoice).await?;
    if owner(row.customer.as_ref()) != Owner::Organisation(new.organisation.clone()) {
        return Err(Error::not_found("invoice"));
    }
    let _busy = stripe.making.begin(&new.invoice)?;
    let links = stripe.links(cx).await?;
    let invoice = stripe.invoice_of(&row, &links)?;
    if cx.reference.as_deref().is_some_and(|it| made_before(stripe, &row, &links, it)) {
        return Ok(Owned::new(Owner::Organisation(new.organisation.clone()), invoice));
    }
    permitted(&invoice, &row, &links, new, stripe.config.links)?;
    let reference = cx.reference.as_deref();
    let reference = reference.ok_or_else(|| Error::internal("a payment link without a reference"))?;
    match stripe.config.links {
        Links::HostedInvoice => {
            let field = if new.resend { "metadata[postern_again]" } else { "metadata[postern_link]" };
            let pairs = [(field.to_owned(), reference.to_owned()), counted(&invoice, new.resend)];
            let marked: InvoiceRow = stripe.client.write(cx, &["invoices", row.id()], reference, &pairs).await?;
            done(marked.id() == row.id())?;
        }
        // The same link is told again by whoever asked for this; over there finance sees that it was.
        Links::PaymentLink if new.resend => {
            let link = for_invoice(&links, row.id()).find(|it| usable(it));
            let link = link.ok_or_else(|| Error::not_found("payment link"))?;
            let pairs = [("metadata[postern_again]".to_owned(), reference.to_owned()), counted(&invoice, new.resend)];
            let marked: LinkRow = stripe.client.write(cx, &["payment_links", link.id()], reference, &pairs).await?;
            done(marked.id() == link.id())?;
        }
        Links::PaymentLink => {
            let pairs = ordered(&invoice, reference)?;
            let made: LinkRow = stripe.client.write(cx, &["payment_links"], reference, &pairs).await?;
            done(made.active && made.metadata.postern_invoice.as_deref() == Some(row.id()))?;
        }
    }
    // It was made; whoever wants to see it and cannot now is told the truth, which is that it is not known how it stands.
    let after = |error: Error| crate::error::unknown().because(error);
    let row = stripe.row(cx, &new.invoice).await.map_err(after)?;
    let links = stripe.links(cx).await.map_err(after)?;
    let invoice = stripe.invoice_of(&row, &links).map_err(after)?;
    Ok(Owned::new(owner(row.customer.as_ref()), invoice))
}

/// How often it was sent once this is done.
fn counted(invoice: &Invoice, resend: bool) -> (String, String) {
    let before = invoice.payment_link.and_then(|it| it.sent).map_or(u32::from(resend), |it| it.times);
    let times = if resend { before.saturating_add(1) } else { 1 };
    ("metadata[postern_sent]".to_owned(), times.to_string())
}

/// A success that does not say what was asked for is none that anybody could tell.
fn done(as_asked: bool) -> Result<()> {
    if as_asked { Ok(()) } else { Err(crate::error::unknown()) }
}

/// Whether a write with this reference was done already.
fn made_before(stripe: &Stripe, row: &InvoiceRow, links: &[LinkRow], reference: &str) -> bool {
    match stripe.config.links {
        Links::HostedInvoice => noted(&row.metadata, reference),
        Links::PaymentLink => for_invoice(links, row.id()).any(|it| noted(&it.metadata, reference)),
    }
}

/// Whether the invoice stands as the write needs it to.
fn permitted(invoice: &Invoice, row: &InvoiceRow, links: &[LinkRow], new: &NewPaymentLink, mode: Links) -> Result<()> {
    let conflict = |message| Err(Error::new(ErrorKind::Conflict, message));
    if invoice.status != InvoiceStatus::Open || invoice.balance.amount <= Decimal::ZERO {
        return conflict("there is nothing to pay on this invoice");
    }
    if invoice.balance != new.amount {
        return conflict("the balance is another one by now; read the invoice again");
    }
    // The vendor does not know that such a link paid this invoice, which stays open until somebody marks it as paid.
    if mode == Links::PaymentLink && for_invoice(links, row.id()).any(LinkRow::used) {
        return conflict("the invoice was paid through an earlier link; mark it as paid");
    }
    let active = invoice.payment_link.is_some_and(|it| it.active);
    match (new.resend, active) {
        (true, false) => Err(Error::not_found("payment link")),
        (false, true) => conflict("the invoice has a payment link that works; send that one again"),
        (false, false) if mode == Links::HostedInvoice && !row.has_page() => {
            conflict("the connected system has no page for this invoice")
        }
        (true, true) | (false, false) => Ok(()),
    }
}

/// What a payment link is asked for with: one thing, its price made for it, to be bought once.
fn ordered(invoice: &Invoice, reference: &str) -> Result<Vec<(String, String)>> {
    let amount = minor(invoice.balance).ok_or_else(|| Error::internal("an amount that has no smallest unit"))?;
    let price = |name: &str| format!("line_items[0][price_data]{name}");
    let id = || invoice.id.as_str().to_owned();
    Ok(vec![
        ("line_items[0][quantity]".into(), "1".into()),
        (price("[currency]"), invoice.balance.currency.as_str().to_ascii_lowercase()),
        (price("[unit_amount]"), amount.to_string()),
        (price("[product_data][name]"), format!("Invoice {}", invoice.number)),
        ("restrictions[completed_sessions][limit]".into(), "1".into()),
        ("metadata[postern_link]".into(), reference.to_owned()),
        ("metadata[postern_invoice]".into(), id()),
        ("metadata[postern_sent]".into(), "1".into()),
        ("payment_intent_data[metadata][postern_invoice]".into(), id()),
    ])
}
