//! What each field of a vendor's records is, for the canary that goes into it.

use super::canary::Class;

/// What is billed and sold.
pub(super) const BILLS: [&str; 12] = [
    "invoices",
    "Invoices",
    "BillingItems",
    "payments",
    "quotes",
    "Quotes",
    "estimates",
    "opportunities",
    "orders",
    "contracts",
    "Contracts",
    "lines",
];
/// Where a field stands.
pub(super) struct Place {
    pub(super) table: &'static str,
    pub(super) ticket: Option<String>,
    pub(super) organisation: Option<&'static str>,
    pub(super) is_nobodys: bool,
    pub(super) public: bool,
    pub(super) place: String,
}

impl Place {
    pub(super) fn billed(&self) -> Class {
        if self.public { Class::Billed } else { Class::BilledInside }
    }

    /// What customers see of what is theirs, where it is for them.
    fn own(&self) -> Class {
        if self.public { Class::Organisation } else { Class::Staff }
    }
}

/// What a bill, an offer or a payment comes to.
pub(super) fn is_sum(at: &Place, name: &str) -> bool {
    let sums = [
        "total",
        "subtotal",
        "amountdue",
        "balance",
        "payments",
        "invoiceTotal",
        "totalAmount",
        "net_amount",
        "amount",
        "payment_amount",
        "periodchargeamount",
        "serviceTotal",
        "salesTax",
        "tax",
        "price",
    ];
    BILLS.contains(&at.table) && sums.contains(&name)
}

pub(super) fn is_money(name: &str) -> bool {
    let name = name.to_lowercase();
    ["cost", "margin", "profit", "chargeamount", "hourlyrate", "revenue", "creditlimit", "billamount"]
        .iter()
        .any(|it| name.contains(it))
}

/// Who may read this field; `None`: it is not a text, or one that the system has a meaning for.
pub(super) fn class(at: &Place, name: &str, text: &str) -> Option<Class> {
    let seeded = text.to_lowercase().contains("canary");
    if is_money(name) {
        return Some(Class::Financial);
    }
    let on_ticket = || at.ticket.clone().map_or(Class::Never, Class::Ticket);
    let side = |shown: Class| if at.public { shown } else { Class::Internal };
    Some(match (at.table, name) {
        ("tickets" | "Tickets", "summary" | "details" | "title" | "description" | "subject") => on_ticket(),
        // Of an open ticket it is somebody's draft.
        ("Tickets", "resolution") if !text.is_empty() => side(on_ticket()),
        ("tickets", "slaexcuse" | "file_name") => Class::Internal,
        ("actions", "note" | "note_html") if !text.is_empty() => side(on_ticket()),
        ("notes", "text") | ("TicketNotes", "description") | ("comments", "body") => side(on_ticket()),
        ("time_entries", "notes") => side(on_ticket()),
        ("time_entries", "internalNotes") => Class::Internal,
        ("attachments", "filename") | ("documents", "title") => side(on_ticket()),
        ("TicketAttachments", "title" | "fullPath") => side(on_ticket()),
        ("users" | "contacts" | "Contacts", "notes" | "note") if !text.is_empty() => Class::Internal,
        ("users" | "contacts" | "Contacts", "title") => Class::Organisation,
        ("users" | "contacts" | "Contacts", _) if !seeded => return None,
        ("agents", "email") if !text.is_empty() => Class::StaffWay,
        ("companies", "name") if STANDINGS.contains(&text) => return None,
        ("companies" | "Companies" | "clients", "name" | "companyName") => Class::Organisation,
        ("customers", "business_name") => Class::Organisation,
        ("articles", "name" | "title" | "issue" | "description" | "resolution") => side(Class::Tenant),
        ("pages", "name" | "body") => side(Class::Tenant),
        ("KnowledgeBaseArticles", "title" | "keywords") | ("ArticlePlainTextContent", "contentData") if !seeded => {
            side(Class::Tenant)
        }
        ("invoices" | "Invoices", "invoiceNumber") if seeded => at.billed(),
        ("invoices" | "BillingItems", "item_shortdescription" | "itemName" | "item") => at.billed(),
        ("contracts" | "Contracts", "ref" | "contractName" | "name") => at.billed(),
        ("quotes" | "Quotes" | "estimates" | "opportunities" | "orders", "title" | "name" | "description")
            if text.len() > 6 && !STAGES.contains(&text) =>
        {
            at.billed()
        }
        ("projects" | "Projects", "summary" | "details" | "projectName" | "description") => at.own(),
        ("projects", "name") if !STAGES.contains(&text) => at.own(),
        ("phases" | "Phases" | "Tasks", "description" | "title") => at.own(),
        ("assets" | "configurations" | "ConfigurationItems", "key_field" | "referenceTitle") => Class::Organisation,
        ("TimeEntries", "summaryNotes") => Class::Internal,
        // Words that mean something, inside of records.
        (
            "opportunities" | "orders" | "projects" | "phases" | "invoices" | "configurations" | "sites" | "quotes"
            | "payments",
            "name",
        ) if STAGES.contains(&text) => return None,
        // Names that are looked for, by which they mean something.
        (
            "actions"
            | "notes"
            | "comments"
            | "tickets"
            | "Tickets"
            | "TicketNotes"
            | "attachments"
            | "documents"
            | "TicketAttachments"
            | "agents"
            | "teams"
            | "statuses"
            | "types"
            | "priorities"
            | "members"
            | "categories"
            | "agreements"
            | "Resources"
            | "ResourceServiceDeskRoles"
            | "articles"
            | "pages"
            | "companies"
            | "Companies"
            | "clients"
            | "customers"
            | "time_entries",
            _,
        ) => return seeded.then_some(Class::Never),
        // A table that nobody has told of here: its texts are its organisation's.
        (_, "name" | "title" | "summary" | "subject" | "description" | "notes" | "details" | "text" | "body") => {
            if at.organisation.is_some() { Class::Organisation } else { Class::Tenant }
        }
        (_, _) => return seeded.then_some(Class::Never),
    })
}

/// How ConnectWise says how a customer stands: whoever is not active may do nothing.
const STANDINGS: [&str; 2] = ["Active", "Credit Hold"];

/// Words that the vendors' records hold in `name` and that the adapters understand, or that are somebody's of the provider.
const STAGES: [&str; 14] = [
    "Sent",
    "New",
    "Odd",
    "Closed",
    "Open",
    "Quote Sent",
    "Prospect",
    "Shipped",
    "In Progress",
    "Completed",
    "Scheduled",
    "Server",
    "Main",
    "Ada Agent",
];
