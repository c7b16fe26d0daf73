//! Each of the rules by itself: what follows from a search, and what never does.

use super::*;
use crate::govern::action::{Content, Requester};
use crate::tools::Kind;
use postern_api::{Error, ErrorKind, Op};
use postern_policies::Effect;
use std::collections::BTreeMap;

const TRIES: u32 = 8;

fn request(origin: Origin, approved: bool) -> ActionRequest {
    let now = Timestamp::UNIX_EPOCH;
    ActionRequest {
        id: ActionId::fresh(),
        tenant: TenantId::new("msp").expect("an id"),
        principal: Principal { issuer: "i".into(), subject: "s".into() },
        organisation: None,
        tool: "t".into(),
        digest: String::new(),
        key: None,
        policy_version: String::new(),
        state: State::Unknown,
        origin,
        created_at: now,
        expires_at: now,
        changed_at: now,
        session: None,
        decided_by: approved.then(|| "lead".to_owned()),
        reason: None,
        attempts: 1,
        tries: 0,
        upstream: None,
        let_go: true,
        needs_human: false,
        content: Content {
            arguments: "{}".into(),
            requester: Requester { realm: Realm::Employee, name: None, email: None, client: None },
            message: String::new(),
            data: "{}".into(),
            effect: Effect::default(),
            targets: BTreeMap::new(),
            names: Vec::new(),
        },
        answer: None,
    }
}

fn decided(request: &ActionRequest, op: Option<Op>, searched: &Searched, tries: u32) -> (Verdict, Finish) {
    let protocol = Protocol { search_tries: TRIES, ..Protocol::default() };
    let sends = op.map(|op| Sends { op, record: None });
    decide(&protocol, request, sends.as_ref(), searched, (tries, Timestamp::UNIX_EPOCH))
}

fn failed() -> Searched {
    Searched::Failed(Error::new(ErrorKind::Unavailable, "down"))
}

#[test]
fn what_is_found_is_done_at_any_time_and_needs_nobody() {
    for tries in [1, TRIES, TRIES + 9] {
        let found = Searched::Found("halo".into());
        let (verdict, finish) = decided(&request(Origin::Governed, true), Some(Op::TicketCreate), &found, tries);
        assert_eq!((verdict, finish.state, finish.needs_human), (Verdict::Found, State::Done, false));
        assert!(finish.answer.is_some());
    }
}

#[test]
fn what_proves_nothing_stays_unknown_until_the_last_try_and_never_opens_again() {
    for origin in [Origin::Governed, Origin::Direct] {
        for searched in [Searched::NotYet, failed()] {
            for tries in 1..TRIES {
                let (verdict, finish) = decided(&request(origin, true), Some(Op::TicketCreate), &searched, tries);
                assert_eq!((verdict, finish.state, finish.needs_human), (Verdict::Again, State::Unknown, false));
                assert!(finish.look_at > Timestamp::UNIX_EPOCH, "there is a wait between two searches");
            }
            for tries in [TRIES, TRIES + 1] {
                let (verdict, finish) = decided(&request(origin, true), Some(Op::TicketCreate), &searched, tries);
                assert_eq!((verdict, finish.state, finish.needs_human), (Verdict::NeedsHuman, State::Unknown, true));
            }
        }
        let (verdict, finish) = decided(&request(origin, true), Some(Op::TicketCreate), &Searched::Blind, 1);
        assert_eq!((verdict, finish.state, finish.needs_human), (Verdict::NeedsHuman, State::Unknown, true));
    }
}

#[test]
fn three_sure_searches_open_a_governed_write_again_as_it_stood_and_end_a_direct_one() {
    let absent =
        |origin, approved, tries| decided(&request(origin, approved), Some(Op::TicketCreate), &Searched::Absent, tries);
    for tries in 1..SURE {
        assert_eq!(absent(Origin::Governed, true, tries).0, Verdict::Again, "{tries}");
    }
    let (verdict, finish) = absent(Origin::Governed, true, SURE);
    assert_eq!((verdict, finish.state), (Verdict::Reopened, State::Approved));
    assert_eq!(absent(Origin::Governed, false, SURE).1.state, State::Previewed);
    let (verdict, finish) = absent(Origin::Direct, false, SURE);
    assert_eq!((verdict, finish.state), (Verdict::NeverDone, State::Failed));
}

#[test]
fn w09_what_asks_for_money_and_what_nobody_can_name_never_opens_again() {
    for origin in [Origin::Governed, Origin::Direct] {
        for op in [Some(Op::PaymentLinkCreate), None] {
            for tries in [SURE, TRIES, TRIES + 1] {
                let (verdict, finish) = decided(&request(origin, true), op, &Searched::Absent, tries);
                assert_eq!((verdict, finish.state, finish.needs_human), (Verdict::NeedsHuman, State::Unknown, true));
                assert_eq!(finish.upstream, Some(Upstream::Absent), "the person is told what the searches came to");
            }
        }
    }
}

/// Without it nobody would look for the write, and a person would be asked each time.
#[test]
fn every_write_of_every_tool_says_by_which_operation_it_is_looked_for() {
    let mut writes = 0;
    for entry in crate::tools::catalogue().iter().map(|it| &it.entry) {
        let is_write = match entry.kind {
            Kind::Write | Kind::ConfirmedWrite | Kind::Governed => true,
            Kind::Read | Kind::Preview => false,
        };
        // The preview of a governed write is the write's own type and says the same.
        assert!(is_write || entry.kind == Kind::Preview || entry.sends.is_none(), "{} reads", entry.name);
        assert!(!is_write || entry.sends.is_some(), "{} declares no `SENDS`", entry.name);
        writes += usize::from(is_write);
    }
    assert!(writes > 20, "{writes} writes");
}

#[test]
fn what_was_never_sent_is_never_done_at_the_first_look_and_opens_again_also_where_it_asks_for_money() {
    for (origin, approved, state) in [
        (Origin::Direct, false, State::Failed),
        (Origin::Governed, false, State::Previewed),
        (Origin::Governed, true, State::Approved),
    ] {
        let op = Some(Op::PaymentLinkCreate);
        let (_, finish) = decided(&request(origin, approved), op, &Searched::NeverSent, 1);
        assert_eq!((finish.state, finish.needs_human, finish.upstream), (state, false, Some(Upstream::Absent)));
    }
}
