//! The support desk: tickets, knowledge base and people, for customers and for employees.

mod customer_people;
pub(super) mod customer_tickets;
pub(super) mod desk;
mod history;
mod knowledge;
mod organizations;
pub(super) mod roster;
pub(super) mod sla;
pub(super) mod view;

pub(super) use customer_tickets::{due, month_start};

use super::Entry;

/// The tools of the support desk.
pub(super) const TOOLS: &[Entry] = &[
    Entry::of::<customer_tickets::ListTickets>(),
    Entry::of::<customer_tickets::GetTicket>(),
    Entry::of::<customer_tickets::SubmitTicket>(),
    Entry::of::<customer_tickets::AddComment>(),
    Entry::of::<knowledge::CustomerSearch>(),
    Entry::of::<customer_people::ListContacts>(),
    Entry::of::<customer_people::InviteContact>(),
    Entry::of::<customer_people::TransferLead>(),
    Entry::of::<desk::SearchTickets>(),
    Entry::of::<desk::GetTicket>(),
    Entry::of::<desk::CloseTicket>(),
    Entry::of::<desk::EscalateTicket>(),
    Entry::of::<sla::Summary>(),
    Entry::of::<knowledge::StaffSearch>(),
    Entry::of::<knowledge::GetArticle>(),
    Entry::of::<organizations::GetOrganization>(),
    Entry::of::<organizations::ListContacts>(),
    Entry::of::<history::ViewHistory>(),
];
