//! Governed writes: what waits for a person, and what came of it.

pub mod action;
pub mod confirmation;
pub mod finding;
pub mod lease;
