//! Steps of an execution, each linked to the one before by its hash (reference section 13.2).

use clasper_core::{Sha256Digest, Timestamp, canonical_json, wire_time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What happened in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepData {
    /// A model was called.
    LlmCall {
        /// The model.
        model: String,
        /// Its provider.
        provider: String,
        /// Tokens of the prompt.
        input_tokens: u64,
        /// Tokens of the answer.
        output_tokens: u64,
        /// US dollars, as a decimal string.
        cost_usd: String,
        /// Whether the answer asked for tools.
        has_tool_calls: bool,
        /// Why the model stopped.
        finish_reason: String,
        /// The attempt that succeeded, counted from 1 over retries and failover.
        attempt: u32,
    },
    /// A tool call was decided.
    ToolCall {
        /// The model's id of the call.
        tool_call_id: String,
        /// The tool.
        tool_name: String,
        /// The arguments, redacted.
        arguments: Value,
        /// Whether it was permitted.
        permitted: bool,
        /// The reason code.
        permission_reason: String,
        /// The decision.
        decision_id: String,
    },
    /// A tool answered.
    ToolResult {
        /// The model's id of the call.
        tool_call_id: String,
        /// The tool.
        tool_name: String,
        /// Whether it worked.
        success: bool,
        /// The result, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
        /// The error, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Something failed.
    Error {
        /// A stable code.
        code: String,
        /// A sentence without payloads.
        message: String,
        /// Whether the run went on.
        recoverable: bool,
    },
    /// A span of foreign instrumentation.
    Span(Box<SpanStep>),
}

/// A span as it came, and what is understood of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanStep {
    /// Its id, in hexadecimal digits.
    pub span_id: String,
    /// The span it belongs to.
    pub parent_span_id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it stands for: `model`, `tool`, `agent` or `other`.
    pub operation: String,
    /// Whether it failed.
    pub failed: bool,
    /// The model.
    pub model: Option<String>,
    /// Its provider.
    pub provider: Option<String>,
    /// The tool.
    pub tool_name: Option<String>,
    /// The agent.
    pub agent_name: Option<String>,
    /// Tokens of the prompt.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    pub output_tokens: Option<u64>,
    /// The whole span, as OTLP's JSON.
    pub span: Value,
    /// Its resource and scope.
    pub source: Value,
}

impl StepData {
    /// The name of its kind, as it is stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LlmCall { .. } => "llm_call",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::Error { .. } => "error",
            Self::Span(_) => "span",
        }
    }
}

/// One step with its place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number as text, counted from 0.
    pub step_id: String,
    /// When it began.
    pub timestamp: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub data: StepData,
    /// Hash of the step before; `None` on the first.
    pub prev_step_hash: Option<String>,
    /// Its own hash: `sha256:` and hex over the canonical JSON of all the rest. Empty when an executor gave it none.
    pub step_hash: String,
    /// Members that an executor reported and that have no place above; those of its data are under `data`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// Whether the steps' hashes belong to their contents. Anyone can compute them, so this says nothing about who wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Every hash fits.
    Consistent,
    /// The first step whose hash or link does not.
    Broken {
        /// Its number.
        step: usize,
    },
}

fn hash(step: &Step) -> String {
    #[derive(Serialize)]
    struct Linked<'a> {
        step_id: &'a str,
        prev_step_hash: Option<&'a str>,
        timestamp: String,
        #[serde(rename = "durationMs")]
        duration_ms: u64,
        #[serde(flatten)]
        data: &'a StepData,
    }
    let linked = Linked {
        step_id: &step.step_id,
        prev_step_hash: step.prev_step_hash.as_deref(),
        timestamp: wire_time(step.timestamp),
        duration_ms: step.duration_ms,
        data: &step.data,
    };
    // Steps are made of strings, numbers and JSON values, so they always have a canonical form.
    let canonical = canonical_json(&linked).map_or(Sha256Digest::of(b""), |c| c.digest());
    canonical.to_string()
}

/// Collects the steps of a run.
#[derive(Debug, Default, Clone)]
pub struct StepRecorder(Vec<Step>);

impl StepRecorder {
    /// Adds a step that began at `timestamp`.
    pub fn push(&mut self, timestamp: Timestamp, duration_ms: u64, data: StepData) {
        let mut step = Step {
            step_id: self.0.len().to_string(),
            timestamp,
            duration_ms,
            data,
            prev_step_hash: self.0.last().map(|s| s.step_hash.clone()),
            step_hash: String::new(),
            extra: Map::new(),
        };
        step.step_hash = hash(&step);
        self.0.push(step);
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps.
    #[must_use]
    pub fn into_steps(self) -> Vec<Step> {
        self.0
    }
}

/// Checks the chain of `steps`.
#[must_use]
pub fn check_steps(steps: &[Step]) -> Integrity {
    let mut prev = None;
    for (number, step) in steps.iter().enumerate() {
        if step.prev_step_hash != prev || step.step_hash != hash(step) {
            return Integrity::Broken { step: number };
        }
        prev = Some(step.step_hash.clone());
    }
    Integrity::Consistent
}
