//! Asking a person, through a client that can ask.
//!
//! **Invariant:** only an answer of the person to our question accepts: `action: accept` with `confirm: true`. Whatever else
//! comes back declines, and a client that cannot ask gets the pending envelope; an argument of a call is never looked at.

use rmcp::model::{
    ClientCapabilities, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
    InputRequest, InputRequests, InputRequiredResult, InputResponses, ProtocolVersion,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use std::time::Duration;

/// The name of our one question among the input requests.
const QUESTION: &str = "confirm";
/// The name of its one field.
const FIELD: &str = "confirm";

/// Whether the client said that it can show a form. A bare `elicitation: {}` means forms.
pub(super) fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let since = ProtocolVersion::V_2025_06_18;
    let knows = context.protocol_version().is_some_and(|version| version.as_str() >= since.as_str());
    knows && context.client_capabilities().is_some_and(|capabilities| shows_forms(&capabilities))
}

pub(super) fn shows_forms(capabilities: &ClientCapabilities) -> bool {
    capabilities.elicitation.as_ref().is_some_and(|offered| offered.form.is_some() || offered.url.is_none())
}

/// The question as a result that asks the client to come back with an answer. `None` if it cannot be put.
pub(super) fn input_required(message: &str, state: String) -> Option<InputRequiredResult> {
    let request = InputRequest::Elicitation(ElicitRequest::new(question(message)?));
    Some(InputRequiredResult::new(Some(InputRequests::from([(QUESTION.to_owned(), request)])), Some(state)))
}

/// What a client came back with: accepted, declined, or `None` where it did not answer our question.
pub(super) fn answer_in(responses: Option<&InputResponses>) -> Option<bool> {
    let answer = responses?.get(QUESTION)?;
    serde_json::from_value::<ElicitResult>(answer.clone()).ok().map(|answer| accepts(&answer))
}

/// Asks through the session of a handshake version. `None` where no answer came in time.
pub(super) async fn ask(peer: &Peer<RoleServer>, message: &str, timeout: Duration) -> Option<bool> {
    match peer.create_elicitation_with_timeout(question(message)?, Some(timeout)).await {
        Ok(answer) => Some(accepts(&answer)),
        Err(error) => {
            tracing::info!(%error, "a client that offered to ask its user gave no answer: {error}");
            None
        }
    }
}

fn accepts(answer: &ElicitResult) -> bool {
    let said = answer.content.as_ref().and_then(|content| content.get(FIELD)).and_then(serde_json::Value::as_bool);
    answer.action == ElicitationAction::Accept && said == Some(true)
}

fn question(message: &str) -> Option<ElicitRequestParams> {
    let field = |schema: rmcp::model::BooleanSchema| {
        schema.title("Confirm").description("Yes does it; no leaves everything as it is.").with_default(false)
    };
    let schema = ElicitationSchema::builder().required_bool_property(FIELD, field).build();
    match schema {
        Ok(requested_schema) => Some(ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: message.to_owned(),
            requested_schema,
        }),
        Err(error) => {
            tracing::error!(error, "the form that asks for a confirmation is invalid: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(value: serde_json::Value) -> Option<bool> {
        answer_in(Some(&InputResponses::from([(QUESTION.to_owned(), value)])))
    }

    #[test]
    fn only_an_explicit_yes_accepts() {
        assert_eq!(answer(json!({ "action": "accept", "content": { "confirm": true } })), Some(true));
        for declined in [
            json!({ "action": "accept", "content": { "confirm": false } }),
            json!({ "action": "accept", "content": { "confirm": "true" } }),
            json!({ "action": "accept", "content": { "approved": true } }),
            json!({ "action": "accept" }),
            json!({ "action": "decline", "content": { "confirm": true } }),
            json!({ "action": "cancel" }),
        ] {
            assert_eq!(answer(declined.clone()), Some(false), "{declined}");
        }
        for unanswered in [json!(true), json!({ "action": "approve" }), json!({ "confirm": true })] {
            assert_eq!(answer(unanswered.clone()), None, "{unanswered}");
        }
        assert_eq!(answer_in(None), None);
    }

    #[test]
    fn a_client_that_only_opens_pages_is_not_asked_with_a_form() {
        let of = |value| shows_forms(&serde_json::from_value::<ClientCapabilities>(value).unwrap());
        assert!(of(json!({ "elicitation": {} })));
        assert!(of(json!({ "elicitation": { "form": {} } })));
        assert!(of(json!({ "elicitation": { "form": {}, "url": {} } })));
        assert!(!of(json!({ "elicitation": { "url": {} } })));
        assert!(!of(json!({})));
    }
}
