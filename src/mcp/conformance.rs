//! What the official conformance suites ask a server for, behind the same transport, sessions, versions and seals as the
//! product's endpoint. Compiled for tests only.
//!
//! The suites look for tools, prompts and resources of fixed names with fixed answers; the product has none of these, so they
//! stand here. What is measured is everything around them.

#![expect(deprecated, reason = "the suites ask for what the versions before 2026-07-28 had: logging, sampling, roots")]

mod asking;
mod catalogue;
mod tools;

use super::handler::{VERSIONS, implementation};
use super::request::caller;
use super::service::serve;
use super::{McpConfig, McpService};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, DiscoverResult, ErrorData,
    GetPromptRequestParams, GetPromptResponse, InitializeRequestParams, InitializeResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel, PaginatedRequestParams,
    ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use tokio::sync::broadcast;

type Context = RequestContext<RoleServer>;

/// Something that a client may have asked to hear of.
#[derive(Debug, Clone, Copy)]
enum Change {
    Tools,
    Prompts,
}

/// The fixtures of one session, or of one request.
#[derive(Debug, Clone)]
pub struct Fixtures {
    config: Arc<McpConfig>,
    changes: broadcast::Sender<Change>,
}

/// The endpoint with the fixtures in place of the product's tools.
pub fn service(config: McpConfig) -> McpService<Fixtures> {
    let fixtures = Fixtures { config: Arc::new(config.clone()), changes: broadcast::channel(16).0 };
    serve(move || fixtures.clone(), None, config)
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let capabilities = of::<ServerCapabilities>(json!({
            "tools": { "listChanged": true },
            "prompts": { "listChanged": true },
            "resources": { "subscribe": true },
            "logging": {},
            "completions": {},
        }));
        ServerConfig::new(capabilities.unwrap_or_default())
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
            .with_server_info(implementation())
            .with_instructions("Fixtures of the conformance suites.")
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        caller(&context)?;
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        caller(&context)?;
        Ok(DiscoverResult::from_server_info(VERSIONS.to_vec(), self.get_info()))
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(of(tools::list())?))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        of::<Vec<Tool>>(tools::list()).ok()?.into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        tools::call(self, request, &context).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(of(catalogue::prompts())?))
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: Context) -> Result<GetPromptResponse, ErrorData> {
        catalogue::prompt(request)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(of(catalogue::resources())?))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(of(catalogue::templates())?))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        catalogue::read(&request.uri)
    }

    async fn complete(&self, request: CompleteRequestParams, _: Context) -> Result<CompleteResult, ErrorData> {
        let known = ["paris", "park", "party"];
        let values: Vec<&str> = known.into_iter().filter(|word| word.starts_with(&request.argument.value)).collect();
        of(
            json!({ "completion": { "total": values.len(), "values": values, "hasMore": false }, "resultType": "complete" }),
        )
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = subscription.cancelled() => return Ok(()),
                change = changes.recv() => change,
            };
            // A kind that was not asked for is refused by the sink, and that is what is wanted.
            let _ = match change {
                Ok(Change::Tools) => subscription.sink().notify_tool_list_changed().await,
                Ok(Change::Prompts) => subscription.sink().notify_prompt_list_changed().await,
                Err(_) => return Ok(()),
            };
        }
    }
}

/// A message of the protocol from its JSON.
fn of<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| ErrorData::internal_error(format!("invalid fixture: {error}"), None))
}

/// Whether log messages may be sent for this request: always in a session, on request without one.
fn wants_logs(context: &Context) -> bool {
    !super::request::is_modern(context)
        || context.meta.log_level().is_some_and(|level| level as u8 <= LoggingLevel::Info as u8)
}
