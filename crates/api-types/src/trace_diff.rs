//! Comparisons of traces.

use std::collections::BTreeMap;

use clasper_core::{TenantId, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Two traces to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "base_trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
    "compare_trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c31"
}))]
pub struct DiffTracesBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The trace to compare with.
    #[schema(value_type = String, format = Uuid)]
    pub base_trace_id: TraceId,
    /// The trace that is compared.
    #[schema(value_type = String, format = Uuid)]
    pub compare_trace_id: TraceId,
    /// Whether to put it into words as well; yes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_summary: Option<bool>,
}

/// A text on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TextDiffView {
    /// In the base; null where it has none.
    #[schema(required)]
    pub base: Option<String>,
    /// In the other.
    #[schema(required)]
    pub compare: Option<String>,
    /// Whether they differ.
    pub changed: bool,
}

/// A number on both sides, as it is shown; the traces have the exact amounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NumberDiffView {
    /// In the base.
    pub base: f64,
    /// In the other.
    pub compare: f64,
    /// The other less the base.
    pub delta: f64,
    /// The change in percent of the base; null where the base is zero.
    #[schema(required)]
    pub percent_change: Option<f64>,
}

/// What the two runs have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffContextView {
    /// The same workspace.
    pub same_workspace: bool,
    /// The same agent's role.
    pub same_agent: bool,
}

/// Skills on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkillsDiffView {
    /// In the other only, with their versions.
    pub added: BTreeMap<String, String>,
    /// In the base only.
    pub removed: BTreeMap<String, String>,
    /// In both, in different versions.
    pub changed: BTreeMap<String, TextDiffView>,
    /// In both, the same.
    pub unchanged: Vec<String>,
}

/// Tokens and money on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageDiffView {
    /// Tokens of the prompts.
    pub input_tokens: NumberDiffView,
    /// Tokens of the answers.
    pub output_tokens: NumberDiffView,
}

/// A tool call with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiffCallView {
    /// The number of its step.
    pub step: usize,
    /// The tool.
    pub tool_name: String,
    /// The arguments.
    #[schema(value_type = Object)]
    pub arguments: Value,
    /// Whether it was permitted.
    pub permitted: bool,
    /// Whether it worked; null without a result.
    #[schema(required)]
    pub success: Option<bool>,
    /// What it returned.
    #[schema(value_type = Object)]
    pub result: Value,
}

/// A call of the same tool that is not the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedCallView {
    /// In the base.
    pub base: DiffCallView,
    /// In the other.
    pub compare: DiffCallView,
    /// Whether the arguments differ.
    pub arguments_changed: bool,
    /// Whether the result or the permission does.
    pub result_changed: bool,
}

/// Tool calls on both sides. The lists hold the first hundred each; the counts are of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallsDiffView {
    /// How many the base has.
    pub base_count: usize,
    /// How many the other has.
    pub compare_count: usize,
    /// How many are in the other only.
    pub added_count: usize,
    /// How many are in the base only.
    pub removed_count: usize,
    /// How many were changed.
    pub changed_count: usize,
    /// How many are the same.
    pub unchanged_count: usize,
    /// In the other only.
    pub added: Vec<DiffCallView>,
    /// In the base only.
    pub removed: Vec<DiffCallView>,
    /// Changed.
    pub changed: Vec<ChangedCallView>,
}

/// A step that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepDifferenceView {
    /// Its number in the base; null when it was added.
    #[schema(required)]
    pub base_step: Option<usize>,
    /// Its number in the other; null when it was removed.
    #[schema(required)]
    pub compare_step: Option<usize>,
    /// What it is in the base.
    #[schema(required, example = "tool_call")]
    pub base_type: Option<String>,
    /// What it is in the other.
    #[schema(required, example = "tool_call")]
    pub compare_type: Option<String>,
}

/// Steps on both sides, aligned by what they do: a step that was put in does not make the rest different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepsDiffView {
    /// How many the base has.
    pub base_count: usize,
    /// How many the other has.
    pub compare_count: usize,
    /// Model calls more than in the base.
    pub llm_call_delta: i64,
    /// Tool calls more.
    pub tool_call_delta: i64,
    /// Errors more.
    pub error_delta: i64,
    /// How many do the same.
    pub same_count: usize,
    /// How many are of one kind but do different things.
    pub changed_count: usize,
    /// How many are on one side only.
    pub structural_count: usize,
    /// The first hundred of those.
    pub structural_differences: Vec<StepDifferenceView>,
}

/// The first place where the two runs do different things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DivergenceView {
    /// The step.
    pub step: StepDifferenceView,
    /// What differs.
    #[schema(example = "the call of the tool search has other arguments")]
    pub explanation: String,
}

/// Answers on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputDiffView {
    /// Whether the texts are the same.
    pub messages_equal: bool,
    /// Characters of the base's answer.
    pub base_length: usize,
    /// Characters of the other's.
    pub compare_length: usize,
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffSummaryView {
    /// How many things differ.
    pub total_differences: usize,
    /// Which of them matter: another model, workspace, skill, error or answer, tool calls added or removed, a cost that
    /// changed by more than 20 %.
    pub significant_changes: Vec<String>,
}

/// What two traces differ in. Moments, durations and ids of steps do not count: no two runs share them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceDiffView {
    /// The trace compared with.
    #[schema(value_type = String, format = Uuid)]
    pub base_trace_id: TraceId,
    /// The trace that is compared.
    #[schema(value_type = String, format = Uuid)]
    pub compare_trace_id: TraceId,
    /// What they have in common.
    pub context: DiffContextView,
    /// Milliseconds.
    pub timing: NumberDiffView,
    /// `provider/model`.
    pub model: TextDiffView,
    /// Content hash of the workspace.
    pub workspace: TextDiffView,
    /// Skills.
    pub skills: SkillsDiffView,
    /// Tokens.
    pub usage: UsageDiffView,
    /// US dollars.
    pub cost: NumberDiffView,
    /// Tool calls.
    pub tool_calls: CallsDiffView,
    /// Steps.
    pub steps: StepsDiffView,
    /// Answers.
    pub output: OutputDiffView,
    /// Reason codes.
    pub errors: TextDiffView,
    /// Where they part; null when every step does the same.
    #[schema(required)]
    pub first_divergence: Option<DivergenceView>,
    /// What it comes to.
    pub summary: DiffSummaryView,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "diff": {
        "base_trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
        "compare_trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c31",
        "context": {"same_workspace": true, "same_agent": true},
        "timing": {"base": 1243.0, "compare": 1300.0, "delta": 57.0, "percent_change": 4.59},
        "model": {"base": "openai/gpt-4o-mini", "compare": "openai/gpt-4o-mini", "changed": false},
        "workspace": {"base": "sha256:1f0d…", "compare": "sha256:1f0d…", "changed": false},
        "skills": {"added": {}, "removed": {}, "changed": {}, "unchanged": ["search"]},
        "usage": {
            "input_tokens": {"base": 1250.0, "compare": 1250.0, "delta": 0.0, "percent_change": 0.0},
            "output_tokens": {"base": 150.0, "compare": 163.0, "delta": 13.0, "percent_change": 8.67}
        },
        "cost": {"base": 0.01, "compare": 0.0125, "delta": 0.0025, "percent_change": 25.0},
        "tool_calls": {
            "base_count": 0, "compare_count": 0, "added_count": 0, "removed_count": 0, "changed_count": 0,
            "unchanged_count": 0, "added": [], "removed": [], "changed": []
        },
        "steps": {
            "base_count": 1, "compare_count": 2, "llm_call_delta": 0, "tool_call_delta": 0, "error_delta": 1,
            "same_count": 1, "changed_count": 0, "structural_count": 1,
            "structural_differences": [{"base_step": null, "compare_step": 0, "base_type": null, "compare_type": "error"}]
        },
        "output": {"messages_equal": true, "base_length": 25, "compare_length": 25},
        "errors": {"base": null, "compare": null, "changed": false},
        "first_divergence": {
            "step": {"base_step": null, "compare_step": 0, "base_type": null, "compare_type": "error"},
            "explanation": "the error timeout was added"
        },
        "summary": {
            "total_differences": 2,
            "significant_changes": ["the cost changed from $0.01 to $0.0125 (+25 %)"]
        }
    },
    "summary_text": "They part at step 0 of the other: the error timeout was added.\n"
}))]
pub struct DiffTracesReply {
    /// The comparison.
    pub diff: TraceDiffView,
    /// It in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary_text: Option<String>,
}
