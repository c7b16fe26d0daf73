//! Traces as a collector gets them: the client's trace, the MCP conventions, and nothing that anybody asked or was told.

use crate::gateway::{other_key, sign};
use crate::mcp::wire::{User, within};
use crate::program::{Program, free_port};
use aws_lc_rs::signature::KeyPair as _;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use postern::adapters::Registry;
use postern_api::TenantId;
use postern_embedded::demo::seed;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

type Received = Arc<Mutex<Vec<Bytes>>>;

/// A collector of OTLP over HTTP, and the keys of a realm. Where it listens.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let public = URL_SAFE_NO_PAD.encode(other_key("customer").public_key().as_ref());
    let jwks =
        json!({ "keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "k", "x": public}] });
    let keep = |State(received): State<Received>, body: Bytes| async move { received.lock().push(body) };
    let routes = Router::new()
        .route("/v1/traces", post(keep))
        .route("/keys", get(move || std::future::ready(Json(jwks.clone()))))
        .with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, received)
}

/// The fields of a protobuf message: number, and a varint or bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return value;
            }
        }
        value
    }
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let (value, length) = match key & 7 {
            0 => (varint(&mut bytes), 0),
            1 => (0, 8),
            2 => (0, usize::try_from(varint(&mut bytes)).unwrap()),
            5 => (0, 4),
            other => panic!("wire type {other}"),
        };
        let (content, rest) = bytes.split_at(length);
        out.push((key >> 3, value, content));
        bytes = rest;
    }
    out
}

fn inside<'b>(bytes: &'b [u8], path: &[u64]) -> Vec<&'b [u8]> {
    path.iter().fold(vec![bytes], |outer, number| {
        outer.into_iter().flat_map(fields).filter(|(it, _, _)| it == number).map(|(_, _, content)| content).collect()
    })
}

#[derive(Debug)]
struct Seen {
    trace: String,
    id: String,
    parent: String,
    name: String,
    attributes: BTreeMap<String, String>,
}

/// `ExportTraceServiceRequest` > `ResourceSpans` > `ScopeSpans` > `Span`.
fn spans(body: &[u8]) -> Vec<Seen> {
    let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let one = |span: &[u8], number: u64| inside(span, &[number]).first().copied().unwrap_or_default().to_vec();
    let attribute = |it: &[u8]| (text(&one(it, 1)), inside(it, &[2, 1]).first().map(|it| text(it)).unwrap_or_default());
    let seen = |span: &&[u8]| Seen {
        trace: hex(&one(span, 1)),
        id: hex(&one(span, 2)),
        parent: hex(&one(span, 4)),
        name: text(&one(span, 5)),
        attributes: inside(span, &[9]).into_iter().map(attribute).collect(),
    };
    inside(body, &[1, 2, 2]).iter().map(seen).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l01_a_collector_gets_the_clients_trace_and_nothing_that_was_asked_or_told() {
    let (url, received) = collector().await;
    let dir = tempfile::tempdir().unwrap();
    let tenant = TenantId::new("msp").unwrap();
    seed(Registry::new(dir.path()).embedded().unwrap(), &tenant, Timestamp::now()).unwrap();
    let (port, operations, data) = (free_port(), free_port(), dir.path());
    let config = format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
operations_listen = "127.0.0.1:{operations}"
data_dir = {data:?}
[edge]
public_url = "http://127.0.0.1:{port}/mcp"
[telemetry]
otlp_endpoint = "{url}"
[[tenants]]
id = "msp"
name = "MSP"
[tenants.realms.customer]
issuer = "{url}/customers"
jwks_uri = "{url}/keys"
[tenants.ports]
service_desk = "own"
crm = "own"
knowledge = "own"
identity = "own"
[tenants.systems.own]
kind = "embedded"
[tenants.organisations]
acme = {{ own = "acme" }}
"#
    );
    let file = data.join("postern.toml");
    std::fs::write(&file, config).unwrap();
    let gateway = Program::serve(&file, port).await;
    let now = Timestamp::now().as_second();
    let claims = json!({
        "iss": format!("{url}/customers"), "sub": "the-subject", "aud": format!("http://127.0.0.1:{port}/mcp"),
        "typ": "Bearer", "azp": "x", "iat": now, "exp": now + 600, "scope": "support.read support.write",
        "realm_access": { "roles": ["lead-customer"] }, "organization_id": "acme",
        "name": "Alice Reed", "email": "lead@acme.example", "email_verified": true,
    });
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": "k"});
    let token = sign(&header, &claims, &other_key("customer"));
    let person = User::new(format!("http://127.0.0.1:{port}/mcp"), "authorization", format!("Bearer {token}"));
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let arguments = json!({ "subject": "CANARY-argument", "description": "CANARY-text, password: Tr0ub4dor&3-Winter" });
    let call = json!({ "name": "customer_submit_ticket", "arguments": arguments });
    let request = person.modern_request(1, "tools/call", call).header("traceparent", format!("00-{trace}-{parent}-01"));
    let answer = within(within(request.send()).await.unwrap().text()).await.unwrap();
    assert!(answer.contains("Ticket created successfully"), "{answer}");
    // What is left is sent before it ends.
    gateway.stop().await;
    let bodies = received.lock().clone();
    let all: Vec<Seen> = bodies.iter().flat_map(|it| spans(it)).collect();
    let of_trace: Vec<_> = all.iter().filter(|it| it.trace == trace).collect();
    let called = of_trace.iter().find(|it| it.name == "tools/call customer_submit_ticket");
    let called = called.unwrap_or_else(|| panic!("no span of the call: {all:#?}"));
    for (name, value) in [
        ("mcp.method.name", "tools/call"),
        ("mcp.protocol.version", "2026-07-28"),
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "customer_submit_ticket"),
    ] {
        assert_eq!(called.attributes.get(name).map(String::as_str), Some(value), "{called:#?}");
    }
    let mut above = called.parent.as_str();
    while let Some(outer) = of_trace.iter().find(|it| it.id == above) {
        above = &outer.parent;
    }
    assert_eq!(above, parent, "the outermost span is below the client's: {of_trace:#?}");
    for body in &bodies {
        let text = String::from_utf8_lossy(body);
        let held =
            ["CANARY", "Tr0ub4dor", "acme.example", "Alice", "the-subject", token.get(..40).unwrap(), "Ticket created"];
        let found: Vec<_> = held.into_iter().filter(|it| text.contains(it)).collect();
        assert_eq!(found, Vec::<&str>::new());
    }
}
