//! What we answer to each method of the protocol, as the library asks.

use super::Refusal;
use super::answers::{Asker, Shared};
use super::confirm;
use super::request::{caller, facts, is_modern};
use crate::caller::Principal;
use rmcp::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestMethod, CompleteRequestParams, CompleteResult,
    DiscoverResult, ErrorData, Implementation, InitializeRequestParams, InitializeResult, ListPromptsRequestMethod,
    ListPromptsResult, ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// The versions that we speak. 2024-11-05 has another transport; a client that asks for it is offered a newer one.
pub(super) static VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

type Context = RequestContext<RoleServer>;

/// Answers for one session, or for one request of a version without sessions.
#[derive(Debug)]
pub struct Handler {
    shared: Arc<Shared>,
    /// Who sent the first message.
    owner: OnceLock<Principal>,
}

impl Handler {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, owner: OnceLock::new() }
    }

    /// Who asks, if it is the person who sent this session's first message.
    fn asker(&self, context: &Context) -> Result<Asker, ErrorData> {
        let caller = caller(context)?;
        let owner = self.owner.get_or_init(|| caller.principal.clone());
        let facts = facts(context);
        if *owner != caller.principal {
            self.shared.host.refused(&caller, Refusal::Session, &facts);
            return Err(ErrorData::invalid_request("session not found: begin a new one", None));
        }
        Ok(Asker { caller, facts, modern: is_modern(context), can_ask: confirm::can_ask(context) })
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
            .with_server_info(implementation())
            .with_instructions(self.shared.config.instructions.clone())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        self.asker(&context)?;
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {}

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        self.asker(&context)?;
        Ok(DiscoverResult::from_server_info(VERSIONS.to_vec(), self.get_info())
            .with_ttl_ms(self.shared.ttl_ms())
            .with_cache_scope(CacheScope::Private))
    }

    async fn ping(&self, context: Context) -> Result<(), ErrorData> {
        self.asker(&context).map(drop)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        self.shared.list(&self.asker(&context)?, cursor.as_deref())
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        let told = self.shared.call(request, self.asker(&context)?, Some(&context)).await?;
        Ok(self.shared.response(told, is_modern(&context)))
    }

    // Not declared, so not there: the library would answer these with empty lists.

    async fn complete(&self, _: CompleteRequestParams, _: Context) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }
}

/// Who answers.
pub(super) fn implementation() -> Implementation {
    Implementation::new("postern", env!("CARGO_PKG_VERSION")).with_title("Postern")
}
