//! The vendor's vocabulary beside the service desk: equipment, invoices, contracts, estimates and timers. Costs, notes for
//! staff, properties (which hold keys and passwords) and the portal key in every `customer` are not read.

use super::{Dec, Flag, Many, Maybe, Num, Row, Str, owner};
use postern_api::Owner;
use postern_api::records::Owning;
use serde::Deserialize;

macro_rules! owning {
    ($($name:ident),*) => {$(
        impl Row for $name {
            fn id(&self) -> Option<i64> {
                self.id.id()
            }
        }
        impl Owning for $name {
            fn number(&self) -> Num {
                self.id
            }
            fn owner(&self) -> Owner {
                owner(self.customer_id)
            }
            fn empty(id: Num) -> Self {
                Self { id, ..Self::default() }
            }
        }
    )*};
}
owning!(AssetRow, ContractRow, EstimateRow);

/// A piece of equipment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AssetRow {
    pub(crate) id: Num,
    pub(crate) customer_id: Num,
    pub(crate) name: Str,
    pub(crate) asset_type: Str,
    pub(crate) asset_serial: Str,
}

/// Of a customer inside of another record, the number alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Whose {
    pub(crate) id: Num,
}

/// An invoice. Alone, it names its customer in `customer`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InvoiceRow {
    pub(crate) id: Num,
    pub(crate) customer_id: Num,
    pub(crate) customer: Maybe<Whose>,
    pub(crate) number: Str,
    pub(crate) date: Str,
    pub(crate) due_date: Str,
    pub(crate) total: Dec,
    pub(crate) is_paid: Flag,
    pub(crate) line_items: Many<LineRow>,
}

impl Row for InvoiceRow {
    fn id(&self) -> Option<i64> {
        self.id.id()
    }
}

impl Owning for InvoiceRow {
    fn number(&self) -> Num {
        self.id
    }
    /// Where the two disagree, it is nobody's.
    fn owner(&self) -> Owner {
        owner(match (self.customer_id, self.customer.0.as_ref().map(|it| it.id)) {
            (at_top, Some(inside)) if at_top.0.is_some() && inside.0.is_some() && at_top != inside => Num(None),
            (Num(None), Some(inside)) => inside,
            (at_top, _) => at_top,
        })
    }
    fn empty(id: Num) -> Self {
        Self { id, ..Self::default() }
    }
}

/// One line of an invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LineRow {
    pub(crate) item: Str,
    pub(crate) name: Str,
    pub(crate) price: Dec,
    pub(crate) quantity: Dec,
}

/// A payment. It names its customer inside alone; what the card's processor said of it is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PaymentRow {
    pub(crate) id: Num,
    pub(crate) customer: Maybe<Whose>,
    pub(crate) success: Flag,
    pub(crate) payment_amount: Dec,
    pub(crate) invoice_ids: Many<Num>,
    pub(crate) applied_at: Str,
    pub(crate) payment_method: Str,
}

impl Row for PaymentRow {
    fn id(&self) -> Option<i64> {
        self.id.id()
    }
}

impl Owning for PaymentRow {
    fn number(&self) -> Num {
        self.id
    }
    fn owner(&self) -> Owner {
        owner(self.customer.0.as_ref().map(|it| it.id).unwrap_or_default())
    }
    fn empty(id: Num) -> Self {
        Self { id, ..Self::default() }
    }
}

/// A contract. Its amount is free text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContractRow {
    pub(crate) id: Num,
    pub(crate) customer_id: Num,
    pub(crate) name: Str,
    pub(crate) status: Str,
    pub(crate) start_date: Str,
    pub(crate) end_date: Str,
}

/// An estimate: a quote.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EstimateRow {
    pub(crate) id: Num,
    pub(crate) customer_id: Num,
    pub(crate) name: Str,
    pub(crate) number: Str,
    pub(crate) status: Str,
    pub(crate) date: Str,
    pub(crate) created_at: Str,
    pub(crate) total: Dec,
}

/// A ticket with its timers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TimedRow {
    pub(crate) id: Num,
    pub(crate) customer_id: Num,
    pub(crate) ticket_timers: Many<TimerRow>,
}

impl Row for TimedRow {
    fn id(&self) -> Option<i64> {
        self.id.id()
    }
}

/// Time that somebody worked on a ticket; `active_duration` in seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TimerRow {
    pub(crate) id: Num,
    pub(crate) ticket_id: Num,
    pub(crate) user_id: Num,
    pub(crate) start_time: Str,
    pub(crate) end_time: Str,
    pub(crate) active_duration: Num,
    pub(crate) billable: Flag,
    pub(crate) notes: Str,
}
