//! Writes that a person confirms: invite, transfer, close and escalate.

mod asking;
mod once;
mod outcomes;
