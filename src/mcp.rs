//! The Model Context Protocol: the only place that names rmcp.
//!
//! [`service()`] is the tower service for `/mcp`; [`Host`] is what stands behind it. The edge puts an `Arc<Caller>` and a
//! [`RequestId`] into the request's extensions; a request without a caller is answered with an internal error.
//!
//! **Invariant:** nothing in a message says who is asking. The caller is the edge's, the tenant and the organisation are the
//! caller's, and arguments, `_meta` and headers only say what is asked.

mod answers;
mod config;
mod confirm;
#[cfg(feature = "conformance")]
pub mod conformance;
mod direct;
mod handler;
mod held;
mod list;
mod progress;
mod quote;
mod request;
mod seal;
mod service;
mod sessions;

pub use crate::caller::RequestId;
pub use config::{McpConfig, Names};
pub use seal::KeyTooShort;
pub use service::{McpService, service};

pub use crate::call::host::{Answer, Call, Facts, Host, Listing, Refusal, Written};
