//! WebDAV (RFC 4918): documents with versions and publications, in one folder for each organisation.
//!
//! **Invariant:** no text of a caller's becomes part of a path: an id is looked up among what the server lists in the
//! organisation's own folder. Whose a document is comes from where the server says that it is. What is not plainly marked for
//! customers is internal, what is not plainly approved is a draft, and both a version and its publication are of one content:
//! a file that was replaced is another version, which nobody published.

mod adapter;
mod change;
mod config;
mod documents;
mod folder;
mod group;
mod ledger;
mod marks;
mod name;
mod publish;
mod sidecar;
mod trace;

pub use adapter::{authenticator, connect};
pub use config::{Config, Metadata, Mistake};
pub use marks::NAMESPACE;
pub use sidecar::SIDECAR;
