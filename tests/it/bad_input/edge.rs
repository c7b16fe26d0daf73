//! Requests that are no calls, or should not be.

use crate::gateway::{Gateway, Person, other_key, sign};
use crate::mcp::wire::within;
use reqwest::Method;
use serde_json::{Value, json};

async fn status(who: &Person, body: impl Into<reqwest::Body>) -> (u16, String) {
    let request = who.user.request(Method::POST).header("content-type", "application/json");
    let response = within(request.header("mcp-protocol-version", "2026-07-28").body(body).send()).await.unwrap();
    (response.status().as_u16(), within(response.text()).await.unwrap())
}

/// One row, denied, with this code.
async fn one_row(gateway: &Gateway, before: usize, code: &str) {
    let rows = gateway.rows_after(before).await;
    assert_eq!(rows.len(), 1, "{code}: {rows:?}");
    assert_eq!((&rows[0]["decision"], &rows[0]["code"]), (&json!("denied"), &json!(code)));
}

#[tokio::test]
async fn a_wrong_token_of_any_kind_is_one_answer_and_one_row_each() {
    let gateway = Gateway::start().await;
    let good = gateway.person("lead@acme.example");
    let names = good.names().await;
    assert!(!names.is_empty());
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "customer" });
    let claims = json!({ "iss": format!("{}/realms/customers", gateway.origin), "sub": "x", "aud": gateway.mcp_url() });
    let hour = 3600;
    let now = jiff::Timestamp::now().as_second();
    let mut tokens = vec![
        ("malformed", "nonsense".to_owned()),
        ("signature", other_signature(&good.token)),
        (
            "expired",
            gateway.token("lead@acme.example", |it| {
                it["iat"] = json!(now - 2 * hour);
                it["exp"] = json!(now - hour);
            }),
        ),
        ("audience", gateway.token("lead@acme.example", |it| it["aud"] = json!("https://other.example/mcp"))),
        ("token_type", gateway.token("lead@acme.example", |it| it["typ"] = json!("Refresh"))),
        ("organisation", gateway.token("lead@acme.example", |it| it["organization_id"] = json!(["acme", "globex"]))),
    ];
    // Another realm's, and another tenant's, key under the right name.
    tokens.push(("signature", sign(&header, &with_times(claims, now), &other_key("customer"))));
    let mut told = None;
    for (code, token) in tokens {
        let before = gateway.rows().len();
        let who = gateway.bearing(&token);
        let request = who.user.modern_request(1, "tools/list", json!({}));
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status(), 401, "{code}");
        let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("resource_metadata=") && challenge.contains("scope="), "{challenge}");
        let body = within(response.text()).await.unwrap();
        assert_eq!(told.get_or_insert((challenge.clone(), body.clone())), &(challenge, body), "{code}");
        one_row(&gateway, before, code).await;
    }
}

fn other_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    format!("{signed}.{}{rest}", if first == "A" { "B" } else { "A" })
}

fn with_times(mut claims: Value, now: i64) -> Value {
    claims["iat"] = json!(now);
    claims["exp"] = json!(now + 600);
    claims["typ"] = json!("Bearer");
    claims["realm_access"] = json!({ "roles": ["lead-customer"] });
    claims["organization_id"] = json!("acme");
    claims
}

/// T11: the employees' key does not sign customers in.
#[tokio::test]
async fn t11_a_realm_cannot_sign_for_another() {
    let gateway = Gateway::start().await;
    let customers = format!("{}/realms/customers", gateway.origin);
    let crossed = gateway.token("admin@msp.example", |claims| {
        claims["iss"] = json!(customers);
        claims["organization_id"] = json!("acme");
        claims["realm_access"] = json!({ "roles": ["lead-customer"] });
    });
    let before = gateway.rows().len();
    let response =
        within(gateway.bearing(&crossed).user.modern_request(1, "tools/list", json!({})).send()).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(gateway.rows_after(before).await.len(), 1);
}

#[tokio::test]
async fn a_request_that_is_no_call_costs_one_row_and_says_what_is_wrong() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"tools/list","params":{}}"#;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (what, body, expected) in [
        ("too large", vec![b' '; 1024 * 1024 + 1], 413),
        ("malformed", b"{\"jsonrpc\":".to_vec(), 400),
        ("a key twice", twice.as_bytes().to_vec(), 400),
        ("too deep", deep.into_bytes(), 400),
        ("not UTF-8", vec![0xff, 0xfe, b'{'], 400),
        ("empty", vec![], 400),
    ] {
        let before = gateway.rows().len();
        let (status, text) = status(&lead, body).await;
        assert_eq!(status, expected, "{what}: {text}");
        assert!(!text.is_empty(), "{what}");
        one_row(&gateway, before, "body").await;
    }
    assert!(!lead.names().await.is_empty(), "the same person goes on");
}

#[tokio::test]
async fn an_unknown_tool_is_a_protocol_error_with_one_row() {
    let gateway = Gateway::start().await;
    let before = gateway.rows().len();
    let answer = gateway.person("lead@acme.example").user.call("delete_everything", json!({})).await;
    assert_eq!(answer["error"]["code"], -32602);
    assert!(!answer.to_string().contains("delete_everything"));
    one_row(&gateway, before, "unknown_tool").await;
}

#[tokio::test]
async fn a_confirmation_request_that_cannot_be_read_settles_nothing() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let invited = json!({ "email": "new@acme.example", "first_name": "New", "last_name": "One" });
    let id = lead.pending("customer_invite_contact", invited).await;
    let url = format!("{}/confirmations/{id}", gateway.origin);
    let post = || reqwest::Client::new().post(&url).bearer_auth(&lead.token);
    for body in ["{", "{\"accept\":\"yes\"}", "{\"accept\":true,\"as\":\"x\"}", "true"] {
        let response = within(post().body(body).header("content-type", "application/json").send()).await.unwrap();
        assert!(response.status().is_client_error(), "{body}: {}", response.status());
    }
    let prefetch = within(reqwest::Client::new().get(&url).bearer_auth(&lead.token).send()).await.unwrap();
    assert_eq!(prefetch.status(), 405, "W06: to look at a link does nothing");
    assert_eq!(within(reqwest::Client::new().post(&url).send()).await.unwrap().status(), 401);
    assert_eq!(lead.settle(&id, true).await.1["status"], "success");
}

/// D09: whatever callers write, the metrics have the series of what is compiled in and configured.
#[tokio::test]
async fn d09_made_up_tools_clients_codes_and_paths_make_no_series() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    for nth in 0..100 {
        let made_up = format!("made-up-{nth}");
        let client = gateway.token("lead@acme.example", |it| it["azp"] = json!(made_up));
        let stranger = gateway.bearing(&made_up);
        let call = json!({ "name": made_up, "arguments": { "code": made_up } });
        for (who, method) in [
            (&lead, "tools/call"),
            (&gateway.bearing(&client), "tools/call"),
            (&lead, &*made_up),
            (&stranger, "tools/call"),
        ] {
            let request = who.user.modern_request(1, method, call.clone()).header("mcp-session-id", &made_up);
            within(
                request.header("user-agent", &made_up).header("origin", format!("https://{made_up}.example")).send(),
            )
            .await
            .unwrap();
            within(who.user.modern_request(1, method, call.clone()).send()).await.unwrap();
        }
    }
    let text = postern::telemetry::render();
    assert!(text.contains("postern_calls_total{") && text.contains("postern_rejected_requests_total{"), "{text}");
    assert!(!text.contains("made-up"), "{text}");
    let tools: Vec<_> = postern::tools::catalogue().iter().map(|it| it.entry.name).chain(["none"]).collect();
    for line in text.lines().filter(|it| it.contains("tool=\"")) {
        let tool = line.split("tool=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(tools.contains(&tool), "{line}");
    }
    assert!(text.lines().count() < 40 * (tools.len() + 20), "{} lines", text.lines().count());
}
