//! The authorization server (OAuth 2.1) that signs people in at their own realms and gives AI clients tokens of ours.
//!
//! **Invariant:** whoever signed in is known by issuer and subject alone; nothing that a client or a browser writes can make
//! one person another.

pub mod accounts;
pub mod identity;
pub mod pages;
pub mod sign_in;
