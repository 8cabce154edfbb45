//! Traces as adapters report them.

use std::collections::BTreeMap;

use clasper_core::{AdapterId, ExecutionKey, TenantId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Amount, ViolationView, WireTime, amount};

/// What was done, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tenant_id": "acme", "workspace_id": "main", "adapter_id": "openclaw-local",
    "execution_id": "256d8ee9-7632-4660-99e6-60f8f3a36bc9", "trace_id": "86f1c5e7-225a-4f69-b9ca-25b0ce99f99b",
    "trace": {
        "id": "86f1c5e7-225a-4f69-b9ca-25b0ce99f99b", "tenantId": "acme", "workspaceId": "main",
        "startedAt": "2026-11-20T10:13:54.495Z", "completedAt": "2026-11-20T10:13:54.502Z", "durationMs": 21,
        "skillVersions": {}, "model": "openclaw", "provider": "openclaw",
        "input": {"message": "ls", "messageHistory": 0},
        "steps": [{
            "type": "tool_call", "timestamp": "2026-11-20T10:13:54.495Z", "durationMs": 0,
            "data": {"toolCallId": "c1", "toolName": "ls", "arguments": {"path": "."}, "permitted": true}
        }],
        "usage": {"inputTokens": 0, "outputTokens": 0, "totalCost": 0}
    }
}))]
pub struct IngestTraceBody {
    /// The kind of report. In batches only.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The tenant, which has to be the token's.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The workspace, which has to be the token's.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The adapter, which has to be the token's.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The adapter's name for the execution.
    #[schema(value_type = String, max_length = 128)]
    pub execution_id: ExecutionKey,
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// The event's own id. Without one there is one trace per execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub event_id: Option<String>,
    /// The trace.
    pub trace: AgentTraceBody,
}

/// A trace as executors write it. Members that are not listed are accepted; those of steps are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentTraceBody {
    /// Its id, which has to be the envelope's.
    #[schema(value_type = String, format = Uuid)]
    pub id: TraceId,
    /// The tenant, which has to be the envelope's.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The workspace, which has to be the envelope's.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The adapter, which has to be the envelope's.
    #[serde(
        default,
        rename = "adapter_id",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub adapter_id: Option<AdapterId>,
    /// The agent's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// When it began.
    pub started_at: WireTime,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<WireTime>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// Content hash of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_hash: Option<String>,
    /// Skills, with their versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_versions: Option<BTreeMap<String, String>>,
    /// The model.
    pub model: String,
    /// Its provider.
    pub provider: String,
    /// What was asked.
    pub input: AgentTraceInputBody,
    /// What was done, in order: `llm_call`, `tool_call`, `tool_result` and `error`.
    #[schema(value_type = Vec<Object>)]
    pub steps: Vec<Value>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<AgentTraceOutputBody>,
    /// What it used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<AgentTraceUsageBody>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// The backend's task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The backend's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// The backend's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// What it says that it used of its grant.
    #[serde(
        default,
        rename = "used_scope",
        skip_serializing_if = "Option::is_none"
    )]
    pub used_scope: Option<AgentTraceUsedBody>,
    /// Violations that it lists itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violations: Option<Vec<ViolationView>>,
}

/// What an executor was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentTraceInputBody {
    /// The message.
    pub message: String,
    /// How many messages of history came with it.
    #[serde(default)]
    pub message_history: u32,
}

/// What an executor answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentTraceOutputBody {
    /// The answer.
    #[serde(default)]
    pub message: String,
}

/// What an executor used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentTraceUsageBody {
    /// Tokens of the prompts.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens of the answers.
    #[serde(default)]
    pub output_tokens: u64,
    /// Money. It is shown; only reports of costs are charged.
    #[serde(default)]
    #[schema(schema_with = amount::number_or_text)]
    pub total_cost: Amount,
}

/// What an executor says that it used of its grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentTraceUsedBody {
    /// Capabilities.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_count: Option<u64>,
    /// Money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_cost: Option<Amount>,
}
