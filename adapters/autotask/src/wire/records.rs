//! The vendor's vocabulary beside the service desk: equipment, places, money and projects. Costs, margins, rates, comments and
//! notes for agents are neither asked for nor read.

use super::{Dec, Flag, Num, Row, Str, owner};
use postern_api::Owner;
use postern_api::records::Owning;
use serde::Deserialize;

/// A row whose fields are asked for by name.
pub(crate) trait Asked {
    /// Their names.
    const FIELDS: &'static [&'static str];
}

/// One row: its fields here, and what the vendor calls them.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty = $wire:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name {
            pub(crate) id: Num,
            $(#[serde(rename = $wire)] pub(crate) $field: $kind,)*
        }
        impl $name {
            /// The fields, as requests name them.
            pub(crate) const NAMES: &'static [&'static str] = &["id", $($wire),*];
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
        impl Asked for $name {
            const FIELDS: &'static [&'static str] = $name::NAMES;
        }
        impl Owning for $name {
            fn number(&self) -> Num {
                self.id
            }
            fn owner(&self) -> Owner {
                owner(self.company)
            }
            fn empty(id: Num) -> Self {
                Self { id, ..Self::default() }
            }
        }
    )*};
}
owning!(ItemRow, LocationRow, InvoiceRow, ContractRow, QuoteRow, ProjectRow);

rows! {
    /// A configuration item: a piece of equipment.
    ItemRow {
        company: Num = "companyID",
        title: Str = "referenceTitle",
        kind: Num = "configurationItemType",
        serial: Str = "serialNumber",
        active: Flag = "isActive",
        warranty: Str = "warrantyExpirationDate",
    }
    /// A place of a company.
    LocationRow {
        company: Num = "companyID",
        name: Str = "name",
        address: Str = "address1",
        more: Str = "address2",
        city: Str = "city",
        state: Str = "state",
        code: Str = "postalCode",
        phone: Str = "phone",
        active: Flag = "isActive",
    }
    /// An invoice.
    InvoiceRow {
        company: Num = "companyID",
        number: Str = "invoiceNumber",
        date: Str = "invoiceDateTime",
        due: Str = "dueDate",
        paid: Str = "paidDate",
        total: Dec = "invoiceTotal",
        voided: Flag = "isVoided",
    }
    /// What an invoice is for.
    BilledRow {
        company: Num = "companyID",
        invoice: Num = "invoiceID",
        name: Str = "itemName",
        total: Dec = "totalAmount",
    }
    /// A contract.
    ContractRow {
        company: Num = "companyID",
        name: Str = "contractName",
        kind: Num = "contractType",
        status: Num = "status",
        start: Str = "startDate",
        end: Str = "endDate",
    }
    /// A quote.
    QuoteRow {
        company: Num = "companyID",
        name: Str = "name",
        created: Str = "createDate",
        expires: Str = "expirationDate",
        active: Flag = "isActive",
        answer: Num = "extApprovalContactResponse",
    }
    /// A project.
    ProjectRow {
        company: Num = "companyID",
        name: Str = "projectName",
        description: Str = "description",
        kind: Num = "projectType",
        status: Num = "status",
        lead: Num = "projectLeadResourceID",
        start: Str = "startDateTime",
        end: Str = "endDateTime",
        percent: Num = "completedPercentage",
        touched: Str = "lastActivityDateTime",
    }
    /// A part of a project. The vendor says neither where it stands nor who may see it.
    PhaseRow {
        project: Num = "projectID",
        title: Str = "title",
        place: Str = "phaseNumber",
        start: Str = "startDate",
        due: Str = "dueDate",
    }
    /// A task of a project, which alone says whether customers see it.
    TaskRow {
        project: Num = "projectID",
        title: Str = "title",
        status: Num = "status",
        start: Str = "startDateTime",
        end: Str = "endDateTime",
        completed: Str = "completedDateTime",
        visible: Flag = "isVisibleInClientPortal",
    }
    /// Time that somebody worked. Internal notes are not read.
    WorkedRow {
        ticket: Num = "ticketID",
        resource: Num = "resourceID",
        day: Str = "dateWorked",
        start: Str = "startDateTime",
        hours: Dec = "hoursWorked",
        notes: Str = "summaryNotes",
        free: Flag = "isNonBillable",
    }
    /// An article of the knowledge base, without its text.
    ArticleRow {
        title: Str = "title",
        keywords: Str = "keywords",
        category: Num = "articleCategoryID",
        publish: Num = "publish",
        active: Flag = "isActive",
        created: Str = "createdDateTime",
        modified: Str = "lastModifiedDateTime",
    }
    /// A category of articles.
    CategoryRow {
        name: Str = "name",
    }
    /// Somebody who works for the MSP, with the address that is theirs at work.
    ColleagueRow {
        email: Str = "email",
        active: Flag = "isActive",
    }
}
