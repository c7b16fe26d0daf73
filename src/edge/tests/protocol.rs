//! The edge in front of the real protocol service: where the two have to agree.

use super::*;
use crate::mcp::{Answer as Outcome, Call, Facts, Host, Listing, McpConfig, Refusal};
use async_trait::async_trait;

#[derive(Debug)]
struct NoTools;

#[async_trait]
impl Host for NoTools {
    fn list(&self, _: &Caller, _: &Facts) -> Vec<Arc<Listing>> {
        Vec::new()
    }
    async fn call(&self, _: Call) -> Outcome {
        Outcome::UnknownTool
    }
    async fn confirm(&self, _: Arc<Caller>, _: &str, _: bool, _: &Facts) -> Outcome {
        Outcome::UnknownTool
    }
    fn refused(&self, _: &Caller, _: Refusal, _: &Facts) {}
}

#[tokio::test]
async fn both_eras_are_served_through_the_edge_also_to_a_listed_page() {
    let noted = Arc::new(Noted::default());
    let bench = bench();
    let parts = EdgeParts {
        config: EdgeConfig::new(RESOURCE),
        verifier: Arc::clone(&bench.verifier),
        rejections: noted.clone(),
        listener: None,
        drain: CancellationToken::new(),
        streams: Default::default(),
        guarded: Router::new(),
        open: Router::new(),
    };
    let mcp = crate::mcp::service(Arc::new(NoTools), McpConfig::new(&[7; 32]).unwrap());
    let edge = Edge { router: router(mcp, parts).unwrap(), noted, bench };
    let accept = ("accept", "application/json, text/event-stream");
    let page = ("origin", "https://mcp.example.com");

    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}).to_string();
    let modern = [accept, page, ("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    let answer = edge.call(&modern, list).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.json()["result"]["tools"].is_array());

    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let answer = edge.call(&[accept, page], hello.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let session = answer.header("mcp-session-id").to_owned();
    assert!(!session.is_empty());
    let legacy = [accept, ("mcp-protocol-version", "2025-11-25"), ("mcp-session-id", session.as_str())];
    let known = edge.call(&legacy, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!(known.status, 202, "{known:?}");
    let mut stolen = request(&legacy, CALL);
    authorise(&mut stolen, &token_with(json!({"sub": "u-2"})));
    assert_eq!(edge.send(stolen).await.status, 404);
}
