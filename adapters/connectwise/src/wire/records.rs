//! The vendor's vocabulary beside the service desk: equipment, places, money and projects. Rates, costs, margins, notes for
//! agents and a configuration's questions (which hold passwords) are neither asked for nor read.

use super::{Dec, Flag, Id, Info, Inner, Num, Ref, Row, Str, owner};
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
                owner(self.company.id)
            }
            fn empty(id: Num) -> Self {
                Self { id, ..Self::default() }
            }
        }
    )*};
}
owning!(ConfigurationRow, SiteRow, InvoiceRow, ContractRow, OpportunityRow, OrderRow, ProjectRow, WorkedRow);

macro_rules! row {
    ($($name:ident),*) => {$(
        impl Row for $name {
            fn id(&self) -> Option<i64> {
                self.id.id()
            }
        }
    )*};
}
row!(PaymentRow, PhaseRow, BoardRow, ColleagueRow);

/// A currency.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CurrencyRef {
    pub(crate) currency_code: Str,
}

/// A piece of equipment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ConfigurationRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) company: Inner<Id>,
    pub(crate) r#type: Inner<Ref>,
    pub(crate) contact: Inner<Ref>,
    pub(crate) site: Inner<Ref>,
    pub(crate) serial_number: Str,
    pub(crate) warranty_expiration_date: Str,
    pub(crate) active_flag: Flag,
}

/// The fields of [`ConfigurationRow`].
pub(crate) const CONFIGURATION: &str =
    "id,name,company/id,type/name,contact/id,contact/name,site/name,serialNumber,warrantyExpirationDate,activeFlag";

/// A place.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SiteRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) company: Inner<Id>,
    pub(crate) address_line1: Str,
    pub(crate) address_line2: Str,
    pub(crate) city: Str,
    pub(crate) state_reference: Inner<Ref>,
    pub(crate) zip: Str,
    pub(crate) country: Inner<Ref>,
    pub(crate) phone_number: Str,
    pub(crate) inactive_flag: Flag,
}

/// The fields of [`SiteRow`].
pub(crate) const SITE: &str = "id,name,company/id,addressLine1,addressLine2,city,stateReference/name,zip,country/name,\
    phoneNumber,inactiveFlag";

/// An invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct InvoiceRow {
    pub(crate) id: Num,
    pub(crate) invoice_number: Str,
    pub(crate) r#type: Str,
    pub(crate) status: Inner<Ref>,
    pub(crate) company: Inner<Id>,
    pub(crate) date: Str,
    pub(crate) due_date: Str,
    pub(crate) currency: Inner<CurrencyRef>,
    pub(crate) service_total: Dec,
    pub(crate) expense_total: Dec,
    pub(crate) product_total: Dec,
    pub(crate) agreement_amount: Dec,
    pub(crate) sales_tax: Dec,
    pub(crate) total: Dec,
    pub(crate) payments: Dec,
    pub(crate) balance: Dec,
}

/// The fields of [`InvoiceRow`].
pub(crate) const INVOICE: &str = "id,invoiceNumber,type,status/id,status/name,company/id,date,dueDate,\
    currency/currencyCode,serviceTotal,expenseTotal,productTotal,agreementAmount,salesTax,total,payments,balance";

/// A payment of an invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PaymentRow {
    pub(crate) id: Num,
    pub(crate) r#type: Str,
    pub(crate) invoice: Inner<Id>,
    pub(crate) amount: Dec,
    pub(crate) payment_date: Str,
}

/// The fields of [`PaymentRow`].
pub(crate) const PAYMENT: &str = "id,type,invoice/id,amount,paymentDate";

/// An agreement, for what it costs; [`super::AgreementRow`] is the same one, for what it allows.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ContractRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) r#type: Inner<Ref>,
    pub(crate) company: Inner<Id>,
    pub(crate) start_date: Str,
    pub(crate) end_date: Str,
    pub(crate) no_ending_date_flag: Flag,
    pub(crate) cancelled_flag: Flag,
    pub(crate) agreement_status: Str,
    pub(crate) bill_amount: Dec,
    pub(crate) billing_cycle: Inner<Ref>,
    pub(crate) currency: Inner<CurrencyRef>,
}

/// The fields of [`ContractRow`].
pub(crate) const CONTRACT: &str = "id,name,type/name,company/id,startDate,endDate,noEndingDateFlag,cancelledFlag,\
    agreementStatus,billAmount,billingCycle/name,currency/currencyCode";

/// An opportunity. Its probability, its notes and what is expected of it stay with the vendor.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct OpportunityRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) company: Inner<Id>,
    pub(crate) stage: Inner<Ref>,
    pub(crate) status: Inner<Ref>,
    pub(crate) primary_sales_rep: Inner<Ref>,
    pub(crate) date_became_lead: Str,
}

/// The fields of [`OpportunityRow`].
pub(crate) const OPPORTUNITY: &str =
    "id,name,company/id,stage/name,status/name,primarySalesRep/id,primarySalesRep/name,dateBecameLead";

/// A sales order.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct OrderRow {
    pub(crate) id: Num,
    pub(crate) description: Str,
    pub(crate) company: Inner<Id>,
    pub(crate) status: Inner<Ref>,
    pub(crate) sales_rep: Inner<Ref>,
    pub(crate) order_date: Str,
    pub(crate) due_date: Str,
    pub(crate) total: Dec,
    pub(crate) currency: Inner<CurrencyRef>,
}

/// The fields of [`OrderRow`].
pub(crate) const ORDER: &str = "id,description,company/id,status/name,salesRep/id,salesRep/name,orderDate,dueDate,total,\
    currency/currencyCode";

/// A project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ProjectRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
    pub(crate) description: Str,
    pub(crate) company: Inner<Id>,
    pub(crate) status: Inner<Ref>,
    pub(crate) manager: Inner<Ref>,
    pub(crate) estimated_start: Str,
    pub(crate) estimated_end: Str,
    pub(crate) closed_flag: Flag,
    pub(crate) do_not_display_in_portal_flag: Flag,
    #[serde(rename = "_info")]
    pub(crate) info: Inner<Info>,
}

/// The fields of [`ProjectRow`].
pub(crate) const PROJECT: &str = "id,name,description,company/id,status/name,manager/id,manager/name,estimatedStart,\
    estimatedEnd,closedFlag,doNotDisplayInPortalFlag,_info";

/// A part of a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PhaseRow {
    pub(crate) id: Num,
    pub(crate) project_id: Num,
    pub(crate) description: Str,
    pub(crate) status: Inner<Ref>,
    pub(crate) wbs_code: Str,
    pub(crate) mark_as_milestone_flag: Flag,
    pub(crate) scheduled_start: Str,
    pub(crate) scheduled_end: Str,
}

/// The fields of [`PhaseRow`].
pub(crate) const PHASE: &str =
    "id,projectId,description,status/name,wbsCode,markAsMilestoneFlag,scheduledStart,scheduledEnd";

/// Time that somebody worked, as work; [`super::TimeRow`] is the same one, as something that was written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct WorkedRow {
    pub(crate) id: Num,
    pub(crate) charge_to_id: Num,
    pub(crate) charge_to_type: Str,
    pub(crate) company: Inner<Id>,
    pub(crate) member: Inner<Ref>,
    pub(crate) notes: Str,
    pub(crate) time_start: Str,
    pub(crate) date_entered: Str,
    pub(crate) actual_hours: Dec,
    pub(crate) billable_option: Str,
}

/// The fields of [`WorkedRow`].
pub(crate) const WORKED: &str = "id,chargeToId,chargeToType,company/id,member/id,member/name,notes,timeStart,dateEntered,\
    actualHours,billableOption";

/// A board.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BoardRow {
    pub(crate) id: Num,
    pub(crate) name: Str,
}

/// Somebody who works for the MSP, with the address that is theirs at work.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ColleagueRow {
    pub(crate) id: Num,
    pub(crate) default_email: Str,
    pub(crate) inactive_flag: Flag,
}
