//! Sessions, routing and cancellation.

use super::wire::{Events, MODERN, Server, Session, User, within};
use postern::mcp::Refusal;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn h06_another_persons_session_is_answered_like_one_that_does_not_exist() {
    let server = Server::start().await;
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    let ben = server.user("ben");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    for (method, body) in
        [(Method::POST, Some(list.clone())), (Method::POST, Some(note)), (Method::GET, None), (Method::DELETE, None)]
    {
        let mut answers = Vec::new();
        for id in [session.id.as_str(), "00000000-0000-4000-8000-000000000000"] {
            let mut request = ben.request(method.clone()).header("mcp-session-id", id);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let response = within(request.send()).await.unwrap();
            let mut headers = response.headers().clone();
            headers.remove("date");
            answers.push((response.status(), headers, response.text().await.unwrap()));
        }
        let unknown = answers.pop().unwrap();
        assert_eq!(unknown.0, 404);
        assert_eq!(answers[0], unknown, "{method}");
    }
    assert_eq!(*server.host.refused.lock(), vec![("ben".to_owned(), Refusal::Session); 4]);
    assert!(session.rpc("tools/list", json!({})).await["result"].is_object(), "it is still there for who began it");
}

/// H06: a handshake into somebody's session, under the header of a version without sessions.
#[tokio::test]
async fn h06_a_handshake_cannot_take_over_a_session() {
    let server = Server::start().await;
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": MODERN, "capabilities": {}, "clientInfo": { "name": "x", "version": "1" },
    } });
    let request = server.user("ben").request(Method::POST).header("mcp-session-id", &session.id);
    let response = within(request.header("mcp-protocol-version", MODERN).json(&hello).send()).await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn h06_session_ids_are_long_random_and_do_not_authenticate() {
    let server = Server::start().await;
    let (first, _) = server.user("anna").initialize("2025-11-25").await;
    let (second, _) = server.user("anna").initialize("2025-11-25").await;
    assert_ne!(first.id, second.id);
    assert_eq!(first.id.len(), 43, "256 bits in base64url");
    let bare = reqwest::Client::new().post(&server.url).header("mcp-session-id", &first.id);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let bare = bare.header("accept", "application/json, text/event-stream").json(&body);
    assert_eq!(within(bare.send()).await.unwrap().status(), 500);
}

#[tokio::test]
async fn a_session_ends_when_its_person_ends_it() {
    let server = Server::start().await;
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    let request = session.user.request(Method::DELETE).header("mcp-session-id", &session.id);
    assert!(within(request.send()).await.unwrap().status().is_success());
    let gone = session.post(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} })).await;
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn sessions_are_counted_and_each_person_has_a_share() {
    let server = Server::with(|config| {
        config.max_sessions = 3;
        config.max_sessions_each = 2;
    })
    .await;
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "x", "version": "1" },
    } });
    let begin = async |name: &str| {
        within(server.user(name).request(Method::POST).json(&hello).send()).await.unwrap().status().as_u16()
    };
    assert_eq!([begin("anna").await, begin("anna").await, begin("anna").await], [200, 200, 429]);
    assert_eq!([begin("ben").await, begin("carl").await], [200, 503]);
    let (status, _) = server.user("carl").modern("tools/list", json!({})).await;
    assert_eq!(status, 200, "who needs no session is served");
}

#[tokio::test]
async fn an_idle_session_ends_and_leaves_room_for_another() {
    let server = Server::with(|config| {
        config.max_sessions_each = 1;
        config.session_idle = Duration::from_millis(20);
    })
    .await;
    let anna = server.user("anna");
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "x", "version": "1" },
    } });
    let begin = async || anna.request(Method::POST).json(&hello).send().await.unwrap();
    let first = begin().await.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    within(async { while begin().await.status() != 200 {} }).await;
    let first = Session { user: anna, id: first };
    assert_eq!(first.post(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await.status(), 404);
}

/// H07: what a stream said can be heard again in its own session alone.
#[tokio::test]
async fn h07_another_persons_last_event_is_not_replayed() {
    let server = Server::start().await;
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    let answer = session.post(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} })).await;
    let stream = within(answer.text()).await.unwrap();
    let event = stream.lines().find_map(|line| line.strip_prefix("id:")).unwrap().trim();
    let (bens, _) = server.user("ben").initialize("2025-11-25").await;
    let resume = async |user: &User, session: &str| {
        let request = user.request(Method::GET).header("mcp-session-id", session).header("last-event-id", event);
        within(request.send()).await.unwrap()
    };
    let foreign = resume(&bens.user, &session.id).await;
    assert_eq!(foreign.status(), 404);
    let elsewhere = within(resume(&bens.user, &bens.id).await.text()).await.unwrap();
    assert!(!elsewhere.contains("tickets.list"), "{elsewhere}");
    assert_eq!(resume(&session.user, &session.id).await.status(), 200, "in its own session the same is not refused");
}

/// H09: the same ids at the same time, answered in the other order.
#[tokio::test]
async fn h09_equal_request_ids_of_two_clients_never_cross() {
    let server = Server::start().await;
    let (anna, _) = server.user("anna").initialize("2025-11-25").await;
    let (ben, _) = server.user("ben").initialize("2025-11-25").await;
    let params = |key: &str| json!({ "name": "slow", "arguments": { "key": key } });
    let annas = anna.begin(7, "tools/call", params("a")).await;
    let bens = ben.begin(7, "tools/call", params("b")).await;
    let (carl, dora) = (server.user("carl"), server.user("dora"));
    let carls = tokio::spawn(carl.modern_request(7, "tools/call", params("c")).send());
    let doras = tokio::spawn(dora.modern_request(7, "tools/call", params("d")).send());
    for key in ["d", "c", "b", "a"] {
        server.host.latch(key).add_permits(1);
    }
    let carls = Events::of(within(carls).await.unwrap().unwrap());
    let doras = Events::of(within(doras).await.unwrap().unwrap());
    for (events, key, subject) in [(annas, "a", "anna"), (bens, "b", "ben"), (carls, "c", "carl"), (doras, "d", "dora")]
    {
        let answer = events.answer().await;
        assert_eq!(answer["id"], 7);
        assert_eq!(answer["result"]["structuredContent"]["data"], json!({ "key": key, "subject": subject }));
    }
}

/// H12: the work hears of it and decides for itself; it is not cut off.
#[tokio::test]
async fn h12_a_client_that_goes_away_cancels_and_what_was_sent_goes_on() {
    let server = Server::start().await;
    let params = json!({ "name": "slow", "arguments": { "key": "gone" } });
    let call = tokio::spawn(server.user("anna").modern_request(7, "tools/call", params).send());
    within(server.host.began.notified()).await;
    call.abort();
    within(server.host.gone.notified()).await;
    server.host.latch("gone").add_permits(1);
    within(server.host.ended.notified()).await;
}

#[tokio::test]
async fn h12_a_cancelled_notification_cancels_that_call_alone() {
    let server = Server::start().await;
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    let params = |key: &str| json!({ "name": "slow", "arguments": { "key": key } });
    let stays = session.begin(1, "tools/call", params("stays")).await;
    within(server.host.began.notified()).await;
    let _goes = session.begin(2, "tools/call", params("goes")).await;
    within(server.host.began.notified()).await;
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 2 } });
    assert_eq!(session.post(note).await.status(), 202);
    within(server.host.gone.notified()).await;
    server.host.latch("goes").add_permits(1);
    within(server.host.ended.notified()).await;
    server.host.latch("stays").add_permits(1);
    assert_eq!(stays.answer().await["result"]["structuredContent"]["data"]["key"], "stays");
}
