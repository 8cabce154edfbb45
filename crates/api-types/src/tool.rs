//! Tools within executions: asked for, used, and what operators read of them.

use clasper_core::{
    AdapterId, DecisionId, EnvironmentId, ExecutionKey, ToolAuthorizationId, TraceId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{OkStatus, RiskClassName, SkillStateName, WireTime};

/// A call of a tool that an adapter wants to make within an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00", "adapter_id": "openclaw-local", "tool": "exec",
    "tool_group": "runtime", "requested_scope": {"capabilities": ["exec"], "max_steps": 1, "path": "/work/build"}
}))]
pub struct AuthorizeToolBody {
    /// The adapter's name for the execution.
    #[schema(value_type = String, max_length = 128)]
    pub execution_id: ExecutionKey,
    /// The adapter, which has to be the token's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub adapter_id: Option<AdapterId>,
    /// The tool, which the execution's grant has to name.
    #[schema(min_length = 1, max_length = 128)]
    pub tool: String,
    /// Its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_group: Option<String>,
    /// What the call may use. `capabilities`, `max_steps`, `max_cost` and `expires_at` have to be within the execution's grant;
    /// other members are the adapter's own. All of it is bound to the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub requested_scope: Option<Map<String, Value>>,
    /// The environment, which has to be the execution's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub environment: Option<EnvironmentId>,
    /// The skill's state, where it is riskier than was said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_state: Option<SkillStateName>,
    /// The adapter's class, where it is higher than the registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter_risk_class: Option<RiskClassName>,
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolDecisionName {
    /// It may, once, with the token.
    Allow,
    /// It may not.
    Deny,
}

/// What the policies say to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolPolicyView {
    /// What was decided.
    pub decision: ToolDecisionName,
    /// The policies that matched, the deciding one first.
    pub matched_policies: Vec<String>,
    /// The same, one entry each.
    #[schema(value_type = Vec<Object>)]
    pub decision_trace: Vec<Value>,
    /// The deciding policy's words.
    #[schema(required)]
    pub explanation: Option<String>,
}

/// The answer to a call that an adapter wants to make. Nothing is permitted but by `decision: allow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "decision": "allow", "authorization_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tool_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk",
    "expires_at": "2026-11-20T10:08:54.000Z", "granted_scope": {"capabilities": ["exec"], "max_steps": 1},
    "policy": {
        "decision": "allow", "matched_policies": ["allow-exec"],
        "decision_trace": [{"policy_id": "allow-exec", "result": "matched"}], "explanation": "harmless"
    }
}))]
pub struct AuthorizeToolReply {
    /// What was decided.
    pub decision: ToolDecisionName,
    /// The record of it, which is the token's `jti`, too.
    #[schema(value_type = String, format = Uuid)]
    pub authorization_id: ToolAuthorizationId,
    /// The token (a JWT of type `tool_auth`), good once and until `expires_at`. It is shown in this answer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_token: Option<String>,
    /// When the token ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<WireTime>,
    /// What the call may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub granted_scope: Option<Map<String, Value>>,
    /// Why it was refused: `policy_denied`, `approval_required`, `no_live_grant`, `not_in_grant`, `scope_exceeds_grant`, `step_limit`,
    /// `budget_exceeded` or `budget_held`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The policy that refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
    /// What the policies say to it.
    pub policy: ToolPolicyView,
}

/// A token that is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00", "adapter_id": "openclaw-local", "tool": "exec",
    "tool_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk", "scope": {"capabilities": ["exec"], "max_steps": 1}
}))]
pub struct ConsumeToolBody {
    /// The adapter's name for the execution.
    #[schema(value_type = String, max_length = 128)]
    pub execution_id: ExecutionKey,
    /// The adapter, which has to be the credential's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub adapter_id: Option<AdapterId>,
    /// The tool that is about to be called.
    #[schema(min_length = 1, max_length = 128)]
    pub tool: String,
    /// The token.
    pub tool_token: String,
    /// What is about to be used, compared with what the token was given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub scope: Option<Map<String, Value>>,
}

/// The call may be made now, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "status": "ok", "authorization_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tool": "exec",
    "used_at": "2026-11-20T10:08:30.000Z"
}))]
pub struct ConsumeToolReply {
    /// Always `ok`: refusals are problems.
    pub status: OkStatus,
    /// The authorization.
    #[schema(value_type = String, format = Uuid)]
    pub authorization_id: ToolAuthorizationId,
    /// The tool.
    pub tool: String,
    /// When the token was used.
    #[schema(required)]
    pub used_at: Option<WireTime>,
}

/// Which authorizations to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ToolAuthorizationQuery {
    /// Asked by this adapter only.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "openclaw-local")]
    pub adapter_id: Option<AdapterId>,
    /// Within this execution only.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub execution_id: Option<ExecutionKey>,
    /// Of this tool only.
    #[serde(default)]
    #[param(example = "exec")]
    pub tool: Option<String>,
}

/// One answer to an adapter that asked for a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12",
    "execution_decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13", "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00",
    "adapter_id": "openclaw-local", "workspace_id": "main", "tool": "exec", "tool_group": "runtime", "decision": "allow",
    "state": "used", "reason": "permitted", "policy_id": "allow-exec", "granted_scope": {"capabilities": ["exec"], "max_steps": 1},
    "scope_hash": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "expires_at": "2026-11-20T10:08:54.000Z",
    "used_at": "2026-11-20T10:08:30.000Z", "reported_at": null, "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c14",
    "created_at": "2026-11-20T10:08:24.000Z"
}))]
pub struct ToolAuthorizationView {
    /// Its id, which is the token's `jti`, too.
    #[schema(value_type = String, format = Uuid)]
    pub id: ToolAuthorizationId,
    /// The decision about the call.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// The decision of the execution that the call is within.
    #[schema(value_type = String, format = Uuid)]
    pub execution_decision_id: DecisionId,
    /// The adapter's name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// Who asked.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The workspace.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The tool.
    pub tool: String,
    /// Its group, as the adapter says.
    #[schema(required)]
    pub tool_group: Option<String>,
    /// What was decided.
    pub decision: ToolDecisionName,
    /// `denied`, `granted`, `used` or `lapsed`.
    pub state: String,
    /// Why: a stable code.
    pub reason: String,
    /// The deciding policy.
    #[schema(required)]
    pub policy_id: Option<String>,
    /// What may be used, or was asked for when it was refused. Personal data and secrets are masked.
    #[schema(value_type = Object)]
    pub granted_scope: Value,
    /// SHA-256 of the canonical JSON of the scope as it was asked for.
    pub scope_hash: String,
    /// When the token ends.
    #[schema(required)]
    pub expires_at: Option<WireTime>,
    /// When the token was used.
    #[schema(required)]
    pub used_at: Option<WireTime>,
    /// When the call was reported.
    #[schema(required)]
    pub reported_at: Option<WireTime>,
    /// The trace of the execution.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// When it was decided.
    pub created_at: WireTime,
}

/// A page of authorizations, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolAuthorizationList {
    /// The authorizations.
    pub authorizations: Vec<ToolAuthorizationView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many there are at most on a page.
    pub limit: u32,
}

/// One authorization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolAuthorizationReply {
    /// The authorization.
    pub authorization: ToolAuthorizationView,
}

/// What is known of a tool from the requests for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "exec", "tool_group": "runtime", "auth_count": 4, "allow_count": 3, "deny_count": 1, "allow_rate": 0.75,
    "adapters": 1, "last_used": "2026-11-20T10:08:24.000Z"
}))]
pub struct ToolView {
    /// Its name.
    pub name: String,
    /// Its group, as adapters say.
    #[schema(required)]
    pub tool_group: Option<String>,
    /// How often it was asked for.
    pub auth_count: u64,
    /// How often it was granted.
    pub allow_count: u64,
    /// How often it was refused.
    pub deny_count: u64,
    /// The share that was granted, 0 to 1.
    pub allow_rate: f64,
    /// How many adapters have asked for it.
    pub adapters: u64,
    /// When it was last asked for.
    pub last_used: WireTime,
}

/// Every tool that adapters of the tenant have asked for, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolList {
    /// The tools.
    pub tools: Vec<ToolView>,
    /// How many there are.
    pub total: usize,
}

/// The last requests for a tool, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolHistory {
    /// The newest twenty.
    pub history: Vec<ToolAuthorizationView>,
}
