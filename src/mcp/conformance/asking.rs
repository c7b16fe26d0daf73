//! Tools that ask the client for something: by a request in a session, by `input_required` without one.

use super::{Context, Fixtures, of};
use crate::mcp::request::caller;
use crate::mcp::seal::Asked;
use jiff::{SignedDuration, Timestamp};
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, CreateMessageRequestParams, ElicitRequestParams, ErrorData,
    InputRequests, InputRequiredResult, InputResponses,
};
use serde_json::{Map, Value, json};

/// What a tool came to: words for the model, or a question to the client.
pub(super) enum Outcome {
    Text(String),
    Asks(Box<InputRequiredResult>),
}

/// A form with one required field.
pub(super) fn form(message: &str, field: &str, kind: &str) -> Value {
    json!({ "method": "elicitation/create", "params": {
        "mode": "form",
        "message": message,
        "requestedSchema": { "type": "object", "properties": { field: { "type": kind } }, "required": [field] },
    } })
}

fn sampling(question: &str) -> Value {
    json!({ "method": "sampling/createMessage", "params": message_of(question) })
}

fn message_of(question: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": question } }], "maxTokens": 100 })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

pub(super) fn required(questions: Value, state: Option<String>) -> Result<InputRequiredResult, ErrorData> {
    Ok(InputRequiredResult::new(Some(of::<InputRequests>(questions)?), state))
}

/// The field of an accepted form among the responses.
pub(super) fn said(responses: Option<&InputResponses>, question: &str, field: &str) -> Option<Value> {
    let answer = responses?.get(question)?;
    (answer.get("action")? == "accept").then(|| answer.get("content")?.get(field).cloned())?
}

fn answered(responses: Option<&InputResponses>, question: &str, field: &str) -> bool {
    responses.and_then(|responses| responses.get(question)?.get(field)).is_some()
}

/// The tools that ask without a session. `None` for a name that is not one of them.
pub(super) fn in_rounds(
    fixtures: &Fixtures,
    request: &CallToolRequestParams,
    context: &Context,
) -> Option<Result<Outcome, ErrorData>> {
    let kind = request.name.strip_prefix("test_input_required_result_")?;
    let responses = request.input_responses.as_ref();
    let asks = |questions: Value| required(questions, None).map(|asked| Outcome::Asks(Box::new(asked)));
    Some(match kind {
        "elicitation" => match said(responses, "user_name", "name") {
            Some(name) => Ok(Outcome::Text(format!("Hello, {}!", name.as_str().unwrap_or_default()))),
            None => asks(json!({ "user_name": form("What is your name?", "name", "string") })),
        },
        "sampling" => match answered(responses, "capital_question", "content") {
            true => Ok(Outcome::Text("The model has answered.".into())),
            false => asks(json!({ "capital_question": sampling("What is the capital of France?") })),
        },
        "list_roots" => match answered(responses, "client_roots", "roots") {
            true => Ok(Outcome::Text("The roots are known.".into())),
            false => asks(json!({ "client_roots": roots() })),
        },
        "capabilities" => {
            let declared = context.client_capabilities().unwrap_or_default();
            let mut questions = Map::new();
            if declared.sampling.is_some() {
                questions.insert("greeting".into(), sampling("Say hello."));
            }
            if declared.elicitation.is_some() {
                questions.insert("user_name".into(), form("What is your name?", "name", "string"));
            }
            asks(Value::Object(questions))
        }
        "request_state" | "tampered_state" => rounds(fixtures, request, context, |round| match round {
            1 if said(responses, "confirm", "ok").is_some() => Err("state-ok: the state came back whole".into()),
            _ => Ok((json!({ "confirm": form("Please confirm", "ok", "boolean") }), 1)),
        }),
        "multiple_inputs" => rounds(fixtures, request, context, |round| {
            let all = said(responses, "user_name", "name").is_some()
                && answered(responses, "greeting", "content")
                && answered(responses, "client_roots", "roots");
            match round {
                1 if all => Err("all three have been answered".into()),
                _ => Ok((
                    json!({
                        "user_name": form("What is your name?", "name", "string"),
                        "greeting": sampling("Generate a greeting"),
                        "client_roots": roots(),
                    }),
                    1,
                )),
            }
        }),
        "multi_round" => rounds(fixtures, request, context, |round| match round {
            1 if said(responses, "step1", "name").is_some() => {
                Ok((json!({ "step2": form("Step 2: What is your favorite color?", "color", "string") }), 2))
            }
            2 if said(responses, "step2", "color").is_some() => Err("both steps are done".into()),
            2 => Ok((json!({ "step2": form("Step 2: What is your favorite color?", "color", "string") }), 2)),
            _ => Ok((json!({ "step1": form("Step 1: What is your name?", "name", "string") }), 1)),
        }),
        _ => return None,
    })
}

/// One round under a sealed state, the product's own: `next` says the questions and the round after, or the last words.
fn rounds(
    fixtures: &Fixtures,
    request: &CallToolRequestParams,
    context: &Context,
    next: impl Fn(u8) -> Result<(Value, u8), String>,
) -> Result<Outcome, ErrorData> {
    let caller = caller(context)?;
    let arguments = request.arguments.clone().unwrap_or_default();
    let seals = &fixtures.config.seals;
    let round = match &request.request_state {
        None => 0,
        Some(state) => seals
            .open_asked(&caller, &request.name, &arguments, state, Timestamp::now())
            .and_then(|asked| asked.id.parse().ok())
            .ok_or_else(|| ErrorData::invalid_params("invalid request state: make the call again without it", None))?,
    };
    match next(round) {
        Err(words) => Ok(Outcome::Text(words)),
        Ok((questions, round)) => {
            let until = Timestamp::now().checked_add(SignedDuration::from_mins(5)).unwrap_or(Timestamp::MAX);
            let asked = Asked { id: round.to_string(), message: String::new(), until };
            let state = seals.asked(&caller, &request.name, &arguments, &asked);
            required(questions, state).map(|asked| Outcome::Asks(Box::new(asked)))
        }
    }
}

/// Asks the model behind the client, in a session.
pub(super) async fn sample(prompt: &str, context: &Context) -> Result<String, ErrorData> {
    if context.client_capabilities().is_none_or(|declared| declared.sampling.is_none()) {
        return Err(no_sampling());
    }
    let answer = context.peer.create_message(of::<CreateMessageRequestParams>(message_of(prompt))?).await;
    let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let answer = serde_json::to_value(answer).unwrap_or_default();
    let text = answer.pointer("/content/text").and_then(Value::as_str).unwrap_or_default();
    Ok(format!("LLM response: {text}"))
}

/// What is said to a client that did not declare sampling.
pub(super) fn no_sampling() -> ErrorData {
    match of::<ClientCapabilities>(json!({ "sampling": {} })) {
        Ok(required) => ErrorData::missing_required_client_capability(required),
        Err(error) => error,
    }
}

/// Shows a form, in a session.
pub(super) async fn elicit(message: &str, schema: Value, context: &Context) -> Result<(String, Value), ErrorData> {
    if context.client_capabilities().is_none_or(|declared| declared.elicitation.is_none()) {
        return Err(ErrorData::invalid_request("the client did not declare elicitation", None));
    }
    let question = json!({ "mode": "form", "message": message, "requestedSchema": schema });
    let answer = context.peer.create_elicitation(of::<ElicitRequestParams>(question)?).await;
    let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let action = serde_json::to_value(&answer.action).unwrap_or_default();
    Ok((action.as_str().unwrap_or_default().to_owned(), answer.content.unwrap_or_default()))
}

/// One field of each kind with a default.
pub(super) fn defaults() -> Value {
    json!({ "type": "object", "required": [], "properties": {
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    } })
}

/// The five ways to write a choice.
pub(super) fn choices() -> Value {
    let titled = |words: [&str; 3]| {
        let one = |(index, title): (usize, &&str)| json!({ "const": format!("value{}", index + 1), "title": title });
        words.iter().enumerate().map(one).collect::<Vec<_>>()
    };
    json!({ "type": "object", "required": [], "properties": {
        "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
        "titledSingle": { "type": "string", "oneOf": titled(["First Option", "Second Option", "Third Option"]) },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": ["option1", "option2", "option3"] } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled(["First Choice", "Second Choice", "Third Choice"]) } },
    } })
}
