//! A server on a free port and a client that writes the protocol by hand, both eras.

use super::host::FakeHost;
use axum::Router;
use axum::extract::Request;
use axum::serve::ListenerExt;
use postern::caller::{Caller, Message, Principal};
use postern::mcp::{McpConfig, RequestId, service};
use postern_api::TenantId;
use postern_policies::Realm;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const MODERN: &str = "2026-07-28";

/// A running endpoint.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) host: Arc<FakeHost>,
}

/// Fails instead of hanging.
pub(crate) async fn within<F: Future>(work: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("this takes too long")
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Callers are whom the header `x-user` names; without it there is none.
    pub(crate) async fn with(change: impl FnOnce(&mut McpConfig)) -> Self {
        let host = Arc::new(FakeHost::default());
        let mut config = McpConfig::new(&[3; 32]).unwrap();
        config.progress_every = Duration::from_millis(5);
        change(&mut config);
        let authenticate = |mut request: Request| {
            let user = request.headers().get("x-user").map(|user| user.to_str().unwrap().to_owned());
            if let Some(user) = user {
                request.extensions_mut().insert(Arc::new(caller(&user)));
            }
            request.extensions_mut().insert(RequestId("r-1".into()));
            async move {
                let (mut parts, body) = request.into_parts();
                // As the edge does; what it does beside that is not under test here.
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                parts.extensions.insert(Message(body.clone()));
                Request::from_parts(parts, body.into())
            }
        };
        let app = Router::new()
            .route_service("/mcp", service(host.clone(), config))
            .layer(axum::middleware::map_request(authenticate));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, host }
    }

    pub(crate) fn user(&self, name: &str) -> User {
        User::new(self.url.clone(), "x-user", name)
    }
}

fn caller(subject: &str) -> Caller {
    Caller {
        principal: Principal { issuer: "https://id.example".into(), subject: subject.into() },
        realm: Realm::Customer,
        tenant: TenantId::new("msp").unwrap(),
        organisation: None,
        assigned: None,
        roles: Arc::default(),
        scopes: None,
        client: None,
        service: false,
        name: None,
        email: None,
        expires_at: i64::MAX,
        rests: Default::default(),
    }
}

/// Somebody with a client.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) url: String,
    header: (&'static str, String),
    http: reqwest::Client,
    capabilities: Value,
}

impl User {
    /// Somebody whom a header of each request names.
    pub(crate) fn new(url: impl Into<String>, header: &'static str, value: impl Into<String>) -> Self {
        let http = reqwest::Client::new();
        Self { url: url.into(), header: (header, value.into()), http, capabilities: json!({}) }
    }

    /// The same person with the connections of another client.
    pub(crate) fn over(mut self, http: &reqwest::Client) -> Self {
        self.http = http.clone();
        self
    }

    /// The same person, with a client that declares these capabilities.
    pub(crate) fn declaring(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    pub(crate) fn request(&self, method: Method) -> RequestBuilder {
        self.http
            .request(method, &self.url)
            .header(self.header.0, &self.header.1)
            .header("accept", "application/json, text/event-stream")
    }

    /// A request of 2026-07-28, ready to send.
    pub(crate) fn modern_request(&self, id: u64, method: &str, mut params: Value) -> RequestBuilder {
        let meta = params.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
        meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
        meta["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
        meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "by-hand", "version": "1" });
        let mut request =
            self.request(Method::POST).header("mcp-protocol-version", MODERN).header("mcp-method", method);
        if let Some(name) = params.get("name").and_then(Value::as_str) {
            request = request.header("mcp-name", name);
        }
        request.json(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    /// The status and the message that answers a request of 2026-07-28.
    pub(crate) async fn modern(&self, method: &str, params: Value) -> (StatusCode, Value) {
        let response = within(self.modern_request(7, method, params).send()).await.unwrap();
        let status = response.status();
        (status, Events::of(response).answer().await)
    }

    /// Calls a tool in 2026-07-28; the whole message.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.modern("tools/call", json!({ "name": tool, "arguments": arguments })).await.1
    }

    /// Begins a session; the answer to `initialize`.
    pub(crate) async fn initialize(&self, version: &str) -> (Session, Value) {
        let params = json!({
            "protocolVersion": version,
            "capabilities": self.capabilities,
            "clientInfo": { "name": "by-hand", "version": "1" },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let response = within(self.request(Method::POST).json(&body).send()).await.unwrap();
        assert_eq!(response.status(), 200);
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let answer = Events::of(response).answer().await;
        let session = Session { user: self.clone(), id };
        let told = session.post(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        assert_eq!(told.status(), 202);
        (session, answer)
    }
}

/// A session of a version with a handshake.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: User,
    pub(crate) id: String,
}

impl Session {
    pub(crate) async fn post(&self, body: Value) -> Response {
        within(self.user.request(Method::POST).header("mcp-session-id", &self.id).json(&body).send()).await.unwrap()
    }

    /// A request whose answer is read as it comes.
    pub(crate) async fn begin(&self, id: u64, method: &str, params: Value) -> Events {
        let response = self.post(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        assert_eq!(response.status(), 200);
        Events::of(response)
    }

    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        self.begin(7, method, params).await.answer().await
    }
}

/// The messages of an answer, JSON or event stream.
pub(crate) struct Events {
    response: Response,
    is_stream: bool,
    buffer: String,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        Self {
            is_stream: kind.is_some_and(|kind| kind.starts_with("text/event-stream")),
            response,
            buffer: String::new(),
        }
    }

    /// The next message, `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if self.is_stream
                && let Some((event, rest)) = self.buffer.split_once("\n\n")
            {
                let data: String = event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
                self.buffer = rest.to_owned();
                match serde_json::from_str(&data) {
                    Ok(message) => return Some(message),
                    Err(_) => continue,
                }
            }
            match within(self.response.chunk()).await.unwrap() {
                Some(chunk) => self.buffer.push_str(std::str::from_utf8(&chunk).unwrap()),
                None if self.is_stream || self.buffer.is_empty() => return None,
                None => {
                    let text = std::mem::take(&mut self.buffer);
                    return Some(serde_json::from_str(&text).unwrap_or(Value::String(text)));
                }
            }
        }
    }

    /// The message that is not a notification or a request.
    pub(crate) async fn answer(mut self) -> Value {
        loop {
            match self.next().await {
                Some(message) if message.get("method").is_some() => continue,
                message => return message.unwrap_or(Value::Null),
            }
        }
    }
}
