//! Postern: one guarded gate for AI clients into the systems that a managed service provider runs.

pub mod call;
pub mod caller;
pub mod mcp;
pub mod redact;
