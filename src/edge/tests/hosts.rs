//! `Host` and `Origin`.

use super::*;

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
async fn h01_a_form_without_a_referrer_is_ours_only_where_the_browser_says_so() {
    let edge = edge();
    for (site, status) in [("same-origin", 200), ("same-site", 403), ("cross-site", 403), ("none", 403), ("", 403)] {
        let answer = edge.call(&[("origin", "null"), ("sec-fetch-site", site)], CALL).await;
        assert_eq!(answer.status, status, "{site}");
    }
    let evil = [("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")];
    assert_eq!(edge.call(&evil, CALL).await.status, 403);
    let both = [("origin", "null"), ("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")];
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
    assert!(!answer.json()["headers"].to_string().contains("origin"), "judged once");
    assert_eq!(answer.header("access-control-allow-origin"), "https://portal.example");
    assert!(answer.header("access-control-expose-headers").contains("mcp-session-id"));
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
