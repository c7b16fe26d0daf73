//! HubSpot: companies and their contacts, over version 3 of its CRM interface.
//!
//! **Invariant:** whose a contact is comes from the contact's own primary company, never from the company that was asked for. The
//! search is not used: its index lags behind, and ends at 10,000 records. Property history is not asked for.

mod adapter;
mod auth;
mod client;
mod config;
mod crm;
mod error;
mod hook;
mod profile;
mod trace;
mod wire;

pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, Mistake, OrganisationFields};
pub use hook::hook;

use std::time::Duration;

/// How many requests the vendor takes of one private app in ten seconds, on the smallest plan
/// (developers.hubspot.com, "API usage guidelines").
pub const RATE: (u32, Duration) = (100, Duration::from_secs(10));
