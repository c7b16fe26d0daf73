//! The protocol from outside, with a host that answers anything.

mod confirming;
mod direct;
mod host;
mod sessions;
pub(crate) mod wire;

use postern::mcp::{Names, Refusal};
use reqwest::Method;
use serde_json::{Value, json};
use wire::{Events, Server, within};

fn names(list: &Value) -> Vec<String> {
    let tools = list["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn discovery_says_which_versions_and_that_there_are_tools_and_nothing_else() {
    let server = Server::start().await;
    let (status, answer) = server.user("anna").modern("server/discover", json!({})).await;
    assert_eq!(status, 200);
    let result = &answer["result"];
    assert_eq!(result["supportedVersions"], json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]));
    assert_eq!(result["capabilities"], json!({ "tools": {} }));
    assert_eq!(result["cacheScope"], "private");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "postern");
    assert!(result["instructions"].as_str().unwrap().contains("find_tools"));
}

#[tokio::test]
async fn the_handshake_agrees_on_the_version_asked_for_or_offers_the_newest() {
    let server = Server::start().await;
    for (asked, agreed) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2031-01-01", "2025-11-25"),
    ] {
        let (_, answer) = server.user("anna").initialize(asked).await;
        assert_eq!(answer["result"]["protocolVersion"], agreed, "asked for {asked}");
        assert_eq!(answer["result"]["capabilities"], json!({ "tools": {} }));
    }
}

#[tokio::test]
async fn a_probe_with_the_oldest_version_is_answered() {
    let server = Server::start().await;
    let probe = server.user("anna").request(Method::GET).header("mcp-protocol-version", "2024-11-05");
    let response = within(probe.send()).await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("Session ID is required"));
}

#[tokio::test]
async fn a_list_is_private_ordered_and_says_what_each_tool_does() {
    let server = Server::start().await;
    let (_, list) = server.user("anna").modern("tools/list", json!({})).await;
    assert_eq!(names(&list), ["close", "echo", "tickets.list"]);
    assert_eq!(list["result"]["cacheScope"], "private");
    assert_eq!(list["result"]["ttlMs"], 60_000);
    assert_eq!(list["result"]["resultType"], "complete");
    let expected = json!({
        "name": "close",
        "title": "A tool",
        "description": "Does it.",
        "inputSchema": { "type": "object" },
        "outputSchema": { "type": "object" },
        "annotations": {
            "title": "A tool",
            "readOnlyHint": false,
            "destructiveHint": true,
            "idempotentHint": true,
            "openWorldHint": false,
        },
    });
    assert_eq!(list["result"]["tools"][0], expected);
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    assert_eq!(names(&session.rpc("tools/list", json!({})).await), ["close", "echo", "tickets.list"]);
}

#[tokio::test]
async fn names_are_listed_underscored_where_the_setting_says_so() {
    let server = Server::with(|config| config.names = Names::Underscored).await;
    let (_, list) = server.user("anna").modern("tools/list", json!({})).await;
    assert_eq!(names(&list), ["close", "echo", "tickets_list"]);
}

#[tokio::test]
async fn a_long_list_comes_in_pages_of_a_hundred() {
    let server = Server::start().await;
    let many = server.user("many");
    let (_, first) = many.modern("tools/list", json!({})).await;
    assert_eq!(names(&first).len(), 100);
    let (_, second) = many.modern("tools/list", json!({ "cursor": first["result"]["nextCursor"] })).await;
    assert_eq!(second["result"]["nextCursor"], Value::Null);
    assert_eq!(second["result"]["cacheScope"], "private");
    let all = [names(&first), names(&second)].concat();
    assert_eq!(all, (0..150).map(|n| format!("tool_{n:03}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn b05_another_persons_cursor_is_answered_like_a_random_one() {
    let server = Server::with(|config| config.page_size = 1).await;
    let (_, first) = server.user("anna").modern("tools/list", json!({})).await;
    let cursor = first["result"]["nextCursor"].as_str().unwrap();
    let (_, foreign) = server.user("carl").modern("tools/list", json!({ "cursor": cursor })).await;
    let (_, random) = server.user("carl").modern("tools/list", json!({ "cursor": "bm90IG91cnM" })).await;
    assert_eq!(foreign, random);
    assert_eq!(foreign["error"]["code"], -32602);
    assert_eq!(*server.host.refused.lock(), [("carl".into(), Refusal::Cursor), ("carl".into(), Refusal::Cursor)]);
    let (_, own) = server.user("anna").modern("tools/list", json!({ "cursor": cursor })).await;
    assert_eq!(names(&own), ["echo"]);
}

#[tokio::test]
async fn b07_a_hidden_tool_is_answered_with_the_bytes_of_an_unknown_one() {
    let server = Server::start().await;
    let anna = server.user("anna");
    assert!(server.user("ben").call("hidden", json!({})).await["result"].is_object());
    let unknown = anna.call("no_such_tool", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32602);
    for name in ["hidden", "HIDDEN", "hidden.", ".hidden", "tools_hidden", "hidden\u{200b}", "h\u{0456}dden", ""] {
        let params = json!({ "name": name, "arguments": {} });
        // A name that a header cannot carry is sent as 2026-07-28 wants it, so through a session here.
        let (session, _) = anna.initialize("2025-11-25").await;
        assert_eq!(session.rpc("tools/call", params).await, unknown, "{name:?}");
    }
    assert_eq!(anna.call("hidden", json!({})).await, unknown);
}

#[tokio::test]
async fn an_answer_is_the_same_in_both_eras_and_in_both_copies() {
    let server = Server::start().await;
    let mut anna = server.user("anna");
    anna.url.push_str("?toolsets=tickets,contacts");
    let modern = anna.call("echo", json!({ "a": 1 })).await;
    let (session, _) = anna.initialize("2025-06-18").await;
    let legacy = session.rpc("tools/call", json!({ "name": "echo", "arguments": { "a": 1 } })).await;
    for (answer, protocol) in [(&modern, "2026-07-28"), (&legacy, "2025-06-18")] {
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"]);
        assert_eq!(result["isError"], false);
        let data = json!({
            "subject": "anna",
            "arguments": { "a": 1 },
            "request_id": "r-1",
            "protocol": protocol,
            "client": "by-hand/1",
            "toolsets": ["tickets", "contacts"],
        });
        assert_eq!(result["structuredContent"]["data"], data);
    }
    assert_eq!(modern["result"]["resultType"], "complete");
    assert_eq!(legacy["result"].get("resultType"), None);
}

#[tokio::test]
async fn a_tools_failure_is_a_result_and_not_a_protocol_error() {
    let server = Server::start().await;
    let failed = server.user("anna").call("fail", json!({})).await;
    assert_eq!(failed["result"]["isError"], true);
    assert_eq!(failed["result"]["structuredContent"], json!({ "status": "error", "code": "TICKET_NOT_FOUND" }));
    assert_eq!(failed["result"]["content"][0]["text"], r#"{"status":"error","code":"TICKET_NOT_FOUND"}"#);
}

#[tokio::test]
async fn a_bug_behind_the_host_is_an_internal_error_without_its_words() {
    let server = Server::start().await;
    let broken = server.user("anna").call("panic", json!({})).await;
    assert_eq!(broken["error"], json!({ "code": -32603, "message": "internal error" }));
}

/// B12: nobody can subscribe to anything, so nobody hears of another tenant.
#[tokio::test]
async fn b12_h08_what_is_not_declared_is_not_there() {
    let server = Server::start().await;
    let anna = server.user("anna");
    let (session, _) = anna.initialize("2025-11-25").await;
    let complete = json!({ "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "b" } });
    for (method, params) in [
        ("prompts/list", json!({})),
        ("prompts/get", json!({ "name": "x" })),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("completion/complete", complete),
        ("logging/setLevel", json!({ "level": "info" })),
        ("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })),
        ("skills/list", json!({})),
        ("no/such", json!({})),
    ] {
        let (status, modern) = anna.modern(method, params.clone()).await;
        assert_eq!((status.as_u16(), &modern["error"]["code"]), (404, &json!(-32601)), "{method}");
        let legacy = session.rpc(method, params).await;
        assert_eq!(legacy["error"]["code"], -32601, "{method}");
    }
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let legacy = session.rpc(method, json!({ "uri": "test://x" })).await;
        assert_eq!(legacy["error"]["code"], -32601, "{method}");
    }
    assert_eq!(session.rpc("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_request_without_a_caller_is_our_fault_and_nobodys_request() {
    let server = Server::start().await;
    let anna = server.user("anna");
    let bare = reqwest::Client::new().post(&anna.url).header("accept", "application/json, text/event-stream");
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let response = within(bare.json(&body).send()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.text().await.unwrap(), "internal error");
}

/// H04 and H11: one parser, and what it does not take gets a 4xx without a call.
#[tokio::test]
async fn h11_malformed_messages_are_refused_before_any_call() {
    let server = Server::start().await;
    let anna = server.user("anna");
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "echo" } });
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for (what, body) in [
        ("a batch", json!([call]).to_string()),
        ("an empty batch", "[]".into()),
        ("a byte order mark", format!("\u{feff}{call}")),
        (
            "nesting",
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":{{"a":{deep}}}}}}}"#
            ),
        ),
        ("no JSON", "tools/call".into()),
        ("no version of JSON-RPC", r#"{"id":1,"method":"tools/call","params":{"name":"echo"}}"#.into()),
        ("an answer nobody asked for", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.into()),
        ("a call without a session", call.to_string()),
    ] {
        let request = anna.request(Method::POST).header("content-type", "application/json").body(body);
        let status = within(request.send()).await.unwrap().status();
        assert!(status.is_client_error(), "{what}: {status}");
    }
    let utf16: Vec<u8> = call.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let request = anna.request(Method::POST).header("content-type", "application/json").body(utf16);
    assert!(within(request.send()).await.unwrap().status().is_client_error(), "UTF-16");
    let params = json!({ "name": "echo", "arguments": {} });
    for (name, value, status) in [
        ("content-type", "text/plain", 415),
        ("accept", "application/json", 406),
        ("mcp-name", "hidden", 400),
        ("mcp-method", "tools/list", 400),
        ("mcp-protocol-version", "2025-11-25", 400),
        ("mcp-protocol-version", "1999-01-01", 400),
    ] {
        let mut request = anna.modern_request(1, "tools/call", params.clone()).build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let response = within(reqwest::Client::new().execute(request)).await.unwrap();
        assert_eq!(response.status(), status, "{name}: {value}");
    }
    let mut twice = anna.modern_request(1, "tools/call", params.clone()).build().unwrap();
    twice.headers_mut().append("mcp-name", "hidden".parse().unwrap());
    let response = within(reqwest::Client::new().execute(twice)).await.unwrap();
    assert!(response.status().is_client_error(), "two names: {}", response.status());
    assert_eq!(*server.host.calls.lock(), 0);
    let well_formed = anna.call("echo", json!({})).await;
    assert!(well_formed["result"].is_object(), "what was wrong above is not the rest of the request");
}

#[tokio::test]
async fn an_unknown_version_is_told_which_there_are() {
    let server = Server::start().await;
    let request = server.user("anna").request(Method::POST).header("mcp-protocol-version", "2031-01-01");
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2031-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": { "_meta": meta } });
    let response = within(request.header("mcp-method", "server/discover").json(&body).send()).await.unwrap();
    assert_eq!(response.status(), 400);
    let answer = Events::of(response).answer().await;
    assert_eq!(answer["error"]["code"], -32022);
    assert_eq!(answer["error"]["data"]["supported"], json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = Server::with(|config| config.max_body_bytes = 1000).await;
    let params = json!({ "name": "echo", "arguments": { "a": "x".repeat(2000) } });
    let response = within(server.user("anna").modern_request(1, "tools/call", params).send()).await.unwrap();
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn progress_is_told_to_who_asked_for_it_rises_and_ends_with_the_answer() {
    let server = Server::start().await;
    let anna = server.user("anna");
    let (session, _) = anna.initialize("2025-11-25").await;
    let meta = json!({ "progressToken": "p-1" });
    let params = |key: &str| json!({ "name": "slow", "arguments": { "key": key }, "_meta": meta });
    let modern = within(anna.modern_request(7, "tools/call", params("modern")).send()).await.unwrap();
    let legacy = session.begin(7, "tools/call", params("legacy")).await;
    for (key, mut events) in [("modern", Events::of(modern)), ("legacy", legacy)] {
        let mut last = 0.0;
        for _ in 0..3 {
            let note = events.next().await.unwrap();
            assert_eq!(note["method"], "notifications/progress");
            assert_eq!(note["params"]["progressToken"], "p-1");
            assert_eq!(note["params"]["message"], "still working");
            let progress = note["params"]["progress"].as_f64().unwrap();
            assert!(progress > last, "{progress} after {last}");
            last = progress;
        }
        server.host.latch(key).add_permits(1);
        let mut answered = false;
        while let Some(message) = events.next().await {
            assert!(!answered, "nothing comes after the answer: {message}");
            answered = message.get("result").is_some();
        }
        assert!(answered, "{key}");
    }
}

#[tokio::test]
async fn progress_is_not_told_without_a_token() {
    let server = Server::start().await;
    let (session, _) = server.user("anna").initialize("2025-11-25").await;
    let mut events = session.begin(7, "tools/call", json!({ "name": "slow", "arguments": { "key": "quiet" } })).await;
    within(server.host.began.notified()).await;
    server.host.latch("quiet").add_permits(1);
    assert_eq!(events.next().await.unwrap()["result"]["structuredContent"]["data"]["key"], "quiet");
}
