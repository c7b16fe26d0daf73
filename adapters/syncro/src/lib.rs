//! Syncro: service desk, customer records and knowledge base over its REST interface, version 1.
//!
//! **Invariant:** whose a record is comes from the record's own `customer_id`, never from what was asked for. Every filter is
//! applied twice: once in the request, to be quick, and once on the rows that come back, to be right. What only staff may read
//! is everything that the vendor does not plainly mark as shown.

mod adapter;
mod assets;
mod auth;
mod billing;
mod client;
mod config;
mod crm;
mod desk;
mod error;
mod hook;
mod knowledge;
mod marker;
mod records;
mod sales;
mod vocabulary;
mod wire;

pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, CustomerVisible, Mistake, OrganisationFields};
pub use hook::hook;

use std::time::Duration;

/// How many requests the vendor takes a minute from one IP address, all tenants behind it together
/// (api-docs.syncromsp.com, "Rate Limiting"); past it, it answers 429.
pub const RATE: (u32, Duration) = (180, Duration::from_secs(60));
