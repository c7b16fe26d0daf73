//! The tools: what each lists and answers.

use super::asking::{self, Outcome};
use super::catalogue::PNG;
use super::{Change, Context, Fixtures, of, wants_logs};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, LoggingLevel, LoggingMessageNotificationParam,
    ProgressNotificationParam, ResultType,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Eight samples of silence.
const WAV: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";

/// Tools without arguments, and what each is for.
const PLAIN: [(&str, &str); 24] = [
    ("test_simple_text", "Answers with text."),
    ("test_image_content", "Answers with an image."),
    ("test_audio_content", "Answers with a sound."),
    ("test_embedded_resource", "Answers with a resource."),
    ("test_multiple_content_types", "Answers with text, an image and a resource."),
    ("test_tool_with_logging", "Logs while it works."),
    ("test_tool_with_progress", "Tells its progress."),
    ("test_error_handling", "Fails."),
    ("test_reconnection", "Works for a moment."),
    ("test_elicitation_sep1034_defaults", "Shows a form with defaults."),
    ("test_elicitation_sep1330_enums", "Shows a form with choices."),
    ("test_missing_capability", "Needs a client with sampling."),
    ("test_streaming_elicitation", "Asks without a request of its own."),
    ("test_logging_tool", "Logs where the request asks for it."),
    ("test_trigger_tool_change", "Says that the tools have changed."),
    ("test_trigger_prompt_change", "Says that the prompts have changed."),
    ("test_input_required_result_elicitation", "Asks for a name."),
    ("test_input_required_result_sampling", "Asks the model."),
    ("test_input_required_result_list_roots", "Asks for roots."),
    ("test_input_required_result_request_state", "Asks under a state."),
    ("test_input_required_result_multiple_inputs", "Asks for three things at once."),
    ("test_input_required_result_multi_round", "Asks twice."),
    ("test_input_required_result_tampered_state", "Asks under a state that must come back whole."),
    ("test_input_required_result_capabilities", "Asks for what the client declared."),
];

pub(super) fn list() -> Value {
    let object = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required });
    let tool = |name: &str, description: &str, schema: Value| json!({ "name": name, "description": description, "inputSchema": schema });
    let plain = PLAIN.iter().map(|(name, description)| tool(name, description, json!({ "type": "object" })));
    let mut tools: Vec<Value> = plain.collect();
    let prompt = object(json!({ "prompt": { "type": "string" } }), json!(["prompt"]));
    tools.push(tool("test_sampling", "Asks the model behind the client.", prompt));
    let message = object(json!({ "message": { "type": "string" } }), json!(["message"]));
    tools.push(tool("test_elicitation", "Shows a form.", message));
    let mirrored = json!({
        "region": { "type": "string", "x-mcp-header": "Region" },
        "limit": { "type": "integer", "x-mcp-header": "Limit" },
        "query": { "type": "string" },
    });
    tools.push(tool("test_custom_header", "Mirrors arguments in headers.", object(mirrored, json!(["region"]))));
    tools.push(tool("json_schema_2020_12_tool", "Has a schema with rarer keywords.", rare_schema()));
    Value::Array(tools)
}

fn rare_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

pub(super) async fn call(
    fixtures: &Fixtures,
    request: CallToolRequestParams,
    context: &Context,
) -> Result<CallToolResponse, ErrorData> {
    if let Some(content) = content(&request.name) {
        return complete(content);
    }
    let outcome = match asking::in_rounds(fixtures, &request, context) {
        Some(outcome) => outcome?,
        None => Outcome::Text(acts(fixtures, &request, context).await?),
    };
    match outcome {
        Outcome::Text(text) => complete(json!({ "content": [text_block(&text)] })),
        Outcome::Asks(question) => Ok((*question).into()),
    }
}

fn complete(content: Value) -> Result<CallToolResponse, ErrorData> {
    let mut result = of::<CallToolResult>(content)?;
    result.result_type = Some(ResultType::COMPLETE);
    Ok(result.into())
}

/// Tools whose answer is always the same.
fn content(name: &str) -> Option<Value> {
    let resource = |uri: &str, kind: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": kind, "text": text } });
    let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
    Some(match name {
        "test_simple_text" => json!({ "content": [text_block("This is a simple text response for testing.")] }),
        "test_image_content" => json!({ "content": [image] }),
        "test_audio_content" => json!({ "content": [{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }] }),
        "test_embedded_resource" => json!({ "content": [
            resource("test://embedded-resource", "text/plain", "This is an embedded resource content."),
        ] }),
        "test_multiple_content_types" => json!({ "content": [
            text_block("Multiple content types test:"),
            image,
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ] }),
        "test_error_handling" => json!({
            "isError": true,
            "content": [text_block("This tool intentionally returns an error for testing")],
        }),
        "json_schema_2020_12_tool" | "test_custom_header" => json!({ "content": [text_block("done")] }),
        _ => return None,
    })
}

/// Tools that do something on the way to their words.
async fn acts(fixtures: &Fixtures, request: &CallToolRequestParams, context: &Context) -> Result<String, ErrorData> {
    let argument = |name: &str| {
        request.arguments.as_ref().and_then(|arguments| arguments.get(name)?.as_str()).unwrap_or_default().to_owned()
    };
    match request.name.as_ref() {
        "test_tool_with_logging" | "test_logging_tool" => {
            for words in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
                log(words, context).await;
                moment().await;
            }
            Ok("logged".into())
        }
        "test_tool_with_progress" => {
            for done in [0.0, 50.0, 100.0] {
                if let Some(token) = context.meta.get_progress_token() {
                    let note = ProgressNotificationParam::new(token, done).with_total(100.0);
                    let _ = context.peer.notify_progress(note).await;
                }
                moment().await;
            }
            Ok("done".into())
        }
        "test_reconnection" => {
            moment().await;
            Ok("done".into())
        }
        "test_sampling" => asking::sample(&argument("prompt"), context).await,
        "test_elicitation" => {
            let schema = json!({ "type": "object", "required": ["username", "email"], "properties": {
                "username": { "type": "string", "description": "User's response" },
                "email": { "type": "string", "description": "User's email address" },
            } });
            let (action, content) = asking::elicit(&argument("message"), schema, context).await?;
            Ok(format!("User response: action={action}, content={content}"))
        }
        "test_elicitation_sep1034_defaults" => {
            let (action, content) = asking::elicit("Check these.", asking::defaults(), context).await?;
            Ok(format!("Elicitation completed: action={action}, content={content}"))
        }
        "test_elicitation_sep1330_enums" => {
            let (action, content) = asking::elicit("Choose.", asking::choices(), context).await?;
            Ok(format!("Elicitation completed: action={action}, content={content}"))
        }
        "test_missing_capability" => {
            let declared = context.client_capabilities().unwrap_or_default();
            if declared.sampling.is_some() { Ok("the client has sampling".into()) } else { Err(asking::no_sampling()) }
        }
        "test_streaming_elicitation" => Ok("nothing was asked on the stream".into()),
        "test_trigger_tool_change" => {
            let _ = fixtures.changes.send(Change::Tools);
            Ok("said".into())
        }
        "test_trigger_prompt_change" => {
            let _ = fixtures.changes.send(Change::Prompts);
            Ok("said".into())
        }
        _ => Err(ErrorData::invalid_params("unknown tool", None)),
    }
}

async fn log(words: &str, context: &Context) {
    if wants_logs(context) {
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(words));
        let _ = context.peer.notify_logging_message(message).await;
    }
}

/// The scenarios want their messages apart from each other.
async fn moment() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn text_block(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}
