//! A confirmation is one person's, for one thing, once, for five minutes.

use crate::action_requests::other_policies;
use crate::gateway::{Gateway, Person, TENANT};
use crate::rig::{Liar, Rig, agent, facts, told};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use postern::call::host::Host;
use postern::caller::Principal;
use postern::govern::confirmation::{Confirmation, Confirmations};
use postern_api::TenantId;
use serde_json::{Value, json};

fn close(id: &str) -> Value {
    json!({ "ticket_id": id, "resolution": "Done." })
}

#[tokio::test]
async fn w01_nobody_else_can_confirm_and_nothing_is_confirmed_twice() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let id = agent.pending("close_ticket", close(&ticket)).await;
    let random = agent.settle("conf-00000000000000000000000000000000", true).await;
    assert_eq!((random.0.as_u16(), random.1["code"].as_str()), (404, Some("CONFIRMATION_NOT_FOUND")));
    assert_eq!(random.1["suggested_action"], "Call the tool again for a new confirmation.");
    for email in ["service-lead@msp.example", "admin@msp.example", "lead@acme.example"] {
        assert_eq!(gateway.person(email).settle(&id, true).await, random, "{email}");
    }
    assert_eq!(gateway.elsewhere("support-write@msp.example").settle(&id, true).await, random);
    assert_eq!(agent.settle(&id, true).await.1["status"], "success");
    assert_eq!(agent.settle(&id, true).await, random, "used");
    assert_eq!(agent.settle(&id, false).await, random);
}

#[tokio::test]
async fn w04_a_hundred_parallel_confirmations_change_one_thing() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let escalate = json!({ "ticket_id": ticket, "target": "Second line", "reason": "x" });
    let id = agent.pending("escalate_ticket", escalate).await;
    let before = gateway.rows().len();
    let tries = (0..100).map(|_| {
        let (agent, id) = (agent.clone(), id.clone());
        tokio::spawn(async move { agent.settle(&id, true).await })
    });
    let mut done = 0;
    for attempt in tries.collect::<Vec<_>>() {
        let (status, answer) = attempt.await.unwrap();
        match status.as_u16() {
            200 => done += usize::from(answer["status"] == "success"),
            other => assert_eq!((other, answer["code"].as_str()), (404, Some("CONFIRMATION_NOT_FOUND"))),
        }
    }
    assert_eq!(done, 1);
    let rows = gateway.rows().split_off(before);
    assert_eq!(rows.iter().filter(|row| row["phase"] == "attempt").count(), 1);
    assert_eq!(rows.iter().filter(|row| row["phase"] == "outcome").count(), 1);
    assert_eq!(rows.iter().filter(|row| row["phase"] == "single").count(), 99, "each of the others has its row");
    let kept = agent.data("get_ticket", json!({ "ticket_id": ticket })).await;
    assert_eq!(kept["escalation_history"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_declined_confirmation_changes_nothing_and_is_gone() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let id = agent.pending("close_ticket", close(&ticket)).await;
    let (status, answer) = agent.settle(&id, false).await;
    assert_eq!((status.as_u16(), answer["code"].as_str()), (200, Some("CONFIRMATION_DECLINED")));
    assert_eq!(answer["suggested_action"], "Nothing was changed. Ask the person what they want instead.");
    assert_eq!(agent.settle(&id, true).await.0, 404);
    assert_eq!(agent.data("get_ticket", json!({ "ticket_id": ticket })).await["status"], "pending");
}

fn principal(who: &Person) -> Principal {
    let payload = URL_SAFE_NO_PAD.decode(who.token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    Principal { issuer: claims["iss"].as_str().unwrap().into(), subject: claims["sub"].as_str().unwrap().into() }
}

#[tokio::test]
async fn w01_a_confirmation_ends_after_its_five_minutes() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let version = {
        agent.data("search_tickets", json!({ "limit": 1 })).await;
        gateway.rows().last().unwrap()["policy_version"].as_str().unwrap().to_owned()
    };
    for (id, ends_in, done) in [("conf-late", -1, false), ("conf-early", 60, true)] {
        let confirmation = Confirmation {
            id: id.into(),
            tenant: TenantId::new(TENANT).unwrap(),
            principal: principal(&agent),
            tool: "close_ticket".into(),
            arguments: close(&ticket).to_string(),
            policy_version: version.clone(),
            message: "x".into(),
            expires_at: Timestamp::now() + SignedDuration::from_secs(ends_in),
            session: None,
        };
        gateway.store.create(&confirmation).unwrap();
        let (status, answer) = agent.settle(id, true).await;
        assert_eq!((status == 200, answer["status"] == "success"), (done, done), "{id}: {answer}");
    }
}

/// W02: what was shown is what is done, or nothing is.
#[tokio::test]
async fn w02_a_ticket_that_was_closed_meanwhile_is_not_closed_again() {
    let gateway = Gateway::start().await;
    let (one, two) = (gateway.person("support-write@msp.example"), gateway.person("service-lead@msp.example"));
    let ticket = gateway.ticket("Second monitor flickers").await;
    let first = one.pending("close_ticket", close(&ticket)).await;
    let second = two.pending("close_ticket", json!({ "ticket_id": ticket, "resolution": "Other." })).await;
    assert_eq!(one.settle(&first, true).await.1["status"], "success");
    assert_eq!(two.settle(&second, true).await.1["code"], "CONFLICT");
    let kept = two.data("get_ticket", json!({ "ticket_id": ticket })).await;
    assert_eq!(kept["resolution"], "Done.");
}

#[tokio::test]
async fn w02_a_confirmation_under_other_policies_is_stale() {
    let rig = Rig::new(Liar::honest());
    let asked = rig.ask(&agent(), "close_ticket", close("T-1")).await;
    other_policies(&rig.engine);
    let id = asked["confirmation_id"].as_str().unwrap();
    let answer = told(rig.gate.confirm(agent(), id, true, &facts()).await);
    assert_eq!((answer["status"].as_str(), answer["code"].as_str()), (Some("error"), Some("CONFIRMATION_STALE")));
    assert!(rig.rows().iter().all(|row| row["phase"] == "single"));
    let again = rig.confirmed(&agent(), "close_ticket", close("T-1")).await;
    assert_eq!(again["status"], "success", "{again}");
}

/// W03 and W11: who lost the role meanwhile confirms nothing.
#[tokio::test]
async fn w11_a_role_that_was_lost_meanwhile_is_asked_for_again_at_execution() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let id = agent.pending("close_ticket", close(&ticket)).await;
    let reader = json!({ "roles": ["support-read"] });
    let demoted = gateway.claiming("support-write@msp.example", |claims| claims["realm_access"] = reader);
    assert_eq!(demoted.settle(&id, true).await.0, 404);
    assert_eq!(agent.settle(&id, true).await.0, 404, "it is used up");
    assert_eq!(agent.data("get_ticket", json!({ "ticket_id": ticket })).await["status"], "pending");
}

#[tokio::test]
async fn w07_nothing_that_a_model_can_write_confirms() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let id = agent.pending("close_ticket", close(&ticket)).await;
    for (name, value) in [
        ("confirm", json!(true)),
        ("confirmed", json!(true)),
        ("approved", json!(true)),
        ("dry_run", json!(false)),
        ("confirmation_id", json!(id)),
        ("_meta", json!({ "confirm": true })),
    ] {
        let mut arguments = close(&ticket);
        arguments[name] = value;
        let code = agent.code("close_ticket", arguments).await;
        assert_eq!(code, "VALIDATION_ERROR", "{name}");
    }
    let params = json!({
        "name": "close_ticket",
        "arguments": close(&ticket),
        "confirmation_id": id,
        "inputResponses": { "confirm": { "action": "accept", "content": { "confirm": true } } },
        "_meta": { "confirm": true, "confirmation_id": id },
    });
    let (_, answer) = agent.user.modern("tools/call", params).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "pending_confirmation");
    assert_eq!(agent.data("get_ticket", json!({ "ticket_id": ticket })).await["status"], "pending");
    assert!(gateway.rows().iter().all(|row| row["phase"] == "single"));
}

#[tokio::test]
async fn a_program_that_signs_in_as_itself_has_nobody_who_could_confirm() {
    let gateway = Gateway::with(|config| {
        let realm = config.tenants[0].employee_realm.as_mut().unwrap();
        realm.service_clients = vec!["postern-demo".into()];
    })
    .await;
    let robot = gateway.person("support-write@msp.example");
    let names = robot.names().await;
    assert!(names.contains(&"search_tickets".to_owned()) && !names.contains(&"close_ticket".to_owned()));
    let unknown = robot.user.call("no_such_tool", json!({})).await;
    for tool in ["close_ticket", "escalate_ticket"] {
        assert_eq!(robot.user.call(tool, close("TK-2026-000001")).await, unknown);
    }
    let person = gateway.elsewhere("support-write@msp.example");
    assert!(person.names().await.contains(&"close_ticket".to_owned()), "a setting of one tenant is no other's");
}
