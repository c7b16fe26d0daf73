//! Stripe: invoices, payments, subscriptions, and the link by which an invoice is paid, over its REST interface, version 1.
//!
//! **Invariant:** whose a record is comes from the record's own `customer`. Everything that is sent names the version of the
//! interface that this crate was written for, every change carries an idempotency key, and an object of test data is never taken
//! for one of live data.

mod adapter;
mod amounts;
mod auth;
mod billing;
mod client;
mod config;
mod error;
mod hook;
mod links;
mod payments;
mod subscriptions;
mod trace;
mod wire;

pub use adapter::connect;
pub use auth::authenticator;
pub use config::{Config, Links, Mistake};
pub use hook::hook;

use std::time::Duration;

/// The version of the interface that every request names; the vendor answers in its form, whatever the account's own is
/// (docs.stripe.com/api/versioning).
pub const VERSION: &str = "2026-02-25.clover";

/// How many requests the vendor takes a second from one account: 100 of live data, 25 of test data
/// (docs.stripe.com/rate-limits).
pub fn rate(live: bool) -> (u32, Duration) {
    (if live { 100 } else { 25 }, Duration::from_secs(1))
}
