//! Confirmations through the client: asked, answered, and everything that is not an answer.

use super::wire::{Server, User};
use postern::mcp::Refusal;
use serde_json::{Value, json};

fn asking(server: &Server, name: &str) -> User {
    server.user(name).declaring(json!({ "elicitation": {} }))
}

async fn answer(user: &User, tool: &str, arguments: Value, state: &Value, response: Value) -> Value {
    let params = json!({
        "name": tool,
        "arguments": arguments,
        "requestState": state,
        "inputResponses": { "confirm": response },
    });
    user.modern("tools/call", params).await.1
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

#[tokio::test]
async fn a_client_that_can_ask_is_asked_and_its_persons_answer_settles() {
    let server = Server::start().await;
    let anna = asking(&server, "anna");
    let asked = anna.call("close", json!({ "ticket_id": "T-1" })).await;
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required");
    let question = &result["inputRequests"]["confirm"];
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["message"], "Close ticket T-1?");
    assert_eq!(question["params"]["requestedSchema"]["properties"]["confirm"]["type"], "boolean");
    assert_eq!(result.get("structuredContent"), None, "nothing has been done, and there is nothing to show yet");
    let state = &result["requestState"];
    let accepted = answer(&anna, "close", json!({ "ticket_id": "T-1" }), state, yes()).await;
    assert_eq!(accepted["result"]["structuredContent"]["status"], "success");
    let declined = answer(&anna, "close", json!({ "ticket_id": "T-1" }), state, json!({ "action": "decline" })).await;
    assert_eq!(declined["result"]["isError"], true);
    let expected = [("anna".to_owned(), "c-1".to_owned(), true), ("anna".to_owned(), "c-1".to_owned(), false)];
    assert_eq!(*server.host.settled.lock(), expected, "that one settles once is the host's to hold");
}

#[tokio::test]
async fn w05_a_request_state_that_is_not_this_calls_is_refused_without_saying_why() {
    let server = Server::start().await;
    let anna = asking(&server, "anna");
    let arguments = json!({ "ticket_id": "T-1" });
    let asked = anna.call("close", arguments.clone()).await;
    let state = asked["result"]["requestState"].clone();
    let tampered = json!(format!("{}x", state.as_str().unwrap()));
    let random = answer(&anna, "close", arguments.clone(), &json!("rs1.AAAA"), yes()).await;
    assert_eq!(random["error"]["code"], -32602);
    let ben = asking(&server, "ben");
    for (what, refused) in [
        ("tampered", answer(&anna, "close", arguments.clone(), &tampered, yes()).await),
        ("another person", answer(&ben, "close", arguments.clone(), &state, yes()).await),
        ("another tool", answer(&anna, "tickets.close", arguments.clone(), &state, yes()).await),
        ("other arguments", answer(&anna, "close", json!({ "ticket_id": "T-2" }), &state, yes()).await),
    ] {
        assert_eq!(refused, random, "{what}");
    }
    assert_eq!(*server.host.settled.lock(), []);
    assert_eq!(server.host.refused.lock().len(), 5);
    assert!(server.host.refused.lock().iter().all(|(_, refusal)| *refusal == Refusal::RequestState));
}

/// W07: what a model can write is never an answer.
#[tokio::test]
async fn w07_no_argument_and_no_response_without_its_question_confirms() {
    let server = Server::start().await;
    let anna = asking(&server, "anna");
    let bold = json!({ "ticket_id": "T-1", "confirm": true, "approved": true, "confirmation_id": "c-1" });
    let asked = anna.call("close", bold).await;
    assert_eq!(asked["result"]["resultType"], "input_required");
    let params = json!({ "name": "close", "arguments": {}, "inputResponses": { "confirm": yes() } });
    let (_, unasked) = anna.modern("tools/call", params).await;
    assert_eq!(unasked["result"]["resultType"], "input_required");
    assert_eq!(*server.host.settled.lock(), []);
}

#[tokio::test]
async fn a_retry_without_an_answer_is_asked_again_under_the_same_state() {
    let server = Server::start().await;
    let anna = asking(&server, "anna");
    let asked = anna.call("close", json!({})).await["result"].clone();
    for response in [json!({ "confirm": 1 }), json!({ "other": yes() }), json!({})] {
        let params = json!({
            "name": "close",
            "arguments": {},
            "requestState": asked["requestState"],
            "inputResponses": response,
        });
        let (_, again) = anna.modern("tools/call", params).await;
        assert_eq!(again["result"], asked, "{response}");
    }
    assert_eq!(*server.host.settled.lock(), []);
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_told_that_it_is_pending() {
    let server = Server::start().await;
    for capabilities in [json!({}), json!({ "elicitation": { "url": {} } }), json!({ "sampling": {} })] {
        let anna = server.user("anna").declaring(capabilities.clone());
        let pending = json!({ "status": "pending_confirmation", "confirmation_id": "c-1" });
        let modern = anna.call("close", json!({})).await;
        assert_eq!(modern["result"]["structuredContent"], pending, "{capabilities}");
        assert_eq!(modern["result"]["isError"], false);
        let (session, _) = anna.initialize("2025-11-25").await;
        let legacy = session.rpc("tools/call", json!({ "name": "close", "arguments": {} })).await;
        assert_eq!(legacy["result"]["structuredContent"], pending, "{capabilities}");
    }
    assert_eq!(*server.host.settled.lock(), []);
}

#[tokio::test]
async fn a_session_asks_on_the_calls_own_stream_and_only_its_person_can_answer() {
    let server = Server::start().await;
    for (said, accept) in [(yes(), true), (json!({ "action": "cancel" }), false)] {
        let (session, _) = asking(&server, "anna").initialize("2025-06-18").await;
        let mut events = session.begin(7, "tools/call", json!({ "name": "close", "arguments": {} })).await;
        let question = events.next().await.unwrap();
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], "Close ticket T-1?");
        let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": said });
        let mut intruder = session.clone();
        intruder.user = asking(&server, "ben");
        assert_eq!(
            intruder.post(json!({ "jsonrpc": "2.0", "id": question["id"], "result": yes() })).await.status(),
            404
        );
        assert_eq!(session.post(reply).await.status(), 202);
        let settled = events.next().await.unwrap();
        assert_eq!(settled["result"]["isError"], !accept);
        assert_eq!(server.host.settled.lock().pop(), Some(("anna".into(), "c-1".into(), accept)));
    }
    assert_eq!(*server.host.settled.lock(), []);
}
