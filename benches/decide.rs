//! What a decision costs: made anew, remembered, and for a whole list.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use postern_policies::{Engine, Facts, Policies, Realm, Subject};
use std::collections::BTreeSet;
use std::hint::black_box;

fn decide(c: &mut Criterion) {
    let roles = BTreeSet::from(["lead-customer".to_owned()]);
    let scopes = BTreeSet::from(["support.read".to_owned(), "support.write".to_owned()]);
    let subject =
        Subject { realm: Realm::Customer, tenant: "msp-example", roles: &roles, scopes: Some(&scopes), service: false };
    let policies = Policies::builtin().expect("the built-in policies are right");
    let engine = Engine::builtin().expect("the built-in policies are right");
    let facts = Facts::default();
    c.bench_function("decide/anew", |b| {
        b.iter(|| policies.decide(black_box(&subject), "customer_get_ticket", &facts));
    });
    c.bench_function("decide/remembered", |b| {
        b.iter(|| engine.decide(black_box(&subject), "customer_get_ticket", &facts));
    });
    c.bench_function("decide/list", |b| b.iter(|| engine.visible(black_box(&subject))));
}

criterion_group!(benches, decide);
criterion_main!(benches);
