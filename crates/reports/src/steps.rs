//! Steps as executors report them (reference section 13.1), read into steps as traces have them.

use chrono::{DateTime, Utc};
use clasper_core::{Timestamp, Usd, truncate_to_micros};
use clasper_tracing::{Step, StepData};
use serde_json::{Map, Value};

use crate::error::Refusal;

/// The members of an object, taken out one by one; what is left over is kept as it is.
struct Members {
    rest: Map<String, Value>,
    pointer: String,
}

impl Members {
    fn of(value: Value, pointer: String) -> Result<Self, Refusal> {
        match value {
            Value::Object(rest) => Ok(Self { rest, pointer }),
            _ => Err(Refusal::invalid(pointer, "must be an object")),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.rest.remove(name).filter(|value| !value.is_null())
    }

    fn wrong<T>(&self, name: &str, detail: &str) -> Result<T, Refusal> {
        Err(Refusal::invalid(format!("{}/{name}", self.pointer), detail))
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => self.wrong(name, "must be a string"),
        }
    }

    fn text(&mut self, name: &str) -> Result<String, Refusal> {
        self.optional_text(name).map(Option::unwrap_or_default)
    }

    fn named(&mut self, name: &str) -> Result<String, Refusal> {
        match self.optional_text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => self.wrong(name, "must be a string that is not empty"),
        }
    }

    fn flag(&mut self, name: &str, absent: bool) -> Result<bool, Refusal> {
        match self.take(name) {
            None => Ok(absent),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => self.wrong(name, "must be true or false"),
        }
    }

    /// A whole number, or one with a fraction that does not count.
    fn count(&mut self, name: &str) -> Result<u64, Refusal> {
        let Some(value) = self.take(name) else {
            return Ok(0);
        };
        let whole = value.as_u64().or_else(|| {
            let number = value.as_f64().filter(|n| (0.0..9.0e15).contains(n))?;
            format!("{:.0}", number.trunc()).parse().ok()
        });
        whole.map_or_else(
            || self.wrong(name, "must be a number that is not negative"),
            Ok,
        )
    }

    fn amount(&mut self, name: &str) -> Result<Usd, Refusal> {
        let text = match self.take(name) {
            None => return Ok(Usd::ZERO),
            Some(Value::String(text)) => text,
            Some(value) => value.to_string(),
        };
        text.parse()
            .or_else(|error: clasper_core::UsdError| self.wrong(name, &error.to_string()))
    }
}

/// The step at place `i`.
pub(crate) fn step(value: Value, i: usize) -> Result<Step, Refusal> {
    let mut members = Members::of(value, format!("/trace/steps/{i}"))?;
    let kind = members.named("type")?;
    let timestamp = members.optional_text("timestamp")?;
    let Some(timestamp) = timestamp.as_deref().and_then(moment) else {
        return members.wrong(
            "timestamp",
            "must be a time such as 2026-11-20T10:03:16.397Z",
        );
    };
    let duration_ms = members.count("durationMs")?;
    let step_id = match members.take("step_id") {
        None => i.to_string(),
        Some(Value::String(id)) => id,
        Some(id) => id.to_string(),
    };
    let prev_step_hash = members.optional_text("prev_step_hash")?;
    let step_hash = members.text("step_hash")?;
    let data = members.take("data").unwrap_or_else(|| Map::new().into());
    let mut inner = Members::of(data, format!("/trace/steps/{i}/data"))?;
    let data = read(&kind, &mut inner, &members)?;
    let mut extra = members.rest;
    if !inner.rest.is_empty() {
        extra.insert("data".to_owned(), inner.rest.into());
    }
    Ok(Step {
        step_id,
        timestamp,
        duration_ms,
        data,
        prev_step_hash,
        step_hash,
        extra,
    })
}

fn read(kind: &str, data: &mut Members, step: &Members) -> Result<StepData, Refusal> {
    Ok(match kind {
        "llm_call" => StepData::LlmCall {
            model: data.text("model")?,
            provider: data.text("provider")?,
            input_tokens: data.count("inputTokens")?,
            output_tokens: data.count("outputTokens")?,
            cost_usd: data.amount("cost")?.to_string(),
            has_tool_calls: data.flag("hasToolCalls", false)?,
            finish_reason: data.text("finishReason")?,
            attempt: 1,
        },
        "tool_call" => StepData::ToolCall {
            tool_call_id: data.text("toolCallId")?,
            tool_name: data.named("toolName")?,
            arguments: data.take("arguments").unwrap_or(Value::Null),
            // What does not say that it was stopped was done.
            permitted: data.flag("permitted", true)?,
            permission_reason: data.text("permissionReason")?,
            decision_id: String::new(),
        },
        "tool_result" => StepData::ToolResult {
            tool_call_id: data.text("toolCallId")?,
            tool_name: data.text("toolName")?,
            success: data.flag("success", true)?,
            result: data.take("result"),
            error: data.optional_text("error")?,
        },
        "error" => StepData::Error {
            code: data.text("code")?,
            message: data.text("message")?,
            recoverable: data.flag("recoverable", false)?,
        },
        _ => return step.wrong("type", "must be llm_call, tool_call, tool_result or error"),
    })
}

fn moment(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(truncate_to_micros(time.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use clasper_core::Classify;
    use serde_json::json;

    use super::*;

    #[test]
    fn members_without_a_place_are_kept() {
        let read = step(
            json!({
                "type": "tool_call", "timestamp": "2026-11-20T10:00:00.000Z", "durationMs": 3.9, "span": "a",
                "data": {"toolName": "exec", "arguments": {"command": "ls"}, "vendor": {"x": 1}},
            }),
            4,
        )
        .expect("a step");
        assert_eq!(read.step_id, "4");
        assert_eq!(read.duration_ms, 3);
        let extra = json!({"span": "a", "data": {"vendor": {"x": 1}}});
        assert_eq!(Value::Object(read.extra), extra);
        assert!(matches!(
            read.data,
            StepData::ToolCall {
                permitted: true,
                ..
            }
        ));
    }

    #[test]
    fn a_member_of_the_wrong_kind_is_named() {
        let time = "2026-11-20T10:00:00Z";
        for (value, pointer) in [
            (json!("step"), "/trace/steps/2"),
            (
                json!({"type": "dance", "timestamp": time}),
                "/trace/steps/2/type",
            ),
            (json!({"type": "error"}), "/trace/steps/2/timestamp"),
            (
                json!({"type": "error", "timestamp": time, "durationMs": -1}),
                "/trace/steps/2/durationMs",
            ),
            (
                json!({"type": "llm_call", "timestamp": time, "data": {"cost": -0.5}}),
                "/trace/steps/2/data/cost",
            ),
            (
                json!({"type": "tool_call", "timestamp": time, "data": {"toolName": " "}}),
                "/trace/steps/2/data/toolName",
            ),
        ] {
            let refused = step(value.clone(), 2).expect_err("refused");
            assert_eq!(refused.pointer(), Some(pointer), "{value}");
        }
    }
}
