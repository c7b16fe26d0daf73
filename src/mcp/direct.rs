//! The short way of a plain request: a list or a call of a version without sessions, answered by one JSON message.
//!
//! The library gives each request a task, a channel and a transport of its own and reads its message several times over,
//! which costs more than all that we do for a call. So a request that is exactly what most are is read once here and
//! answered by the functions that answer it behind the library. Whatever is not goes to the library as it came.
//!
//! **Invariant:** the answer is the library's, byte for byte; `tests/it/mcp/direct.rs` sends both the same and compares.
//! Nothing is refused here: what the library would refuse is not plain.

use super::answers::{Asker, Shared, Told};
use super::confirm::shows_forms;
use super::quote::quote;
use super::request;
use super::service::{Body, finish, json};
use super::{McpConfig, Written};
use crate::caller::{Caller, Message};
use futures::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Method, Request, Response};
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ErrorData, Implementation, JsonObject, JsonRpcError, JsonRpcResponse,
    JsonRpcVersion2_0, MetaObject, RequestId,
};
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

const VERSION: &str = "2026-07-28";

/// A request that is answered here.
#[derive(Debug)]
pub(super) struct Plain {
    id: RequestId,
    what: What,
    asker: Asker,
}

#[derive(Debug)]
enum What {
    List(Option<String>),
    Call(CallToolRequestParams),
}

/// A message with nothing in it that we do not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a, P> {
    jsonrpc: &'a str,
    id: RequestId,
    method: &'a str,
    params: P,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams<'a> {
    cursor: Option<String>,
    #[serde(borrow, rename = "_meta")]
    meta: Meta<'a>,
}

/// Without an answer to an earlier question: that is the library's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams<'a> {
    name: String,
    #[serde(default)]
    arguments: JsonObject,
    #[serde(borrow, rename = "_meta")]
    meta: Meta<'a>,
}

/// Without a progress token, above all: who wants progress needs a stream.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta<'a> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: &'a str,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: ClientCapabilities,
    #[serde(rename = "io.modelcontextprotocol/clientInfo")]
    client: Implementation,
}

impl Plain {
    /// Reads a request; `None` for one that is the library's.
    pub(super) fn of<B>(request: &Request<B>, caller: &Arc<Caller>, config: &McpConfig) -> Option<Self> {
        // Which hosts may be named is the edge's to say, or the library's.
        (config.direct && config.allowed_hosts.is_empty()).then_some(())?;
        let Message(body) = request.extensions().get::<Message>()?;
        (body.len() <= config.max_body_bytes).then_some(())?;
        let method = method_of(request)?;
        let (id, what, meta) = match method {
            "tools/list" => {
                let Envelope { id, params: ListParams { cursor, meta }, .. } = read(body, method)?;
                (id, What::List(cursor), meta)
            }
            "tools/call" => {
                let Envelope { id, params: CallParams { name, arguments, meta }, .. } = read(body, method)?;
                let named = one(request.headers(), "mcp-name")?;
                // A name in base64 is for the library to decode.
                (named == name && !named.starts_with("=?")).then_some(())?;
                let mut call = CallToolRequestParams::new(name);
                call.arguments = Some(arguments);
                (id, What::Call(call), meta)
            }
            _ => return None,
        };
        (meta.version == VERSION).then_some(())?;
        let asker = Asker {
            caller: caller.clone(),
            facts: request::facts_of(
                request.extensions(),
                request.uri(),
                VERSION,
                Some(&meta.client),
                CancellationToken::new(),
            ),
            modern: true,
            can_ask: shows_forms(&meta.capabilities),
        };
        Some(Self { id, what, asker })
    }

    /// Its answer.
    pub(super) async fn answer(self, shared: Arc<Shared>) -> Response<Body> {
        let Self { id, what, asker } = self;
        match what {
            What::List(cursor) => respond(id, shared.list(&asker, cursor.as_deref())),
            What::Call(call) => {
                let gone = asker.facts.cancelled.clone();
                let work = {
                    let shared = shared.clone();
                    async move { shared.call(call, asker, None).await }
                };
                match (ToItsEnd { work: Some(Box::pin(work)), gone }).await {
                    Ok(Told::Done { envelope, is_error }) => finish(called(&id, &envelope, is_error, &shared.server)),
                    Ok(Told::Question(question)) => respond(id, Ok(question)),
                    Err(error) => respond::<()>(id, Err(error)),
                }
            }
        }
    }
}

/// A call's result, as the library writes `CallToolResult`, around an envelope that is written already.
fn called(id: &RequestId, envelope: &Written, is_error: bool, meta: &MetaObject) -> serde_json::Result<Vec<u8>> {
    let text = envelope.text();
    let mut out = Vec::with_capacity(512 + 5 * text.len() / 2);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    serde_json::to_writer(&mut out, id)?;
    out.extend_from_slice(br#","result":{"resultType":"complete","content":[{"type":"text","text":"#);
    quote(text, &mut out);
    out.extend_from_slice(br#"}],"structuredContent":"#);
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(if is_error { br#","isError":true,"_meta":"# } else { br#","isError":false,"_meta":"# });
    serde_json::to_writer(&mut out, meta)?;
    out.extend_from_slice(b"}}");
    Ok(out)
}

fn respond<R: Serialize>(id: RequestId, outcome: Result<R, ErrorData>) -> Response<Body> {
    match outcome {
        Ok(result) => json(&JsonRpcResponse { jsonrpc: JsonRpcVersion2_0, id, result }),
        Err(error) => json(&JsonRpcError::new(Some(id), error)),
    }
}

/// The method of a request whose headers are what most are.
fn method_of<B>(request: &Request<B>) -> Option<&str> {
    let headers = request.headers();
    let host = match headers.get(HOST) {
        Some(host) => Authority::try_from(host.as_bytes()).is_ok(),
        None => request.uri().authority().is_some(),
    };
    let accepted = one(headers, ACCEPT).filter(|it| !it.contains([';', '"']))?;
    let accepts = |kind: &str| accepted.split(',').any(|it| it.trim().eq_ignore_ascii_case(kind));
    let plain = host
        && request.method() == Method::POST
        && !headers.contains_key(ORIGIN)
        && one(headers, CONTENT_TYPE)? == "application/json"
        && accepts("application/json")
        && accepts("text/event-stream")
        && one(headers, "mcp-protocol-version")? == VERSION;
    if plain { one(headers, "mcp-method") } else { None }
}

/// The value of a header that is there once.
fn one(headers: &HeaderMap, name: impl http::header::AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn read<'a, P: Deserialize<'a>>(body: &'a [u8], method: &str) -> Option<Envelope<'a, P>> {
    let message: Envelope<'a, P> = serde_json::from_slice(body).ok()?;
    (message.jsonrpc == "2.0" && message.method == method).then_some(message)
}

/// Work that is carried on when nobody waits for it any more. It is told that its client has gone, and ends in its own way,
/// with its row in the audit.
struct ToItsEnd<T: Send + 'static> {
    work: Option<BoxFuture<'static, T>>,
    gone: CancellationToken,
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Asked again after its end it never answers, as a future may.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.gone.cancel();
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(work);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::request::tests::caller;
    use serde_json::{Value, json};

    fn request(method: &str, params: Value) -> Request<()> {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut request = Request::post("/mcp")
            .header("host", "mcp.example.com")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", VERSION)
            .header("mcp-method", method);
        if let Some(name) = params.get("name").and_then(Value::as_str) {
            request = request.header("mcp-name", name);
        }
        let mut request = request.body(()).unwrap();
        request.extensions_mut().insert(Message(message.into()));
        request
    }

    fn is_plain(request: &Request<()>) -> bool {
        Plain::of(request, &Arc::new(caller("anna")), &McpConfig::new(&[1; 32]).unwrap()).is_some()
    }

    /// Without this the comparison with the library could compare the library with itself.
    #[test]
    fn what_most_clients_send_goes_the_short_way() {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} }, "roots": {} },
            "io.modelcontextprotocol/clientInfo": { "name": "a", "version": "1", "title": "A" },
        });
        assert!(is_plain(&request("tools/list", json!({ "_meta": meta }))));
        assert!(is_plain(&request("tools/list", json!({ "_meta": meta, "cursor": "x" }))));
        let call = json!({ "name": "echo", "arguments": { "a": [1, {}] }, "_meta": meta });
        assert!(is_plain(&request("tools/call", call.clone())));
        let mut streaming = call;
        streaming["_meta"]["progressToken"] = json!(1);
        assert!(!is_plain(&request("tools/call", streaming)), "progress needs a stream");
        assert!(!is_plain(&request("server/discover", json!({ "_meta": meta }))));
    }
}
