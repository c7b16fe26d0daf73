//! Black-box tests.
//!
//! `cfg(test)` is always set here; it is written out because Clippy lets the helpers of a test module unwrap by it.

#[cfg(test)]
mod gateway;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mcp;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenancy;
