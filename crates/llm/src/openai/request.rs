//! The request of Chat Completions, written straight from the port's request without copying its texts.

use clasper_runtime::model::{ChatMessage, ModelRequest, ToolCallRequest, ToolSpec};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::draft::arguments_as_object;

/// What a server understands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// Whether the models are `OpenAI`'s, whose reasoning models refuse what the others take.
    openai_models: bool,
    /// Whether the address is `OpenAI`'s own, where `max_tokens` is deprecated.
    openai_address: bool,
    /// Whether usage in streams must be asked for. Mistral always sends it and refuses fields it does not know.
    ask_for_usage: bool,
}

impl Dialect {
    pub(crate) fn of(provider: &str, own_address: bool) -> Self {
        let openai_models = provider == "openai";
        Self {
            openai_models,
            openai_address: openai_models && own_address,
            ask_for_usage: provider != "mistral",
        }
    }
}

/// The body of a request.
pub(crate) fn encode(request: &ModelRequest, dialect: Dialect, stream: bool) -> Vec<u8> {
    let reasoning = dialect.openai_models && is_reasoning_model(&request.model.model);
    let new_limit = reasoning || dialect.openai_address;
    let body = Body {
        model: &request.model.model,
        messages: Messages(request),
        tools: (!request.tools.is_empty()).then(|| request.tools.iter().map(Tool::from).collect()),
        // Reasoning models accept the default temperature only.
        temperature: (!reasoning).then_some(request.temperature),
        max_tokens: (!new_limit).then_some(request.max_output_tokens),
        max_completion_tokens: new_limit.then_some(request.max_output_tokens),
        stream,
        stream_options: (stream && dialect.ask_for_usage).then_some(StreamOptions {
            include_usage: true,
        }),
    };
    serde_json::to_vec(&body).expect("strings, numbers and JSON values always serialize")
}

/// Whether this is one of `OpenAI`'s reasoning models: `o1` and its successors, `gpt-5` and its.
fn is_reasoning_model(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    if let Some(rest) = name.strip_prefix("gpt-") {
        let digits = rest
            .find(|letter: char| !letter.is_ascii_digit())
            .map_or(rest, |end| &rest[..end]);
        // The upper bound leaves out names like `gpt-35-turbo`.
        return digits
            .parse::<u32>()
            .is_ok_and(|version| (5..20).contains(&version));
    }
    name.strip_prefix('o')
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Messages<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<Tool<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

struct Messages<'a>(&'a ModelRequest);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let system = (!self.0.system.is_empty()).then(|| Message::text("system", &self.0.system));
        serializer.collect_seq(
            system
                .into_iter()
                .chain(self.0.messages.iter().map(Message::from)),
        )
    }
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

impl<'a> Message<'a> {
    fn text(role: &'static str, content: &'a str) -> Self {
        Self {
            role,
            content: Some(content),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }
}

impl<'a> From<&'a ChatMessage> for Message<'a> {
    fn from(message: &'a ChatMessage) -> Self {
        match message {
            ChatMessage::System { content } => Self::text("system", content),
            ChatMessage::User { content } => Self::text("user", content),
            ChatMessage::Assistant {
                content,
                tool_calls,
            } => {
                // The content may be null only beside tool calls.
                let content =
                    (tool_calls.is_empty() || !content.is_empty()).then_some(content.as_str());
                let tool_calls = tool_calls.iter().map(Call::from).collect();
                Self {
                    role: "assistant",
                    content,
                    tool_calls,
                    tool_call_id: None,
                }
            }
            ChatMessage::Tool {
                tool_call_id,
                content,
                ..
            } => Self {
                tool_call_id: Some(tool_call_id),
                ..Self::text("tool", content)
            },
        }
    }
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: String,
}

impl<'a> From<&'a ToolCallRequest> for Call<'a> {
    fn from(call: &'a ToolCallRequest) -> Self {
        let arguments = arguments_as_object(&call.arguments).to_string();
        Self {
            id: &call.id,
            r#type: "function",
            function: Function {
                name: &call.name,
                arguments,
            },
        }
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Declaration<'a>,
}

#[derive(Serialize)]
struct Declaration<'a> {
    name: &'a str,
    description: &'a str,
    parameters: Schema<'a>,
}

impl<'a> From<&'a ToolSpec> for Tool<'a> {
    fn from(spec: &'a ToolSpec) -> Self {
        let function = Declaration {
            name: &spec.name,
            description: &spec.description,
            parameters: Schema(&spec.parameters),
        };
        Self {
            r#type: "function",
            function,
        }
    }
}

/// Servers demand a schema of an object, also for tools that take nothing.
struct Schema<'a>(&'a Value);

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_object() {
            self.0.serialize(serializer)
        } else {
            json!({ "type": "object", "properties": {} }).serialize(serializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_models_are_known_by_their_names() {
        let check =
            |model: &str, expected| assert_eq!(is_reasoning_model(model), expected, "{model}");
        check("o1", true);
        check("o3-mini", true);
        check("gpt-5", true);
        check("gpt-5.1-mini", true);
        check("openai/gpt-5-nano", true);
        check("gpt-4o", false);
        check("gpt-4o-mini", false);
        check("gpt-35-turbo", false);
        check("gpt-oss-120b", false);
        check("olmo-2", false);
    }
}
