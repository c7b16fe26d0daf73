//! Writes whose answer was lost, found again by their reference alone; and nothing found where nothing was written.

use crate::setup::*;
use jiff::Timestamp;
use postern_api::*;

const OURS: &str = "gw:0123456789abcdef0123456789abcdef";

/// A write of ours that has to be looked for, with the time that it has.
fn ours(patience: u64) -> CallCx {
    CallCx { reference: Some(OURS.into()), ..CallCx::new(acme().reach, std::time::Duration::from_millis(patience)) }
}

fn sought(op: Op, record: Option<&str>) -> Sought {
    Sought {
        op,
        reference: OURS.into(),
        organisation: Some(ext(ACME)),
        record: record.map(str::to_owned),
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

/// What is found, and for whom.
async fn found(desk: &Desk, op: Op, record: Option<&str>) -> Option<String> {
    let found = desk.adapter.trace(&acme(), &sought(op, record)).await.expect("a search");
    found.map(|it| open(it).expect("Acme's").record)
}

/// Commits, and then says nothing, fails or hangs up.
async fn losing(which: usize) -> Desk {
    let desk = desk().await;
    desk.adapter.probe(&acme()).await.expect("what is learnt once is known");
    desk.state().quirks(|it| {
        it.real_time = true;
        it.stall_after_commit = which == 0;
        it.fail_after_commit = which == 1;
        it.reset_after_commit = which == 2;
    });
    desk
}

#[tokio::test]
async fn w09_a_ticket_that_was_committed_before_the_answer_was_lost_is_found() {
    for which in 0..3 {
        let desk = losing(which).await;
        drop(desk.desk().create(&ours(700), &ticket()).await);
        let id = found(&desk, Op::TicketCreate, None).await.expect("it is there");
        let made = open(desk.desk().ticket(&acme(), &tid(&id)).await.expect("a ticket")).expect("Acme's");
        assert_eq!(made.subject.expose(), ticket().subject, "{which}");
        // Nobody wrote down whose it is: found by the reference alone, wherever the tenant reaches.
        let anywhere = Sought { organisation: None, ..sought(Op::TicketCreate, None) };
        let whole = desk.adapter.trace(&cx(Reach::Tenant), &anywhere).await.expect("a search");
        assert_eq!(open(whole.expect("found")).expect("Acme's").record, id);
        // Another organisation's reach finds nothing of it, whatever is asked.
        let foreign = cx(Reach::Organisations(vec![ext(GLOBEX)]));
        for asked in [sought(Op::TicketCreate, None), Sought { organisation: Some(ext(GLOBEX)), ..anywhere }] {
            assert!(!matches!(desk.adapter.trace(&foreign, &asked).await, Ok(Some(_))), "{which}");
        }
    }
}

#[tokio::test]
async fn w09_a_ticket_is_found_however_many_came_after_it_and_nothing_is_found_at_another_time() {
    let desk = losing(1).await;
    drop(desk.desk().create(&ours(700), &ticket()).await);
    desk.state().data(|data| {
        let last = data.tickets.last().cloned().expect("the ticket");
        for n in 1..=2_500_i64 {
            let mut row = last.clone();
            row["id"] = serde_json::json!(100_000 + n);
            row["third_party_id_string"] = serde_json::json!(format!("gw:other{n}"));
            data.tickets.push(row);
        }
    });
    assert!(found(&desk, Op::TicketCreate, None).await.is_some());
    let old: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let then = Sought { since: old, until: old, ..sought(Op::TicketCreate, None) };
    assert!(desk.adapter.trace(&acme(), &then).await.expect("a search").is_none());
}

#[tokio::test]
async fn w09_a_search_that_cannot_read_all_tickets_of_the_time_says_so() {
    let desk = desk_with(|it| it.max_rows = 10).await;
    desk.state().quirks(|it| it.real_time = true);
    for _ in 0..12 {
        let other = CallCx { reference: None, ..acme() };
        desk.desk().create(&other, &ticket()).await.expect("created");
    }
    desk.adapter.trace(&acme(), &sought(Op::TicketCreate, None)).await.expect_err("it read ten");
}

#[tokio::test]
async fn w09_what_never_arrived_is_not_found() {
    let desk = losing(9).await;
    desk.state().can("POST", "tickets", 503, "text/html", "down");
    drop(desk.desk().create(&ours(700), &ticket()).await);
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
}

/// Nobody publishes when a list shows what was written, so that is believed where an administrator says that they saw it.
#[tokio::test]
async fn w09_that_nothing_is_found_proves_nothing_unless_somebody_says_that_lists_show_tickets_at_once() {
    let desk = desk().await;
    assert_eq!(desk.adapter.traces(Op::TicketCreate), Traceable::Later);
    let vouched = desk_with(|it| it.search_sees_writes = true).await;
    assert_eq!(vouched.adapter.traces(Op::TicketCreate), Traceable::AtOnce);
    // What is done on a ticket may be two requests, of which the second is the one that is found.
    for op in Op::ALL.into_iter().filter(|it| *it != Op::TicketCreate) {
        assert_eq!(vouched.adapter.traces(op), desk.adapter.traces(op), "{op:?}");
        assert_ne!(vouched.adapter.traces(op), Traceable::AtOnce, "{op:?}");
    }
}
