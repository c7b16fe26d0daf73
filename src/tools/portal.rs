//! The customer portal: reads, previews of governed writes, and the writes. One file a noun below.
//!
//! **Invariant:** a customer is answered about their own organisation alone, and only what was marked for customers there: the port is
//! asked for nothing else, and every row that comes back is looked at again.

mod customer;
mod customers;
mod documents;
mod money;
mod notices;
mod orders;
mod projects;
mod requests;
mod rights;
mod settings;
mod status;
mod users;
mod whose;
mod work;

mod access;
pub(super) mod account;
mod activation;
mod consents;
mod figures;
mod files;
mod governed;
mod handing_in;
mod inviting;
mod looks;
mod moving;
mod newly;
mod paying;
mod publishing;
mod records;
mod replying;
mod requesting;
mod resetting;
mod taking_back;
mod telling;
pub(super) mod told;
mod writes;

pub(super) use writes::WRITES;

use super::Entry;

/// The tools of the customer portal.
pub(super) const TOOLS: &[Entry] = &[
    Entry::of::<settings::GetConfig>(),
    Entry::of::<settings::GetBranding>(),
    Entry::of::<customers::ListCustomers>(),
    Entry::of::<customer::GetCustomer>(),
    Entry::of::<users::ListUsers>(),
    Entry::of::<users::ListRoles>(),
    Entry::of::<users::GetAuthPolicy>(),
    Entry::of::<work::ListRecords>(),
    Entry::of::<work::GetRecord>(),
    Entry::of::<projects::ListProjects>(),
    Entry::of::<orders::ListOrders>(),
    Entry::of::<orders::ListBookings>(),
    Entry::of::<documents::ListDocuments>(),
    Entry::of::<documents::GetVersion>(),
    Entry::of::<money::ListInvoices>(),
    Entry::of::<money::ListPayments>(),
    Entry::of::<requests::ListRequests>(),
    Entry::of::<requests::GetRequest>(),
    Entry::of::<settings::ListFaq>(),
    Entry::of::<settings::ListForms>(),
    Entry::of::<notices::ListNotices>(),
    Entry::of::<users::ListEvents>(),
    Entry::of::<status::GetStatus>(),
];
