//! Black-box tests.
//!
//! `cfg(test)` is always set here; it is written out because Clippy lets the helpers of a test module unwrap by it.

#[cfg(test)]
mod action_requests;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod authority;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod confirming;
#[cfg(test)]
mod console;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod desks;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod elsewhere;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod keycloak;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mcp;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod portal_writes;
#[cfg(test)]
mod program;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod redaction;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod stripe;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod traces;
