//! What a run would be run again with.

use std::collections::BTreeMap;

use clasper_core::{DecisionId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{GrantedScopeView, TraceInputView, TraceSourceView};

/// A result that came from outside during the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordedResultView {
    /// The number of its step.
    pub step: usize,
    /// The model's id of the call.
    pub tool_call_id: String,
    /// The tool.
    pub tool_name: String,
    /// Whether it worked.
    pub success: bool,
    /// The result, redacted; null for an error.
    #[schema(value_type = Object)]
    pub result: Value,
    /// The error, redacted.
    #[schema(required)]
    pub error: Option<String>,
}

/// What a run would be run again with, as far as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "source": "run", "workspace_id": "default", "agent_role": "lead",
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13", "provider": "openai", "model": "gpt-4o-mini",
    "workspace_hash": "sha256:1f0d…", "skill_versions": {"search": "1.0.0"},
    "input": {"message": "What is left to do this week?", "message_history": 2},
    "granted_scope": {"capabilities": ["llm"], "max_steps": 16, "max_cost": 0.01},
    "tool_results": [{
        "step": 2, "tool_call_id": "call_1", "tool_name": "list_tasks", "success": true, "result": {"tasks": []}, "error": null
    }],
    "replayable": false, "missing": ["model_responses", "message_history", "workspace_files", "unredacted_texts"]
}))]
pub struct ReplayContextView {
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// Where it comes from.
    pub source: TraceSourceView,
    /// The workspace.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The agent's role.
    pub agent_role: String,
    /// The decision that let it run; null when nobody here decided it.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    pub decision_id: Option<DecisionId>,
    /// The model's provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Content hash of the workspace that the prompt was built from.
    pub workspace_hash: String,
    /// Skills in the prompt, with their versions.
    pub skill_versions: BTreeMap<String, String>,
    /// What was asked.
    pub input: TraceInputView,
    /// What was granted.
    pub granted_scope: GrantedScopeView,
    /// What tools answered, in order.
    pub tool_results: Vec<RecordedResultView>,
    /// Whether all of it was recorded, so that the run could be run again to the same end.
    pub replayable: bool,
    /// What was not: `model_responses`, `message_history`, `workspace_files`, `unredacted_texts`, `governed_run`.
    pub missing: Vec<String>,
}
