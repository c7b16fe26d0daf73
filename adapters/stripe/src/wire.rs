//! The vendor's vocabulary: every field that is read and no other.

use postern_api::{ExternalId, Owner};
use serde::Deserialize;

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct List<R> {
    pub(crate) object: String,
    pub(crate) data: Vec<R>,
    pub(crate) has_more: bool,
}

/// A reference to another record: its id, or where it was expanded the record itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Ref {
    /// Not expanded.
    Id(String),
    /// Expanded; also a record that was deleted.
    Whole {
        /// Its id.
        id: String,
    },
}

impl Ref {
    /// The id.
    pub(crate) fn id(&self) -> &str {
        match self {
            Ref::Id(id) | Ref::Whole { id } => id,
        }
    }
}

/// Whose a record is, by the customer that it names.
pub(crate) fn owner(customer: Option<&Ref>) -> Owner {
    let id = customer.and_then(|it| crate::adapter::vendors(it.id(), "cus_"));
    id.and_then(|it| ExternalId::new(it).ok()).map_or(Owner::Unknown, Owner::Organisation)
}

/// A record of a list.
pub(crate) trait Row: serde::de::DeserializeOwned {
    /// Its id.
    fn id(&self) -> &str;
    /// Whether it is live data.
    fn live(&self) -> bool;
}

macro_rules! row {
    ($name:ident) => {
        impl Row for $name {
            fn id(&self) -> &str {
                &self.id
            }
            fn live(&self) -> bool {
                self.livemode
            }
        }
    };
}

/// `/invoices`
#[derive(Debug, Deserialize)]
pub(crate) struct InvoiceRow {
    pub(crate) id: String,
    pub(crate) livemode: bool,
    #[serde(default)]
    pub(crate) customer: Option<Ref>,
    #[serde(default)]
    pub(crate) number: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    pub(crate) currency: String,
    pub(crate) total: i64,
    pub(crate) amount_remaining: i64,
    #[serde(default)]
    pub(crate) due_date: Option<i64>,
    #[serde(default)]
    pub(crate) effective_at: Option<i64>,
    #[serde(default)]
    pub(crate) status_transitions: Transitions,
    /// Read for whether it is there; never carried on.
    #[serde(default)]
    hosted_invoice_url: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) lines: Option<List<LineRow>>,
    #[serde(default)]
    pub(crate) payments: Option<List<InvoicePaymentRow>>,
}
row!(InvoiceRow);

impl InvoiceRow {
    /// Whether the vendor keeps a page for it.
    pub(crate) fn has_page(&self) -> bool {
        self.hosted_invoice_url.is_some()
    }
}

/// When an invoice went from state to state.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Transitions {
    #[serde(default)]
    pub(crate) finalized_at: Option<i64>,
}

/// What we noted on a record; what others noted is not read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    /// The reference of the write that handed the link out.
    #[serde(default)]
    pub(crate) postern_link: Option<String>,
    /// The reference of the write that handed the same link out again.
    #[serde(default)]
    pub(crate) postern_again: Option<String>,
    /// Which invoice a payment link is for.
    #[serde(default)]
    pub(crate) postern_invoice: Option<String>,
    /// How often somebody was sent the link, for finance to see over there.
    #[serde(default)]
    pub(crate) postern_sent: Option<String>,
}

/// A line of an invoice.
#[derive(Debug, Deserialize)]
pub(crate) struct LineRow {
    pub(crate) id: String,
    pub(crate) livemode: bool,
    #[serde(default)]
    pub(crate) description: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
}
row!(LineRow);

/// `/invoice_payments`
#[derive(Debug, Deserialize)]
pub(crate) struct InvoicePaymentRow {
    pub(crate) id: String,
    pub(crate) livemode: bool,
    pub(crate) invoice: Ref,
    #[serde(default)]
    pub(crate) payment: Paid,
}
row!(InvoicePaymentRow);

/// With what an invoice was paid.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paid {
    #[serde(default)]
    pub(crate) payment_intent: Option<Ref>,
    #[serde(default)]
    pub(crate) charge: Option<Ref>,
}

/// `/charges`
#[derive(Debug, Deserialize)]
pub(crate) struct ChargeRow {
    pub(crate) id: String,
    pub(crate) livemode: bool,
    #[serde(default)]
    pub(crate) customer: Option<Ref>,
    #[serde(default)]
    pub(crate) payment_intent: Option<Ref>,
    pub(crate) amount: i64,
    #[serde(default)]
    pub(crate) amount_refunded: i64,
    pub(crate) currency: String,
    pub(crate) created: i64,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) disputed: bool,
    #[serde(default)]
    pub(crate) failure_code: Option<String>,
    #[serde(default)]
    pub(crate) receipt_number: Option<String>,
    #[serde(default)]
    pub(crate) payment_method_details: Option<Method>,
}
row!(ChargeRow);

/// How something was paid.
#[derive(Debug, Deserialize)]
pub(crate) struct Method {
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) card: Option<Ending>,
    #[serde(default)]
    pub(crate) sepa_debit: Option<Ending>,
    #[serde(default)]
    pub(crate) us_bank_account: Option<Ending>,
}

/// The end of a number.
#[derive(Debug, Deserialize)]
pub(crate) struct Ending {
    #[serde(default)]
    pub(crate) last4: Option<String>,
}

/// `/payment_links`
#[derive(Debug, Deserialize)]
pub(crate) struct LinkRow {
    pub(crate) id: String,
    pub(crate) livemode: bool,
    pub(crate) active: bool,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default)]
    restrictions: Option<Restrictions>,
}
row!(LinkRow);

impl LinkRow {
    /// Whether somebody went through with it.
    pub(crate) fn used(&self) -> bool {
        let sessions = self.restrictions.as_ref().and_then(|it| it.completed_sessions.as_ref());
        sessions.is_some_and(|it| it.count > 0)
    }
}

#[derive(Debug, Deserialize)]
struct Restrictions {
    #[serde(default)]
    completed_sessions: Option<Sessions>,
}

#[derive(Debug, Deserialize)]
struct Sessions {
    #[serde(default)]
    count: i64,
}

/// `/subscriptions`
#[derive(Debug, Deserialize)]
pub(crate) struct SubscriptionRow {
    pub(crate) id: String,
    pub(crate) livemode: bool,
    #[serde(default)]
    pub(crate) customer: Option<Ref>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) start_date: Option<i64>,
    #[serde(default)]
    pub(crate) ended_at: Option<i64>,
    #[serde(default)]
    pub(crate) cancel_at: Option<i64>,
    pub(crate) items: List<ItemRow>,
}
row!(SubscriptionRow);

/// One thing that is paid for in a subscription.
#[derive(Debug, Deserialize)]
pub(crate) struct ItemRow {
    #[serde(default)]
    pub(crate) quantity: Option<i64>,
    pub(crate) price: PriceRow,
}

/// What it costs.
#[derive(Debug, Deserialize)]
pub(crate) struct PriceRow {
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) nickname: Option<String>,
    #[serde(default)]
    pub(crate) unit_amount: Option<i64>,
    #[serde(default)]
    pub(crate) recurring: Option<Recurring>,
}

/// How often.
#[derive(Debug, Deserialize)]
pub(crate) struct Recurring {
    #[serde(default)]
    pub(crate) interval: Option<String>,
    #[serde(default)]
    pub(crate) interval_count: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_named_by_its_id_or_by_itself_and_anything_else_is_nobody() {
        let of = |json: &str| owner(serde_json::from_str::<Option<Ref>>(json).expect("a reference").as_ref());
        let acme = || Owner::Organisation(ExternalId::new("cus_1").expect("an id"));
        assert_eq!(of("\"cus_1\""), acme());
        assert_eq!(of(r#"{"id":"cus_1","object":"customer","deleted":true}"#), acme());
        for nobody in ["null", "\"\"", "\"acct_1\"", r#"{"id":"in_1"}"#] {
            assert_eq!(of(nobody), Owner::Unknown, "{nobody}");
        }
    }
}
