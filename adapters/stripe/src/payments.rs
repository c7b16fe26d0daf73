//! Payments: the vendor's charges, each with the invoice that it paid. No number of a card or account is read but its last four
//! digits.

use crate::adapter::{Stripe, vendors};
use crate::amounts::money;
use crate::wire::{ChargeRow, InvoicePaymentRow, InvoiceRow, Method, Row as _, owner};
use jiff::Timestamp;
use postern_api::domain::{Payment, PaymentStatus};
use postern_api::{CallCx, Error, ErrorKind, ExternalId, InvoiceId, Owned, Owner, PaymentId, Result, Text};
use std::collections::BTreeMap;

/// The most payments that are answered with.
const MOST: u32 = 200;

/// What was paid with what: a payment intent's or a charge's id, and the invoice.
type Paid = BTreeMap<String, String>;

impl Stripe {
    /// Payments of one customer, or of one invoice of it, the newest first.
    pub(crate) async fn payments_of(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        invoice: Option<&InvoiceId>,
    ) -> Result<Vec<Owned<Payment>>> {
        let customer = vendors(organisation.as_str(), "cus_").filter(|_| cx.reach.contains(organisation));
        let Some(customer) = customer else { return Ok(vec![]) };
        let (paid, charges) = match invoice {
            Some(invoice) => {
                let Some(id) = vendors(invoice.as_str(), "in_") else { return Ok(vec![]) };
                let paid = self.paid_for(cx, id).await?;
                let charges = self.charges_for(cx, &paid).await?;
                (paid, charges)
            }
            None => {
                let by_customer = [("customer", customer.to_owned())];
                let charges = self.client.list::<ChargeRow>(cx, &["charges"], &by_customer, MOST).await;
                let charges = or_none(charges.map(|it| it.rows))?;
                let paid = if charges.is_empty() { Paid::new() } else { self.paid_by(cx, customer).await? };
                (paid, charges)
            }
        };
        let (mut payments, mut stray) = (vec![], None);
        for row in charges {
            let Owner::Organisation(its) = owner(row.customer.as_ref()) else { continue };
            if its == *organisation {
                payments.push(payment(&row, &paid)?);
            } else if !cx.reach.contains(&its) && invoice.is_none() {
                stray = Some(its);
            }
        }
        payments.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
        payments.truncate(MOST as usize);
        let ours = || Owner::Organisation(organisation.clone());
        let mut rows: Vec<_> = payments.into_iter().map(|it| Owned::new(ours(), it)).collect();
        // One row of somebody else's goes on without its contents, for the gateway's alarm.
        if let Some(its) = stray {
            rows.push(Owned::new(Owner::Organisation(its), nothing()?));
        }
        Ok(rows)
    }

    /// With what one invoice was paid.
    async fn paid_for(&self, cx: &CallCx, invoice: &str) -> Result<Paid> {
        let query = [("invoice", invoice.to_owned())];
        let found = self.client.list::<InvoicePaymentRow>(cx, &["invoice_payments"], &query, MOST).await;
        let rows = or_none(found.map(|it| it.rows))?;
        Ok(rows.iter().filter(|it| it.invoice.id() == invoice).flat_map(links).collect())
    }

    /// With what one customer's invoices were paid.
    async fn paid_by(&self, cx: &CallCx, customer: &str) -> Result<Paid> {
        let query = [("customer", customer.to_owned()), ("expand[]", "data.payments".to_owned())];
        let found = self.client.list::<InvoiceRow>(cx, &["invoices"], &query, self.config.max_rows).await?;
        let with: Vec<InvoicePaymentRow> =
            found.rows.into_iter().filter_map(|it| it.payments).flat_map(|it| it.data).collect();
        Ok(with.iter().flat_map(links).collect())
    }

    /// The charges of these payment intents, and these charges. Each is asked for by itself, so that a customer with many
    /// payments does not hide an old one.
    async fn charges_for(&self, cx: &CallCx, paid: &Paid) -> Result<Vec<ChargeRow>> {
        let mut charges = Vec::new();
        for id in paid.keys().take(20) {
            if vendors(id, "pi_").is_some() {
                let query = [("payment_intent", id.clone())];
                charges.extend(self.client.list::<ChargeRow>(cx, &["charges"], &query, MOST).await?.rows);
            } else if vendors(id, "ch_").or_else(|| vendors(id, "py_")).is_some() {
                charges.push(self.client.one::<ChargeRow>(cx, &["charges", id], &[], "payment").await?);
            }
        }
        Ok(charges)
    }
}

/// A customer or an invoice that is not there has no payments.
fn or_none<T>(found: Result<Vec<T>>) -> Result<Vec<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(vec![]),
        found => found,
    }
}

fn links(row: &InvoicePaymentRow) -> Vec<(String, String)> {
    let with = [row.payment.payment_intent.as_ref(), row.payment.charge.as_ref()];
    with.into_iter().flatten().map(|it| (it.id().to_owned(), row.invoice.id().to_owned())).collect()
}

fn payment(row: &ChargeRow, paid: &Paid) -> Result<Payment> {
    let unreadable = || Error::bad_reply("a payment that cannot be read");
    let intent = row.payment_intent.as_ref().map(|it| it.id());
    let invoice = paid.get(row.id()).or_else(|| paid.get(intent?));
    let refunded = (row.amount_refunded > 0).then(|| money(row.amount_refunded, &row.currency)).flatten();
    let status = match row.status.as_deref() {
        Some("succeeded") if row.disputed => PaymentStatus::Other,
        Some("succeeded") if row.amount_refunded > 0 => PaymentStatus::Refunded,
        Some("succeeded") => PaymentStatus::Succeeded,
        Some("pending") => PaymentStatus::Pending,
        Some("failed") => PaymentStatus::Failed,
        Some(_) | None => PaymentStatus::Other,
    };
    Ok(Payment {
        id: PaymentId::new(row.id()).map_err(|_| unreadable())?,
        invoice: invoice.and_then(|it| InvoiceId::new(it).ok()),
        amount: money(row.amount, &row.currency).ok_or_else(unreadable)?,
        status,
        method: row.payment_method_details.as_ref().and_then(method),
        refunded,
        receipt: row.receipt_number.clone(),
        failure: (status == PaymentStatus::Failed).then(|| Text::new(why(row.failure_code.as_deref()))),
        finance_notified: None,
        at: Timestamp::from_second(row.created).map_err(|_| unreadable())?,
    })
}

/// The kind, and four digits where they are four digits.
fn method(it: &Method) -> Option<String> {
    let kind =
        it.kind.as_deref().filter(|it| it.len() <= 32 && it.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))?;
    let ending = [&it.card, &it.sepa_debit, &it.us_bank_account].into_iter().flatten().next();
    let digits = ending.and_then(|it| it.last4.as_deref());
    let digits = digits.filter(|it| it.len() == 4 && it.bytes().all(|b| b.is_ascii_digit()));
    let kind = kind.replace('_', " ");
    Some(digits.map_or_else(|| kind.clone(), |it| format!("{kind} ending {it}")))
}

/// Why a payment was refused, in our words.
fn why(code: Option<&str>) -> &'static str {
    match code.unwrap_or_default() {
        "card_declined" => "the card was declined",
        "expired_card" => "the card has expired",
        "incorrect_cvc" | "incorrect_number" | "incorrect_zip" => "the card's details were wrong",
        "insufficient_funds" => "there was not enough money",
        "authentication_required" => "the payer did not confirm it",
        _ => "the payment was refused",
    }
}

/// A payment of nobody's that says nothing.
fn nothing() -> Result<Payment> {
    let row: ChargeRow =
        serde_json::from_str(r#"{"id":"ch_0","livemode":false,"amount":0,"currency":"xxx","created":0}"#)
            .map_err(|e| Error::internal("an empty payment").because(e))?;
    payment(&row, &Paid::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_a_kind_and_at_most_four_digits() {
        let cases = [
            (r#"{"type":"card","card":{"last4":"4242","brand":"visa"}}"#, Some("card ending 4242")),
            (r#"{"type":"sepa_debit","sepa_debit":{"last4":"3000"}}"#, Some("sepa debit ending 3000")),
            (r#"{"type":"card","card":{"last4":"4242424242424242"}}"#, Some("card")),
            (r#"{"type":"klarna"}"#, Some("klarna")),
            (r#"{"type":"CANARY 4242424242424242"}"#, None),
            ("{}", None),
        ];
        for (json, expected) in cases {
            let it: Method = serde_json::from_str(json).expect("a method");
            assert_eq!(method(&it).as_deref(), expected, "{json}");
        }
    }
}
