//! What the adapters over WebDAV (RFC 4918) and CalDAV (RFC 4791) share: requests, answers, places, conditions, failures.
//!
//! **Invariant:** XML is read without document types and without entities, to a bounded depth and size; a place that an
//! answer names is taken apart below the configured address or not at all.

mod auth;
mod condition;
mod digest;
mod error;
mod multistatus;
mod place;
mod request;
mod xml;

pub use auth::Basic;
pub use condition::Etag;
pub use digest::{digest, short};
pub use error::{after_write, busy, check, of, unknown};
pub use multistatus::{Member, Multistatus, Properties};
pub use place::{Place, Root};
pub use request::{
    DAV, Prop, delete, get, header_of, lock, lock_token, mkcalendar, mkcol, propfind, proppatch, put, report, unlock,
};
pub use xml::{Element, escape, parse};
