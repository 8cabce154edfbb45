//! Traces of which less is kept: without texts, or only the summary.

use clasper_core::{Sha256Digest, canonical_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::step::{Step, StepData};
use crate::trace::Trace;

/// How much of a trace is kept when not all of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReducedTo {
    /// Everything but texts, of which there are the hashes.
    Summary,
    /// No steps and no texts.
    Minimal,
}

/// What was left out of a trace when it was written, and what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduced {
    /// How much is kept.
    pub to: ReducedTo,
    /// SHA-256 of the text that would have been stored of the whole trace: who has it can prove that it is the one.
    pub whole_hash: Sha256Digest,
    /// SHA-256 of the message; absent when only the summary is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_hash: Option<Sha256Digest>,
    /// SHA-256 of the answer; absent without one, and when only the summary is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_hash: Option<Sha256Digest>,
}

impl Trace {
    /// The trace with less in it. `whole_hash` is that of its stored text as it is. Hashes of steps stay, so that they can still be
    /// compared with those of a copy; what they are over is gone.
    #[must_use]
    pub fn reduced(&self, to: ReducedTo, whole_hash: Sha256Digest) -> Self {
        let of_text = |text: &str| Some(Sha256Digest::of(text.as_bytes()));
        let (input_hash, output_hash, steps) = match to {
            ReducedTo::Summary => (
                of_text(&self.input_message),
                self.output_message.as_deref().and_then(of_text),
                self.steps.iter().map(without_texts).collect(),
            ),
            ReducedTo::Minimal => (None, None, Vec::new()),
        };
        Self {
            input_message: String::new(),
            output_message: None,
            steps,
            reduced: Some(Reduced {
                to,
                whole_hash,
                input_hash,
                output_hash,
            }),
            ..self.clone()
        }
    }
}

/// What stands for a value that was left out.
fn hashed(value: &Value) -> Value {
    // JSON values always have a canonical form.
    let canonical = canonical_json(value).map_or(Sha256Digest::of(b""), |text| text.digest());
    json!({ "sha256": canonical.to_string() })
}

fn hashed_text(text: &str) -> String {
    Sha256Digest::of(text.as_bytes()).to_string()
}

fn without_texts(step: &Step) -> Step {
    let mut data = step.data.clone();
    match &mut data {
        StepData::LlmCall { .. } => {}
        StepData::ToolCall { arguments, .. } => *arguments = hashed(arguments),
        StepData::ToolResult { result, error, .. } => {
            if let Some(result) = result {
                *result = hashed(result);
            }
            if let Some(error) = error {
                *error = hashed_text(error);
            }
        }
        StepData::Error { message, .. } => *message = hashed_text(message),
        StepData::Span(span) => span.span = hashed(&span.span),
    }
    let extra = if step.extra.is_empty() {
        Map::new()
    } else {
        let all = hashed(&Value::Object(step.extra.clone()));
        Map::from_iter([("left_out".to_owned(), all)])
    };
    Step {
        data,
        extra,
        ..step.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StepRecorder;

    const SECRET: &str = "the order of Dana Example";

    fn steps() -> Vec<Step> {
        let at = "2026-11-20T10:00:00Z".parse().expect("a time");
        let mut steps = StepRecorder::default();
        let call = StepData::ToolCall {
            tool_call_id: "1".into(),
            tool_name: "orders.find".into(),
            arguments: json!({"name": SECRET}),
            permitted: true,
            permission_reason: "allowed".into(),
            decision_id: "d".into(),
        };
        steps.push(at, 1, call);
        let result = StepData::ToolResult {
            tool_call_id: "1".into(),
            tool_name: "orders.find".into(),
            success: false,
            result: Some(json!([SECRET])),
            error: Some(SECRET.into()),
        };
        steps.push(at, 2, result);
        let error = StepData::Error {
            code: "timeout".into(),
            message: SECRET.into(),
            recoverable: false,
        };
        steps.push(at, 3, error);
        steps.into_steps()
    }

    #[test]
    fn a_step_without_texts_keeps_its_place_its_numbers_and_its_hash() {
        for step in steps() {
            let mut step = step;
            step.extra.insert("vendor".into(), SECRET.into());
            let less = without_texts(&step);
            let text = serde_json::to_string(&less).expect("JSON");
            assert!(!text.contains("Dana"), "{text}");
            assert_eq!(less.step_hash, step.step_hash);
            assert_eq!(less.prev_step_hash, step.prev_step_hash);
            assert_eq!(less.duration_ms, step.duration_ms);
            assert_eq!(less.data.kind(), step.data.kind());
        }
    }

    #[test]
    fn equal_texts_have_equal_hashes() {
        let (first, second) = (steps(), steps());
        let less: Vec<_> = first.iter().map(without_texts).collect();
        let again: Vec<_> = second.iter().map(without_texts).collect();
        assert_eq!(less, again);
    }
}
