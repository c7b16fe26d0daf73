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

#[tokio::test]
async fn w09_a_comment_and_an_escalation_whose_answers_were_lost_are_found_by_their_titles() {
    for which in 0..3 {
        let desk = losing(which).await;
        drop(desk.desk().comment(&ours(700), &tid("4322"), &note(false)).await);
        let id = found(&desk, Op::TicketComment, Some("4322")).await.expect("it is there");
        assert!(desk.ticket("4322").await.comments.iter().any(|it| it.id.as_str() == id), "{which}");
        assert_eq!(found(&desk, Op::TicketComment, Some("4321")).await, None, "another ticket has none");
    }
    let desk = desk().await;
    assert_eq!(found(&desk, Op::TicketEscalate, Some("4322")).await, None);
    desk.desk().escalate(&ours(9_000), &tid("4322"), &escalation("2nd line")).await.expect("escalated");
    assert_eq!(found(&desk, Op::TicketEscalate, Some("4322")).await.as_deref(), Some("4322"));
}

#[tokio::test]
async fn w09_what_was_never_written_and_what_has_no_place_for_the_reference_is_not_found() {
    let desk = desk().await;
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
    assert_eq!(found(&desk, Op::TicketComment, Some("4322")).await, None);
    for op in [Op::TicketClose, Op::TicketChange] {
        let error = desk.adapter.trace(&acme(), &sought(op, Some("4322"))).await.expect_err("no place");
        assert_eq!((error.kind(), desk.adapter.traces(op)), (ErrorKind::Unsupported, Traceable::No), "{op:?}");
    }
}

/// Whatever a query answers with, only the ticket that carries the reference is it.
#[tokio::test]
async fn w09_a_system_that_ignores_what_it_is_asked_for_finds_no_other_ticket() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_filters = true);
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
    desk.desk().create(&ours(9_000), &ticket()).await.expect("created");
    assert!(found(&desk, Op::TicketCreate, None).await.is_some());
}

#[tokio::test]
async fn a_reference_that_two_tickets_carry_finds_neither() {
    let desk = desk().await;
    desk.desk().create(&ours(9_000), &ticket()).await.expect("created");
    desk.state().data(|data| {
        let tickets = data.rows("Tickets");
        let mut twin = tickets.last().cloned().expect("the ticket");
        twin["id"] = serde_json::json!(7777);
        tickets.push(twin);
    });
    desk.adapter.trace(&acme(), &sought(Op::TicketCreate, None)).await.expect_err("which one?");
}
