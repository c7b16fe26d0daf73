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
mod hook;
mod knowledge;
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
pub use error::is_refusal;
pub use hook::hook;
