//! The adapter over the built-in ledger: what is kept, what goes out, and what is said of it.

mod behaviour;
mod sending;
mod support;
