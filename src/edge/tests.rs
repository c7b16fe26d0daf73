use super::*;
use crate::caller::Caller;
use crate::edge::envelope::RequestId;
use crate::edge::peer::Peer;
use crate::edge::reason::Reason;
use crate::edge::testing::{
    Bench, CUSTOMERS, HEADER, Noted, RESOURCE, Signer, bench, bench_with, changed, claims, token_with,
};
use crate::edge::token::{AlwaysStands, Standing};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Version};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// Says what it was given, so that a test can see what reached the protocol.
async fn echo(request: Request<Body>) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if body.ends_with(b"panic\"}") {
        panic!("secret of the house");
    }
    let caller = parts.extensions.get::<Arc<Caller>>().unwrap();
    assert!(parts.extensions.get::<RequestId>().is_some());
    let headers: Vec<_> = parts.headers.keys().map(|it| it.as_str()).collect();
    let mut response = axum::Json(json!({
        "subject": &*caller.principal.subject,
        "issuer": &*caller.principal.issuer,
        "headers": headers,
        "bytes": body.len(),
    }))
    .into_response();
    if body.ends_with(b"\"initialize\"}") {
        let id = uuid::Uuid::new_v4().to_string().parse().unwrap();
        response.headers_mut().insert("mcp-session-id", id);
    }
    Ok(response)
}

struct Edge {
    router: Router,
    noted: Arc<Noted>,
    bench: Bench,
}

fn edge() -> Edge {
    edge_with(|_| {}, bench())
}

fn edge_with(change: impl FnOnce(&mut EdgeParts), bench: Bench) -> Edge {
    let noted = Arc::new(Noted::default());
    let mut config = EdgeConfig::new(RESOURCE);
    config.scopes = vec!["tickets:read".into(), "tickets:write".into()];
    let guarded = Router::new().route(
        "/confirmations/{id}",
        post(|caller: axum::Extension<Arc<Caller>>| async move { caller.principal.subject.to_string() }),
    );
    let mut parts = EdgeParts {
        config,
        verifier: Arc::clone(&bench.verifier),
        rejections: noted.clone(),
        listener: None,
        drain: CancellationToken::new(),
        guarded,
        open: Router::new(),
    };
    change(&mut parts);
    Edge { router: router(tower::service_fn(echo), parts).unwrap(), noted, bench }
}

/// An answer, read whole.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

impl Edge {
    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    async fn post(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send(request(headers, body)).await
    }

    /// A call with a good token and these further headers.
    async fn call(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = request(headers, body);
        authorise(&mut request, &token_with(json!({})));
        self.send(request).await
    }
}

fn request(headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request =
        Request::post("/mcp").header("host", "mcp.example.com").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

fn authorise(request: &mut Request<Body>, token: &str) {
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
}

#[tokio::test]
async fn a_verified_caller_reaches_the_protocol_and_the_token_does_not() {
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
async fn o20_metadata_comes_from_the_configuration_and_from_no_header() {
    let edge = edge();
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let request = Request::get(path)
            .header("host", "mcp.example.com")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "http")
            .header("forwarded", "host=evil.example");
        let answer = edge.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json(),
            json!({
                "resource": RESOURCE,
                "authorization_servers": [CUSTOMERS, "https://id.example/realms/employees"],
                "scopes_supported": ["tickets:read", "tickets:write"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Postern",
            })
        );
    }
}

#[tokio::test]
async fn h01_a_request_from_an_unlisted_page_is_refused_before_its_token_is_looked_at() {
    let edge = edge();
    for bad in [
        "https://evil.example",
        "null",
        "https://mcp.example.com.evil.example",
        "https://evil-mcp.example.com",
        "http://mcp.example.com",
        "https://mcp.example.com:8443",
        "https://mcp.example.com@evil.example",
        "file://",
        "",
    ] {
        let answer = edge.call(&[("origin", bad)], CALL).await;
        assert_eq!(answer.status, 403, "{bad}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{bad}");
    }
    assert!(edge.noted.reasons().iter().all(|it| *it == Reason::Origin));
    assert_eq!(edge.bench.fetch.count(), 0);
    for good in ["https://mcp.example.com", "https://mcp.example.com:443", "https://MCP.example.com"] {
        assert_eq!(edge.call(&[("origin", good)], CALL).await.status, 200, "{good}");
    }
    let both = [("origin", "https://mcp.example.com"), ("origin", "https://evil.example")];
    assert_eq!(edge.call(&both, CALL).await.status, 403);
}

#[tokio::test]
async fn h01_a_host_that_is_not_ours_is_refused() {
    let edge = edge();
    let with_host = |hosts: &[&str]| {
        let mut request = Request::post("/mcp");
        for host in hosts {
            request = request.header("host", *host);
        }
        request.body(Body::from(CALL)).unwrap()
    };
    for (hosts, status) in [
        (&["evil.example"][..], 421),
        (&["mcp.example.com:8080"], 421),
        (&["127.0.0.1"], 421),
        (&["localhost"], 421),
        (&["mcp.example.com."], 421),
        (&["mcp.example.com", "mcp.example.com"], 400),
        (&["mcp.example.com", "evil.example"], 400),
        (&[], 400),
        (&[""], 400),
        (&["evil.example@mcp.example.com"], 400),
        (&["mcp.example.com/x"], 400),
        (&["mcp.example.com"], 401),
        (&["MCP.example.com:443"], 401),
    ] {
        assert_eq!(edge.send(with_host(hosts)).await.status, status, "{hosts:?}");
    }
    let absolute = Request::post("http://mcp.example.com/mcp").header("host", "mcp.example.com");
    assert_eq!(edge.send(absolute.body(Body::empty()).unwrap()).await.status, 400);
    let h2 = |uri: &str| Request::post(uri).version(Version::HTTP_2);
    let good = h2("https://mcp.example.com/mcp").body(Body::empty()).unwrap();
    assert_eq!(edge.send(good).await.status, 401);
    let bad = h2("https://evil.example/mcp").body(Body::empty()).unwrap();
    assert_eq!(edge.send(bad).await.status, 421);
    let two = h2("https://mcp.example.com/mcp").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(edge.send(two).await.status, 400);
}

#[tokio::test]
async fn h01_this_machines_names_are_ours_on_a_loopback_listener_only() {
    for (listener, status) in [("127.0.0.1:8080", 401), ("0.0.0.0:8080", 421), ("192.0.2.1:8080", 421)] {
        let edge = edge_with(|it| it.listener = listener.parse().ok(), bench());
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            let request = Request::post("/mcp").header("host", host).body(Body::empty()).unwrap();
            assert_eq!(edge.send(request).await.status, status, "{listener} {host}");
        }
        let other = Request::post("/mcp").header("host", "localhost:9090").body(Body::empty()).unwrap();
        assert_eq!(edge.send(other).await.status, 421);
    }
}

#[tokio::test]
async fn h02_a_preflight_is_answered_for_a_listed_page_by_name_and_for_no_other() {
    let edge = edge_with(|it| it.config.allowed_origins = vec!["https://portal.example".into()], bench());
    let preflight = |origin: &str| {
        Request::options("/mcp")
            .header("host", "mcp.example.com")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap()
    };
    let answer = edge.send(preflight("https://portal.example")).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "https://portal.example");
    assert_eq!(answer.header("vary"), "Origin");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    let answer = edge.send(preflight("https://evil.example")).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.keys().any(|it| it.as_str().starts_with("access-control")));
    let answer = edge.call(&[("origin", "https://portal.example")], CALL).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://portal.example");
    assert!(answer.header("access-control-expose-headers").contains("mcp-session-id"));
}

#[tokio::test]
async fn h04_a_body_that_could_be_read_two_ways_is_refused() {
    let edge = edge();
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let utf16: Vec<u8> = CALL.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("repeated key", br#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#.to_vec()),
        ("nested", br#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"arguments":{"id":1,"id":2}}}"#.to_vec()),
        ("escaped", br#"{"jsonrpc":"2.0","id":1,"method":"a","metho\u0064":"b"}"#.to_vec()),
        ("deep", deep.into_bytes()),
        ("wide number", br#"{"jsonrpc":"2.0","id":9007199254740993,"method":"x"}"#.to_vec()),
        ("bom", [b"\xef\xbb\xbf", CALL.as_bytes()].concat()),
        ("utf-16", utf16),
        ("not utf-8", b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}".to_vec()),
        ("two messages", [CALL, CALL].concat().into_bytes()),
        ("empty", Vec::new()),
        ("text", b"hello".to_vec()),
    ];
    for (what, body) in bodies {
        let answer = edge.call(&[], body).await;
        assert_eq!(answer.status, 400, "{what}");
        assert_eq!(answer.json()["error"]["code"], -32_700, "{what}");
        assert_eq!(answer.json()["id"], Value::Null, "{what}");
    }
    assert!(edge.noted.reasons().iter().all(|it| *it == Reason::Body));
}

#[tokio::test]
async fn h04_encodings_and_repeated_headers_are_refused() {
    let edge = edge();
    for headers in [[("content-encoding", "gzip")], [("content-encoding", "identity")]] {
        assert_eq!(edge.call(&headers, CALL).await.status, 415);
    }
    let typed = |kind: &str| {
        let mut request = Request::post("/mcp").header("host", "mcp.example.com").header("content-type", kind);
        let token = format!("Bearer {}", token_with(json!({})));
        request = request.header("authorization", token);
        request.body(Body::from(CALL)).unwrap()
    };
    assert_eq!(edge.send(typed("application/json; charset=utf-16")).await.status, 415);
    assert_eq!(edge.send(typed("application/json; charset=\"UTF-8\"")).await.status, 200);
    assert_eq!(edge.call(&[("content-type", "text/plain")], CALL).await.status, 400);
    let versions = [("mcp-protocol-version", "2025-11-25"), ("mcp-protocol-version", "2025-06-18")];
    assert_eq!(edge.call(&versions, CALL).await.status, 400);
}

#[tokio::test]
async fn h11_a_batch_is_refused_as_such() {
    let edge = edge();
    for body in [format!("[{CALL}]"), " \n[]".to_owned()] {
        let answer = edge.call(&[], body).await;
        assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (StatusCode::BAD_REQUEST, Some(-32_600)));
    }
}

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

#[tokio::test]
async fn h10_spoofed_headers_do_not_reach_the_protocol_and_l08_neither_does_baggage() {
    let edge = edge();
    let spoofed = [
        ("x-forwarded-user", "admin"),
        ("x-user", "admin"),
        ("x-tenant-id", "other"),
        ("mcp-init-host", "evil"),
        ("router-key", "evil"),
        ("baggage", "tenant=other"),
        ("tracestate", "x=1"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("x-request-id", "forged"),
    ];
    let answer = edge.call(&spoofed, CALL).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["headers"], json!(["host", "content-type"]));
    assert_ne!(answer.header("x-request-id"), "forged");
}

#[tokio::test]
async fn l06_nothing_for_operators_is_on_the_public_listener() {
    let edge = edge();
    for path in ["/metrics", "/healthz", "/readyz", "/debug", "/admin", "/debug/pprof", "/mcp/", "/.well-known/x"] {
        let request = Request::get(path).header("host", "mcp.example.com").body(Body::empty()).unwrap();
        let answer = edge.send(request).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn d01_too_much_is_refused_and_not_read() {
    let edge = edge_with(|it| it.config.limits.body_bytes = 1024, bench());
    let told = edge.call(&[("content-length", "10000000")], Body::empty()).await;
    assert_eq!(told.status, 413);
    let untold = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 512])));
    assert_eq!(edge.call(&[], Body::from_stream(untold)).await.status, 413, "an endless body");
    let many: Vec<(String, String)> = (0..200).map(|i| (format!("x-h{i}"), "v".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(edge.call(&many, CALL).await.status, 431);
    let long = "v".repeat(40_000);
    assert_eq!(edge.call(&[("x-long", &long)], CALL).await.status, 431);
    assert_eq!(edge.noted.reasons(), [Reason::Body, Reason::Body, Reason::Headers, Reason::Headers]);
}

#[tokio::test]
async fn d01_a_body_that_does_not_arrive_in_time_is_given_up() {
    let limits = crate::edge::config::LimitsConfig { body_read_secs: 0, ..Default::default() };
    let noted = Arc::new(Noted::default());
    let strict = StrictBody { limits, rejections: noted.clone() };
    let service = ServiceBuilder::new().layer(strict).service(tower::service_fn(echo));
    let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
    let answer = service.oneshot(request(&[], Body::from_stream(never))).await.unwrap();
    assert_eq!(answer.status(), 408);
    assert_eq!(noted.reasons(), [Reason::Body]);
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_given_up() {
    let never = tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response, Infallible>>());
    let service = ServiceBuilder::new().layer(AnswerTime(std::time::Duration::ZERO)).service(never);
    assert_eq!(service.oneshot(request(&[], CALL)).await.unwrap().status(), 504);
}

#[tokio::test]
async fn d03_a_flood_of_strangers_does_not_stop_a_caller_who_is_known() {
    let edge = edge_with(
        |it| {
            it.config.throttle.stranger_per_minute = 1;
            it.config.throttle.stranger_burst = 5;
        },
        bench(),
    );
    let from = |address: &str, token: Option<&str>| {
        let mut request = request(&[], CALL);
        request.extensions_mut().insert(Peer(address.parse().unwrap()));
        if let Some(token) = token {
            authorise(&mut request, token);
        }
        request
    };
    let good = token_with(json!({}));
    assert_eq!(edge.send(from("192.0.2.1", Some(&good))).await.status, 200);
    for _ in 0..4 {
        assert_eq!(edge.send(from("192.0.2.1", Some("a.b.c"))).await.status, 401);
    }
    let flooded = edge.send(from("192.0.2.1", Some("a.b.c"))).await;
    assert_eq!(flooded.status, 429);
    assert!(flooded.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(edge.noted.reasons().pop(), Some(Reason::Throttled));
    assert_eq!(edge.send(from("192.0.2.1", Some(&good))).await.status, 200, "also from the same address");
    assert_eq!(edge.send(from("192.0.2.2", None)).await.status, 401, "another address has its own rate");
}

#[tokio::test]
async fn a_callers_rate_is_the_callers_own_and_a_tenants_is_everybodys() {
    let edge = edge_with(
        |it| {
            it.config.throttle.caller_per_minute = 1;
            it.config.throttle.caller_burst = 2;
            it.config.throttle.tenant_per_minute = 1;
            it.config.throttle.tenant_burst = 3;
        },
        bench(),
    );
    let call = async |subject: &str| {
        let mut request = request(&[], CALL);
        authorise(&mut request, &token_with(json!({"sub": subject})));
        edge.send(request).await.status.as_u16()
    };
    assert_eq!([call("ann").await, call("ann").await, call("ann").await], [200, 200, 429]);
    assert_eq!([call("bob").await, call("bob").await], [200, 429]);
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
        guarded: Router::new(),
        open: Router::new(),
    };
    assert_eq!(router(tower::service_fn(echo), parts).unwrap_err().field, "public_url");
}

#[test]
fn changed_claims_are_changed() {
    assert_eq!(changed(json!({"a": 1, "b": 2}), json!({"a": null, "b": 3})), json!({"b": 3}));
}
