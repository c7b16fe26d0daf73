//! Tokens, through the whole edge.

use super::*;

#[tokio::test]
async fn l07_a_verified_caller_reaches_the_protocol_and_the_token_does_not() {
    let edge = edge();
    let answer = edge.call(&[], CALL).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["subject"], "u-1");
    assert!(!answer.json()["headers"].as_array().unwrap().contains(&"authorization".into()), "L07");
    assert_eq!(answer.header("x-request-id").len(), 36);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(edge.noted.reasons().is_empty());
}

#[tokio::test]
async fn every_way_in_which_a_token_can_be_wrong_is_one_answer_and_one_report() {
    let edge = edge();
    let no_token = edge.post(&[], CALL).await;
    assert_eq!(no_token.status, 401);
    let at = "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
    let scope = "scope=\"tickets:read tickets:write\"";
    assert_eq!(no_token.header("www-authenticate"), format!("Bearer {at}, {scope}"));
    assert_eq!(no_token.header("content-type"), "application/problem+json");

    let bad = [
        ("not a token".to_owned(), Reason::BadAuthorization),
        ("a.b.c".to_owned(), Reason::Malformed),
        ("x".repeat(9000), Reason::TooLarge),
        (token_with(json!({"exp": 1, "iat": 0})), Reason::Expired),
        (token_with(json!({"aud": "account"})), Reason::Audience),
        (token_with(json!({"iss": "https://evil.example"})), Reason::UnknownIssuer),
        (token_with(json!({"organization_id": 7})), Reason::Organisation),
        (Signer::other_rsa().token(HEADER, &claims().to_string()), Reason::Signature),
        (
            Signer::rsa().token(r#"{"alg":"RS256","kid":"other","typ":"JWT"}"#, &claims().to_string()),
            Reason::UnknownKey,
        ),
    ];
    for (token, reason) in bad {
        let mut request = request(&[], CALL);
        authorise(&mut request, &token);
        let answer = edge.send(request).await;
        assert_eq!(answer.status, 401, "{reason:?}");
        assert_eq!(answer.body, no_token.body, "{reason:?}");
        let challenge = format!("Bearer error=\"invalid_token\", {at}, {scope}");
        assert_eq!(answer.header("www-authenticate"), challenge, "{reason:?}");
        assert_eq!(edge.noted.reasons().pop(), Some(reason));
    }
    let (_, facts) = edge.noted.0.lock().last().unwrap().clone();
    assert_eq!(facts.issuer.as_deref(), Some(CUSTOMERS));
    assert!(facts.request_id.is_some());
    assert_eq!(edge.noted.reasons().len(), 10, "one report each");
}

#[tokio::test]
async fn a_probe_with_get_is_challenged_before_anything_else_is_said() {
    let edge = edge();
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::HEAD] {
        let probe = Request::builder()
            .method(method)
            .uri("/mcp")
            .header("host", "mcp.example.com")
            .header("mcp-protocol-version", "2024-11-05");
        let answer = edge.send(probe.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Bearer resource_metadata="));
    }
}

#[tokio::test]
async fn t15_a_cookie_is_no_token() {
    let edge = edge();
    let cookie = format!("session={}; access_token={}", token_with(json!({})), token_with(json!({})));
    assert_eq!(edge.post(&[("cookie", &cookie)], CALL).await.status, 401);
    let form = format!("access_token={}", token_with(json!({})));
    let kind = "application/x-www-form-urlencoded";
    let request = Request::post("/mcp").header("host", "mcp.example.com").header("content-type", kind);
    assert_eq!(edge.send(request.body(form.into()).unwrap()).await.status, 401);
}

#[tokio::test]
async fn t16_a_realm_closed_to_the_mcp_endpoint_still_confirms() {
    let edge = edge_with(|_| {}, bench_with(|it| it.accepted_at_mcp = false, Arc::new(AlwaysStands)));
    assert_eq!(edge.call(&[], CALL).await.status, 401);
    let mut confirm = Request::post("/confirmations/c1").header("host", "mcp.example.com").body(Body::empty()).unwrap();
    authorise(&mut confirm, &token_with(json!({})));
    let answer = edge.send(confirm).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"u-1"[..]));
    let confirm = Request::post("/confirmations/c1").header("host", "mcp.example.com").body(Body::empty()).unwrap();
    assert_eq!(edge.send(confirm).await.status, 401);
}

#[tokio::test]
async fn t20_two_authorization_headers_and_a_token_in_the_url_are_refused() {
    let edge = edge();
    let good = format!("Bearer {}", token_with(json!({})));
    assert_eq!(edge.post(&[("authorization", &good), ("authorization", &good)], CALL).await.status, 401);
    let mut request = request(&[("authorization", &good)], CALL);
    *request.uri_mut() = format!("/mcp?access_token={}", token_with(json!({}))).parse().unwrap();
    assert_eq!(edge.send(request).await.status, 401);
    assert_eq!(edge.noted.reasons(), [Reason::BadAuthorization, Reason::TokenInUrl]);
}

#[derive(Debug)]
struct SwitchedOff;

impl Standing for SwitchedOff {
    fn check(&self, _: &Caller, _: Option<&str>) -> Result<(), Reason> {
        Err(Reason::Disabled)
    }
}

#[tokio::test]
async fn t22_a_tenant_that_is_switched_off_is_forbidden() {
    let edge = edge_with(|_| {}, bench_with(|_| {}, Arc::new(SwitchedOff)));
    let answer = edge.call(&[], CALL).await;
    assert_eq!(answer.status, 403);
    assert_eq!(edge.noted.reasons(), [Reason::Disabled]);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_not_the_callers_fault() {
    let edge = edge();
    edge.bench.fetch.go_down();
    let answer = edge.call(&[], CALL).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_panic_is_a_500_that_says_nothing() {
    let edge = edge();
    let answer = edge.call(&[], r#"{"jsonrpc":"2.0","id":1,"method":"panic"}"#).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    assert_eq!(answer.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn a_wrong_configuration_makes_no_edge() {
    let mut config = EdgeConfig::new("http://mcp.example.com/mcp");
    config.allowed_origins = vec!["*".into()];
    let parts = EdgeParts {
        config,
        verifier: bench().verifier,
        rejections: Arc::new(Noted::default()),
        listener: None,
        drain: CancellationToken::new(),
        streams: Default::default(),
        guarded: Router::new(),
        open: Router::new(),
    };
    assert_eq!(router(tower::service_fn(echo), parts).unwrap_err().field, "public_url");
}

#[test]
fn changed_claims_are_changed() {
    assert_eq!(changed(json!({"a": 1, "b": 2}), json!({"a": null, "b": 3})), json!({"b": 3}));
}
