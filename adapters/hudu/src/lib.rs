//! Hudu: its knowledge base, over its REST interface, version 1.
//!
//! **Invariant:** whose an article is comes from the article's own `company_id`; one without a company is everybody's, and one
//! that does not say is nobody's. An article is for customers only if the configuration names it or its folder: a share link
//! is open to the whole internet and says nothing about customers. Passwords are never asked for.

mod adapter;
mod config;
mod error;
mod knowledge;
mod wire;

pub use adapter::{authenticator, connect};
pub use config::{Config, Mistake};

use std::time::Duration;

/// How many requests the vendor is said to take a minute from one instance; past it, it answers 429. Unverified.
pub const RATE: (u32, Duration) = (300, Duration::from_secs(60));
