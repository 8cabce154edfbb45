//! The port's request in genai's words.

use std::time::Duration;

use clasper_runtime::model::{ChatMessage, ModelRequest, ToolCallRequest, ToolSpec};
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatMessage as GenaiMessage, ChatOptions, ChatRequest, ContentPart, MessageContent, Tool,
    ToolCall, ToolName, ToolResponse,
};
use serde_json::json;

use crate::draft::arguments_as_object;

/// The conversation and the tools.
pub(crate) fn chat(request: &ModelRequest) -> ChatRequest {
    let mut chat = ChatRequest::new(messages(&request.messages));
    if !request.system.is_empty() {
        chat.system = Some(request.system.clone());
    }
    if !request.tools.is_empty() {
        chat.tools = Some(request.tools.iter().map(tool).collect());
    }
    chat
}

/// Limits and sampling.
pub(crate) fn options(request: &ModelRequest, kind: AdapterKind, idle: Duration) -> ChatOptions {
    // Anthropic's scale ends at one and it refuses anything above.
    let hottest = if kind == AdapterKind::Anthropic {
        1.0
    } else {
        2.0
    };
    ChatOptions::default()
        .with_temperature(request.temperature.min(hottest))
        .with_max_tokens(request.max_output_tokens)
        .with_capture_usage(true)
        .with_capture_tool_calls(true)
        .with_stream_header_timeout(idle)
        .with_stream_read_timeout(idle)
}

/// Results of tools that follow one another become one message: both providers want the answers to one turn's calls
/// together.
fn messages(messages: &[ChatMessage]) -> Vec<GenaiMessage> {
    let mut converted: Vec<GenaiMessage> = Vec::with_capacity(messages.len());
    let mut after_tool = false;
    for message in messages {
        let is_tool = matches!(message, ChatMessage::Tool { .. });
        match (message, converted.last_mut()) {
            (
                ChatMessage::Tool {
                    tool_call_id,
                    name,
                    content,
                },
                Some(previous),
            ) if after_tool => {
                previous
                    .content
                    .push(tool_response(tool_call_id, name, content));
            }
            (message, _) => converted.extend(single(message)),
        }
        after_tool = is_tool;
    }
    converted
}

fn single(message: &ChatMessage) -> Option<GenaiMessage> {
    match message {
        ChatMessage::System { content } => Some(GenaiMessage::system(content)),
        ChatMessage::User { content } => Some(GenaiMessage::user(content)),
        ChatMessage::Assistant {
            content,
            tool_calls,
        } => {
            let text = (!content.is_empty()).then(|| ContentPart::from_text(content));
            let calls = tool_calls
                .iter()
                .map(|call| ContentPart::ToolCall(tool_call(call)));
            let parts: MessageContent = text.into_iter().chain(calls).collect();
            // Both refuse messages without content.
            (!parts.is_empty()).then(|| GenaiMessage::assistant(parts))
        }
        ChatMessage::Tool {
            tool_call_id,
            name,
            content,
        } => Some(GenaiMessage::tool(MessageContent::from_parts(vec![
            tool_response(tool_call_id, name, content),
        ]))),
    }
}

fn tool_call(call: &ToolCallRequest) -> ToolCall {
    ToolCall {
        call_id: call.id.clone(),
        fn_name: call.name.clone(),
        fn_arguments: arguments_as_object(&call.arguments),
        thought_signatures: None,
    }
}

fn tool_response(id: &str, name: &str, content: &str) -> ContentPart {
    ContentPart::ToolResponse(ToolResponse::new(id, content).with_fn_name(name))
}

fn tool(spec: &ToolSpec) -> Tool {
    let schema = if spec.parameters.is_object() {
        serde_json::Value::clone(&spec.parameters)
    } else {
        json!({ "type": "object", "properties": {} })
    };
    Tool::new(ToolName::Custom(spec.name.clone()))
        .with_description(&spec.description)
        .with_schema(schema)
}
