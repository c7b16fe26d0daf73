//! Invoices, payments, agreements and what was sold.

use super::{Agent, Days, Money};
use crate::classified::Text;
use crate::id::{AgreementId, ExternalId, InvoiceId, OrderId, PaymentId};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Not issued yet.
    Draft,
    /// Issued, something is left to pay.
    Open,
    /// Paid in full.
    Paid,
    /// Cancelled.
    Void,
    /// Given up.
    Uncollectible,
    /// A vendor's state that has no word here.
    Other,
}

/// A link by which an invoice can be paid. The address itself is not carried: whoever has it can see the invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentLink {
    /// When it was made, where the system says.
    pub created_at: Option<Timestamp>,
    /// When it ends; `None`: with the invoice.
    pub expires_at: Option<Timestamp>,
    /// Whether it can be used now.
    pub active: bool,
    /// How often somebody was sent it, as the billing system keeps it for finance; `None`: it keeps no such count.
    pub sent: Option<LinkSent>,
}

/// How often a payment link was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSent {
    /// With the first time.
    pub times: u32,
    /// When last, where the system says.
    pub last_at: Option<Timestamp>,
}

/// One line of an invoice.
#[derive(Debug, Clone)]
pub struct InvoiceLine {
    /// What for.
    pub text: Text,
    /// The line's total.
    pub total: Option<Money>,
}

/// An invoice. In lists `lines` is empty.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// The system's id.
    pub id: InvoiceId,
    /// The number that is printed on it.
    pub number: String,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// When it was issued.
    pub issued_on: Option<Date>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// The whole amount, taxes included.
    pub total: Money,
    /// What is left to pay.
    pub balance: Money,
    /// What for.
    pub lines: Vec<InvoiceLine>,
    /// How it can be paid, where there is a link.
    pub payment_link: Option<PaymentLink>,
    /// Whether the customer may see it. A vendor's flag that is missing or unknown means not, drafts never.
    pub customer_visible: bool,
    /// What employees noted.
    pub notes: Option<Text>,
}

/// Which invoices, newest first.
#[derive(Debug, Clone)]
pub struct InvoiceQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Only these states; empty: all.
    pub statuses: Vec<InvoiceStatus>,
    /// Only what customers may see.
    pub customer_visible: bool,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

/// What came of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// On its way.
    Pending,
    /// Received.
    Succeeded,
    /// Refused.
    Failed,
    /// Given back, in part or whole.
    Refunded,
    /// A vendor's state that has no word here.
    Other,
}

/// A payment. No card or account number is ever carried: `method` is a kind and at most four digits.
#[derive(Debug, Clone)]
pub struct Payment {
    /// The system's id.
    pub id: PaymentId,
    /// For which invoice.
    pub invoice: Option<InvoiceId>,
    /// How much.
    pub amount: Money,
    /// What came of it.
    pub status: PaymentStatus,
    /// How it was paid, for example `card ending 4242`.
    pub method: Option<String>,
    /// How much of it was given back.
    pub refunded: Option<Money>,
    /// The receipt's number, where there is one.
    pub receipt: Option<String>,
    /// Why it was refused, in the gateway's words.
    pub failure: Option<Text>,
    /// Whether finance was told.
    pub finance_notified: Option<bool>,
    /// When.
    pub at: Timestamp,
}

/// A payment link to make, for exactly what was previewed.
#[derive(Debug, Clone)]
pub struct NewPaymentLink {
    /// Whose invoice; must be in the call's reach.
    pub organisation: ExternalId,
    /// Which invoice.
    pub invoice: InvoiceId,
    /// What is to be paid; refused with `Conflict` where that is no longer the balance.
    pub amount: Money,
    /// Make the same link known again instead of a new one; refused with `NotFound` where there is none.
    pub resend: bool,
}

/// Something that is paid for again and again.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// The system's id.
    pub id: AgreementId,
    /// The name.
    pub name: Text,
    /// The vendor's kind, for example `Managed Services`.
    pub kind: Option<String>,
    /// Whether it runs.
    pub active: bool,
    /// When it runs.
    pub days: Days,
    /// What each period costs, where the system says.
    pub amount: Option<Money>,
    /// The period, in the vendor's word, for example `month`.
    pub period: Option<String>,
}

/// What kind of paper an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// An offer.
    Quote,
    /// An order.
    Order,
    /// A contract.
    Contract,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Being written; not for customers.
    Draft,
    /// With the customer.
    Sent,
    /// Agreed.
    Accepted,
    /// Refused or lost.
    Declined,
    /// Being delivered.
    InFulfilment,
    /// Done.
    Delivered,
    /// Called off.
    Cancelled,
    /// A vendor's state that has no word here.
    Other,
}

/// A quote, an order or a contract.
#[derive(Debug, Clone)]
pub struct Order {
    /// The system's id.
    pub id: OrderId,
    /// What it is.
    pub kind: OrderKind,
    /// The title.
    pub title: Text,
    /// Where it stands.
    pub status: OrderStatus,
    /// The amount, where the system says.
    pub total: Option<Money>,
    /// What it costs the MSP.
    pub cost: Option<Money>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it is to be delivered.
    pub delivery_on: Option<Date>,
    /// Until when an offer stands.
    pub valid_until: Option<Date>,
    /// Who looks after it.
    pub owner: Option<Agent>,
    /// Names of its files.
    pub files: Vec<Text>,
    /// Whether the customer may see it. A vendor's flag that is missing or unknown means not, drafts never.
    pub customer_visible: bool,
}

/// Which orders, newest first.
#[derive(Debug, Clone)]
pub struct OrderQuery {
    /// Only this organisation; must be in the call's reach.
    pub organisation: Option<ExternalId>,
    /// Only this kind.
    pub kind: Option<OrderKind>,
    /// Only what customers may see.
    pub customer_visible: bool,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}
