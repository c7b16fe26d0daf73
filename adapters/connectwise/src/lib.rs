//! ConnectWise PSA: service desk, customer records, knowledge base, billing, sales, projects and equipment over its REST
//! interface.
//!
//! **Invariant:** whose a record is comes from the company that the record itself names, never from what was asked for.
//! Every filter is applied twice: once in the vendor's `conditions`, to be quick, and once on the rows that come back, to
//! be right. No caller's text gets into `conditions` but through [`conditions`], which knows nothing but safe literals.

mod adapter;
mod assets;
mod auth;
mod billing;
mod client;
mod conditions;
mod config;
mod crm;
mod desk;
mod error;
mod hook;
mod knowledge;
mod projects;
mod records;
mod sales;
mod vocabulary;
mod wire;
mod words;

pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, CustomerVisible, Mistake, OrganisationFields, Tier};
pub use hook::hook;

use std::time::Duration;

/// How many requests a minute the vendor's developer guide names before it answers 429, with `Retry-After` in seconds.
pub const RATE: (u32, Duration) = (1000, Duration::from_secs(60));
