//! Invoices and payments. A customer sees them only where their access roles say so.

use super::rights::require;
use super::whose::{MORE, Walk, admitted, is_customer, located, paged};
use crate::tools::args::Count;
use crate::tools::cx::Port;
use crate::tools::refusal::{Missing, missing};
use crate::tools::support::view::{Pagination, ReplyFrom};
use crate::tools::{Code, Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postern_api::{
    Billing, ExternalId, Financial, Internal, Invoice, InvoiceId, InvoiceQuery, InvoiceStatus, OrganisationId, Payment,
    PaymentId, PaymentLink, PaymentStatus, Right, Text, Withheld, classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// List the invoices of one customer, newest first: due dates, what is left to pay and whether there is a link to pay by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListInvoices {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only this state.
    #[serde(default)]
    status: Option<InvoiceStatus>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct InvoiceList {
    customer_id: OrganisationId,
    invoices: Vec<InvoiceView>,
    pagination: Pagination,
}

/// Whether an invoice can be paid by a link. The link itself is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LinkState {
    None,
    Active,
    Ended,
}

#[derive(Debug, Serialize, JsonSchema)]
struct InvoiceView {
    invoice_id: InvoiceId,
    number: Text,
    status: InvoiceStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<Date>,
    overdue: bool,
    /// Amount and currency.
    total: String,
    /// What is left to pay.
    balance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_link: Option<LinkState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_link_expires_at: Option<Timestamp>,
    /// For employees who see money: how often somebody was sent the link, and when last, as the billing system keeps it.
    #[serde(skip_serializing_if = "classified::absent")]
    payment_link_sent: Option<Financial<u32>>,
    #[serde(skip_serializing_if = "classified::absent")]
    payment_link_sent_at: Option<Financial<Timestamp>>,
    #[serde(skip_serializing_if = "classified::absent")]
    customer_visible: Option<Internal<bool>>,
    #[serde(skip_serializing_if = "classified::absent")]
    notes: Option<Internal<Text>>,
}

/// Whether a customer may see it.
pub(super) fn for_customers(it: &Invoice) -> bool {
    it.customer_visible && it.status != InvoiceStatus::Draft
}

fn link_state(link: Option<&PaymentLink>, now: Timestamp) -> LinkState {
    match link {
        None => LinkState::None,
        Some(link) if link.active && link.expires_at.is_none_or(|end| end > now) => LinkState::Active,
        Some(_) => LinkState::Ended,
    }
}

impl InvoiceView {
    fn of(it: Invoice, now: Timestamp, for_staff: bool, may_pay: bool) -> Self {
        let today = now.to_zoned(TimeZone::UTC).date();
        let link = it.payment_link.filter(|_| may_pay);
        let sent = link.and_then(|it| it.sent).filter(|_| for_staff);
        Self {
            overdue: it.status == InvoiceStatus::Open && it.due_on.is_some_and(|due| due < today),
            invoice_id: it.id,
            number: Text::new(it.number),
            status: it.status,
            issued_on: it.issued_on,
            due_on: it.due_on,
            total: it.total.to_string(),
            balance: it.balance.to_string(),
            payment_link: may_pay.then(|| link_state(link.as_ref(), now)),
            payment_link_expires_at: link.and_then(|it| it.expires_at),
            payment_link_sent: sent.map(|it| Financial::new(it.times)),
            payment_link_sent_at: sent.and_then(|it| it.last_at).map(Financial::new),
            customer_visible: for_staff.then(|| Internal::new(it.customer_visible)),
            notes: it.notes.filter(|_| for_staff).map(Internal::new),
        }
    }
}

impl Tool for ListInvoices {
    const NAME: &'static str = "portal.invoices.list";
    const TITLE: &'static str = "List invoices";
    const KIND: Kind = Kind::Read;
    type Output = InvoiceList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<InvoiceList>, Refusal> {
        let customer = is_customer(cx);
        let billing = cx.billing()?;
        let (customer_id, external) = located(cx, &billing, self.customer_id.as_ref())?;
        let member = require(cx, Right::Invoices).await?;
        let may_pay = member.is_none_or(|it| it.may(Right::Payments));
        let mut walk = Walk::new(customer, self.limit.get(), self.offset.get());
        while let Some((offset, limit)) = walk.next() {
            let query = InvoiceQuery {
                organisation: Some(external.clone()),
                statuses: self.status.into_iter().collect(),
                customer_visible: customer,
                offset,
                limit,
            };
            let page = billing.timed(billing.port.invoices(&billing.cx, &query)).await?;
            walk.take(&billing, Some(&customer_id), page, |it| !customer || for_customers(it));
        }
        let (rows, pagination, more) = walk.done();
        let invoices = rows.into_iter().map(|(_, it)| InvoiceView::of(it, cx.now, !customer, may_pay)).collect();
        Ok(InvoiceList { customer_id, invoices, pagination }.reply().truncated(more, MORE))
    }
}

/// List the payments of one customer, newest first: what the gateway says, receipts, refunds and failures. Card numbers are never
/// shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListPayments {
    /// The customer's organization ID. Customers see their own without it.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// Only payments for this invoice.
    #[serde(default)]
    invoice_id: Option<InvoiceId>,
    /// Only this state.
    #[serde(default)]
    status: Option<PaymentStatus>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PaymentList {
    customer_id: OrganisationId,
    payments: Vec<PaymentView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PaymentView {
    payment_id: PaymentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_id: Option<InvoiceId>,
    /// Amount and currency.
    amount: String,
    status: PaymentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<String>,
    /// The receipt's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Text>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finance_notified: Option<bool>,
    at: Timestamp,
    #[serde(skip_serializing_if = "Withheld::absent")]
    #[schemars(skip)]
    withheld: Withheld,
}

/// The kind of payment with at most the last four digits, whatever a system put there.
fn without_numbers(method: &str) -> String {
    let digits = method.chars().filter(char::is_ascii_digit).count();
    let mut left = digits;
    let shown = method.chars().map(|it| {
        if !it.is_ascii_digit() {
            return it;
        }
        left -= 1;
        if left < 4 { it } else { '*' }
    });
    shown.collect()
}

impl PaymentView {
    fn of(it: Payment) -> Self {
        // A long number in the method must not stand in the gateway's words either.
        let is_long = |it: &&str| it.chars().filter(char::is_ascii_digit).count() > 4;
        let hidden = it.method.iter().flat_map(|it| it.split_whitespace()).filter(is_long).map(str::to_owned);
        Self {
            withheld: Withheld(hidden.collect()),
            payment_id: it.id,
            invoice_id: it.invoice,
            amount: it.amount.to_string(),
            status: it.status,
            method: it.method.as_deref().map(|it| Text::new(without_numbers(it))),
            refunded: it.refunded.as_ref().map(ToString::to_string),
            receipt: it.receipt.map(Text::new),
            failure: it.failure,
            finance_notified: it.finance_notified,
            at: it.at,
        }
    }
}

/// One invoice of this organisation that the caller may see; another's, a hidden one and none at all are the same.
pub(super) async fn invoice(
    billing: &Port<'_, dyn Billing>,
    ours: &OrganisationId,
    id: &InvoiceId,
    customer: bool,
) -> Result<Invoice, Refusal> {
    let found = billing.timed(billing.port.invoice(&billing.cx, id)).await.or_missing(Code::RecordNotFound)?;
    let admitted = billing.open(found, Code::RecordNotFound)?;
    let is_theirs = admitted.organisation.as_ref() == Some(ours);
    if !is_theirs || (customer && !for_customers(&admitted.record)) {
        return Err(missing(Code::RecordNotFound));
    }
    Ok(admitted.record)
}

/// The invoices that a customer may see, and whether those are all.
async fn visible(
    billing: &Port<'_, dyn Billing>,
    ours: &OrganisationId,
    external: &ExternalId,
) -> Result<BTreeSet<InvoiceId>, Refusal> {
    let mut walk = Walk::new(true, 1, 0);
    while let Some((offset, limit)) = walk.next() {
        let organisation = Some(external.clone());
        let query = InvoiceQuery { organisation, statuses: vec![], customer_visible: true, offset, limit };
        let page = billing.timed(billing.port.invoices(&billing.cx, &query)).await?;
        walk.take(billing, Some(ours), page, for_customers);
    }
    Ok(walk.rows_mut().drain(..).map(|(_, it)| it.id).collect())
}

impl Tool for ListPayments {
    const NAME: &'static str = "portal.payments.list";
    const TITLE: &'static str = "List payments";
    const KIND: Kind = Kind::Read;
    type Output = PaymentList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<PaymentList>, Refusal> {
        let customer = is_customer(cx);
        let billing = cx.billing()?;
        let (customer_id, external) = located(cx, &billing, self.customer_id.as_ref())?;
        require(cx, Right::Payments).await?;
        if let Some(id) = &self.invoice_id {
            invoice(&billing, &customer_id, id, customer).await?;
        }
        let found = billing.port.payments(&billing.cx, &external, self.invoice_id.as_ref());
        let found = billing.timed(found).await.or_missing(Code::RecordNotFound)?;
        let cut = found.len() >= 200;
        let mut found = admitted(&billing, &customer_id, found);
        if customer {
            // A payment tells of its invoice.
            let visible = visible(&billing, &customer_id, &external).await?;
            found.retain(|it| it.invoice.as_ref().is_none_or(|id| visible.contains(id)));
        }
        found.retain(|it| self.status.is_none_or(|status| it.status == status));
        found.retain(|it| self.invoice_id.is_none() || it.invoice == self.invoice_id);
        let (found, pagination, more) = paged(found, self.limit.get(), self.offset.get());
        let payments = found.into_iter().map(PaymentView::of).collect();
        Ok(PaymentList { customer_id, payments, pagination }.reply().truncated(more || cut, MORE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_card_or_account_at_most_four_digits_are_shown() {
        assert_eq!(without_numbers("card ending 4242"), "card ending 4242");
        assert_eq!(without_numbers("card 4111 1111 1111 1234"), "card **** **** **** 1234");
        assert_eq!(without_numbers("DE89370400440532013000"), "DE****************3000");
        assert_eq!(without_numbers("bank transfer"), "bank transfer");
    }
}
