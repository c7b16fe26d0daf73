//! Ports, domain types, classification and errors: the words that Postern and its adapters share.
//!
//! **Invariant:** this crate names no vendor and knows no axum, rmcp or reqwest. An adapter sees a [`CallCx`] with the
//! organisations it may touch in the vendor's own ids; it never learns who is asking or in which realm.

pub mod adapter;
pub mod cassette;
pub mod classified;
pub mod domain;
pub mod error;
pub mod file;
pub mod html;
pub mod http;
pub mod id;
pub mod loose;
pub mod mail;
pub mod owned;
pub mod ports;
mod quote;
pub mod sift;
pub mod trace;
pub mod webhook;

pub use adapter::{Adapter, CallCx, LetGo, Op, Reach, Turn};
pub use async_trait::async_trait;
pub use classified::{About, Financial, Internal, Pii, PiiKind, Secret, Text, Withheld};
pub use domain::*;
pub use error::{Error, ErrorKind, Result};
pub use id::*;
pub use owned::{OrganisationMap, Owned, Owner, Scope};
pub use ports::*;
pub use trace::{Sought, Trace, Traceable};
