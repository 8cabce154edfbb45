//! An answer being put together, and the rules every provider's answer must keep.

use clasper_runtime::model::{FinishReason, ModelError, ModelReply, TokenUsage, ToolCallRequest};
use serde_json::{Map, Value, json};

/// What has been read of an answer so far.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) content: String,
    pub(crate) tool_calls: Vec<ToolCallRequest>,
    pub(crate) usage: Option<TokenUsage>,
    pub(crate) finish: Option<FinishReason>,
}

impl Draft {
    /// The finished answer; an error when there is nothing in it.
    pub(crate) fn into_reply(self) -> Result<ModelReply, ModelError> {
        if self.tool_calls.is_empty() && self.content.trim().is_empty() {
            return Err(ModelError::Empty);
        }
        // Several servers say `stop`, or nothing, beside tool calls.
        let finish_reason = match self.finish {
            None | Some(FinishReason::Stop) if !self.tool_calls.is_empty() => {
                FinishReason::ToolCalls
            }
            other => other.unwrap_or(FinishReason::Stop),
        };
        Ok(ModelReply {
            content: self.content,
            tool_calls: self.tool_calls,
            usage: self.usage,
            finish_reason,
            scripted: false,
        })
    }
}

/// The usage a provider reported. Half a report is made whole from the total or dropped: a count nobody made must not
/// be settled as zero.
pub(crate) fn usage(
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
) -> Option<TokenUsage> {
    let (input_tokens, output_tokens) = match (input, output, total) {
        (Some(input), Some(output), _) => (input, output),
        (Some(input), None, Some(total)) => (input, total.saturating_sub(input)),
        (None, Some(output), Some(total)) => (total.saturating_sub(output), output),
        _ => return None,
    };
    Some(TokenUsage {
        input_tokens,
        output_tokens,
    })
}

/// Tool arguments as the port wants them: no arguments are an empty object, invalid JSON is kept as text.
pub(crate) fn arguments_from_text(text: String) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(&text) {
        Ok(value) => arguments_from_value(value),
        Err(_) => Value::String(text),
    }
}

/// Tool arguments that arrived as JSON.
pub(crate) fn arguments_from_value(value: Value) -> Value {
    if value.is_null() {
        Value::Object(Map::new())
    } else {
        value
    }
}

/// Tool arguments as they go back to a provider. All of them demand an object, and some servers fail the whole request
/// over anything else, so what is no object is wrapped in one.
pub(crate) fn arguments_as_object(arguments: &Value) -> Value {
    if arguments.is_object() {
        arguments.clone()
    } else {
        json!({ "invalid_arguments": arguments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_objects_or_the_text_that_was_written() {
        let check = |text: &str, expected: Value| {
            assert_eq!(arguments_from_text(text.to_owned()), expected, "{text}");
        };
        check("", json!({}));
        check("null", json!({}));
        check(r#"{"a":1}"#, json!({"a": 1}));
        check(r#"{"a":"#, json!(r#"{"a":"#));
    }

    #[test]
    fn arguments_go_back_as_objects() {
        let check = |arguments: Value, expected: Value| {
            assert_eq!(arguments_as_object(&arguments), expected);
        };
        check(json!({"a": 1}), json!({"a": 1}));
        check(json!("{\"a\":"), json!({"invalid_arguments": "{\"a\":"}));
    }

    #[test]
    fn half_a_usage_is_completed_or_dropped() {
        let check = |input, output, total, expected: Option<(u64, u64)>| {
            let found =
                usage(input, output, total).map(|usage| (usage.input_tokens, usage.output_tokens));
            assert_eq!(found, expected);
        };
        check(Some(3), Some(4), None, Some((3, 4)));
        check(Some(3), None, Some(10), Some((3, 7)));
        check(None, Some(4), Some(10), Some((6, 4)));
        check(Some(3), None, None, None);
        check(None, None, Some(10), None);
    }

    #[test]
    fn an_answer_of_white_space_is_empty() {
        let draft = Draft {
            content: " \n".to_owned(),
            ..Draft::default()
        };
        assert_eq!(draft.into_reply(), Err(ModelError::Empty));
    }
}
