//! The vendor's vocabulary beside the service desk: equipment, places, money, projects and time. Costs, margins, profits,
//! charge rates and custom fields (some hold passwords) are not read.

use super::{Dec, Flag, Many, Num, Row, Str, owner};
use postern_api::Owner;
use postern_api::records::Owning;
use serde::Deserialize;

/// One row: its fields here, as the vendor calls them.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name {
            pub(crate) id: Num,
            $(pub(crate) $field: $kind,)*
        }
        impl Row for $name {
            fn id(&self) -> Option<i64> {
                self.id.id()
            }
        }
    )*};
}

macro_rules! owning {
    ($($name:ident),*) => {$(
        impl Owning for $name {
            fn number(&self) -> Num {
                self.id
            }
            fn owner(&self) -> Owner {
                owner(self.client_id)
            }
            fn empty(id: Num) -> Self {
                Self { id, ..Self::default() }
            }
        }
    )*};
}
owning!(AssetRow, SiteRow, InvoiceRow, PaymentRow, ContractRow, QuoteRow, ProjectRow);

rows! {
    /// A piece of equipment.
    AssetRow {
        client_id: Num,
        inventory_number: Str,
        key_field: Str,
        assettype_name: Str,
        site_name: Str,
        warranty_end: Str,
        inactive: Flag,
    }
    /// A place.
    SiteRow {
        client_id: Num,
        name: Str,
        phonenumber: Str,
        delivery_address_line1: Str,
        delivery_address_line2: Str,
        delivery_address_line3: Str,
        delivery_address_line4: Str,
        delivery_address_line5: Str,
        inactive: Flag,
    }
    /// An invoice.
    InvoiceRow {
        client_id: Num,
        invoicenumber: Str,
        invoice_date: Str,
        duedate: Str,
        datesent: Str,
        posted: Flag,
        voided: Flag,
        total: Dec,
        amountpaid: Dec,
        amountdue: Dec,
        currency_code: Num,
        currency_code_name: Str,
        lines: Many<LineRow>,
    }
    /// One line of an invoice.
    LineRow {
        item_shortdescription: Str,
        net_amount: Dec,
    }
    /// A payment. What the bank or the card's processor said of it is not read.
    PaymentRow {
        client_id: Num,
        invoice_id: Num,
        date: Str,
        amount: Dec,
        status: Num,
    }
    /// A contract.
    ContractRow {
        client_id: Num,
        r#ref: Str,
        start_date: Str,
        end_date: Str,
        active: Flag,
        expired: Flag,
        contracttype_name: Str,
        billing_period_string: Str,
        periodchargeamount: Dec,
    }
    /// A quotation.
    QuoteRow {
        client_id: Num,
        title: Str,
        status: Num,
        date: Str,
        expiry_date: Str,
        total: Dec,
        currency_code: Num,
        currency_code_name: Str,
    }
    /// A project: a ticket that says so.
    ProjectRow {
        client_id: Num,
        summary: Str,
        details: Str,
        status_id: Num,
        tickettype_id: Num,
        is_project: Flag,
        is_sensitive: Flag,
        deleted: Flag,
        agent_id: Num,
        agent_name: Str,
        startdate: Str,
        targetdate: Str,
        dateoccurred: Str,
        last_update: Str,
        milestones: Many<MilestoneRow>,
    }
    /// A milestone of a project.
    MilestoneRow {
        name: Str,
        sequence: Num,
        start_date: Str,
        target_date: Str,
    }
    /// Time on an action, in hours.
    WorkedRow {
        ticket_id: Num,
        who: Str,
        who_agentid: Num,
        datetime: Str,
        timetaken: Dec,
        actisbillable: Flag,
    }
    /// A priority of a service level agreement.
    PriorityRow {
        priorityid: Num,
        name: Str,
        ishidden: Flag,
    }
    /// Somebody who works for the MSP, with the address that is theirs at work.
    ColleagueRow {
        email: Str,
        inactive: Flag,
        isdisabled: Flag,
    }
}
