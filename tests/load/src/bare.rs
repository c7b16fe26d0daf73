//! The servers to compare with: the least that answers, and the least that answers MCP. Each is a process of its own, and
//! gives the very answer that the gateway gave when it was asked first.

use crate::Failure;
use axum::extract::State;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, Implementation, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where a bare server listens, and what it answers.
#[derive(Debug, clap::Args)]
pub(crate) struct Bare {
    /// The loopback address.
    #[arg(long)]
    listen: SocketAddr,
    /// A file with the structured answer, as JSON.
    #[arg(long)]
    answer: PathBuf,
}

impl Bare {
    fn answer(&self) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&std::fs::read(&self.answer)?)?)
    }

    async fn serve(&self, app: Router) -> Result<(), Failure> {
        if !self.listen.ip().is_loopback() {
            return Err("a bare server listens on loopback only".into());
        }
        end_with_the_parent();
        let listener = TcpListener::bind(self.listen).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
        Ok(axum::serve(listener, app).await?)
    }
}

/// Axum alone: reads the request as JSON, writes the answer as JSON, structured and as text.
pub(crate) async fn axum(bare: Bare) -> Result<(), Failure> {
    let answer = Arc::new(bare.answer()?);
    let app = Router::new().route("/mcp", post(echo)).with_state(answer);
    bare.serve(app).await
}

async fn echo(State(answer): State<Arc<Value>>, Json(request): Json<Value>) -> Json<Value> {
    let id = request.get("id").cloned().unwrap_or_default();
    let text = answer.to_string();
    Json(json!({
        "jsonrpc": "2.0",
        "id": id,
        "result": { "content": [{ "type": "text", "text": text }], "structuredContent": &*answer, "isError": false },
    }))
}

/// rmcp alone: JSON replies, no sessions, one tool whatever its name.
pub(crate) async fn rmcp(bare: Bare) -> Result<(), Failure> {
    let tool = OneTool { answer: Arc::new(bare.answer()?) };
    let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service =
        StreamableHttpService::new(move || Ok(tool.clone()), Arc::new(NeverSessionManager::default()), config);
    bare.serve(Router::new().route_service("/mcp", service)).await
}

#[derive(Debug, Clone)]
struct OneTool {
    answer: Arc<Value>,
}

impl ServerHandler for OneTool {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("bare", "1"))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::structured((*self.answer).clone()).into())
    }
}

/// The parent holds the other end of our input: when it is gone, however it went, so are we.
fn end_with_the_parent() {
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        drop(std::io::stdin().read_to_end(&mut rest));
        std::process::exit(0);
    });
}
