//! The layers that a typed call passes on its way to a tool and back.

pub mod redact;
