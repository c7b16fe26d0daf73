//! Links by which customers pay.
//!
//! **Invariant:** never a second working link for an invoice, never one for what is being paid already, and nobody without the right to
//! pay is told, whoever approves.

use super::governed::{
    Beside, Member, PersonView, access_roles, blocked, members, named, names_nobody_else, of_customer, words,
};
use super::told::{Rules, Telling, tell};
use crate::tools::args::Prose;
use crate::tools::refusal::{Missing, missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use jiff::civil::Date;
use postern_api::{
    ContactId, Decimal, ErrorKind, Invoice, InvoiceId, InvoiceStatus, NewPaymentLink, Op, OrganisationId, Payment,
    PaymentStatus, Right, Text, Topic,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const PAYMENT_PREVIEW: &str = "Preview a payment link for an invoice, or sending the one that there is again: \
    what is to be paid, what was paid or tried before, who is told and how. Makes nothing. A second link, an invoice that \
    is being paid already, and somebody without the right to pay are refused.";
pub(super) const LINK: &str = "Make or resend a payment link, as it was previewed. Takes the ID of the preview; finance or \
    the owner approves it first.";

/// Make a payment link for an invoice and tell somebody who may pay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateLink {
    /// Whose invoice.
    customer_id: OrganisationId,
    /// The invoice.
    invoice_id: InvoiceId,
    /// Who is told: a contact of the customer who may pay.
    recipient_contact_id: ContactId,
    /// Send the link that there is again, instead of making one.
    #[serde(default)]
    resend: bool,
    /// Words of your own for the recipient; the usual ones otherwise.
    #[serde(default)]
    note: Option<Prose<1_000>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Linked {
    invoice_id: InvoiceId,
    link_active: bool,
    message: &'static str,
    notification: Telling,
    /// Whether the billing system counts for finance that the link was sent.
    finance_tracking: Tracking,
}

/// What the billing system keeps of a sending, for finance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Tracking {
    /// How often the link was sent, and that was updated.
    Updated,
    /// Nothing; it keeps the link alone.
    NotKept,
}

#[derive(Debug, Serialize)]
struct PaymentView {
    amount: Text,
    status: PaymentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finance_notified: Option<bool>,
}

impl PaymentView {
    fn of(payment: &Payment) -> Self {
        Self {
            amount: Text::new(payment.amount.to_string()),
            status: payment.status,
            method: payment.method.as_deref().map(Text::from),
            receipt: payment.receipt.as_deref().map(Text::from),
            finance_notified: payment.finance_notified,
        }
    }
}

#[derive(Debug, Serialize)]
struct LinkFacts {
    action: &'static str,
    customer_id: OrganisationId,
    invoice_id: InvoiceId,
    number: Text,
    status: InvoiceStatus,
    to_pay: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<Date>,
    visible_to_customer: bool,
    link_now: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_so_far: Option<u32>,
    recipient: PersonView,
    channel: postern_api::Channel,
    message: Text,
    payments: Vec<PaymentView>,
    changes: Vec<Beside>,
}

/// Everything that was looked at.
struct Look {
    invoice: Invoice,
    payments: Vec<Payment>,
    recipient: Member,
    rules: Rules,
}

fn link_words(invoice: &Invoice) -> &'static str {
    match &invoice.payment_link {
        Some(link) if link.active => "there is one that works",
        Some(_) => "there was one that has ended",
        None => "there is none",
    }
}

/// An amount in hundredths of the currency's main unit, as policies compare it; too much to tell is the most there is.
fn hundredths(amount: Decimal) -> u64 {
    let hundredths = amount.checked_mul(Decimal::ONE_HUNDRED).map(|it| it.ceil());
    hundredths.and_then(|it| u64::try_from(it).ok()).unwrap_or(u64::MAX)
}

impl CreateLink {
    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        let billing = cx.billing()?;
        let external = named(cx, &billing, &self.customer_id)?;
        let found = billing.timed(billing.port.invoice(&billing.cx, &self.invoice_id)).await;
        let found = billing.open(found.or_missing(Code::RecordNotFound)?, Code::RecordNotFound)?;
        let invoice = of_customer(found, &self.customer_id)?;
        if !invoice.customer_visible {
            return Err(blocked("the customer may not see this invoice"));
        }
        if invoice.status != InvoiceStatus::Open || invoice.balance.amount <= Decimal::ZERO {
            return Err(blocked("there is nothing to pay on this invoice"));
        }
        let active = invoice.payment_link.is_some_and(|it| it.active);
        match (active, self.resend) {
            (true, false) => {
                let refusal = blocked("the invoice has a payment link that works");
                return Err(refusal.suggest("Preview it with `resend` to send that link again."));
            }
            (false, true) => return Err(Refusal::argument("resend", "there is no link that works; make one")),
            (true, true) | (false, false) => {}
        }
        let found = billing.timed(billing.port.payments(&billing.cx, &external, Some(&self.invoice_id))).await;
        let found = found.or_missing(Code::RecordNotFound)?.into_iter().filter_map(|it| billing.admit(it));
        let payments: Vec<_> = found
            .filter(|it| it.organisation.as_ref() == Some(&self.customer_id))
            .map(|it| it.record)
            .filter(|it| it.invoice.as_ref() == Some(&self.invoice_id))
            .collect();
        if payments.iter().any(|it| it.status == PaymentStatus::Pending) {
            return Err(blocked("a payment of this invoice is on its way"));
        }
        if let Some(note) = &self.note {
            names_nobody_else(cx, &self.customer_id, &[note.as_str()]).await?;
        }
        let members = members(cx, &self.customer_id, &access_roles(cx).await?).await?;
        let recipient = members.into_iter().find(|it| it.contact.id == self.recipient_contact_id);
        let recipient = recipient.ok_or_else(|| missing(Code::ContactNotFound))?;
        if !recipient.may(Right::Payments) {
            return Err(blocked("the recipient may not see payments in the portal"));
        }
        let rules = Rules::read(cx, &self.customer_id, Topic::Payment, None).await?;
        if !rules.config.payments_enabled {
            return Err(blocked("online payment is switched off in this portal"));
        }
        if let Some(why) = rules.against(&recipient) {
            return Err(why.refusal());
        }
        Ok(Look { invoice, payments, recipient, rules })
    }

    fn notice_text(&self, invoice: &Invoice) -> (String, String) {
        let usual = "Sign in to the portal to see it and to pay.";
        let body = self.note.as_ref().map_or(usual, |it| it.as_str());
        (format!("{}: {} to pay", invoice.number, invoice.balance), body.to_owned())
    }
}

impl Tool for CreateLink {
    const NAME: &'static str = "portal.invoice.payment_link.create";
    const TITLE: &'static str = "Make a payment link";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::PaymentLinkCreate);
    type Output = Linked;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::PaymentLinkCreate, &self.invoice_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let invoice = &look.invoice;
        let (subject, body) = self.notice_text(invoice);
        let facts = LinkFacts {
            action: if self.resend { "resend_payment_link" } else { "create_payment_link" },
            customer_id: self.customer_id.clone(),
            invoice_id: invoice.id.clone(),
            number: invoice.number.as_str().into(),
            status: invoice.status,
            to_pay: Text::new(invoice.balance.to_string()),
            due_on: invoice.due_on,
            visible_to_customer: invoice.customer_visible,
            link_now: link_words(invoice),
            sent_so_far: invoice.payment_link.and_then(|it| it.sent).map(|it| it.times),
            recipient: PersonView::of(&look.recipient.contact),
            channel: look.rules.channel,
            message: Text::new(format!("{subject}\n{body}")),
            payments: look.payments.iter().map(PaymentView::of).collect(),
            changes: vec![Beside::new(
                "payment_link",
                link_words(invoice),
                if self.resend { "the same one, sent again" } else { "there is one that works" },
            )],
        };
        let question: fn(&serde_json::Value) -> String = |facts| {
            let resend = facts.get("action").is_some_and(|it| it == "resend_payment_link");
            words(
                if resend { "Send a payment link again?" } else { "Make a payment link?" },
                facts,
                &[
                    ("Customer", "customer"),
                    ("Invoice", "number"),
                    ("To pay", "to_pay"),
                    ("Due", "due_on"),
                    ("Link now", "link_now"),
                    ("Sent so far, times", "sent_so_far"),
                    ("Told", "recipient"),
                    ("How", "channel"),
                    ("Words", "message"),
                    ("Payments so far", "payments"),
                ],
            )
        };
        let effect = Effect {
            customer_visible: true,
            sensitive: true,
            customised: self.note.is_some(),
            recipients: 1,
            amount: hundredths(invoice.balance.amount),
            ..Effect::default()
        };
        let payments = look.payments.iter().map(|it| format!("{} {:?} {}", it.id, it.status, it.amount));
        let link = invoice.payment_link.map(|it| (it.active, it.created_at));
        Ok(Preview::new(facts, question)
            .with(effect)
            .target(format!("invoice:{}", invoice.id), format!("{:?} {} {link:?}", invoice.status, invoice.balance))
            .target("payments", payments.collect::<Vec<_>>().join(", "))
            .target(format!("contact:{}", look.recipient.contact.id), look.rules.stands(&look.recipient)))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Linked>, Refusal> {
        let look = self.check(cx).await?;
        let billing = cx.billing()?;
        let new = NewPaymentLink {
            organisation: named(cx, &billing, &self.customer_id)?,
            invoice: self.invoice_id.clone(),
            amount: look.invoice.balance,
            resend: self.resend,
        };
        let made = billing.timed(billing.port.create_payment_link(&billing.cx, &new)).await;
        let made = made.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::Conflict, "the invoice has a link by now, or something else is to be paid")
            } else {
                or_missing(error, Code::RecordNotFound)
            }
        })?;
        let invoice = billing.written(made, &self.customer_id)?;
        let text = self.notice_text(&look.invoice);
        let notice = look.rules.notice(cx, &self.customer_id, [&look.recipient], text)?;
        let sent = invoice.payment_link.and_then(|it| it.sent);
        Ok(Reply::from(Linked {
            finance_tracking: if sent.is_some() { Tracking::Updated } else { Tracking::NotKept },
            link_active: invoice.payment_link.is_some_and(|it| it.active),
            invoice_id: invoice.id,
            message: if self.resend { "Payment link sent again" } else { "Payment link made" },
            notification: tell(cx, &notice).await,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_counts_in_hundredths_and_never_less_than_it_is() {
        for (amount, hundred) in [("849.50", 84_950), ("0.001", 1), ("-1", u64::MAX), ("10000", 1_000_000)] {
            assert_eq!(hundredths(amount.parse().expect("a decimal")), hundred, "{amount}");
        }
        assert_eq!(hundredths(Decimal::MAX), u64::MAX);
    }
}
