//! Autotask PSA: service desk, customer records, billing, sales, projects and equipment over its REST
//! interface.
//!
//! **Invariants:** whose a record is comes from the record's own `companyID`, never from what was asked for; a note is
//! shown to customers where its `publish` is plainly 1 and nowhere else; and requests go to the configured zone hosts
//! alone, whatever a lookup or a `nextPageUrl` says.

mod account;
mod adapter;
mod assets;
mod auth;
mod billing;
mod client;
mod config;
mod crm;
mod desk;
mod error;
mod filter;
mod labels;
mod picklist;
mod projects;
mod records;
mod sales;
mod wire;
mod words;
mod zone;

pub use account::Budgets;
pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, CustomerVisible, Mistake, OrganisationFields};

use std::time::Duration;

/// What one connection may send. The vendor takes 10,000 requests in a rolling hour, of all integrations on a database
/// together (vendor's help, "REST API thresholds and limits"). A handle may send a whole allowance at once and refill it
/// within the hour, so that half of the limit is never passed by more than the other half. [`Budgets`] counts exactly.
pub const RATE: (u32, Duration) = (5_000, Duration::from_secs(3_600));
