//! One effect: what becomes of writes whose answer was lost, before a service desk that loses answers as a test tells it.

mod lossy;

use crate::rig::{Rig, agent, lead};
use lossy::{Fate, Lossy};
use postern_api::{ExternalId, Op, Reach, Traceable};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const SUBMIT: &str = "customer_submit_ticket";
const CREATE: &str = "portal.request.create";
const STATUS: &str = "portal.action_request.status";

fn rig(traceable: Traceable, fates: &[Fate]) -> (Rig, Lossy) {
    let desk = Lossy::new(traceable, fates);
    (Rig::new(desk.clone()), desk)
}

fn ticket() -> Value {
    json!({ "subject": "Second monitor flickers", "description": "Since this morning." })
}

impl Rig {
    /// Lets a lease and every wait end, and looks once.
    async fn look(&self) -> usize {
        self.clock.on(4_000);
        self.gate.reconciler().turn(&CancellationToken::new()).await.unwrap()
    }

    async fn stands(&self, id: &Value) -> Value {
        let answer = self.ask(&lead(), STATUS, json!({ "action_request_id": id })).await;
        answer["data"]["action_requests"][0].clone()
    }

    /// The codes of what the reconciler wrote down.
    fn looks(&self) -> Vec<String> {
        let rows = self.rows().into_iter().filter(|row| row["tool"] == "system:reconcile");
        rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn w09_a_direct_write_whose_answer_was_lost_is_told_with_its_reference_and_found_by_it() {
    let (rig, desk) = rig(Traceable::Later, &[Fate::Kept]);
    let told = rig.ask(&lead(), SUBMIT, ticket()).await;
    let reference = desk.sent().pop().unwrap();
    assert_eq!((&told["status"], &told["code"]), (&json!("unknown"), &json!("OUTCOME_UNKNOWN")));
    assert!(told["message"].as_str().unwrap().contains(&reference), "{told}");
    let id = &told["action_request_id"];
    assert_eq!(rig.stands(id).await["state"], "unknown");
    assert_eq!(rig.look().await, 1);
    let found = rig.stands(id).await;
    assert_eq!((&found["state"], &found["upstream"]), (&json!("done"), &json!("found")));
    assert!(found["answer"]["message"].as_str().unwrap().contains("found upstream"), "{found}");
    assert_eq!(rig.look().await, 0, "it is found once");
    assert_eq!((desk.sent().len(), desk.there().len()), (1, 1));
    let row = rig.rows().into_iter().find(|row| row["tool"] == "system:reconcile").unwrap();
    assert_eq!((&row["code"], &row["reference"]), (&json!("FOUND_UPSTREAM"), &json!(reference)));
    assert_eq!((&row["organisation"], &row["action"]), (&json!("acme"), id));
    // It looked with the reach of the customer's own organisation, and could not have written.
    let own = Reach::Organisations(vec![ExternalId::new("12").unwrap()]);
    for (cx, sought) in desk.looked() {
        assert_eq!((&cx.reach, cx.looking, cx.turn.background), (&own, true, true));
        assert_eq!((sought.op, &sought.reference), (Op::TicketCreate, &reference));
    }
}

#[tokio::test]
async fn w09_what_a_search_cannot_rule_out_waits_for_a_person_after_the_last_try_and_is_never_sent_again() {
    let (rig, desk) = rig(Traceable::Later, &[Fate::Lost]);
    let told = rig.ask(&lead(), SUBMIT, ticket()).await;
    let id = &told["action_request_id"];
    for tries in 1..8 {
        assert_eq!(rig.look().await, 1);
        let stands = rig.stands(id).await;
        assert_eq!((&stands["state"], &stands["needs_human"]), (&json!("unknown"), &json!(false)), "{tries}");
    }
    assert_eq!(rig.look().await, 1);
    let given_up = rig.stands(id).await;
    assert_eq!((&given_up["state"], &given_up["needs_human"]), (&json!("unknown"), &json!(true)));
    assert_eq!(rig.look().await, 0, "a person has it now");
    assert_eq!(desk.sent().len(), 1);
    let looks = rig.looks();
    assert!(looks[..7].iter().all(|it| it == "NOT_FOUND_YET") && looks[7] == "NEEDS_HUMAN", "{looks:?}");
}

#[tokio::test]
async fn w09_where_nothing_can_be_searched_a_person_has_to_look_at_once() {
    let (rig, desk) = rig(Traceable::No, &[Fate::Kept]);
    let told = rig.ask(&lead(), SUBMIT, ticket()).await;
    rig.look().await;
    assert_eq!(rig.stands(&told["action_request_id"]).await["needs_human"], true);
    assert_eq!((rig.looks(), desk.looked().len()), (vec!["NEEDS_HUMAN".to_owned()], 0));
}

#[tokio::test]
async fn a_direct_write_that_a_sure_search_does_not_find_three_times_was_never_done() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Lost]);
    let told = rig.ask(&lead(), SUBMIT, ticket()).await;
    for _ in 0..3 {
        assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "unknown");
        rig.look().await;
    }
    let stands = rig.stands(&told["action_request_id"]).await;
    assert_eq!((&stands["state"], &stands["upstream"]), (&json!("failed"), &json!("absent")));
    assert_eq!(rig.looks(), ["NOT_FOUND_YET", "NOT_FOUND_YET", "NEVER_DONE"]);
    assert_eq!(desk.sent().len(), 1);
}

#[tokio::test]
async fn w09_a_governed_write_that_was_never_done_opens_again_and_goes_out_under_the_same_reference() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Lost, Fate::Answered]);
    let told = rig.ask(&lead(), CREATE, ticket()).await;
    assert_eq!(told["status"], "unknown", "{told}");
    let again = rig.ask(&lead(), CREATE, ticket()).await;
    assert_eq!((&again["status"], desk.sent().len()), (&json!("unknown"), 1), "not while nobody knows");
    for _ in 0..3 {
        rig.look().await;
    }
    let open = rig.stands(&told["action_request_id"]).await;
    assert_eq!((&open["state"], &open["upstream"]), (&json!("previewed"), &json!("absent")));
    let done = rig.ask(&lead(), CREATE, ticket()).await;
    assert_eq!(done["status"], "success", "{done}");
    let sent = desk.sent();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
    assert_eq!(desk.there().len(), 1);
    assert_eq!(rig.stands(&told["action_request_id"]).await["attempts"], 2);
}

#[tokio::test]
async fn w09_before_a_second_try_it_is_looked_for_once_more_and_what_is_there_by_then_is_not_sent() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Lost]);
    let told = rig.ask(&lead(), CREATE, ticket()).await;
    for _ in 0..3 {
        rig.look().await;
    }
    // The system broke its word: what it said was not there has arrived.
    desk.arrives(&desk.sent()[0]);
    let done = rig.ask(&lead(), CREATE, ticket()).await;
    assert_eq!((&done["status"], desk.sent().len()), (&json!("success"), 1), "{done}");
    assert!(done["message"].as_str().unwrap().contains("found upstream"), "{done}");
    assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "done");
}

#[tokio::test]
async fn a_search_that_fails_says_nothing_about_the_write() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Kept]);
    let told = rig.ask(&lead(), CREATE, ticket()).await;
    desk.down(true);
    for _ in 0..4 {
        rig.look().await;
        assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "unknown");
    }
    desk.down(false);
    rig.look().await;
    assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "done");
    assert_eq!(rig.looks(), ["SEARCH_FAILED", "SEARCH_FAILED", "SEARCH_FAILED", "SEARCH_FAILED", "FOUND_UPSTREAM"]);
}

#[tokio::test]
async fn b03_a_write_that_is_found_at_another_organisation_is_not_taken_for_ones_own() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Kept]);
    let told = rig.ask(&lead(), CREATE, ticket()).await;
    desk.belongs_to("13");
    rig.look().await;
    assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "unknown");
    assert_eq!(rig.looks(), ["SEARCH_FAILED"]);
}

#[tokio::test]
async fn many_reconcilers_look_for_one_request_once_and_none_does_after_it_was_stopped() {
    let (rig, desk) = rig(Traceable::Later, &[Fate::Kept]);
    let told = rig.ask(&lead(), SUBMIT, ticket()).await;
    rig.clock.on(4_000);
    let stopped = CancellationToken::new();
    stopped.cancel();
    assert_eq!(rig.gate.reconciler().turn(&stopped).await.unwrap(), 0);
    let stop = CancellationToken::new();
    let all = futures::future::join_all((0..20).map(|_| {
        let (reconciler, stop) = (rig.gate.reconciler(), stop.clone());
        async move { reconciler.turn(&stop).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().sum::<usize>(), 1);
    assert_eq!(desk.looked().len(), 1);
    assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "done");
}

#[tokio::test]
async fn a03_what_cannot_be_written_down_is_not_settled() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Kept]);
    let told = rig.ask(&lead(), SUBMIT, ticket()).await;
    rig.ledger.left.store(0, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(rig.look().await, 0);
    rig.ledger.left.store(usize::MAX, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "unknown");
    assert_eq!(rig.look().await, 1);
    assert_eq!(rig.stands(&told["action_request_id"]).await["state"], "done");
    assert_eq!(desk.sent().len(), 1);
}

#[tokio::test]
async fn a_confirmed_write_is_looked_for_as_any_other() {
    let (rig, desk) = rig(Traceable::Later, &[Fate::Kept]);
    let close = json!({ "ticket_id": "T-1", "resolution": "New dock." });
    let told = rig.confirmed(&agent(), "close_ticket", close).await;
    assert_eq!(told["status"], "unknown", "{told}");
    rig.look().await;
    let found = rig.ask(&agent(), STATUS, json!({ "action_request_id": told["action_request_id"] })).await;
    assert_eq!(found["data"]["action_requests"][0]["state"], "done", "{found}");
    // Whose ticket it was nobody wrote down: it is found wherever the employee reaches, by the reference alone.
    let (cx, sought) = desk.looked().pop().unwrap();
    assert_eq!((cx.reach, sought.op, sought.record.as_deref()), (Reach::Tenant, Op::TicketClose, Some("T-1")));
}

#[tokio::test]
async fn a_direct_write_with_an_answer_leaves_nothing_to_look_for() {
    let (rig, desk) = rig(Traceable::Later, &[Fate::Answered, Fate::Refused]);
    assert_eq!(rig.ask(&lead(), SUBMIT, ticket()).await["status"], "success");
    assert_eq!(rig.ask(&lead(), SUBMIT, ticket()).await["status"], "error");
    assert_eq!(rig.look().await, 0);
    assert_eq!(desk.sent().len(), 2);
    let own = rig.ask(&lead(), STATUS, json!({})).await;
    assert_eq!(own["data"]["action_requests"], json!([]));
}

/// What the audit calls an attempt is not yet sent: a process that ends while it still reads has changed nothing.
#[tokio::test]
async fn w10_a_write_that_was_never_let_go_was_never_sent_whatever_a_search_can_prove() {
    for traceable in [Traceable::No, Traceable::Later, Traceable::AtOnce] {
        let (rig, desk) = rig(traceable, &[Fate::Cut, Fate::Cut, Fate::Answered]);
        let direct = rig.ask(&lead(), SUBMIT, ticket()).await;
        let governed = rig.ask(&lead(), CREATE, ticket()).await;
        assert_eq!((&direct["status"], &governed["status"]), (&json!("unknown"), &json!("unknown")));
        assert_eq!(rig.look().await, 2);
        let stands = rig.stands(&direct["action_request_id"]).await;
        assert_eq!((&stands["state"], &stands["upstream"]), (&json!("failed"), &json!("absent")), "{traceable:?}");
        let mut looks = rig.looks();
        looks.sort();
        assert_eq!((looks, desk.looked().len()), (vec!["NEVER_DONE".to_owned(), "OPEN_AGAIN".to_owned()], 0));
        // The governed one goes out now, under its reference, and nothing has to be looked for before.
        let done = rig.ask(&lead(), CREATE, ticket()).await;
        assert_eq!((&done["status"], desk.sent().len(), desk.looked().len()), (&json!("success"), 1, 0), "{done}");
        assert_eq!(rig.stands(&governed["action_request_id"]).await["attempts"], 2);
    }
}

/// The first process hangs for longer than its lease, and would send when it goes on.
#[tokio::test]
async fn w10_of_two_processes_on_one_store_the_one_that_lost_its_lease_sends_nothing() {
    let (one, desk) = rig(Traceable::AtOnce, &[Fate::Hangs, Fate::Answered]);
    let two = one.beside(desk.clone());
    let told = one.ask(&lead(), CREATE, ticket()).await;
    assert_eq!((&told["status"], desk.sent().len()), (&json!("unknown"), 0), "{told}");
    // While it holds its lease nobody else carries it out or looks after it.
    let held = two.ask(&lead(), CREATE, ticket()).await;
    assert_eq!((&held["code"], desk.sent().len()), (&json!("CONFLICT"), 0), "{held}");
    assert_eq!(two.gate.reconciler().turn(&CancellationToken::new()).await.unwrap(), 0);
    // Then the other one takes it over, and it goes out from there.
    assert_eq!(two.look().await, 1);
    let done = two.ask(&lead(), CREATE, ticket()).await;
    assert_eq!((&done["status"], desk.sent().len()), (&json!("success"), 1), "{done}");
    desk.goes_on().await;
    assert_eq!((desk.sent().len(), desk.there().len()), (1, 1), "the first one sent it as well");
    let stands = two.stands(&held["action_request_id"]).await;
    assert!(stands.is_null() || stands["state"] == "done", "{stands}");
    let own = two.ask(&lead(), STATUS, json!({})).await;
    assert_eq!(own["data"]["action_requests"][0]["state"], "done", "{own}");
}

/// Both look after what a third one left, at the same time.
#[tokio::test]
async fn w10_two_processes_on_one_store_look_after_a_write_once() {
    let (one, desk) = rig(Traceable::Later, &[Fate::Kept]);
    let two = one.beside(desk.clone());
    let told = one.ask(&lead(), SUBMIT, ticket()).await;
    one.clock.on(4_000);
    let (stop, gates) = (CancellationToken::new(), [&one.gate, &two.gate]);
    let all = futures::future::join_all((0..20).map(|n| {
        let (reconciler, stop) = (gates[n % 2].reconciler(), stop.clone());
        async move { reconciler.turn(&stop).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().sum::<usize>(), 1);
    assert_eq!((desk.looked().len(), desk.sent().len()), (1, 1));
    for process in [&one, &two] {
        assert_eq!(process.stands(&told["action_request_id"]).await["state"], "done");
    }
}

/// What the disk dropped does not come back by asking again, so this holds until the store is opened anew.
#[tokio::test]
async fn after_a_flush_that_failed_nothing_is_sent_and_nobody_is_told_that_it_may_have_been() {
    let (rig, desk) = rig(Traceable::AtOnce, &[Fate::Answered, Fate::Answered, Fate::Answered]);
    rig.store.disk().lost(&std::io::Error::other("input/output error"));
    for tool in [SUBMIT, CREATE] {
        let told = rig.ask(&lead(), tool, ticket()).await;
        assert_eq!((&told["status"], desk.sent().len()), (&json!("error"), 0), "{told}");
        assert!(told["message"].as_str().unwrap().contains("store"), "{told}");
    }
    let read = rig.ask(&lead(), "customer_list_tickets", json!({})).await;
    assert_eq!(read["status"], "success", "{read}");
}
