//! Postern: one guarded gate for AI clients into the systems that a managed service provider runs.

pub mod caller;
pub mod edge;
pub mod mcp;
