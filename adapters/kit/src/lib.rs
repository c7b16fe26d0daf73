//! The behaviour kit: what every adapter must do, whatever system is behind it.
//!
//! An adapter's `tests/behaviour.rs` builds a [`Fixture`] that names two organisations with a few records in each, and
//! asserts that [`run`] passes. Trials are picked by `supports()`, so an adapter is held to what it says, both ways. An
//! adapter that speaks HTTP also asserts that [`run_failures`] passes while its backend misbehaves.
//!
//! **Invariant:** records are opened as the gateway opens them, through `Scope::admit`, so a row with the wrong owner
//! fails the trial that met it.

mod access;
mod billing;
pub mod cassette;
mod check;
mod conversation;
mod documents;
mod failure;
mod fixture;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each match names the operations of one port, the last arm its last one; an operation that nobody calls fails its trial"
)]
mod honesty;
mod notices;
mod people;
mod portal;
mod ready;
mod records;
mod scope;
mod shape;
mod tasks;
mod traces;
mod trial;
mod visibility;
mod work;
mod writes;

pub use failure::{Backend, FAULT_CANARY, Fault, Side as FaultSide, Trouble, run_every_read, run_failures};
pub use fixture::{Articles, Caps, Fixture, Missing, Side};
pub use ready::Ready;
pub use trial::{Group, Outcome, Report, Trial, Verdict};

/// Every trial, those first that change nothing.
pub fn all() -> Vec<Trial> {
    let groups = [
        shape::trials(),
        honesty::trials(),
        scope::trials(),
        visibility::trials(),
        writes::trials(),
        tasks::trials(),
        traces::trials(),
        conversation::trials(),
        people::trials(),
        access::trials(),
        portal::trials(),
        billing::trials(),
        documents::trials(),
        notices::trials(),
        work::trials(),
        records::trials(),
    ];
    groups.into_iter().flatten().collect()
}

/// The trials that this fixture's adapter and system are held to.
pub fn trials(fixture: &Fixture) -> Vec<Trial> {
    let supports = fixture.adapter.supports();
    all().into_iter().filter(|it| it.needs().iter().all(|op| supports.contains(op)) && it.wanted(fixture)).collect()
}

/// Runs the trials one after the other.
pub async fn run(fixture: &Fixture) -> Report {
    let mut outcomes = Vec::new();
    for trial in trials(fixture) {
        outcomes.push(trial.run(fixture).await);
    }
    Report::new(outcomes)
}
