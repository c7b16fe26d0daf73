//! Money: lists, visibility, reach, and links that are refused. No trial pays or makes anything payable.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::{Fixture, Side};
use crate::trial::{Group, Trial, Verdict};
use Group::{Scope as InScope, Shape, Visibility, Writes};
use postern_api::*;
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(Shape, "paging reaches every invoice once", "newest first, exact total", &[InvoiceList], |f| {
            Box::pin(paging(f))
        }),
        Trial::new(
            Shape,
            "an invoice is found whole",
            "as it is listed, with its lines; missing: `NotFound`",
            &[InvoiceList, InvoiceGet],
            |f| Box::pin(whole(f)),
        ),
        Trial::new(Shape, "invoices are filtered by state", "every row matches", &[InvoiceList], |f| {
            Box::pin(states(f))
        }),
        Trial::new(
            Visibility,
            "a customer's list holds no hidden invoice",
            "`customer_visible`: rows and total; a draft is never for customers",
            &[InvoiceList],
            |f| Box::pin(visible(f)),
        ),
        Trial::new(
            Shape,
            "payments come newest first",
            "of one organisation or one invoice of it",
            &[PaymentList],
            |f| Box::pin(payments(f)),
        ),
        Trial::new(
            Shape,
            "no payment carries a whole number",
            "`method`: a kind and at most four digits",
            &[PaymentList],
            |f| Box::pin(four_digits(f)),
        ),
        Trial::new(Shape, "agreements come by name", "by name", &[AgreementList], |f| Box::pin(agreements(f))),
        Trial::new(
            InScope,
            "foreign invoices do not open",
            "not listed, not opened, their payments neither, whatever is asked",
            &[InvoiceList, InvoiceGet, PaymentList],
            |f| Box::pin(foreign(f)),
        ),
        Trial::new(InScope, "foreign agreements are not listed", "no row, or refused", &[AgreementList], |f| {
            Box::pin(foreign_agreements(f))
        }),
        Trial::new(
            Writes,
            "a payment link is refused where it must be",
            "`Conflict`: one that works, nothing to pay, another balance; `NotFound`: none to resend, or another's invoice",
            &[InvoiceList, InvoiceGet, PaymentLinkCreate],
            |f| Box::pin(refused_links(f)),
        ),
    ]
}

fn port(f: &Fixture) -> Result<&dyn Billing, String> {
    f.adapter.billing().ok_or_else(|| "the adapter has no billing".to_owned())
}

fn query(side: &Side) -> InvoiceQuery {
    let organisation = Some(side.external.clone());
    InvoiceQuery { organisation, statuses: vec![], customer_visible: false, offset: 0, limit: 200 }
}

async fn list(f: &Fixture, side: &Side, query: &InvoiceQuery) -> Result<(Vec<Invoice>, u64), String> {
    let page = said("invoices", port(f)?.invoices(&f.both_cx(), query).await)?;
    Ok((f.open_all(side, page.rows)?, page.total))
}

async fn paging(f: &Fixture) -> Verdict {
    let (all, total) = list(f, &f.own, &query(&f.own)).await?;
    ensure(!all.is_empty(), || "no invoices".into())?;
    equal("total", &total, &(all.len() as u64))?;
    let issued: Vec<_> = all.iter().filter_map(|it| it.issued_on).collect();
    ensure(issued.is_sorted_by(|a, b| a >= b), || "not newest first".into())?;
    ensure(all.iter().all(|it| it.lines.is_empty()), || "a row of a list carries lines".into())?;
    let mut seen = BTreeSet::new();
    for offset in 0..=all.len() {
        let offset = u32::try_from(offset).map_err(|e| e.to_string())?;
        let (rows, total) = list(f, &f.own, &InvoiceQuery { offset, limit: 1, ..query(&f.own) }).await?;
        equal("total of a page", &total, &(all.len() as u64))?;
        for row in rows {
            ensure(seen.insert(row.id.clone()), || format!("invoice {} came twice", row.id))?;
        }
    }
    equal("invoices on the pages", &seen.len(), &all.len())
}

async fn open(f: &Fixture, id: &InvoiceId) -> Result<Invoice, String> {
    f.open(&f.own, said("invoice", port(f)?.invoice(&f.own_cx(), id).await)?)
}

async fn whole(f: &Fixture) -> Verdict {
    for listed in list(f, &f.own, &query(&f.own)).await?.0 {
        let whole = open(f, &listed.id).await?;
        equal("invoice", &format!("{:?}", Invoice { lines: vec![], ..whole }), &format!("{listed:?}"))?;
    }
    let missing = InvoiceId::new(&word()).map_err(|e| e.to_string())?;
    failed("invoice", port(f)?.invoice(&f.own_cx(), &missing).await, &[ErrorKind::NotFound])
}

async fn states(f: &Fixture) -> Verdict {
    let (all, _) = list(f, &f.own, &query(&f.own)).await?;
    for status in all.iter().map(|it| it.status) {
        let (rows, total) = list(f, &f.own, &InvoiceQuery { statuses: vec![status], ..query(&f.own) }).await?;
        let expected = all.iter().filter(|it| it.status == status).count();
        ensure(rows.iter().all(|it| it.status == status), || "a row does not match".into())?;
        equal("rows and total", &(rows.len(), total), &(expected, expected as u64))?;
    }
    Ok(())
}

async fn visible(f: &Fixture) -> Verdict {
    let (all, _) = list(f, &f.own, &query(&f.own)).await?;
    let drafts = all.iter().any(|it| it.status == InvoiceStatus::Draft && it.customer_visible);
    ensure(!drafts, || "a draft is for customers".into())?;
    let expected = all.iter().filter(|it| it.customer_visible).count();
    ensure(expected > 0, || "no invoice is for customers".into())?;
    let (rows, total) = list(f, &f.own, &InvoiceQuery { customer_visible: true, ..query(&f.own) }).await?;
    ensure(rows.iter().all(|it| it.customer_visible), || "a hidden invoice is listed".into())?;
    equal("rows and total", &(rows.len(), total), &(expected, expected as u64))
}

async fn paid(f: &Fixture, side: &Side, invoice: Option<&InvoiceId>) -> Result<Vec<Payment>, String> {
    f.open_all(side, said("payments", port(f)?.payments(&f.both_cx(), &side.external, invoice).await)?)
}

async fn payments(f: &Fixture) -> Verdict {
    let all = paid(f, &f.own, None).await?;
    ensure(!all.is_empty(), || "no payments".into())?;
    ensure(all.is_sorted_by(|a, b| a.at >= b.at), || "not newest first".into())?;
    for invoice in all.iter().filter_map(|it| it.invoice.as_ref()) {
        let some = paid(f, &f.own, Some(invoice)).await?;
        ensure(some.iter().all(|it| it.invoice.as_ref() == Some(invoice)), || "another invoice's payment".into())?;
        equal("payments", &some.len(), &all.iter().filter(|it| it.invoice.as_ref() == Some(invoice)).count())?;
    }
    Ok(())
}

async fn four_digits(f: &Fixture) -> Verdict {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let all = paid(f, &f.own, None).await?;
    ensure(all.iter().all(|it| it.method.as_deref().is_none_or(|it| digits(it) <= 4)), || {
        "more than four digits".into()
    })
}

async fn agreements(f: &Fixture) -> Verdict {
    let rows = said("agreements", port(f)?.agreements(&f.own_cx(), &f.own.external).await)?;
    let rows = f.open_all(&f.own, rows)?;
    ensure(!rows.is_empty(), || "no agreements".into())?;
    ensure(rows.is_sorted_by_key(|it| it.name.expose().to_lowercase()), || "not by name".into())
}

async fn foreign_agreements(f: &Fixture) -> Verdict {
    let there = said("agreements", port(f)?.agreements(&f.both_cx(), &f.foreign.external).await)?;
    ensure(!f.open_all(&f.foreign, there)?.is_empty(), || "the other organisation has no agreements".into())?;
    crate::scope::no_rows(port(f)?.agreements(&f.own_cx(), &f.foreign.external).await)
}

async fn foreign(f: &Fixture) -> Verdict {
    let billing = port(f)?;
    let (theirs, _) = list(f, &f.foreign, &query(&f.foreign)).await?;
    ensure(!theirs.is_empty(), || "the other organisation has no invoices".into())?;
    for query in [query(&f.foreign), InvoiceQuery { organisation: None, ..query(&f.foreign) }] {
        match billing.invoices(&f.own_cx(), &query).await {
            Ok(page) => {
                let own = f.open_all(&f.own, page.rows)?;
                let leaks = own.iter().any(|it| theirs.iter().any(|other| other.id == it.id));
                ensure(!leaks, || "a foreign invoice is listed".into())?;
                let expected = if query.organisation.is_some() { 0 } else { own.len() as u64 };
                equal("total", &page.total, &expected)?;
            }
            Err(e) => equal("invoices", &e.kind(), &ErrorKind::NotFound)?,
        }
    }
    crate::scope::no_rows(billing.payments(&f.own_cx(), &f.foreign.external, None).await)?;
    for other in &theirs {
        crate::scope::closed(f, "invoice", billing.invoice(&f.own_cx(), &other.id).await)?;
        crate::scope::no_rows(billing.payments(&f.own_cx(), &f.own.external, Some(&other.id)).await)?;
    }
    Ok(())
}

async fn refused_links(f: &Fixture) -> Verdict {
    let billing = port(f)?;
    let (all, _) = list(f, &f.own, &query(&f.own)).await?;
    let link = |invoice: &Invoice, amount, resend| NewPaymentLink {
        organisation: f.own.external.clone(),
        invoice: invoice.id.clone(),
        amount,
        resend,
    };
    for invoice in &all {
        let payable = invoice.status == InvoiceStatus::Open && invoice.balance.amount > Decimal::ZERO;
        let active = invoice.payment_link.is_some_and(|it| it.active);
        let more = Money::new(invoice.balance.amount + Decimal::ONE, invoice.balance.currency);
        for resend in [false, true] {
            let answer = billing.create_payment_link(&f.own_cx(), &link(invoice, more, resend)).await;
            failed("a link for another balance", answer, &[ErrorKind::Conflict])?;
        }
        if !payable || active {
            let answer = billing.create_payment_link(&f.own_cx(), &link(invoice, invoice.balance, false)).await;
            failed("a link that is not needed", answer, &[ErrorKind::Conflict])?;
        } else {
            let answer = billing.create_payment_link(&f.own_cx(), &link(invoice, invoice.balance, true)).await;
            failed("sending a link that is not there", answer, &[ErrorKind::NotFound])?;
        }
    }
    let (theirs, _) = list(f, &f.foreign, &query(&f.foreign)).await?;
    for other in &theirs {
        let mixed = link(other, other.balance, false);
        failed("another's invoice", billing.create_payment_link(&f.both_cx(), &mixed).await, &[ErrorKind::NotFound])?;
        let there = NewPaymentLink { organisation: f.foreign.external.clone(), ..mixed };
        failed("out of reach", billing.create_payment_link(&f.own_cx(), &there).await, &[ErrorKind::NotFound])?;
    }
    let after = (list(f, &f.own, &query(&f.own)).await?.0, list(f, &f.foreign, &query(&f.foreign)).await?.0);
    equal("the invoices", &format!("{after:?}"), &format!("{:?}", (all, theirs)))
}
