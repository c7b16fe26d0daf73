//! Connected systems that are down, slow, rate-limited, broken or too much; and a disk that is full.

use crate::desks::{Desks, Vendor, Who};
use crate::rig::{Liar, Rig, Trouble, agent, calls, facts, lead, told};
use postern_api::ErrorKind;
use postern_policies::Realm;
use postern_simulators::Running;
use postern_simulators::autotask::Kind;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Instant;

const KINDS: [(ErrorKind, &str); 13] = [
    (ErrorKind::NotFound, "UPSTREAM_ERROR"),
    (ErrorKind::Forbidden, "UPSTREAM_ERROR"),
    (ErrorKind::InvalidArgument, "VALIDATION_ERROR"),
    (ErrorKind::Conflict, "CONFLICT"),
    (ErrorKind::LimitReached, "TICKET_LIMIT_REACHED"),
    (ErrorKind::Unsupported, "NOT_SUPPORTED"),
    (ErrorKind::Unauthenticated, "UPSTREAM_ERROR"),
    (ErrorKind::RateLimited, "UPSTREAM_RATE_LIMITED"),
    (ErrorKind::Unavailable, "UPSTREAM_UNAVAILABLE"),
    (ErrorKind::Timeout, "UPSTREAM_TIMEOUT"),
    (ErrorKind::OutcomeUnknown, "OUTCOME_UNKNOWN"),
    (ErrorKind::BadReply, "UPSTREAM_ERROR"),
    (ErrorKind::Internal, "INTERNAL_ERROR"),
];

/// Holds an answer to what every failure is: told plainly, without a vendor's words.
fn plain(answer: &Value, what: &str) {
    assert!(!answer["message"].as_str().unwrap_or_else(|| panic!("{what}: {answer}")).is_empty());
    assert!(!answer["suggested_action"].as_str().unwrap().is_empty(), "{what}");
    let text = answer.to_string();
    let leaked = ["vendor words", "CANARY", "Vendor.Sql", "eyJ"].iter().find(|it| text.contains(**it));
    assert_eq!(leaked, None, "{what}: {text}");
}

#[tokio::test]
async fn l02_every_kind_of_failure_of_every_tool_is_told_plainly_and_audited_once() {
    for (kind, code) in KINDS {
        let rig = Rig::new(Liar::in_trouble(Trouble::Fails { kind, said: "the connected system says no" }));
        for (caller, tool, arguments) in calls() {
            let before = rig.rows().len();
            let answer = rig.ask(&caller, tool, arguments).await;
            let what = format!("{tool} {kind:?}");
            plain(&answer, &what);
            let told = answer["code"].as_str().unwrap();
            let own_code = kind == ErrorKind::NotFound && (told.ends_with("_NOT_FOUND") || told == "ORG_NOT_ACTIVE");
            assert!(told == code || own_code, "{what}: {answer}");
            let unknown = if told == "OUTCOME_UNKNOWN" { "unknown" } else { "error" };
            assert_eq!(answer["status"], unknown, "{what}");
            let rows = rig.rows().split_off(before);
            let outcomes: Vec<_> = rows.iter().filter(|row| row["phase"] != "attempt").collect();
            assert_eq!((outcomes.len(), &outcomes[0]["code"]), (1, &json!(told)), "{what}");
        }
    }
}

/// R04: an error's words pass the redactor as well.
#[tokio::test]
async fn r04_personal_data_and_secrets_in_an_errors_message_are_replaced() {
    let said = "no contact anna@elsewhere.example, card 4111 1111 1111 1111, password: Hunter!2291x";
    let rig = Rig::new(Liar::in_trouble(Trouble::Fails { kind: ErrorKind::InvalidArgument, said }));
    for (caller, tool, arguments) in calls() {
        let text = rig.ask(&caller, tool, arguments).await.to_string();
        for value in ["4111 1111 1111 1111", "Hunter!2291x"] {
            assert!(!text.contains(value), "{tool}: {text}");
        }
        if caller.organisation.is_some() {
            assert!(!text.contains("anna@elsewhere.example"), "{tool}: {text}");
        }
    }
}

#[tokio::test]
async fn w09_a_write_that_fails_after_it_was_sent_is_unknown_and_has_an_attempt_and_an_outcome() {
    for (kind, status, decision) in [
        (ErrorKind::OutcomeUnknown, "unknown", "unknown"),
        (ErrorKind::Unavailable, "error", "failed"),
        (ErrorKind::RateLimited, "error", "failed"),
    ] {
        let rig = Rig::new(Liar::in_trouble(Trouble::WritesFail(kind)));
        let mut writes = 0;
        for (caller, tool, arguments) in calls() {
            let before = rig.rows().len();
            let Some(answer) = rig.written(&caller, tool, arguments).await else { continue };
            plain(&answer, tool);
            assert_eq!(answer["status"], status, "{tool}: {answer}");
            let rows = rig.rows().split_off(before);
            let of = |phase: &str| rows.iter().filter(|row| row["phase"] == phase).collect::<Vec<_>>();
            let (attempts, outcomes) = (of("attempt"), of("outcome"));
            assert_eq!((attempts.len(), outcomes.len()), (1, 1), "{tool}");
            assert_eq!(outcomes[0]["decision"], decision, "{tool}");
            assert_eq!(attempts[0]["reference"], outcomes[0]["reference"], "{tool}");
            assert!(attempts[0]["reference"].as_str().unwrap().starts_with("gw:"));
            writes += 1;
        }
        assert_eq!(writes, 6);
    }
}

#[tokio::test]
async fn a_system_that_never_answers_is_given_up_in_time() {
    let rig = Rig::new(Liar::in_trouble(Trouble::Hangs));
    let start = Instant::now();
    let asked = calls().into_iter().map(|(caller, tool, arguments)| {
        let rig = &rig;
        async move { (tool, rig.ask(&caller, tool, arguments).await) }
    });
    let answers = futures::future::join_all(asked).await;
    assert!(start.elapsed().as_secs() < 15, "{:?}", start.elapsed());
    for (tool, answer) in answers {
        plain(&answer, tool);
        let write = matches!(tool, "customer_submit_ticket" | "customer_add_comment");
        let expected = if write { ("unknown", "OUTCOME_UNKNOWN") } else { ("error", "UPSTREAM_TIMEOUT") };
        assert_eq!(
            (answer["status"].as_str(), answer["code"].as_str()),
            (Some(expected.0), Some(expected.1)),
            "{tool}"
        );
    }
    let rows = rig.rows();
    assert_eq!(rows.iter().filter(|row| row["phase"] != "attempt").count(), calls().len());
}

#[tokio::test]
async fn a_panic_in_an_adapter_is_an_internal_error_with_its_row_and_the_next_call_is_answered() {
    let rig = Rig::new(Liar::in_trouble(Trouble::Panics));
    for (caller, tool, arguments) in calls() {
        let before = rig.rows().len();
        let answer = rig.ask(&caller, tool, arguments).await;
        plain(&answer, tool);
        let code = answer["code"].as_str().unwrap();
        assert!(matches!(code, "INTERNAL_ERROR" | "OUTCOME_UNKNOWN"), "{tool}: {answer}");
        let rows = rig.rows().split_off(before);
        assert_eq!(rows.iter().filter(|row| row["phase"] != "attempt").count(), 1, "{tool}");
    }
    let tools = rig.ask(&lead(), "find_tools", json!({ "query": "ticket" })).await;
    assert_eq!(tools["status"], "success");
}

/// D07: nothing of it is shown, and it costs one call.
#[tokio::test]
async fn d07_a_hundred_megabytes_of_text_are_withheld() {
    let rig = Rig::new(Liar::in_trouble(Trouble::Huge(100_000_000)));
    for (caller, tool) in [(lead(), "customer_get_ticket"), (agent(), "get_ticket")] {
        let answer = rig.ask(&caller, tool, json!({ "ticket_id": "T-1" })).await;
        assert!(answer.to_string().len() < 10_000, "{tool}");
        assert_eq!(answer["status"], "success", "{tool}: {answer}");
        // The text alone, not the record that it belongs to.
        assert_eq!(answer["data"]["description"], "[withheld: too large]", "{tool}");
        assert_eq!(answer["data"]["subject"], "Ticket of row 0", "{tool}");
    }
    assert_eq!(rig.rows().len(), 2);
}

/// A03 and D10.
#[tokio::test]
async fn a03_without_an_audit_log_nothing_is_read_and_nothing_is_changed() {
    let rig = Rig::new(Liar::honest());
    rig.ledger.left.store(0, Ordering::SeqCst);
    for (caller, tool, arguments) in calls() {
        let answer = rig.ask(&caller, tool, arguments).await;
        plain(&answer, tool);
        assert_eq!((&answer["status"], &answer["code"]), (&json!("error"), &json!("AUDIT_UNAVAILABLE")), "{tool}");
        assert_eq!(answer.get("data"), None);
    }
    assert_eq!(rig.rows(), [Value::Null; 0]);
    // With room for the attempt alone: it was sent, and nobody is told that it was not.
    rig.ledger.left.store(1, Ordering::SeqCst);
    let new = json!({ "subject": "x", "description": "x" });
    let sent = rig.ask(&lead(), "customer_submit_ticket", new.clone()).await;
    assert_eq!((&sent["status"], &sent["code"]), (&json!("unknown"), &json!("OUTCOME_UNKNOWN")));
    rig.ledger.left.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(rig.ask(&lead(), "customer_submit_ticket", new).await["status"], "success");
}

#[tokio::test]
async fn a_confirmation_whose_attempt_cannot_be_logged_is_used_up_and_changes_nothing() {
    let rig = Rig::new(Liar::honest());
    let close = json!({ "ticket_id": "T-1", "resolution": "x" });
    let asked = rig.ask(&agent(), "close_ticket", close).await;
    rig.ledger.left.store(0, Ordering::SeqCst);
    let id = asked["confirmation_id"].as_str().unwrap();
    use postern::call::host::Host;
    let answer = told(rig.gate.confirm(agent(), id, true, &facts()).await);
    assert_eq!((&answer["status"], &answer["code"]), (&json!("error"), &json!("AUDIT_UNAVAILABLE")));
    rig.ledger.left.store(usize::MAX, Ordering::SeqCst);
    let again = told(rig.gate.confirm(agent(), id, true, &facts()).await);
    assert_eq!(again["code"], "CONFIRMATION_NOT_FOUND");
}

/// Autotask says no to a value with status 500. What one person may not do stops nobody else.
#[tokio::test]
async fn refusals_with_status_500_do_not_stop_a_system_for_everybody() {
    let desks = Desks::start().await;
    let vendor = desks.vendors.iter().find(|it| it.kind() == "autotask").unwrap();
    let Vendor::Autotask(Running { state, .. }) = vendor else { panic!("another vendor") };
    let who = Who { name: "Ada", email: "ada@staff.example", organisation: None };
    let ada = desks.person(vendor, Realm::Employee, "support-read", &who);
    let ticket = || ada.ask("get_ticket", json!({ "ticket_id": "4322" }));
    let search = || ada.ask("search_tickets", json!({}));
    assert_eq!(
        (search().await["status"].clone(), ticket().await["status"].clone()),
        (json!("success"), json!("success"))
    );
    let refuse = |text: &str| state.can(Kind::Reads, "tickets/query", 500, json!({ "errors": [text] }).to_string());
    refuse("The logged in Resource does not have the adequate permissions to query this entity type.");
    for _ in 0..12 {
        assert_eq!(search().await["code"], "UPSTREAM_ERROR");
    }
    assert_eq!(ticket().await["status"], "success");
    // What is no refusal stops it.
    refuse("An error occurred.");
    for _ in 0..12 {
        assert_eq!(search().await["code"], "UPSTREAM_UNAVAILABLE");
    }
    assert_eq!(ticket().await["code"], "UPSTREAM_UNAVAILABLE");
}
