//! Sessions and whose they are.

use super::*;

async fn begin(edge: &Edge, token: &str) -> String {
    let mut request = request(&[], r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#);
    authorise(&mut request, token);
    edge.send(request).await.header("mcp-session-id").to_owned()
}

async fn with_session(edge: &Edge, method: Method, id: &str, token: &str, more: &[(&str, &str)]) -> Answer {
    let mut request = request(more, CALL);
    *request.method_mut() = method;
    request.headers_mut().insert("mcp-session-id", id.parse().unwrap());
    authorise(&mut request, token);
    edge.send(request).await
}

#[tokio::test]
async fn h06_another_callers_session_is_as_unknown_as_none() {
    let edge = edge();
    let (ann, bob) = (token_with(json!({})), token_with(json!({"sub": "u-2"})));
    let session = begin(&edge, &ann).await;
    assert_eq!(with_session(&edge, Method::POST, &session, &ann, &[]).await.status, 200);
    let renewed = token_with(json!({"jti": "t-2"}));
    assert_eq!(with_session(&edge, Method::POST, &session, &renewed, &[]).await.status, 200, "a new token of the same");
    let stolen = with_session(&edge, Method::POST, &session, &bob, &[]).await;
    let guessed = with_session(&edge, Method::POST, "0190-guess", &bob, &[]).await;
    assert_eq!(stolen.status, 404);
    assert_eq!((stolen.status, stolen.body), (guessed.status, guessed.body));
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(with_session(&edge, method, &session, &bob, &[]).await.status, 404);
    }
    let mut alone = request(&[("mcp-session-id", &session)], CALL);
    assert_eq!(edge.send(alone).await.status, 401, "a session authenticates nobody");
    alone = request(&[("mcp-session-id", &session), ("mcp-session-id", "x")], CALL);
    authorise(&mut alone, &ann);
    assert_eq!(edge.send(alone).await.status, 404);
    assert_eq!(with_session(&edge, Method::DELETE, &session, &ann, &[]).await.status, 200);
    assert_eq!(with_session(&edge, Method::POST, &session, &ann, &[]).await.status, 404, "it has ended");
}

#[tokio::test]
async fn h07_a_stream_is_resumed_by_its_own_caller_only() {
    let edge = edge();
    let (ann, bob) = (token_with(json!({})), token_with(json!({"sub": "u-2"})));
    let (of_ann, of_bob) = (begin(&edge, &ann).await, begin(&edge, &bob).await);
    let resume = [("last-event-id", "3/0")];
    assert_eq!(with_session(&edge, Method::GET, &of_ann, &ann, &resume).await.status, 200);
    assert_eq!(with_session(&edge, Method::GET, &of_ann, &bob, &resume).await.status, 404);
    assert_eq!(with_session(&edge, Method::GET, &of_bob, &bob, &resume).await.status, 200);
}

#[tokio::test]
async fn a_protocol_without_sessions_is_given_none() {
    let edge = edge();
    let token = token_with(json!({}));
    let modern = [("mcp-protocol-version", "2026-07-28"), ("last-event-id", "1")];
    let answer = with_session(&edge, Method::POST, "anything", &token, &modern).await;
    assert_eq!(answer.status, 200);
    let headers = answer.json()["headers"].to_string();
    assert!(!headers.contains("session") && !headers.contains("last-event-id"), "{headers}");
}
