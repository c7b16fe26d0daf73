//! Finding a write again by its reference, after nobody knows what became of it.
//!
//! **Invariant:** nothing is changed by looking, and a write of an organisation out of reach is not found.

use crate::adapter::Op;
use crate::id::ExternalId;
use jiff::Timestamp;

/// How surely a system finds a write again by our reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Traceable {
    /// It does not: there is no place for the reference, or nothing searches it. Only a person can look.
    #[default]
    No,
    /// It does, some time after the write. That nothing is found proves nothing.
    Later,
    /// A search sees every write that ended before it began: what is not found then was never done, and may be done now.
    AtOnce,
}

/// A write that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// What was written.
    pub op: Op,
    /// Our reference, as the write carried it in [`crate::CallCx::reference`].
    pub reference: String,
    /// For which organisation; `None` where it is the tenant's own, or nobody wrote down whose it is.
    pub organisation: Option<ExternalId>,
    /// The record that it changed or was added to, for example a comment's ticket, where there is one.
    pub record: Option<String>,
    /// The write did not begin before this time, by the gateway's clock.
    pub since: Timestamp,
    /// The write did not begin after this time, by the gateway's clock.
    pub until: Timestamp,
}

impl Sought {
    /// The times between which the system's own clock may have been when the write arrived: `margin` wider on both sides, for clocks
    /// and zones that differ.
    pub fn window(&self, margin: jiff::SignedDuration) -> (Timestamp, Timestamp) {
        let from = self.since.checked_sub(margin).unwrap_or(Timestamp::MIN);
        (from, self.until.checked_add(margin).unwrap_or(Timestamp::MAX))
    }
}

/// A write that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What it left: the id of the record that it made or changed.
    pub record: String,
}
