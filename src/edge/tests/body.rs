//! Bodies: how large, how slow, how strict.

use super::*;

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
