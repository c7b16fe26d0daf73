//! Clients that can ask their person, in both eras.

use crate::gateway::{Gateway, Person, envelope};
use serde_json::{Value, json};

fn close(id: &str) -> Value {
    json!({ "ticket_id": id, "resolution": "Done." })
}

async fn status_of(gateway: &Gateway, ticket: &str) -> String {
    let staff = gateway.person("support-read@msp.example");
    staff.data("get_ticket", json!({ "ticket_id": ticket })).await["status"].as_str().unwrap().to_owned()
}

async fn answered(agent: &Person, ticket: &str, state: &Value, said: Value) -> Value {
    let params = json!({
        "name": "close_ticket",
        "arguments": close(ticket),
        "requestState": state,
        "inputResponses": { "confirm": said },
    });
    agent.user.modern("tools/call", params).await.1
}

#[tokio::test]
async fn a_stateless_client_is_asked_and_comes_back_with_the_answer_once() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example").asking();
    let ticket = gateway.ticket("Second monitor flickers").await;
    let asked = agent.user.call("close_ticket", close(&ticket)).await["result"].clone();
    assert_eq!(asked["resultType"], "input_required");
    let question = asked["inputRequests"]["confirm"]["params"]["message"].as_str().unwrap();
    assert!(question.starts_with(&format!("Close ticket {ticket} of acme?")));
    assert_eq!(status_of(&gateway, &ticket).await, "pending");
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    let done = answered(&agent, &ticket, &asked["requestState"], yes.clone()).await;
    assert_eq!(envelope("close_ticket", &done)["status"], "success");
    assert_eq!(status_of(&gateway, &ticket).await, "closed");
    let again = answered(&agent, &ticket, &asked["requestState"], yes).await;
    assert_eq!(envelope("close_ticket", &again)["code"], "CONFIRMATION_NOT_FOUND");
}

#[tokio::test]
async fn a_no_of_a_stateless_clients_person_leaves_everything_as_it_is() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example").asking();
    let ticket = gateway.ticket("Second monitor flickers").await;
    for said in [json!({ "action": "decline" }), json!({ "action": "accept", "content": { "confirm": false } })] {
        let asked = agent.user.call("close_ticket", close(&ticket)).await["result"].clone();
        let declined = answered(&agent, &ticket, &asked["requestState"], said).await;
        assert_eq!(envelope("close_ticket", &declined)["code"], "CONFIRMATION_DECLINED");
    }
    assert_eq!(status_of(&gateway, &ticket).await, "pending");
}

#[tokio::test]
async fn a_session_is_asked_on_the_calls_own_stream() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example").asking();
    let ticket = gateway.ticket("Second monitor flickers").await;
    for (said, code, status) in [
        (json!({ "action": "cancel" }), Some("CONFIRMATION_DECLINED"), "pending"),
        (json!({ "action": "accept", "content": { "confirm": true } }), None, "closed"),
    ] {
        let (session, _) = agent.user.initialize("2025-11-25").await;
        let params = json!({ "name": "close_ticket", "arguments": close(&ticket) });
        let mut events = session.begin(7, "tools/call", params).await;
        let question = events.next().await.unwrap();
        assert_eq!(question["method"], "elicitation/create");
        let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": said });
        assert_eq!(session.post(reply).await.status(), 202);
        let settled = events.answer().await;
        assert_eq!(envelope("close_ticket", &settled)["code"].as_str(), code);
        assert_eq!(status_of(&gateway, &ticket).await, status);
    }
}

#[tokio::test]
async fn a_session_that_cannot_ask_is_told_that_a_person_has_to_confirm() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let ticket = gateway.ticket("Second monitor flickers").await;
    let (session, _) = agent.user.initialize("2025-03-26").await;
    let answer = session.rpc("tools/call", json!({ "name": "close_ticket", "arguments": close(&ticket) })).await;
    let pending = envelope("close_ticket", &answer);
    assert_eq!(pending["status"], "pending_confirmation");
    assert!(pending["suggested_action"].as_str().unwrap().contains("outside the conversation"));
    let id = pending["confirmation_id"].as_str().unwrap();
    assert_eq!(agent.settle(id, true).await.1["status"], "success", "the same person, elsewhere");
}
