//! The audit log: a chain of rows on a SQLite file of its own, with signed heads.
//!
//! Each row is a JSON text, and its hash is SHA-256 over a leaf byte, the hash before it, its number and that text. Every so
//! often the newest hash is signed (Ed25519) into a head, in the database and in `audit-heads.jsonl` beside it: copy that file
//! to a place that the gateway cannot write, and a cut tail or a rewritten chain shows.
//!
//! **Invariant:** a row holds no personal data and no argument: who and with what are keyed digests, the rest are words and
//! numbers of ours.

pub mod chain;
mod company;
pub mod export;
pub mod journal;
pub mod keys;
mod record;
pub mod retention;
pub mod seal;
pub mod search;
pub mod statement;
pub mod verify;
mod wal;

pub use journal::{Journal, Settings};
pub use keys::Keys;
