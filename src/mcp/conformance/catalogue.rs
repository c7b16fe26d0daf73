//! Prompts and resources.

use super::asking;
use super::of;
use rmcp::model::{
    ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult, ReadResourceResponse, ReadResourceResult,
};
use serde_json::{Value, json};

/// A red pixel.
pub(super) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

pub(super) fn prompts() -> Value {
    let argument =
        |name: &str, description: &str| json!({ "name": name, "description": description, "required": true });
    json!([
        { "name": "test_simple_prompt", "description": "A prompt without arguments." },
        {
            "name": "test_prompt_with_arguments",
            "description": "A prompt with two arguments.",
            "arguments": [argument("arg1", "The first."), argument("arg2", "The second.")],
        },
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "A prompt that carries a resource.",
            "arguments": [argument("resourceUri", "The resource to carry.")],
        },
        { "name": "test_prompt_with_image", "description": "A prompt that carries an image." },
        { "name": "test_input_required_result_prompt", "description": "A prompt that asks first." },
    ])
}

pub(super) fn prompt(request: GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        request.arguments.as_ref().and_then(|arguments| arguments.get(name)?.as_str()).unwrap_or_default().to_owned()
    };
    let said = |content: Value| json!({ "role": "user", "content": content });
    let text = |text: String| said(json!({ "type": "text", "text": text }));
    let messages = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.".into())],
        "test_prompt_with_arguments" => {
            vec![text(format!("Prompt with arguments: arg1='{}', arg2='{}'", argument("arg1"), argument("arg2")))]
        }
        "test_prompt_with_embedded_resource" => vec![
            said(json!({ "type": "resource", "resource": {
                "uri": argument("resourceUri"),
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            } })),
            text("Please process the embedded resource above.".into()),
        ],
        "test_prompt_with_image" => vec![
            said(json!({ "type": "image", "data": PNG, "mimeType": "image/png" })),
            text("Please analyze the image above.".into()),
        ],
        "test_input_required_result_prompt" => {
            match asking::said(request.input_responses.as_ref(), "user_context", "context") {
                Some(context) => vec![text(format!("Prompt with context: {context}"))],
                None => {
                    let question = asking::form("What context should the prompt use?", "context", "string");
                    return asking::required(json!({ "user_context": question }), None).map(Into::into);
                }
            }
        }
        _ => return Err(ErrorData::invalid_params("unknown prompt", None)),
    };
    of::<GetPromptResult>(json!({ "messages": messages, "resultType": "complete" })).map(Into::into)
}

pub(super) fn resources() -> Value {
    let one = |uri: &str, name: &str, kind: &str| json!({ "uri": uri, "name": name, "description": format!("A fixture: {name}."), "mimeType": kind });
    json!([
        one("test://static-text", "static-text", "text/plain"),
        one("test://static-binary", "static-binary", "image/png"),
        one("test://watched-resource", "watched-resource", "text/plain"),
    ])
}

pub(super) fn templates() -> Value {
    json!([{
        "uriTemplate": "test://template/{id}/data",
        "name": "template-data",
        "description": "Data by id.",
        "mimeType": "application/json",
    }])
}

pub(super) fn read(uri: &str) -> Result<ReadResourceResponse, ErrorData> {
    let content = match uri {
        "test://static-text" => {
            json!({ "uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource." })
        }
        "test://static-binary" => json!({ "uri": uri, "mimeType": "image/png", "blob": PNG }),
        "test://watched-resource" => json!({ "uri": uri, "mimeType": "text/plain", "text": "Watched." }),
        _ => {
            let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
            let Some(id) = id else {
                return Err(ErrorData::resource_not_found("resource not found", Some(json!({ "uri": uri }))));
            };
            let text = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            json!({ "uri": uri, "mimeType": "application/json", "text": text.to_string() })
        }
    };
    of::<ReadResourceResult>(json!({ "contents": [content], "resultType": "complete" })).map(Into::into)
}
