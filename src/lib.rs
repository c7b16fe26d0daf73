//! Postern: one guarded gate for AI clients into the systems that a managed service provider runs.

pub mod adapters;
pub mod app;
pub mod audit;
pub mod authority;
pub mod call;
pub mod caller;
pub mod cassette;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod demo;
pub mod edge;
pub mod fail_point;
pub mod govern;
pub mod health;
pub mod matching;
pub mod mcp;
pub mod organisations;
pub mod redact;
pub mod store;
pub mod telemetry;
pub mod tenant;
pub mod tools;
pub mod upstream;
pub mod webhooks;
