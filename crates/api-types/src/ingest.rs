//! What adapters report of what they did.

use clasper_core::{AdapterId, ExecutionKey, TenantId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Amount, WireTime, amount};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tenant_id": "acme", "workspace_id": "main", "adapter_id": "openclaw-local",
    "execution_id": "c061081c-5614-4fca-ab07-724f157dcf4b", "trace_id": "d92e54a7-b258-4f3f-8201-1805707eda29",
    "event_type": "tool_execution_blocked", "message": "Tool \"exec\" blocked by governance policy",
    "event_data": {"tool": "exec", "blocked_reason": "policy_denied"}, "occurred_at": "2026-11-20T10:13:51.787Z"
}))]
pub struct IngestAuditBody {
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
    /// The event's own id, by which it is recognised when it comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub event_id: Option<String>,
    /// The adapter's name for what happened.
    #[schema(max_length = 200)]
    pub event_type: String,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Particulars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub event_data: Option<Value>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<WireTime>,
}

/// What something cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tenant_id": "acme", "workspace_id": "main", "adapter_id": "openclaw-local",
    "execution_id": "c061081c-5614-4fca-ab07-724f157dcf4b", "trace_id": "d92e54a7-b258-4f3f-8201-1805707eda29",
    "cost_usd": 0.0225, "input_tokens": 1200, "output_tokens": 300, "model": "gpt-4o-mini", "provider": "openai",
    "recorded_at": "2026-11-20T10:13:51.787Z"
}))]
pub struct IngestCostBody {
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
    /// The event's own id. Without one there is one cost per execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub event_id: Option<String>,
    /// Money. The first cost of an execution frees what was held for it.
    #[schema(schema_with = amount::number_or_text)]
    pub cost_usd: Amount,
    /// Tokens of the prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of the answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// When.
    pub recorded_at: WireTime,
}

/// Steps and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tenant_id": "acme", "workspace_id": "main", "adapter_id": "openclaw-local",
    "execution_id": "c061081c-5614-4fca-ab07-724f157dcf4b", "trace_id": "d92e54a7-b258-4f3f-8201-1805707eda29",
    "step_count": 3, "duration_ms": 1250, "recorded_at": "2026-11-20T10:13:51.787Z"
}))]
pub struct IngestMetricsBody {
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
    /// The event's own id. Without one there are metrics once per execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub event_id: Option<String>,
    /// Steps taken.
    #[schema(minimum = 0)]
    pub step_count: u64,
    /// How long it took, in milliseconds. A fraction does not count.
    #[schema(minimum = 0)]
    pub duration_ms: f64,
    /// When.
    pub recorded_at: WireTime,
}

/// Something that went against the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tenant_id": "acme", "workspace_id": "main", "adapter_id": "openclaw-local",
    "execution_id": "c061081c-5614-4fca-ab07-724f157dcf4b", "trace_id": "d92e54a7-b258-4f3f-8201-1805707eda29",
    "violation_type": "path_outside_workspace", "message": "wrote outside of its folder",
    "occurred_at": "2026-11-20T10:13:51.787Z", "data": {"depth": 2}
}))]
pub struct IngestViolationBody {
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
    /// The event's own id, by which it is recognised when it comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub event_id: Option<String>,
    /// The adapter's name for it.
    #[schema(max_length = 200)]
    pub violation_type: String,
    /// A sentence.
    pub message: String,
    /// When.
    pub occurred_at: WireTime,
    /// Particulars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Value>,
}
