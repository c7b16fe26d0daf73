//! The embedded backend, through its ports.

mod behaviour;
mod demo;
mod rules;
mod support;
mod tenants;
