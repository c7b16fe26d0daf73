//! Signing people in: at their own realm or with a local account, and the browser sessions that follow.

pub mod config;
pub mod cookies;
pub mod pages;
mod provider;
pub mod sessions;
