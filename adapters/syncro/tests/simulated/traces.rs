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
async fn w09_a_ticket_is_found_although_the_list_leaves_its_first_comment_out() {
    let desk = losing(1).await;
    drop(desk.desk().create(&ours(700), &ticket()).await);
    let id = found(&desk, Op::TicketCreate, None).await.expect("it is there");
    for n in 0..6 {
        let more = NewComment { body: format!("more {n}"), ..note(false) };
        desk.state().quirks(|it| it.fail_after_commit = false);
        desk.desk().comment(&acme(), &tid(&id), &more).await.expect("said");
    }
    assert_eq!(found(&desk, Op::TicketCreate, None).await.as_deref(), Some(&*id));
}

#[tokio::test]
async fn w09_a_comment_whose_answer_was_lost_is_found_and_half_of_a_closing_is_not_taken_for_it() {
    for which in 0..3 {
        let desk = losing(which).await;
        drop(desk.desk().comment(&ours(700), &tid("4322"), &note(false)).await);
        let id = found(&desk, Op::TicketComment, Some("4322")).await.expect("it is there");
        assert!(desk.ticket("4322").await.comments.iter().any(|it| it.id.as_str() == id), "{which}");
        assert_eq!(found(&desk, Op::TicketClose, Some("4322")).await, None, "something was said, and it is still open");
        assert_eq!(found(&desk, Op::TicketComment, Some("4321")).await, None, "another ticket has none");
    }
    let desk = desk().await;
    desk.desk().close(&ours(9_000), &tid("4322"), &closure()).await.expect("closed");
    assert_eq!(found(&desk, Op::TicketClose, Some("4322")).await.as_deref(), Some("4322"));
}

#[tokio::test]
async fn w09_what_never_arrived_and_what_has_no_place_for_the_reference_is_not_found() {
    let desk = desk().await;
    desk.state().can("POST", "tickets", 503, "text/html", "down");
    drop(desk.desk().create(&ours(700), &ticket()).await);
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
    let error = desk.adapter.trace(&acme(), &sought(Op::TicketChange, Some("4322"))).await.expect_err("no place");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn w09_only_the_ticket_and_only_the_comment_with_our_mark_are_ours() {
    let desk = desk().await;
    let other = CallCx { reference: Some("gw:ffffffffffffffffffffffffffffffff".into()), ..ours(9_000) };
    let theirs = open(desk.desk().create(&other, &ticket()).await.expect("created")).expect("Acme's");
    assert_eq!(found(&desk, Op::TicketCreate, None).await, None);
    desk.desk().comment(&other, &theirs.id, &note(false)).await.expect("said");
    assert_eq!(found(&desk, Op::TicketComment, Some(theirs.id.as_str())).await, None);
}

#[tokio::test]
async fn w09_an_escalation_is_found_where_the_ticket_has_the_technician_too() {
    let desk = desk().await;
    let up = NewEscalation { target: "Tess Second".into(), reason: "Beyond us".into(), by: ada() };
    // What is said is the first of two steps.
    desk.state().can("PUT", "tickets", 422, "application/json", r#"{"errors":"no"}"#);
    desk.desk().escalate(&ours(9_000), &tid("4321"), &up).await.expect_err("half of it");
    assert_eq!(found(&desk, Op::TicketEscalate, Some("4321")).await, None);
    desk.state().quirks(|it| it.canned.clear());
    desk.desk().escalate(&ours(9_000), &tid("4321"), &up).await.expect("it goes on where it stopped");
    assert_eq!(found(&desk, Op::TicketEscalate, Some("4321")).await.as_deref(), Some("4321"));
}

#[tokio::test]
async fn w09_a_search_that_cannot_read_all_tickets_of_the_time_says_so() {
    let desk = desk_with(|it| it.max_rows = 2).await;
    for _ in 0..3 {
        desk.desk().create(&acme(), &ticket()).await.expect("created");
    }
    desk.adapter.trace(&acme(), &sought(Op::TicketCreate, None)).await.expect_err("it read two");
}
