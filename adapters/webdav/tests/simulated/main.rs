//! The adapter against the simulator.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, also in its helpers")]

mod behaviour;
mod hostile;
#[path = "../rig.rs"]
mod rig;
mod traces;
mod writes;
