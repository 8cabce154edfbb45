//! What policies, risk and budget would say.

use clasper_core::{AdapterId, EnvironmentId, SessionId, TenantId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Amount, DataSensitivityName, ExecutionContextBody, ProvenanceBody, RiskClassName,
    SkillStateName, amount,
};

/// What would be asked, in the members of `POST /api/execution/request`. All are optional; unknown ones are refused.
/// The risk level is computed from them and cannot be named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"tool": "exec", "tool_group": "runtime", "requested_capabilities": ["exec"]}))]
pub struct EvaluateBody {
    /// The tenant: for adapters it has to be the token's; for others it is needed with the daemon key only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tenant_id: Option<TenantId>,
    /// The workspace; for adapters it has to be the token's, for others it is `default` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub environment: Option<EnvironmentId>,
    /// The adapter; for adapters it has to be the token's. Without one, the risk class that is claimed counts, else `critical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub adapter_id: Option<AdapterId>,
    /// The session the agent is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub session_id: Option<SessionId>,
    /// The adapter's class, where it is higher than the registry's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_risk_class: Option<RiskClassName>,
    /// Capabilities it wants to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 64)]
    pub requested_capabilities: Option<Vec<String>>,
    /// Most steps it wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub max_steps: Option<u32>,
    /// Most money it wants to spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = amount::number_or_text)]
    pub max_cost: Option<Amount>,
    /// What it expects to spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = amount::number_or_text)]
    pub estimated_cost: Option<Amount>,
    /// How many tools the agent has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_count: Option<u32>,
    /// Their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_names: Option<Vec<String>>,
    /// The skill's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_state: Option<SkillStateName>,
    /// Whether the skill's tests passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_tested: Option<bool>,
    /// Whether the skill's version is pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_pinned: Option<bool>,
    /// The sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f64>,
    /// How sensitive the data is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_sensitivity: Option<DataSensitivityName>,
    /// Flags of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_flags: Option<Vec<String>>,
    /// The model to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The group the tool belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_group: Option<String>,
    /// The skill that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// What the call is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Where the intent comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_source: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The agent's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// The action in the caller's words; policies on `action` fall back to the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The actor in the caller's words; policies on `actor` fall back to the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Longest run time it wants, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration_secs: Option<u32>,
    /// Circumstances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ExecutionContextBody>,
    /// Where the code comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<ProvenanceBody>,
}

/// What policies say, and what would be decided with risk and budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "decision": "allow", "matched_policies": ["look-around"],
    "decision_trace": [{"policy_id": "look-around", "result": "matched", "decision": "allow", "condition_details": [
        {"field": "context.exec.argv0", "operator": "in", "expected": ["ls"], "actual": "ls", "result": true}
    ]}],
    "explanation": "allowed by look-around",
    "policy_bundle_hash": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2",
    "final_decision": "require_approval", "final_reason": "risk_requires_approval:high", "required_role": "release_manager",
    "risk_score": 56, "risk_level": "high", "explain": {"reason": "rule", "decided_by": "look-around"}
}))]
pub struct EvaluationReply {
    /// What the policies say: `allow`, `deny` or `require_approval`.
    pub decision: String,
    /// The policies that matched, the deciding one first.
    pub matched_policies: Vec<String>,
    /// Every policy, in the order in which they are weighed, with each condition's expected and actual value.
    #[schema(value_type = Vec<Object>)]
    pub decision_trace: Vec<Value>,
    /// The deciding policy's words.
    pub explanation: String,
    /// Hash over the full text of the policies in force.
    pub policy_bundle_hash: String,
    /// What `POST /api/execution/request` would decide: policies, risk and the tenant's budget together.
    pub final_decision: String,
    /// The stable code of that.
    pub final_reason: String,
    /// The least role that would have to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_role: Option<String>,
    /// 0 to 100.
    #[schema(maximum = 100)]
    pub risk_score: u8,
    /// The score in words: low, medium, high or critical.
    pub risk_level: String,
    /// Why, and what would have to change.
    pub explain: ExplainView,
}

/// Why the policies say what they say, and what would have to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainView {
    /// What decided: `rule`, `cedar_permit`, `cedar_forbid`, `no_match` or `evaluation_error`.
    pub reason: String,
    /// The policy that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// The rule that allows and is nearest to matching, with its conditions that do not hold and the policy that
    /// outweighs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub nearest_allow: Option<Value>,
}
