//! Autotask PSA: service desk and customer records over its REST interface.
//!
//! **Invariants:** whose a record is comes from the record's own `companyID`, never from what was asked for; a note is
//! shown to customers where its `publish` is plainly 1 and nowhere else; and requests go to the configured zone hosts
//! alone, whatever a lookup or a `nextPageUrl` says.

mod account;
mod adapter;
mod auth;
mod client;
mod config;
mod crm;
mod desk;
mod error;
mod filter;
mod picklist;
mod wire;
mod zone;

pub use account::Budgets;
pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, Mistake, OrganisationFields};
pub use error::is_refusal;
