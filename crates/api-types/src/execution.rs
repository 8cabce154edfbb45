//! Executions that adapters ask for.

use clasper_core::{
    AdapterId, DecisionId, EnvironmentId, ExecutionKey, GrantId, SessionId, TenantId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::claims::Loose;
use crate::{
    Amount, DataSensitivityName, DecisionStatusName, ExecutionContextBody, ProvenanceBody,
    RiskClassName, SkillStateName, WireTime, amount,
};

/// What an adapter wants to do. Everything in it is the adapter's word: it can raise the risk, never lower it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "execution_id": "83a73c1c-b1b0-4363-b07b-52e28bfda105", "adapter_id": "openclaw-local",
    "tenant_id": "acme", "workspace_id": "main", "requested_capabilities": ["exec"], "tool": "exec", "tool_group": "runtime",
    "intent": "shell_command", "intent_source": "heuristic", "max_cost": 0.05,
    "context": {
        "side_effects": {"writes_possible": true, "network_possible": false},
        "exec": {"argv0": "echo", "argv": ["echo", "one"]}
    }
}))]
pub struct ExecutionRequestBody {
    /// The adapter's own name for the execution: asked again under it, the same request gets the same decision, and
    /// another request is refused. A new one when absent.
    #[schema(value_type = Option<String>, max_length = 128)]
    pub execution_id: Option<ExecutionKey>,
    /// The tenant, which has to be the token's.
    #[schema(value_type = Option<String>)]
    pub tenant_id: Option<TenantId>,
    /// The workspace, which has to be the token's.
    #[schema(value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// The adapter, which has to be the token's.
    #[schema(value_type = Option<String>)]
    pub adapter_id: Option<AdapterId>,
    /// The environment.
    #[schema(value_type = Option<String>, example = "production")]
    pub environment: Option<EnvironmentId>,
    /// The session the agent is in.
    #[schema(value_type = Option<String>)]
    pub session_id: Option<SessionId>,
    /// The adapter's class, where it is higher than the registry's.
    pub adapter_risk_class: Option<RiskClassName>,
    /// What it wants to use: at most 64 names, which the token and the registration have to cover.
    #[schema(max_items = 64)]
    pub requested_capabilities: Vec<String>,
    /// Most steps it wants.
    #[schema(minimum = 1)]
    pub max_steps: Option<u32>,
    /// Most money it wants to spend, which is held for it.
    #[schema(required = false, schema_with = amount::number_or_text)]
    pub max_cost: Option<Amount>,
    /// What it expects to spend.
    #[schema(required = false, schema_with = amount::number_or_text)]
    pub estimated_cost: Option<Amount>,
    /// How many tools the agent has.
    #[serde(default)]
    pub tool_count: u32,
    /// Their names.
    pub tool_names: Option<Vec<String>>,
    /// The skill's state.
    pub skill_state: Option<SkillStateName>,
    /// Whether the skill's tests passed. Saying so helps nobody; denying it counts.
    pub skill_tested: Option<bool>,
    /// Whether the skill's version is pinned. Saying so helps nobody; denying it counts.
    pub skill_pinned: Option<bool>,
    /// The sampling temperature.
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f64>,
    /// How sensitive the data is.
    pub data_sensitivity: Option<DataSensitivityName>,
    /// Flags of its own.
    pub custom_flags: Option<Vec<String>>,
    /// `false` says that the adapter's own rules refuse it: it is refused then. `true` means nothing.
    pub rbac_allowed: Option<bool>,
    /// Where to report the resolution of a pending decision.
    #[schema(format = "uri")]
    pub callback_url: Option<String>,
    /// The model to be called.
    pub model: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The group the tool belongs to.
    pub tool_group: Option<String>,
    /// The skill that runs.
    pub skill: Option<String>,
    /// What the call is for.
    pub intent: Option<String>,
    /// Where the intent comes from.
    pub intent_source: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// The agent's role.
    pub agent_role: Option<String>,
    /// Accepted and ignored: nothing is decided by it.
    #[schema(value_type = Option<Object>)]
    pub agent_metadata: Option<Loose>,
    /// Accepted and ignored: values of templates in policies come from the server.
    #[serde(rename = "templateVars")]
    #[schema(value_type = Option<Object>)]
    pub template_vars: Option<Loose>,
    /// The action in the adapter's words; policies on `action` fall back to the tool.
    pub action: Option<String>,
    /// The resource in the adapter's words.
    pub resource: Option<String>,
    /// The actor in the adapter's words; policies on `actor` fall back to the agent.
    pub actor: Option<String>,
    /// Longest run time it wants, in seconds.
    pub max_duration_secs: Option<u32>,
    /// Circumstances.
    pub context: Option<ExecutionContextBody>,
    /// Where the code comes from.
    pub provenance: Option<ProvenanceBody>,
    /// Refused: an operator overrides with `POST /ops/api/decisions/{id}/override`.
    #[serde(rename = "override")]
    #[schema(value_type = Option<Object>)]
    pub override_request: Option<Value>,
}

/// What was decided about an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionEffect {
    /// Go on.
    Allow,
    /// Stop.
    Deny,
    /// People have to agree first.
    Pending,
}

/// What an execution may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionScopeView {
    /// Capabilities.
    pub capabilities: Vec<String>,
    /// Most steps.
    pub max_steps: u32,
    /// Most money; null when nothing limits it.
    #[schema(required)]
    pub max_cost: Option<Amount>,
    /// When it ends.
    pub expires_at: WireTime,
}

/// The answer to a request to execute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "allowed": true, "execution_id": "83a73c1c-b1b0-4363-b07b-52e28bfda105", "decision": "allow",
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "grant_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12",
    "granted_scope": {"capabilities": ["exec"], "max_steps": 100, "max_cost": 0.05, "expires_at": "2026-11-20T10:18:24.000Z"},
    "matched_policies": ["allow-echo"], "decision_trace": [{"policy_id": "allow-echo", "result": "matched"}], "explanation": "harmless",
    "approval_mode": "enforce", "auto_allowed_in_core": false, "policy_fallback_hit": false,
    "risk_score": 32, "risk_level": "medium",
    "policy_bundle_hash": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2",
    "intent_hash": "sha256:af94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a1", "replayed": false
}))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the members are the wire format of reference section 9"
)]
pub struct ExecutionReply {
    /// Whether it may be done now.
    pub allowed: bool,
    /// The adapter's name for it.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// What was decided.
    pub decision: ExecutionEffect,
    /// The decision.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// The grant it is done under; absent while nothing is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub grant_id: Option<GrantId>,
    /// What it may use; absent while nothing is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_scope: Option<ExecutionScopeView>,
    /// Why it may not be done: a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "policy_denied")]
    pub blocked_reason: Option<String>,
    /// True while people have to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_approval: Option<bool>,
    /// When a pending decision expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<WireTime>,
    /// The least role that may resolve a pending decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "release_manager")]
    pub required_role: Option<String>,
    /// The policies that matched, the deciding one first.
    pub matched_policies: Vec<String>,
    /// How each policy was evaluated; empty unless it was asked for.
    #[schema(value_type = Vec<Object>)]
    pub decision_trace: Vec<Value>,
    /// The deciding policy's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Always `enforce`: what needs an approval waits for it.
    #[schema(example = "enforce")]
    pub approval_mode: String,
    /// Where an approval came from: `local` when people agreed, `override` when an operator let it pass against policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "local")]
    pub approval_source: Option<String>,
    /// Always false: nothing is approved by itself.
    pub auto_allowed_in_core: bool,
    /// Whether only a policy that calls itself a fallback matched.
    pub policy_fallback_hit: bool,
    /// 0 to 100.
    #[schema(maximum = 100)]
    pub risk_score: u8,
    /// The score in words: low, medium, high or critical.
    #[schema(example = "medium")]
    pub risk_level: String,
    /// Hash over the full text of the policies that decided.
    pub policy_bundle_hash: String,
    /// Hash over everything that was asked: what executes is this and nothing else.
    pub intent_hash: String,
    /// Whether an earlier request was decided, and this one only hears of it.
    pub replayed: bool,
}

/// How to answer a request to execute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// Taken for older clients: `decision_trace` always lists the policies that matched, and `POST /api/policy/evaluate` shows
    /// every condition with what it expects and what it found.
    #[serde(default)]
    #[param(example = true)]
    pub explain: Option<bool>,
}

/// How to wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// How long to wait for people: `500ms`, `30s` or `1m`, at most a minute. Not at all when absent.
    #[serde(default)]
    #[param(example = "30s")]
    pub wait: Option<String>,
}

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "execution_id": "83a73c1c-b1b0-4363-b07b-52e28bfda105", "effect": "pending",
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "approval_type": "local", "status": "pending",
    "reason": "policy_requires_approval", "expires_at": "2026-11-20T11:08:24.000Z"
}))]
pub struct ExecutionStateView {
    /// The adapter's name for it.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// Go on, stop, or wait.
    pub effect: ExecutionEffect,
    /// The decision.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// Always `local`: people of this server decide.
    #[schema(example = "local")]
    pub approval_type: String,
    /// Where the decision stands.
    pub status: DecisionStatusName,
    /// Why: a stable code.
    pub reason: String,
    /// When a pending decision expires, or a grant ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<WireTime>,
    /// What may be done in place of what was asked, when an operator edited it. Personal data and secrets are masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub edited_request: Option<Value>,
}
