//! Tests of action requests at rest.

use super::*;
use crate::govern::action::{LIFE, Requester};
use crate::govern::finding::{Finding, Found};
use crate::govern::lease::{Begun, Finish, Hold, Leases as _};
use jiff::SignedDuration;
use postern_policies::Effect;
use std::collections::BTreeMap;
use std::sync::Arc;

fn tenant(id: &str) -> TenantId {
    TenantId::new(id).expect("an id")
}

fn who(subject: &str) -> Principal {
    Principal { issuer: "staff".into(), subject: subject.into() }
}

fn request(state: State, key: Option<&str>) -> ActionRequest {
    let now = Timestamp::now();
    ActionRequest {
        id: ActionId::fresh(),
        tenant: tenant("msp"),
        principal: who("jo"),
        organisation: None,
        tool: "portal.document.publish".into(),
        digest: "d".into(),
        key: key.map(str::to_owned),
        policy_version: "v1".into(),
        state,
        created_at: now,
        expires_at: now + SignedDuration::try_from(LIFE).expect("a day"),
        changed_at: now,
        session: None,
        decided_by: None,
        reason: None,
        attempts: 0,
        origin: Origin::Governed,
        tries: 0,
        upstream: None,
        let_go: false,
        needs_human: false,
        content: Content {
            arguments: r#"{"note":"canary"}"#.into(),
            requester: Requester { realm: Realm::Employee, name: None, email: None, client: None },
            message: "Publish?".into(),
            data: "{}".into(),
            effect: Effect::default(),
            targets: BTreeMap::new(),
            names: Vec::new(),
        },
        answer: None,
    }
}

fn rig() -> (tempfile::TempDir, Arc<Store>) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Arc::new(Store::open(dir.path()).expect("opens"));
    (dir, store)
}

/// A hold of a process from some minute on, for two minutes.
fn hold(owner: &str, minutes: i64) -> Hold {
    Hold { owner: owner.into(), now: later(minutes), until: later(minutes + 2) }
}

fn later(minutes: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(minutes)
}

#[test]
fn w04_a_hundred_parallel_tries_to_begin_give_one() {
    let (_dir, store) = rig();
    let it = request(State::Approved, None);
    store.create(&it).expect("keeps");
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let (store, it) = (store.clone(), it.clone());
            std::thread::spawn(move || {
                let begun = store.begin(&it.tenant, &it.id, State::Approved, &hold("a", 0));
                matches!(begun.expect("asks"), Begun::Mine { .. })
            })
        })
        .collect();
    let begun: Vec<_> = tries.into_iter().map(|it| it.join().expect("ends")).collect();
    assert_eq!(begun.into_iter().filter(|it| *it).count(), 1);
}

#[test]
fn a_request_is_decided_once_in_time_within_its_tenant_and_begins_from_its_very_state() {
    let (_dir, store) = rig();
    let it = request(State::PendingApproval, None);
    store.create(&it).expect("keeps");
    let verdict = |approve| Verdict { approve, by: "lead".into(), reason: "fine".into() };
    let begin =
        |from| matches!(store.begin(&it.tenant, &it.id, from, &hold("a", 0)), Ok(Begun::Mine { epoch: 1, attempt: 1 }));
    assert!(!begin(State::Approved), "not approved yet");
    assert!(!store.decide(&tenant("other"), &it.id, &verdict(true), Timestamp::now()).expect("asks"));
    assert!(!store.decide(&it.tenant, &it.id, &verdict(true), later(25 * 60)).expect("asks"), "too late");
    assert!(store.decide(&it.tenant, &it.id, &verdict(true), Timestamp::now()).expect("asks"));
    assert!(!store.decide(&it.tenant, &it.id, &verdict(false), Timestamp::now()).expect("asks"), "decided");
    let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
    assert_eq!(
        (read.state, read.decided_by.as_deref(), read.reason.as_deref()),
        (State::Approved, Some("lead"), Some("fine"))
    );
    assert!(!begin(State::Previewed) && begin(State::Approved));
}

fn done(answer: &str) -> Finish {
    Finish::known(State::Done, Some(answer.to_owned()))
}

fn begun(store: &Store, it: &ActionRequest, hold: &Hold) -> u32 {
    match store.begin(&it.tenant, &it.id, it.state, hold).expect("asks") {
        Begun::Mine { epoch, .. } => epoch,
        Begun::Gone => panic!("somebody else has it"),
    }
}

#[test]
fn an_outcome_is_kept_once_and_a_try_that_was_taken_over_keeps_none() {
    let (_dir, store) = rig();
    let it = request(State::Previewed, None);
    store.create(&it).expect("keeps");
    let epoch = begun(&store, &it, &hold("a", 0));
    let now = Timestamp::now();
    assert!(!store.finish(&it.tenant, &it.id, epoch + 1, &done("{}"), now).expect("asks"), "another epoch");
    assert!(store.finish(&it.tenant, &it.id, epoch, &done("{\"a\":1}"), now).expect("asks"));
    let failed = Finish::known(State::Failed, None);
    assert!(!store.finish(&it.tenant, &it.id, epoch, &failed, now).expect("asks"), "kept already");
    let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
    assert_eq!((read.state, read.answer.as_deref()), (State::Done, Some("{\"a\":1}")));
}

#[test]
fn w10_a_lease_is_one_processs_until_it_ends_and_who_had_it_before_records_nothing_over_the_newer_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (Store::open(dir.path()).expect("opens"), Store::open(dir.path()).expect("opens beside it"));
    let it = request(State::Approved, None);
    one.create(&it).expect("keeps");
    let first = begun(&one, &it, &hold("one", 0));
    // Neither another process nor the same one begins or takes over what is held.
    assert!(matches!(two.begin(&it.tenant, &it.id, State::Approved, &hold("two", 0)), Ok(Begun::Gone)));
    assert_eq!(two.take_over(&it.tenant, &it.id, &hold("two", 1)).expect("asks"), None);
    assert_eq!(two.due(later(1), 10).expect("asks"), []);
    // Once the lease ended it is due, is taken over once, and is not known to have happened.
    assert_eq!(two.due(later(3), 10).expect("asks"), [(it.tenant.clone(), it.id.clone())]);
    let second = two.take_over(&it.tenant, &it.id, &hold("two", 3)).expect("asks").expect("is free");
    assert!(second > first);
    assert_eq!(one.take_over(&it.tenant, &it.id, &hold("one", 3)).expect("asks"), None, "held again");
    assert_eq!(one.get(&it.tenant, &it.id).expect("asks").expect("is there").state, State::Unknown);
    // The first one's outcome comes late, and is not kept; the second one's is.
    assert!(!one.finish(&it.tenant, &it.id, first, &done("{\"late\":1}"), later(3)).expect("asks"));
    assert!(!one.sending(&it.tenant, &it.id, first, later(3)).expect("asks"), "nor may it send any more");
    assert!(two.finish(&it.tenant, &it.id, second, &done("{\"found\":1}"), later(3)).expect("asks"));
    let read = one.get(&it.tenant, &it.id).expect("asks").expect("is there");
    assert_eq!((read.state, read.answer.as_deref()), (State::Done, Some("{\"found\":1}")));
}

#[test]
fn w10_a_hundred_parallel_tries_to_take_over_give_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let stores: Vec<_> = (0..2).map(|_| Arc::new(Store::open(dir.path()).expect("opens"))).collect();
    let it = request(State::Approved, None);
    stores[0].create(&it).expect("keeps");
    begun(&stores[0], &it, &hold("dead", 0));
    let tries: Vec<_> = (0..100)
        .map(|n| {
            let (store, it) = (stores[n % 2].clone(), it.clone());
            std::thread::spawn(move || store.take_over(&it.tenant, &it.id, &hold("next", 3)).expect("asks").is_some())
        })
        .collect();
    let taken: Vec<_> = tries.into_iter().map(|it| it.join().expect("ends")).collect();
    assert_eq!(taken.into_iter().filter(|it| *it).count(), 1);
}

#[test]
fn w10_a_try_is_let_go_only_by_who_holds_it_and_that_is_kept_for_good() {
    let (_dir, store) = rig();
    let it = request(State::Previewed, None);
    store.create(&it).expect("keeps");
    let let_go = || store.get(&it.tenant, &it.id).expect("asks").expect("is there").let_go;
    let first = begun(&store, &it, &hold("a", 0));
    assert!(!let_go(), "it began, and nothing was sent yet");
    assert!(!store.sending(&it.tenant, &it.id, first, later(3)).expect("asks"), "the lease is over");
    let open = Finish { tries: 1, upstream: Some(Upstream::Absent), ..Finish::known(State::Previewed, None) };
    assert!(store.finish(&it.tenant, &it.id, first, &open, later(1)).expect("asks"));
    let second = begun(&store, &it, &hold("a", 1));
    assert!(!store.sending(&it.tenant, &it.id, first, later(1)).expect("asks"), "of the try before");
    assert!(!let_go());
    assert!(store.sending(&it.tenant, &it.id, second, later(2)).expect("asks") && let_go());
    // A later try does not make it unsent.
    assert!(store.finish(&it.tenant, &it.id, second, &open, later(2)).expect("asks"));
    begun(&store, &it, &hold("b", 3));
    assert!(let_go());
    let direct = ActionRequest { origin: Origin::Direct, ..request(State::Executing, None) };
    let epoch = store.intend(&direct, &hold("a", 0)).expect("keeps");
    let kept = || store.get(&direct.tenant, &direct.id).expect("asks").expect("is there").let_go;
    assert!(!kept());
    assert!(store.sending(&direct.tenant, &direct.id, epoch, later(0)).expect("asks") && kept());
}

#[test]
fn a_direct_write_is_kept_while_nobody_knows_and_no_longer() {
    let (_dir, store) = rig();
    let now = Timestamp::now();
    let direct = || ActionRequest { origin: Origin::Direct, attempts: 1, ..request(State::Executing, None) };
    let (known, lost) = (direct(), direct());
    for it in [&known, &lost] {
        assert_eq!(store.intend(it, &hold("a", 0)).expect("keeps"), 1);
    }
    assert!(store.finish(&known.tenant, &known.id, 1, &done("{}"), now).expect("asks"));
    assert!(store.get(&known.tenant, &known.id).expect("asks").is_none());
    assert!(store.finish(&lost.tenant, &lost.id, 1, &Finish::unknown(later(1)), now).expect("asks"));
    assert_eq!(store.due(later(0), 10).expect("asks"), [], "not yet");
    assert_eq!(store.due(later(1), 10).expect("asks").len(), 1);
    let epoch = store.take_over(&lost.tenant, &lost.id, &hold("b", 1)).expect("asks").expect("is due");
    let found = Finish { tries: 1, upstream: Some(Upstream::Found), ..done("{}") };
    assert!(store.finish(&lost.tenant, &lost.id, epoch, &found, later(1)).expect("asks"));
    assert_eq!(store.get(&lost.tenant, &lost.id).expect("asks").expect("is there").state, State::Done);
}

#[test]
fn what_waits_is_read_in_pages_from_the_index_alone() {
    let (_dir, store) = rig();
    let mut all = Vec::new();
    for n in 0..5 {
        let it = ActionRequest { created_at: later(n), ..request(State::PendingApproval, None) };
        store.create(&it).expect("keeps");
        all.push(it.id);
    }
    let own = request(State::PendingApproval, None);
    let first = store.waiting(&own.tenant, later(0), None, 3).expect("asks");
    let ids = |rows: &[Pending]| rows.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), all[..3]);
    assert_eq!((first[0].effect, first[0].realm), (Some(own.content.effect), Some(Realm::Employee)));
    let rest = store.waiting(&own.tenant, later(0), first.last().map(|it| &it.id), 3).expect("asks");
    assert_eq!(ids(&rest), all[3..]);
    assert!(store.waiting(&tenant("other"), later(0), None, 3).expect("asks").is_empty());
    let plan: Vec<String> = {
        let reader = store.database.reader();
        let sql = "EXPLAIN QUERY PLAN SELECT id, issuer, subject, organisation, tool, effect, realm, created_at FROM action_request
            WHERE tenant = 'msp' AND state = 'pending_approval' AND expires_at > 0 AND (created_at, id) > (0, '')
            ORDER BY created_at, id LIMIT 5";
        let mut statement = reader.prepare(sql).expect("a statement");
        statement.query_map([], |row| row.get(3)).expect("a plan").collect::<rusqlite::Result<_>>().expect("rows")
    };
    assert_eq!(plan.len(), 1, "{plan:?}");
    assert!(plan[0].contains("COVERING INDEX action_request_waiting"), "{plan:?}");
}

#[test]
fn a_decision_is_news_to_its_requester_until_they_saw_it() {
    let (_dir, store) = rig();
    let it = request(State::PendingApproval, None);
    store.create(&it).expect("keeps");
    let news = |who: &Principal| store.untold(&it.tenant, who, 10).expect("asks");
    assert_eq!(news(&it.principal), 0);
    let verdict = Verdict { approve: false, by: "lead".into(), reason: "no".into() };
    assert!(store.decide(&it.tenant, &it.id, &verdict, Timestamp::now()).expect("asks"));
    assert_eq!((news(&it.principal), news(&who("bo"))), (1, 0));
    store.told(&it.tenant, &who("bo")).expect("notes");
    assert_eq!(news(&it.principal), 1);
    store.told(&it.tenant, &it.principal).expect("notes");
    assert_eq!(news(&it.principal), 0);
}

#[test]
fn a_key_is_one_persons_and_names_one_request() {
    let (_dir, store) = rig();
    let it = request(State::Previewed, Some("k"));
    store.create(&it).expect("keeps");
    let again = ActionRequest { id: ActionId::fresh(), ..it.clone() };
    assert_eq!(store.create(&again).expect_err("taken").kind(), ErrorKind::Conflict);
    let others = ActionRequest { id: ActionId::fresh(), principal: who("bo"), ..it.clone() };
    store.create(&others).expect("another person's");
    let elsewhere = ActionRequest { id: ActionId::fresh(), tenant: tenant("other"), ..it.clone() };
    store.create(&elsewhere).expect("another tenant's");
    let found = store.by_key(&it.tenant, &it.principal, "k").expect("asks").expect("is there");
    assert_eq!(found.id, it.id);
}

#[test]
fn content_is_sealed_and_what_was_under_way_at_a_crash_stays_held_until_its_lease_ends() {
    let dir = tempfile::tempdir().expect("a directory");
    let it = request(State::Previewed, None);
    {
        let store = Store::open(dir.path()).expect("opens");
        store.create(&it).expect("keeps");
        let sealed: Vec<u8> = store
            .database
            .reader()
            .query_row("SELECT sealed FROM action_request", [], |row| row.get(0))
            .expect("reads");
        assert!(!String::from_utf8_lossy(&sealed).contains("canary"));
        begun(&store, &it, &hold("a", 0));
    }
    let store = Store::open(dir.path()).expect("opens again");
    let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
    assert_eq!((read.state, read.needs_human), (State::Executing, false));
    assert_eq!(store.due(later(3), 10).expect("asks").len(), 1);
    assert!(store.get(&tenant("other"), &it.id).expect("asks").is_none(), "another tenant's is not there");
}

#[test]
fn the_requester_alone_withdraws_and_only_what_is_open() {
    let (_dir, store) = rig();
    let it = request(State::Approved, None);
    store.create(&it).expect("keeps");
    let now = Timestamp::now();
    assert!(!store.cancel(&it.tenant, &who("bo"), &it.id, now).expect("asks"));
    assert!(store.cancel(&it.tenant, &it.principal, &it.id, now).expect("asks"));
    assert!(!store.cancel(&it.tenant, &it.principal, &it.id, now).expect("asks"));
    assert!(matches!(store.begin(&it.tenant, &it.id, State::Approved, &hold("a", 0)), Ok(Begun::Gone)));
}

#[test]
fn w12_what_a_person_asked_for_lately_is_added_up_beside_one_request() {
    let (_dir, store) = rig();
    let made = |state, amount, what: &str| {
        let content = Content {
            effect: Effect { amount, recipients: 1, ..Effect::default() },
            arguments: what.into(),
            ..request(state, None).content
        };
        let it = ActionRequest { content, ..request(state, None) };
        store.create(&it).expect("keeps");
        it
    };
    let of = |it: &ActionRequest, now| {
        let lately = store.lately(&it.tenant, &it.principal, &it.tool, Beside::Kept(&it.id), now).expect("adds up");
        (lately.recipients, lately.amount)
    };
    let one = made(State::PendingApproval, 100, "a");
    for (state, amount) in [
        (State::Previewed, 1),
        (State::PendingApproval, 10),
        (State::Approved, 1_000),
        (State::Executing, 10_000),
        (State::Unknown, 100_000),
        (State::Done, 1_000_000),
        (State::Rejected, 7),
        (State::Expired, 7),
        (State::Failed, 7),
        (State::Cancelled, 7),
    ] {
        made(state, amount, state.as_str());
    }
    assert_eq!(of(&one, later(0)), (6, 1_111_011));
    // Another look at the same is not another write, until somebody agreed to it.
    made(State::PendingApproval, 500, "a");
    assert_eq!(of(&one, later(0)), (6, 1_111_011));
    made(State::Approved, 500, "a");
    assert_eq!(of(&one, later(0)), (7, 1_111_511));
    let new = store.lately(&one.tenant, &one.principal, &one.tool, Beside::New("b"), later(0)).expect("adds up");
    assert_eq!((new.recipients, new.amount), (9, 1_112_111), "beside one that is not kept yet");
    // Of another person, another write and another tenant it is nothing; after a day it is over.
    for other in [
        ActionRequest { principal: who("al"), ..one.clone() },
        ActionRequest { tool: "portal.document.revoke".into(), ..one.clone() },
        ActionRequest { tenant: tenant("other"), ..one.clone() },
    ] {
        assert_eq!(of(&other, later(0)), (0, 0));
    }
    assert_eq!(of(&one, later(24 * 60 - 1)).1, 1_111_511);
    assert_eq!(of(&one, later(24 * 60 + 1)), (0, 0));
    let big = made(State::Done, u64::MAX, "c");
    assert!(
        of(&one, later(0)).1 > 10_000_000_000 && of(&big, later(0)).1 > 1_000_000,
        "the most there is can be added up"
    );
}

#[test]
fn w12_what_is_too_much_to_add_up_counts_as_the_most() {
    let (_dir, store) = rig();
    let shape = request(State::Done, None);
    let content = Content { effect: Effect { amount: 1, ..Effect::default() }, ..shape.content.clone() };
    let one = ActionRequest { content, ..shape };
    store.create(&one).expect("keeps");
    let copies = "INSERT INTO action_request SELECT tenant, 'act-' || printf('%032d', value)";
    let rest = "issuer, subject, organisation, tool, digest, key, policy_version, state, created_at, expires_at, changed_at, session, \
        decided_by, attempts, needs_human, sealed, answer, origin, epoch, lease_owner, lease_until, sending_at, tries, look_at, upstream, \
        effect, realm, told, arguments, recipients, amount";
    let numbers = "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 10001)";
    let sql = format!("{numbers} {copies}, {rest} FROM n, action_request WHERE action_request.id = '{}'", one.id);
    store.database.change_soon(|tx| tx.execute(&sql, [])).expect("copies");
    let lately =
        store.lately(&one.tenant, &one.principal, &one.tool, Beside::Kept(&one.id), later(0)).expect("adds up");
    assert_eq!(lately, Lately::MOST);
}

#[test]
fn w09_what_a_person_found_out_is_kept_once_told_and_ends_every_search_and_every_further_try() {
    for found in [Found::Happened("T-7".into()), Found::NeverHappened, Found::NobodyKnows] {
        let (_dir, store) = rig();
        let it = request(State::Previewed, None);
        store.create(&it).expect("keeps");
        let finding = Finding { found: found.clone(), answer: "{\"said\":1}".into() };
        let record = || store.found_out(&it.tenant, &it.id, &finding, later(5)).expect("asks");
        assert!(!record(), "it is open");
        let epoch = begun(&store, &it, &hold("a", 0));
        assert!(!record(), "it is under way");
        let lost = Finish::unknown(later(0));
        assert!(store.finish(&it.tenant, &it.id, epoch, &lost, later(0)).expect("asks"));
        assert!(!record(), "it is still looked for");
        let epoch = store.take_over(&it.tenant, &it.id, &hold("b", 3)).expect("asks").expect("is due");
        let given_up = Finish { needs_human: true, ..lost };
        assert!(store.finish(&it.tenant, &it.id, epoch, &given_up, later(3)).expect("asks"));
        assert!(!store.found_out(&tenant("other"), &it.id, &finding, later(5)).expect("asks"));
        assert!(record() && !record(), "once");
        let read = store.get(&it.tenant, &it.id).expect("asks").expect("is there");
        assert_eq!((read.state, read.needs_human), (found.state(), false));
        assert_eq!((read.upstream, read.answer.as_deref()), (found.upstream(), Some("{\"said\":1}")));
        // Nobody looks for it, begins it or keeps a late outcome any more; the same can be asked for anew.
        let far = later(1_000_000);
        assert_eq!(store.due(far, 10).expect("asks"), []);
        let held = Hold { now: far, until: far, ..hold("c", 0) };
        assert_eq!(store.take_over(&it.tenant, &it.id, &held).expect("asks"), None);
        for state in State::ALL {
            assert!(matches!(store.begin(&it.tenant, &it.id, state, &hold("c", 6)), Ok(Begun::Gone)), "{state:?}");
        }
        assert!(!store.finish(&it.tenant, &it.id, epoch, &done("{}"), later(6)).expect("asks"));
        assert!(store.needing(&it.tenant, 10).expect("asks").is_empty());
        assert!(store.by_digest(&it.tenant, &it.principal, &it.digest, later(6)).expect("asks").is_none());
        // Its requester has news until they looked.
        let news = || store.untold(&it.tenant, &it.principal, 10).expect("asks");
        assert_eq!(news(), 1);
        store.told(&it.tenant, &it.principal).expect("notes");
        assert_eq!(news(), 0);
    }
}
