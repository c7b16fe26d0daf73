//! Keycloak: who signs in for a customer, over the Admin REST API of one realm.
//!
//! **Invariant:** whose a user is comes from the user's own record (an attribute that users cannot edit, or the membership of
//! one organisation), never from what was asked for. Nothing of a credential is read but its type, and no link or token is
//! ever asked for: mails go from Keycloak to the person alone.

mod access;
mod adapter;
mod auth;
mod client;
mod config;
mod directory;
mod error;
mod events;
mod invite;
mod journal;
mod lead;
mod policy;
mod reset;
mod roles;
mod trace;
mod trust;
mod wire;

pub use adapter::connect;
pub use auth::authenticator;
pub use config::{AccessRoleConfig, Config, Mistake, Organisations};
pub use error::is_refusal;
