//! HaloPSA: service desk, customer records and knowledge base over its REST interface.
//!
//! **Invariant:** whose a record is comes from the record's own `client_id`, never from what was asked for, because the
//! vendor ignores filters that it does not know and then sends everybody's rows. Every filter is therefore applied twice:
//! once in the request, to be quick, and once on the rows that come back, to be right.

mod adapter;
mod assets;
mod auth;
mod billing;
mod client;
mod config;
mod crm;
mod desk;
mod error;
mod knowledge;
mod projects;
mod records;
mod sales;
mod text;
mod vocabulary;
mod wire;

pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, CustomerVisible, Mistake, OrganisationFields, Outcomes};

use std::time::Duration;

/// How many requests a tenant of the vendor's takes in a rolling window, all integrations together. Observed by users on
/// live tenants, not published; past it the vendor answers 429, mostly without `Retry-After`.
pub const RATE: (u32, Duration) = (700, Duration::from_secs(300));
