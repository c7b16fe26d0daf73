//! What a decision costs, printed for whoever asks with `--nocapture`; nothing is asserted of time.

use super::{NONE, Person, builtin};
use crate::Engine;
use std::time::Instant;

#[test]
fn a_remembered_decision_is_the_same_as_a_fresh_one() {
    let engine = Engine::new(builtin());
    let policies = engine.policies();
    let person = Person::employee(&["support-write"]).with(&["support.read", "support.write"]);
    let subject = person.subject();
    let fresh = policies.decide(&subject, "get_ticket", &NONE);
    assert_eq!(engine.decide(&subject, "get_ticket", &NONE), fresh);
    assert_eq!(engine.decide(&subject, "get_ticket", &NONE), fresh);
    let time = |times: u32, run: &dyn Fn()| {
        let start = Instant::now();
        (0..times).for_each(|_| run());
        start.elapsed() / times
    };
    println!("a fresh decision: {:?}", time(1_000, &|| drop(policies.decide(&subject, "get_ticket", &NONE))));
    println!("a remembered one: {:?}", time(20_000, &|| drop(engine.decide(&subject, "get_ticket", &NONE))));
    println!("a whole list:     {:?}", time(2_000, &|| drop(engine.visible(&subject))));
}
