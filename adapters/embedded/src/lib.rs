//! The default backend for every port, on SQLite: one file, nothing else to install.
//!
//! **Invariant:** every statement goes through `rows::Rows`, which belongs to one tenant and refuses a statement that
//! does not name it. Other organisations' records are left out in SQL, and rows name their owner all the same.

mod adapter;
mod articles;
mod assets;
mod billing;
mod bookings;
mod convert;
mod database;
pub mod demo;
mod documents;
mod fail;
mod filter;
mod notices;
mod once;
mod people;
mod portal;
mod projects;
mod rows;
mod sales;
mod tickets;
mod trace;
mod words;

pub use adapter::Embedded;
