//! What the adapter itself costs: lists of tickets and a ticket, its vendor answering from memory.
#![recursion_limit = "256"]
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops")]

#[path = "../../kit/benches/desk.rs"]
mod desk;
mod vendor;

use criterion::{Criterion, criterion_group, criterion_main};

fn lists(criterion: &mut Criterion) {
    desk::measure(criterion, "connectwise", vendor::ready);
}

criterion_group!(benches, lists);
criterion_main!(benches);
