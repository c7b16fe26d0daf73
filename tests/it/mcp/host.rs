//! A host without a house behind it: tools that show what the protocol layer hands over.

use async_trait::async_trait;
use parking_lot::Mutex;
use postern::caller::Caller;
use postern::mcp::{Answer, Call, Facts, Host, Listing, Refusal, Written};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Leaked once for the names of a long list: listings have static names.
static LONG: std::sync::LazyLock<Vec<&'static str>> =
    std::sync::LazyLock::new(|| (0..150).map(|n| &*format!("tool_{n:03}").leak()).collect());

/// What the host saw, and the latches of its slow tools.
#[derive(Debug, Default)]
pub(crate) struct FakeHost {
    /// Confirmations as (subject, id, accept).
    pub(crate) settled: Mutex<Vec<(String, String, bool)>>,
    /// What the protocol layer refused, with whose it was.
    pub(crate) refused: Mutex<Vec<(String, Refusal)>>,
    /// How often a tool was called.
    pub(crate) calls: Mutex<usize>,
    /// A slow call has begun.
    pub(crate) began: Notify,
    /// A slow call heard that its client has gone.
    pub(crate) gone: Notify,
    /// A slow call went on to its end.
    pub(crate) ended: Notify,
    /// Slow calls by the `key` of their arguments wait here.
    latches: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl FakeHost {
    pub(crate) fn latch(&self, key: &str) -> Arc<Semaphore> {
        self.latches.lock().entry(key.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(0))).clone()
    }

    fn names(subject: &str) -> Vec<&'static str> {
        match subject {
            "many" => LONG.clone(),
            "ben" => vec!["close", "echo", "hidden"],
            _ => vec!["close", "echo", "tickets.list"],
        }
    }
}

#[async_trait]
impl Host for FakeHost {
    fn list(&self, caller: &Caller, _: &Facts) -> Vec<Arc<Listing>> {
        let schema = json!({ "type": "object" }).as_object().cloned().map(Arc::new).unwrap_or_default();
        let listing = |name: &'static str| {
            Arc::new(Listing {
                action: "".into(),
                name,
                title: "A tool",
                description: "Does it.".into(),
                input_schema: schema.clone(),
                output_schema: schema.clone(),
                toolset: "tickets".into(),
                read_only: name != "close",
                destructive: name == "close",
                idempotent: true,
            })
        };
        Self::names(&caller.principal.subject).into_iter().map(listing).collect()
    }

    async fn call(&self, call: Call) -> Answer {
        *self.calls.lock() += 1;
        let subject = call.caller.principal.subject.to_string();
        let done = |data: Value| Answer::Done {
            envelope: Written::of(&json!({ "status": "success", "data": data })),
            is_error: false,
        };
        match call.name.as_str() {
            "echo" => done(json!({
                "subject": subject,
                "arguments": call.arguments,
                "request_id": call.facts.request_id,
                "protocol": call.facts.protocol,
                "client": call.facts.client,
                "toolsets": call.facts.toolsets,
            })),
            "fail" => Answer::Done {
                envelope: Written::of(&json!({ "status": "error", "code": "TICKET_NOT_FOUND" })),
                is_error: true,
            },
            "hidden" if subject == "ben" => done(json!({})),
            "slow" => {
                let key = call.arguments.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
                let latch = self.latch(&key);
                self.began.notify_one();
                tokio::select! {
                    permit = latch.acquire() => permit.unwrap().forget(),
                    () = call.facts.cancelled.cancelled() => {
                        self.gone.notify_one();
                        // What has been sent upstream is not called back: the work goes on to its end.
                        latch.acquire().await.unwrap().forget();
                    }
                }
                self.ended.notify_one();
                done(json!({ "key": key, "subject": subject }))
            }
            "close" | "tickets.close" => Answer::Confirm {
                id: "c-1".into(),
                message: "Close ticket T-1?".into(),
                expires_in: Duration::from_secs(300),
                envelope: Written::of(&json!({ "status": "pending_confirmation", "confirmation_id": "c-1" })),
            },
            "panic" => panic!("a bug"),
            _ => Answer::UnknownTool,
        }
    }

    async fn confirm(&self, caller: Arc<Caller>, id: &str, accept: bool, _: &Facts) -> Answer {
        self.settled.lock().push((caller.principal.subject.to_string(), id.to_owned(), accept));
        let envelope = json!({ "status": if accept { "success" } else { "error" }, "code": "settled" });
        Answer::Done { envelope: Written::of(&envelope), is_error: !accept }
    }

    fn refused(&self, caller: &Caller, refusal: Refusal, _: &Facts) {
        self.refused.lock().push((caller.principal.subject.to_string(), refusal));
    }
}
