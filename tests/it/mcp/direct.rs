//! The short way of a plain request gives the answers of the library, byte for byte.

use super::wire::{MODERN, Server, within};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A request: headers beside those of the person, and the body.
struct Sent {
    what: String,
    user: &'static str,
    query: &'static str,
    headers: HeaderMap,
    body: String,
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

/// What most clients send.
fn plain(method: &str, name: Option<&str>) -> HeaderMap {
    let mut headers = headers(&[
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", MODERN),
        ("mcp-method", method),
    ]);
    if let Some(name) = name {
        headers.insert("mcp-name", name.parse().unwrap());
    }
    headers
}

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "by-hand", "version": "1" },
    })
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments, "_meta": meta() } })
}

fn sent(what: impl Into<String>, headers: HeaderMap, body: impl ToString) -> Sent {
    Sent { what: what.into(), user: "anna", query: "", headers, body: body.to_string() }
}

/// Good requests, and every way we know in which one is not quite.
fn requests() -> Vec<Sent> {
    let echo = || plain("tools/call", Some("echo"));
    let list = || plain("tools/list", None);
    let good = call("echo", json!({ "a": [1, 2.5, null, true], "b": { "c": "ä \u{1f600} \" \\ \n" } }));
    let listing = json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/list", "params": { "_meta": meta() } });
    let mut all = vec![
        sent("a call", echo(), &good),
        sent("a list", list(), &listing),
        Sent { user: "ben", ..sent("another person's list", list(), &listing) },
        Sent { user: "many", ..sent("a first page", list(), &listing) },
        Sent { query: "?toolsets=tickets,%20contacts&x=y", ..sent("toolsets", echo(), &good) },
        Sent { query: "?toolsets=", ..sent("no toolsets", list(), &listing) },
    ];
    for name in ["fail", "panic", "hidden", "no_such_tool", "tickets.close", "close", "Echo", " echo", ""] {
        all.push(sent(format!("tool `{name}`"), plain("tools/call", Some(name)), call(name, json!({}))));
    }
    // The message.
    let mut change = |what: &str, path: &str, value: Option<Value>| {
        for (kind, headers, message) in [("call", echo(), &good), ("list", list(), &listing)] {
            let mut message = message.clone();
            let (parent, key) = path.rsplit_once('/').unwrap();
            let key = key.replace("~1", "/");
            let parent = message.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            match &value {
                Some(value) => drop(parent.insert(key, value.clone())),
                None => drop(parent.remove(&key)),
            }
            all.push(sent(format!("{what} ({kind})"), headers, &message));
        }
    };
    for id in
        [json!(0), json!(-1), json!(1.0), json!(1.5), json!(9_007_199_254_740_991_u64), json!(u64::MAX), json!(null)]
            .into_iter()
            .chain([json!(""), json!("ä\"\\"), json!(true), json!([1]), json!({})])
    {
        change(&format!("id {id}"), "/id", Some(id));
    }
    change("no id", "/id", None);
    for version in [json!("1.0"), json!(2.0), json!(null)] {
        change(&format!("jsonrpc {version}"), "/jsonrpc", Some(version));
    }
    change("no jsonrpc", "/jsonrpc", None);
    for method in
        ["tools/list", "tools/call", "ping", "no/such", "initialize", "server/discover", "notifications/initialized"]
    {
        change(&format!("method {method}"), "/method", Some(json!(method)));
    }
    change("no method", "/method", None);
    change("a result", "/result", Some(json!({})));
    change("an error", "/error", Some(json!({ "code": 1, "message": "x" })));
    change("an unknown member", "/extra", Some(json!(1)));
    for params in [json!({}), json!([]), json!(null), json!("x")] {
        change(&format!("params {params}"), "/params", Some(params));
    }
    change("no params", "/params", None);
    change("an unknown parameter", "/params/extra", Some(json!(1)));
    change("a task", "/params/task", Some(json!({})));
    change("an empty state", "/params/requestState", Some(json!("")));
    change("a state", "/params/requestState", Some(json!("rs1.abc")));
    change("a state that is null", "/params/requestState", Some(json!(null)));
    change(
        "responses",
        "/params/inputResponses",
        Some(json!({ "confirm": { "action": "accept", "content": { "confirm": true } } })),
    );
    for cursor in [json!("x"), json!(""), json!(null), json!(1)] {
        change(&format!("cursor {cursor}"), "/params/cursor", Some(cursor));
    }
    for name in [json!(1), json!(null), json!("other")] {
        change(&format!("name {name}"), "/params/name", Some(name));
    }
    for arguments in [json!(null), json!([]), json!("x"), json!({ "": { "": {} } })] {
        change(&format!("arguments {arguments}"), "/params/arguments", Some(arguments));
    }
    change("no arguments", "/params/arguments", None);
    for meta in [json!(null), json!({}), json!([]), json!("x")] {
        change(&format!("meta {meta}"), "/params/_meta", Some(meta));
    }
    change("no meta", "/params/_meta", None);
    let key = |name: &str| format!("/params/_meta/io.modelcontextprotocol~1{name}");
    for version in [json!("2025-11-25"), json!("2031-01-01"), json!(null), json!(1)] {
        change(&format!("meta version {version}"), &key("protocolVersion"), Some(version));
    }
    change("no version", &key("protocolVersion"), None);
    for it in [json!(null), json!([]), json!({ "elicitation": 1 }), json!({ "elicitation": {} }), json!({ "x": {} })]
        .into_iter()
        .chain([json!({ "elicitation": { "url": {} } }), json!({ "experimental": { "a": {} }, "roots": {} })])
    {
        change(&format!("capabilities {it}"), &key("clientCapabilities"), Some(it));
    }
    change("no capabilities", &key("clientCapabilities"), None);
    for it in [json!(null), json!({}), json!({ "name": "a" }), json!({ "name": "e\n\u{202e}", "version": "1", "x": 1 })]
    {
        change(&format!("client {it}"), &key("clientInfo"), Some(it));
    }
    change("no client", &key("clientInfo"), None);
    change("a trace", "/params/_meta/traceparent", Some(json!("00-x")));
    change("a log level", &key("logLevel"), Some(json!("debug")));
    change("a progress token that is none", "/params/_meta/progressToken", Some(json!(null)));
    // The body's text.
    let text = good.to_string();
    for (what, body) in [
        ("an escaped method", text.replace("tools/call", "tools\\u002fcall")),
        ("an escaped name", text.replace("\"echo\"", "\"\\u0065cho\"")),
        ("an escaped key", text.replace("\"name\":\"echo\"", "\"n\\u0061me\":\"echo\"")),
        ("white space around", format!(" \n{text}\t ")),
        ("something after it", format!("{text} x")),
        ("two messages", format!("{text}{text}")),
        ("a batch", format!("[{text}]")),
        ("half of it", text.chars().take(text.len() / 2).collect()),
        ("a key twice", text.replace("\"id\":1", "\"id\":1,\"id\":2")),
        ("a name twice", text.replace("\"name\":\"echo\"", "\"name\":\"hidden\",\"name\":\"echo\"")),
        ("nothing", String::new()),
        ("null", "null".to_owned()),
    ] {
        all.push(sent(what, echo(), body));
    }
    // Headers.
    for (name, values) in [
        (
            "content-type",
            &["text/plain", "application/json; charset=utf-8", "APPLICATION/JSON", "application/json2", ""][..],
        ),
        ("accept", &["*/*", "application/json", "text/event-stream", "TEXT/EVENT-STREAM,application/json", ""]),
        ("accept", &["application/json;q=0, text/event-stream", "text/event-stream;q=0.5, application/json;v=\"a,b\""]),
        ("mcp-protocol-version", &["2025-11-25", "2026-07-29", "2031-01-01", "1999-01-01", "x", "", " 2026-07-28"]),
        ("mcp-method", &["tools/list", "Tools/Call", "", "ping"]),
        ("mcp-name", &["hidden", "ECHO", "", "=?base64?ZWNobw==?=", "=?base64?aGlkZGVu?=", "=?base64?x?=", "=?x"]),
        ("mcp-session-id", &["abc", ""]),
        ("last-event-id", &["1"]),
        ("origin", &["https://evil.example", "null"]),
        ("host", &["", "a b", "user@host", "evil.example:99999"]),
        ("content-encoding", &["identity"]),
        ("mcp-param-x", &["1"]),
    ] {
        for value in values {
            let mut headers = echo();
            headers.insert(name, value.parse().unwrap());
            all.push(sent(format!("{name}: {value}"), headers, &good));
            let mut headers = echo();
            headers.append(name, value.parse().unwrap());
            all.push(sent(format!("{name}: {value} as well"), headers, &good));
        }
        let mut headers = echo();
        headers.remove(name);
        all.push(sent(format!("no {name}"), headers, &good));
        let mut headers = echo();
        if let Some(value) = headers.get(name).cloned() {
            headers.append(name, value);
            all.push(sent(format!("{name} twice"), headers, &good));
        }
        let mut headers = echo();
        headers.insert(name, HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        all.push(sent(format!("{name} that is no text"), headers, &good));
    }
    all
}

async fn answer(server: &Server, sent: &Sent) -> (StatusCode, HeaderMap, Vec<u8>) {
    let http = reqwest::Client::new();
    let request = http.request(Method::POST, format!("{}{}", server.url, sent.query)).header("x-user", sent.user);
    let mut request = request.body(sent.body.clone()).build().unwrap();
    let mut names: Vec<_> = sent.headers.keys().collect();
    names.sort_by_key(|name| name.as_str());
    for name in names {
        request.headers_mut().remove(name);
        for value in sent.headers.get_all(name) {
            request.headers_mut().append(name, value.clone());
        }
    }
    let response = within(http.execute(request)).await.unwrap();
    let (status, mut headers) = (response.status(), response.headers().clone());
    headers.remove("date");
    (status, headers, within(response.bytes()).await.unwrap().to_vec())
}

/// A sealed state or cursor is another each time; everything else of an answer is compared as it is.
fn unsealed(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).into_owned();
    let Ok(message) = serde_json::from_str::<Value>(&text) else { return text };
    let sealed = ["/result/requestState", "/result/nextCursor"].map(|at| message.pointer(at).and_then(Value::as_str));
    sealed.into_iter().flatten().fold(text, |text, seal| text.replace(seal, "sealed"))
}

#[tokio::test]
async fn a_plain_request_is_answered_as_the_library_answers_it() {
    let short = Server::start().await;
    let long = Server::with(|config| config.direct = false).await;
    for sent in requests() {
        let (ours, theirs) = (answer(&short, &sent).await, answer(&long, &sent).await);
        assert_eq!((ours.0, &ours.1), (theirs.0, &theirs.1), "{}", sent.what);
        assert_eq!(unsealed(&ours.2), unsealed(&theirs.2), "{}", sent.what);
    }
    assert_eq!(*short.host.calls.lock(), *long.host.calls.lock());
    assert_eq!(*short.host.refused.lock(), *long.host.refused.lock());
    assert_eq!(*short.host.settled.lock(), *long.host.settled.lock());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_either_way() {
    let small = |config: &mut postern::mcp::McpConfig| config.max_body_bytes = 400;
    let short = Server::with(small).await;
    let long = Server::with(|config| {
        small(config);
        config.direct = false
    })
    .await;
    for length in [1, 500] {
        let sent = sent("long", plain("tools/call", Some("echo")), call("echo", json!({ "a": "x".repeat(length) })));
        let (ours, theirs) = (answer(&short, &sent).await, answer(&long, &sent).await);
        assert_eq!(ours, theirs);
        assert_eq!(ours.0 == 413, length == 500);
    }
}
