//! What we answer to each method of the protocol.
//!
//! **Invariant:** a list and a call ask the same [`Host`] with the same caller, and a tool that the caller may not know of is
//! answered with the bytes of one that does not exist.

use super::confirm;
use super::list;
use super::progress;
use super::request::{caller, facts, is_modern};
use super::seal::Asked;
use super::{Answer, Call, Facts, Host, McpConfig, Refusal};
use crate::caller::{Caller, Principal};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use rmcp::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, DiscoverResult, ErrorData, Implementation, InitializeRequestParams, InitializeResult,
    InputRequiredResult, ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod,
    ListResourceTemplatesResult, ListResourcesRequestMethod, ListResourcesResult, ListToolsResult, MetaObject,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

/// The versions that we speak. 2024-11-05 has another transport; a client that asks for it is offered a newer one.
pub(super) static VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

type Context = RequestContext<RoleServer>;

/// What every handler of one endpoint shares.
#[derive(Debug)]
pub(super) struct Shared {
    host: Arc<dyn Host>,
    config: McpConfig,
    /// `_meta` of an answer, with who answers.
    server: MetaObject,
}

/// Answers for one session, or for one request of a version without sessions.
#[derive(Debug)]
pub struct Handler {
    shared: Arc<Shared>,
    /// Who sent the first message.
    owner: OnceLock<Principal>,
}

impl Handler {
    pub(super) fn shared(host: Arc<dyn Host>, config: &McpConfig) -> Arc<Shared> {
        let mut server = MetaObject::new();
        if let Ok(info) = serde_json::to_value(implementation()) {
            server.insert("io.modelcontextprotocol/serverInfo".into(), info);
        }
        Arc::new(Shared { host, config: config.clone(), server })
    }

    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, owner: OnceLock::new() }
    }

    /// Who asks, if it is the person who sent this session's first message.
    fn asker(&self, context: &Context) -> Result<Arc<Caller>, ErrorData> {
        let caller = caller(context)?;
        let owner = self.owner.get_or_init(|| caller.principal.clone());
        if *owner != caller.principal {
            self.shared.host.refused(&caller, Refusal::Session, &facts(context));
            return Err(ErrorData::invalid_request("session not found: begin a new one", None));
        }
        Ok(caller)
    }

    /// The answer of a call as a result. `asking` is the call where the client can ask its person, who is asked first then.
    async fn result(
        &self,
        answer: Answer,
        asking: Option<&Call>,
        context: &Context,
    ) -> Result<CallToolResponse, ErrorData> {
        match (answer, asking) {
            (Answer::UnknownTool, _) => Err(unknown_tool()),
            (Answer::Done { envelope, is_error }, _) => Ok(self.complete(envelope, is_error, context)),
            (Answer::Confirm { envelope, .. }, None) => Ok(self.complete(envelope, false, context)),
            (Answer::Confirm { id, message, expires_in, envelope }, Some(call)) if is_modern(context) => {
                let lasts = SignedDuration::try_from(expires_in).unwrap_or(SignedDuration::ZERO);
                let until = Timestamp::now().checked_add(lasts).unwrap_or(Timestamp::MIN);
                let asked = Asked { id, message, until };
                let state = self.shared.config.seals.asked(&call.caller, &call.name, &call.arguments, &asked);
                let question = state.and_then(|state| confirm::input_required(&asked.message, state));
                Ok(match question {
                    Some(question) => self.signed(question, context).into(),
                    None => self.complete(envelope, false, context),
                })
            }
            (Answer::Confirm { id, message, expires_in, envelope }, Some(call)) => {
                let settled = tokio::select! {
                    settled = confirm::ask(&context.peer, &message, expires_in) => settled,
                    () = context.ct.cancelled() => None,
                };
                match settled {
                    Some(accept) => self.settle(call.caller.clone(), &id, accept, &call.facts, context).await,
                    None => Ok(self.complete(envelope, false, context)),
                }
            }
        }
    }

    /// Tells the host what the person said. Whatever comes of it is the answer; nothing is asked twice.
    async fn settle(
        &self,
        caller: Arc<Caller>,
        id: &str,
        accept: bool,
        facts: &Facts,
        context: &Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let work = unharmed(self.shared.host.confirm(caller, id, accept, facts));
        match self.told(work, context).await? {
            Answer::UnknownTool => Err(unknown_tool()),
            Answer::Done { envelope, is_error } => Ok(self.complete(envelope, is_error, context)),
            Answer::Confirm { envelope, .. } => Ok(self.complete(envelope, false, context)),
        }
    }

    async fn told<F: Future>(&self, work: F, context: &Context) -> F::Output {
        progress::told(&context.peer, context.meta.get_progress_token(), self.shared.config.progress_every, work).await
    }

    fn complete(&self, envelope: Value, is_error: bool, context: &Context) -> CallToolResponse {
        let result =
            if is_error { CallToolResult::structured_error(envelope) } else { CallToolResult::structured(envelope) };
        result.with_meta(self.meta(context)).into()
    }

    fn signed(&self, question: InputRequiredResult, context: &Context) -> InputRequiredResult {
        match self.meta(context) {
            Some(meta) => question.with_meta(meta),
            None => question,
        }
    }

    /// Versions without a handshake are told in each answer who answered.
    fn meta(&self, context: &Context) -> Option<MetaObject> {
        is_modern(context).then(|| self.shared.server.clone())
    }

    fn ttl_ms(&self) -> u64 {
        u64::try_from(self.shared.config.list_ttl.as_millis()).unwrap_or(u64::MAX)
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
            .with_ttl_ms(self.ttl_ms())
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
        let caller = self.asker(&context)?;
        let facts = facts(&context);
        let config = &self.shared.config;
        let list = AssertUnwindSafe(|| self.shared.host.list(&caller, &facts));
        let all = std::panic::catch_unwind(list).map_err(|_| panicked())?;
        let cursor = request.and_then(|request| request.cursor);
        let page = list::page(&all, &caller, cursor.as_deref(), &config.seals, config.page_size, config.names);
        let Some(page) = page else {
            self.shared.host.refused(&caller, Refusal::Cursor, &facts);
            return Err(ErrorData::invalid_params("invalid cursor: ask for the list from its beginning", None));
        };
        let mut result = ListToolsResult::with_all_items(page.tools)
            .with_ttl_ms(self.ttl_ms())
            .with_cache_scope(CacheScope::Private);
        result.next_cursor = page.next;
        result.meta = self.meta(&context);
        Ok(result)
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        let caller = self.asker(&context)?;
        let facts = facts(&context);
        let arguments: Map<String, Value> = request.arguments.unwrap_or_default();
        if let Some(state) = request.request_state {
            let seals = &self.shared.config.seals;
            let Some(asked) = seals.open_asked(&caller, &request.name, &arguments, &state, Timestamp::now()) else {
                self.shared.host.refused(&caller, Refusal::RequestState, &facts);
                return Err(invalid_state());
            };
            return match confirm::answer_in(request.input_responses.as_ref()) {
                Some(accept) => self.settle(caller, &asked.id, accept, &facts, &context).await,
                // The same question under the same state: asking again does not make it live longer.
                None => confirm::input_required(&asked.message, state)
                    .map(|question| self.signed(question, &context).into())
                    .ok_or_else(invalid_state),
            };
        }
        let call = Call { caller, name: request.name.into_owned(), arguments, facts };
        let asking = confirm::can_ask(&context).then(|| call.clone());
        let answer = self.told(unharmed(self.shared.host.call(call)), &context).await?;
        self.result(answer, asking.as_ref(), &context).await
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

/// The name is not repeated: a hidden tool's answer must be the bytes of any other's.
fn unknown_tool() -> ErrorData {
    ErrorData::invalid_params("unknown tool: `tools/list` and `find_tools` name those that you can call", None)
}

fn invalid_state() -> ErrorData {
    ErrorData::invalid_params("invalid request state: make the call again without it", None)
}

/// A panic behind the host must not leave the client waiting for ever.
async fn unharmed(work: impl Future<Output = Answer>) -> Result<Answer, ErrorData> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| panicked())
}

fn panicked() -> ErrorData {
    tracing::error!("a panic behind an MCP request was caught; the caller was told of an internal error");
    ErrorData::internal_error("internal error", None)
}
