//! Black-box tests.
//!
//! `cfg(test)` is always set here; it is written out because Clippy lets the helpers of a test module unwrap by it.

#[cfg(test)]
mod mcp;
