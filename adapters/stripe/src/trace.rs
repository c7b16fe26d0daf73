//! Finding a write again by its reference, where it was noted: on the invoice whose page was handed out, or on the payment link.
//!
//! The key under which a change was sent would repeat it for a day, or make it now; looking sends nothing, so the objects
//! themselves are read, each by its id or whole, and never the vendor's search, whose index is behind. A note is replaced by the
//! next one of its kind, so that what is not found proves nothing.

use crate::adapter::Stripe;
use crate::config::Links;
use crate::wire::{InvoiceRow, Metadata, owner};
use postern_api::{CallCx, Error, ErrorKind, InvoiceId, Op, Owned, Owner, Result, Sought, Trace, Traceable};

pub(crate) fn traceable(op: Op) -> Traceable {
    if op == Op::PaymentLinkCreate { Traceable::Later } else { Traceable::No }
}

/// The invoice for which the link was handed out.
pub(crate) async fn find(stripe: &Stripe, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { looking: true, ..cx.clone() };
    let invoice = sought.record.as_deref().and_then(|it| InvoiceId::new(it).ok());
    let invoice = invoice.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a link for no invoice"))?;
    let row = stripe.row(&cx, &invoice).await?;
    let owner = owner(row.customer.as_ref());
    let its = |it: &_| cx.reach.contains(it) && sought.organisation.as_ref().is_none_or(|meant| meant == it);
    if !matches!(&owner, Owner::Organisation(it) if its(it)) {
        return Err(Error::not_found("invoice"));
    }
    let found = match stripe.config.links {
        Links::HostedInvoice => noted(&row.metadata, &sought.reference),
        Links::PaymentLink => made(stripe, &cx, (&row, &sought.reference)).await?,
    };
    Ok(found.then(|| Owned::new(owner, Trace { record: row.id })))
}

/// Whether one of the invoice's links was made by this write.
async fn made(stripe: &Stripe, cx: &CallCx, (row, reference): (&InvoiceRow, &str)) -> Result<bool> {
    let links = stripe.links(cx).await?;
    let of = |it: &&_| matches!(it, Metadata { postern_invoice: Some(id), .. } if *id == row.id);
    Ok(links.iter().map(|it| &it.metadata).filter(of).any(|it| noted(it, reference)))
}

/// Whether a write with this reference left its note there.
pub(crate) fn noted(metadata: &Metadata, reference: &str) -> bool {
    [&metadata.postern_link, &metadata.postern_again].into_iter().any(|it| it.as_deref() == Some(reference))
}
