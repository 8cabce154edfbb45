//! The answer of Chat Completions, whole; and the parts that its streamed form shares.

use std::fmt;

use clasper_runtime::model::{FinishReason, ModelError, ModelReply, TokenUsage, ToolCallRequest};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use crate::draft::{self, Draft};
use crate::failure;

/// Reads a whole answer. `turn` makes up ids for tool calls that have none.
pub(crate) fn decode(body: &[u8], turn: usize) -> Result<ModelReply, ModelError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| ModelError::BadAnswer)?;
    if let Some(error) = answer.error.filter(|error| !error.is_null()) {
        return Err(failure::from_error_object(&error));
    }
    let choice = answer
        .choices
        .unwrap_or_default()
        .into_iter()
        .next()
        .ok_or(ModelError::BadAnswer)?;
    let message = choice.message;
    let mut finish = choice.finish_reason.as_deref().map(finish_reason);
    let mut content = message.content;
    if content.is_empty() && !message.refusal.is_empty() {
        content = message.refusal;
        finish = Some(FinishReason::ContentFilter);
    }
    let calls = message.tool_calls.unwrap_or_default();
    let tool_calls = calls
        .into_iter()
        .enumerate()
        .map(|(index, call)| call.into_request(turn, index))
        .collect();
    Draft {
        content,
        tool_calls,
        usage: answer.usage.and_then(Usage::tokens),
        finish,
    }
    .into_reply()
}

/// Reads the provider's word for why it stopped.
pub(crate) fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" | "eos" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

/// An id for a tool call that came without one, unlike any other of the conversation.
pub(crate) fn made_up_id(turn: usize, index: usize) -> String {
    format!("call_{turn}_{index}")
}

#[derive(Deserialize)]
struct Answer {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "text")]
    content: String,
    #[serde(default, deserialize_with = "text")]
    refusal: String,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl Call {
    fn into_request(self, turn: usize, index: usize) -> ToolCallRequest {
        // Text, by the standard; some servers write the object itself.
        let arguments = match self.function.arguments {
            Value::String(text) => draft::arguments_from_text(text),
            other => draft::arguments_from_value(other),
        };
        let id = self
            .id
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| made_up_id(turn, index));
        ToolCallRequest {
            id,
            name: self.function.name,
            arguments,
        }
    }
}

/// Token counts; any may be missing.
#[derive(Deserialize)]
pub(crate) struct Usage {
    #[serde(rename = "prompt_tokens")]
    prompt: Option<Number>,
    #[serde(rename = "completion_tokens")]
    completion: Option<Number>,
    #[serde(rename = "total_tokens")]
    total: Option<Number>,
}

impl Usage {
    pub(crate) fn tokens(self) -> Option<TokenUsage> {
        let count = |number: Option<Number>| number.and_then(|number| number.as_u64());
        draft::usage(
            count(self.prompt),
            count(self.completion),
            count(self.total),
        )
    }
}

/// Reads text that is a string, null, or a list of parts of which some have text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(TextVisitor)
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, parts of text, or null")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<String, A::Error> {
        let mut joined = String::new();
        while let Some(Part(text)) = parts.next_element()? {
            joined.push_str(&text);
        }
        Ok(joined)
    }
}

/// The text of one part of a list; empty for parts that are something else.
struct Part(String);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartVisitor;

        impl<'de> Visitor<'de> for PartVisitor {
            type Value = Part;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a part of a message")
            }

            fn visit_str<E>(self, text: &str) -> Result<Part, E> {
                Ok(Part(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Part, A::Error> {
                let mut text = String::new();
                while let Some(name) = members.next_key::<String>()? {
                    if name == "text" {
                        text = members.next_value::<Option<String>>()?.unwrap_or_default();
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Part(text))
            }
        }

        deserializer.deserialize_any(PartVisitor)
    }
}
