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

async fn marking(which: usize) -> Desk {
    let desk = desk_with(|it| it.mark_notes = true).await;
    desk.adapter.probe(&acme()).await.expect("what is learnt once is known");
    desk.state().quirks(|it| {
        it.stall_after_commit = which == 0;
        it.fail_after_commit = which == 1;
        it.reset_after_commit = which == 2;
    });
    desk
}

#[tokio::test]
async fn w09_a_marked_comment_whose_answer_was_lost_is_found_and_reads_without_its_mark() {
    for which in 0..3 {
        let desk = marking(which).await;
        drop(desk.desk().comment(&ours(700), &tid("4322"), &note(false)).await);
        let id = found(&desk, Op::TicketComment, Some("4322")).await.expect("it is there");
        let read = desk.ticket("4322").await;
        let said = read.comments.iter().find(|it| it.id.as_str() == id).expect("the comment");
        assert_eq!(said.body.expose(), note(false).body, "{which}");
        assert_eq!(found(&desk, Op::TicketClose, Some("4322")).await, None, "a comment closes nothing");
        assert_eq!(found(&desk, Op::TicketComment, Some("4321")).await, None, "another ticket has none");
    }
}

#[tokio::test]
async fn w09_a_closing_is_found_where_both_of_its_steps_stand() {
    let desk = marking(9).await;
    desk.state().quirks(|it| it.ignore_patch = true);
    desk.desk().close(&ours(9_000), &tid("4322"), &closure()).await.expect_err("the status was not set");
    assert_eq!(found(&desk, Op::TicketClose, Some("4322")).await, None, "half of it is not all of it");
    desk.state().quirks(|it| it.ignore_patch = false);
    desk.desk().close(&ours(9_000), &tid("4322"), &closure()).await.expect("it goes on where it stopped");
    assert_eq!(found(&desk, Op::TicketClose, Some("4322")).await.as_deref(), Some("4322"));
    assert_eq!(found(&desk, Op::TicketComment, Some("4322")).await, None, "a resolution is no comment");
    assert_eq!(desk.ticket("4322").await.resolution.as_ref().map(Text::expose), Some("Rebooted <twice>"));
}

#[tokio::test]
async fn w09_an_escalation_is_found_by_its_note() {
    let desk = desk().await;
    assert_eq!(found(&desk, Op::TicketEscalate, Some("4322")).await, None);
    desk.desk().escalate(&ours(9_000), &tid("4322"), &up("Network Team")).await.expect("escalated");
    assert_eq!(found(&desk, Op::TicketEscalate, Some("4322")).await.as_deref(), Some("4322"));
}

#[tokio::test]
async fn w09_what_never_arrived_and_what_has_no_place_for_the_reference_is_not_found() {
    let desk = desk().await;
    desk.state().can("POST", "service/tickets", 503, "text/html", "down");
    drop(desk.desk().create(&ours(700), &ticket()).await);
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
    for op in [Op::TicketComment, Op::TicketClose, Op::TicketChange] {
        let error = desk.adapter.trace(&acme(), &sought(op, Some("4322"))).await.expect_err("no place");
        assert_eq!((error.kind(), desk.adapter.traces(op)), (ErrorKind::Unsupported, Traceable::No), "{op:?}");
    }
}

#[tokio::test]
async fn a_reference_that_two_tickets_carry_finds_neither() {
    let desk = desk().await;
    desk.desk().create(&ours(9_000), &ticket()).await.expect("created");
    desk.state().data(|data| {
        let mut twin = data.tickets.last().cloned().expect("the ticket");
        twin["id"] = serde_json::json!(7777);
        data.tickets.push(twin);
    });
    desk.adapter.trace(&acme(), &sought(Op::TicketCreate, None)).await.expect_err("which one?");
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

/// Whatever a query answers with, only the ticket that carries the reference is it.
#[tokio::test]
async fn w09_a_system_that_ignores_what_it_is_asked_for_finds_no_other_ticket() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_conditions = true);
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
    desk.desk().create(&ours(9_000), &ticket()).await.expect("created");
    assert!(found(&desk, Op::TicketCreate, None).await.is_some());
}
