//! What previews and the writes that come from them have in common.

use super::{Answer, Code, Preview, Ready, Refusal, Reply, ToolCx};
use crate::govern::action::ActionId;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The argument by which a caller says that two calls are the same write.
pub(super) const KEY: &str = "idempotency_key";

/// The arguments of a write that does what a preview said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FromPreview {
    /// The `action_request_id` that the preview answered.
    preview_id: ActionId,
}

impl Ready for FromPreview {
    fn call<'a>(self: Box<Self>, _: &'a ToolCx) -> BoxFuture<'a, Result<Reply<Box<dyn Answer>>, Refusal>> {
        Box::pin(std::future::ready(Err(not_planned())))
    }

    fn preview<'a>(&'a self, _: &'a ToolCx) -> BoxFuture<'a, Result<Preview, Refusal>> {
        Box::pin(std::future::ready(Err(not_planned())))
    }

    fn previewed(&self) -> Option<&ActionId> {
        Some(&self.preview_id)
    }
}

fn not_planned() -> Refusal {
    tracing::error!("a write was carried out without the plan that its preview made");
    Refusal::new(Code::InternalError, "an internal error occurred")
}

/// What the customer of a preview is called; none where it is about none or several, or where the customer records do not say. A name
/// is for people to read: without it they read the id.
pub(super) async fn customer_named(cx: &ToolCx) -> Option<String> {
    let mut about = cx.findings.lock().organisations.clone();
    about.extend(cx.caller.organisation.clone());
    let customer = about.pop_first().filter(|_| about.is_empty())?;
    let crm = cx.crm().ok()?;
    let external = crm.external(&customer)?;
    let found = crm.timed(crm.port.organisation(&crm.cx, &external)).await.ok()?;
    let found = crm.admit(found)?;
    (found.organisation.as_ref() == Some(&customer)).then_some(found.record.name)
}

/// What a preview answers: what would be done, for a person and for the write that names it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Previewed {
    /// What the write takes as `preview_id`.
    preview_id: String,
    /// The tool that carries it out.
    write: String,
    /// What it needs first: nothing, the caller's confirmation, or somebody's approval.
    needs: String,
    /// Until when it can be carried out, UTC.
    expires_at: String,
    /// What would be done, in words.
    summary: String,
    /// What would be done.
    effect: Map<String, Value>,
}

/// Adds the caller's own key to the arguments of a governed write.
pub(super) fn add_key(input: &mut Map<String, Value>) {
    let key = json!({
        "type": "string", "minLength": 1, "maxLength": 64,
        "description": "Your own word for this write: a second call with the same word and arguments is the same write, and gets its answer.",
    });
    let properties = input.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        properties.insert(KEY.to_owned(), key);
    }
}
