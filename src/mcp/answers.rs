//! What we answer to a list of tools and to a call, whichever way the request came.
//!
//! **Invariant:** a list and a call ask the same [`Host`] with the same caller, and a tool that the caller may not know of is
//! answered with the bytes of one that does not exist.

use super::confirm;
use super::handler::implementation;
use super::list;
use super::progress;
use super::seal::Asked;
use super::{Answer, Call, Facts, Host, McpConfig, Refusal, Written};
use crate::caller::Caller;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, InputRequiredResult,
    ListToolsResult, MetaObject,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// The way back to the client while its request is under way, where there is one.
type Line<'a> = Option<&'a RequestContext<RoleServer>>;

/// Who asks, and what the request says beside its method.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) caller: Arc<Caller>,
    pub(super) facts: Facts,
    /// Whether the request is of a version without a handshake.
    pub(super) modern: bool,
    /// Whether the client can put a question to its person.
    pub(super) can_ask: bool,
}

/// What is told.
#[derive(Debug)]
pub(super) enum Told {
    /// How the call ended.
    Done { envelope: Written, is_error: bool },
    /// A question to the client's person.
    Question(InputRequiredResult),
}

/// What every handler of one endpoint shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) host: Arc<dyn Host>,
    pub(super) config: McpConfig,
    /// `_meta` of an answer, with who answers.
    pub(super) server: MetaObject,
}

impl Shared {
    pub(super) fn new(host: Arc<dyn Host>, config: McpConfig) -> Self {
        let mut server = MetaObject::new();
        if let Ok(info) = serde_json::to_value(implementation()) {
            server.insert("io.modelcontextprotocol/serverInfo".into(), info);
        }
        Self { host, config, server }
    }

    /// One page of the tools that the caller can call.
    pub(super) fn list(&self, asker: &Asker, cursor: Option<&str>) -> Result<ListToolsResult, ErrorData> {
        let Asker { caller, facts, .. } = asker;
        let list = AssertUnwindSafe(|| self.host.list(caller, facts));
        let all = std::panic::catch_unwind(list).map_err(|_| panicked())?;
        let config = &self.config;
        let page = list::page(&all, caller, cursor, &config.seals, config.page_size, config.names);
        let Some(page) = page else {
            self.host.refused(caller, Refusal::Cursor, facts);
            return Err(ErrorData::invalid_params("invalid cursor: ask for the list from its beginning", None));
        };
        let mut result = ListToolsResult::with_all_items(page.tools)
            .with_ttl_ms(self.ttl_ms())
            .with_cache_scope(CacheScope::Private);
        result.next_cursor = page.next;
        result.meta = self.meta(asker.modern);
        Ok(result)
    }

    /// Calls a tool, or goes on with a call that waited for its person.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        asker: Asker,
        line: Line<'_>,
    ) -> Result<Told, ErrorData> {
        let Asker { caller, facts, modern, can_ask } = asker;
        let arguments: Map<String, Value> = request.arguments.unwrap_or_default();
        if let Some(state) = request.request_state {
            let seals = &self.config.seals;
            let Some(asked) = seals.open_asked(&caller, &request.name, &arguments, &state, Timestamp::now()) else {
                self.host.refused(&caller, Refusal::RequestState, &facts);
                return Err(invalid_state());
            };
            return match confirm::answer_in(request.input_responses.as_ref()) {
                Some(accept) => self.settle(caller, &asked.id, accept, &facts, line).await,
                // The same question under the same state: asking again does not make it live longer.
                None => confirm::input_required(&asked.message, state)
                    .map(|question| Told::Question(self.signed(question, modern)))
                    .ok_or_else(invalid_state),
            };
        }
        let call = Call { caller, name: request.name.into_owned(), arguments, facts };
        let asking = can_ask.then(|| call.clone());
        let answer = self.told(unharmed(self.host.call(call)), line).await?;
        self.result(answer, asking.as_ref(), modern, line).await
    }

    /// The answer of a call as a result. `asking` is the call where the client can ask its person, who is asked first then.
    async fn result(
        &self,
        answer: Answer,
        asking: Option<&Call>,
        modern: bool,
        line: Line<'_>,
    ) -> Result<Told, ErrorData> {
        match (answer, asking, line) {
            (Answer::UnknownTool, _, _) => Err(unknown_tool()),
            (Answer::Done { envelope, is_error }, _, _) => Ok(Told::Done { envelope, is_error }),
            (Answer::Confirm { id, message, expires_in, envelope }, Some(call), _) if modern => {
                let lasts = SignedDuration::try_from(expires_in).unwrap_or(SignedDuration::ZERO);
                let until = Timestamp::now().checked_add(lasts).unwrap_or(Timestamp::MIN);
                let asked = Asked { id, message, until };
                let state = self.config.seals.asked(&call.caller, &call.name, &call.arguments, &asked);
                let question = state.and_then(|state| confirm::input_required(&asked.message, state));
                Ok(match question {
                    Some(question) => Told::Question(self.signed(question, modern)),
                    None => Told::Done { envelope, is_error: false },
                })
            }
            (Answer::Confirm { id, message, expires_in, envelope }, Some(call), Some(context)) => {
                let settled = tokio::select! {
                    settled = confirm::ask(&context.peer, &message, expires_in) => settled,
                    () = context.ct.cancelled() => None,
                };
                match settled {
                    Some(accept) => self.settle(call.caller.clone(), &id, accept, &call.facts, line).await,
                    None => Ok(Told::Done { envelope, is_error: false }),
                }
            }
            (Answer::Confirm { envelope, .. }, _, _) => Ok(Told::Done { envelope, is_error: false }),
        }
    }

    /// Tells the host what the person said. Whatever comes of it is the answer; nothing is asked twice.
    async fn settle(
        &self,
        caller: Arc<Caller>,
        id: &str,
        accept: bool,
        facts: &Facts,
        line: Line<'_>,
    ) -> Result<Told, ErrorData> {
        let work = unharmed(self.host.confirm(caller, id, accept, facts));
        match self.told(work, line).await? {
            Answer::UnknownTool => Err(unknown_tool()),
            Answer::Done { envelope, is_error } => Ok(Told::Done { envelope, is_error }),
            Answer::Confirm { envelope, .. } => Ok(Told::Done { envelope, is_error: false }),
        }
    }

    async fn told<F: Future>(&self, work: F, line: Line<'_>) -> F::Output {
        let Some(context) = line else { return work.await };
        progress::told(&context.peer, context.meta.get_progress_token(), self.config.progress_every, work).await
    }

    /// What is told, as the library has it.
    pub(super) fn response(&self, told: Told, modern: bool) -> CallToolResponse {
        match told {
            Told::Question(question) => question.into(),
            Told::Done { envelope, is_error } => {
                let envelope = envelope.value();
                let result = if is_error {
                    CallToolResult::structured_error(envelope)
                } else {
                    CallToolResult::structured(envelope)
                };
                result.with_meta(self.meta(modern)).into()
            }
        }
    }

    fn signed(&self, question: InputRequiredResult, modern: bool) -> InputRequiredResult {
        match self.meta(modern) {
            Some(meta) => question.with_meta(meta),
            None => question,
        }
    }

    /// Versions without a handshake are told in each answer who answered.
    fn meta(&self, modern: bool) -> Option<MetaObject> {
        modern.then(|| self.server.clone())
    }

    pub(super) fn ttl_ms(&self) -> u64 {
        u64::try_from(self.config.list_ttl.as_millis()).unwrap_or(u64::MAX)
    }
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
