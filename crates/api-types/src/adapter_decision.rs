//! What an adapter reads of the decisions that it asked for, and claims of their grants.

use clasper_core::{DecisionId, ExecutionKey, GrantId, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{DecisionStatusName, ExecutionScopeView, OkStatus, ResolutionView, WireTime};

/// Which of its decisions an adapter lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AdapterDecisionQuery {
    /// With this status only.
    #[serde(default)]
    #[param(inline, example = "denied")]
    pub status: Option<DecisionStatusName>,
    /// About this tool only.
    #[serde(default)]
    #[param(example = "exec")]
    pub tool: Option<String>,
    /// Asked so long ago at most (`10s`, `10m`, `1h`, `2d`), or at or after a time (RFC 3339) or date.
    #[serde(default)]
    #[param(example = "10m")]
    pub since: Option<String>,
    /// Refused: use `status`.
    #[serde(default)]
    #[param(ignore)]
    pub decision: Option<String>,
    /// Refused: a decision names its policy.
    #[serde(default)]
    #[param(ignore)]
    pub policy: Option<String>,
}

/// One row of an adapter's decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "timestamp": "2026-11-20T10:08:24.000Z", "tool": "exec",
    "policy": "ask-before-exec", "decision": "require_approval", "status": "pending",
    "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13", "state": "pending",
    "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00"
}))]
pub struct AdapterDecisionView {
    /// The decision.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// When it was asked.
    pub timestamp: WireTime,
    /// The tool.
    #[schema(required)]
    pub tool: Option<String>,
    /// The deciding policy.
    #[schema(required)]
    pub policy: Option<String>,
    /// What is to be done: allow, deny or `require_approval`.
    #[schema(example = "require_approval")]
    pub decision: String,
    /// Where it stands.
    pub status: DecisionStatusName,
    /// The trace it belongs to.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// Where the execution stands.
    pub state: String,
    /// The adapter's name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
}

/// A page of an adapter's decisions, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdapterDecisionList {
    /// The decisions.
    pub decisions: Vec<AdapterDecisionView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are at most on a page.
    pub limit: u32,
}

/// One of an adapter's decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdapterDecisionReply {
    /// The decision.
    pub decision: AdapterDecisionView,
}

/// What a decision was made from. Personal data and secrets are masked; of long lists the first eight.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct InputSummaryView {
    /// The program.
    #[schema(required)]
    pub argv0: Option<String>,
    /// Its arguments.
    pub argv: Vec<String>,
    /// The directory it runs in.
    #[schema(required)]
    pub cwd: Option<String>,
    /// Targets of no stated kind.
    pub targets: Vec<String>,
    /// Paths of files.
    pub paths: Vec<String>,
    /// Names of hosts.
    pub hosts: Vec<String>,
    /// The resource in the adapter's words.
    #[schema(required)]
    pub resource: Option<String>,
    /// What the call is for.
    #[schema(required)]
    pub intent: Option<String>,
}

/// Why it was decided so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "policy": "ask-before-exec", "reason": "policy_requires_approval", "explanation": "a shell is dangerous", "tool": "exec",
    "input_summary": {
        "argv0": "rm", "argv": ["rm", "-r", "build"], "cwd": null, "targets": [], "paths": ["build"], "hosts": [],
        "resource": null, "intent": "shell_command"
    },
    "decision": "require_approval", "risk": {"score": 32, "level": "medium"}
}))]
pub struct AdapterExplanationView {
    /// The deciding policy.
    #[schema(required)]
    pub policy: Option<String>,
    /// Why: a stable code.
    pub reason: String,
    /// The deciding policy's words.
    #[schema(required)]
    pub explanation: Option<String>,
    /// The tool.
    #[schema(required)]
    pub tool: Option<String>,
    /// What it was made from.
    pub input_summary: InputSummaryView,
    /// What is to be done: allow, deny or `require_approval`.
    pub decision: String,
    /// The risk with everything that it is made of.
    #[schema(value_type = Object)]
    pub risk: Value,
}

/// A grant that was claimed: the execution may be done now, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "status": "ok", "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00",
    "grant_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12",
    "granted_scope": {"capabilities": ["exec"], "max_steps": 100, "max_cost": 0, "expires_at": "2026-11-20T10:18:24.000Z"}
}))]
pub struct ConsumeReply {
    /// Always `ok`: refusals are problems.
    pub status: OkStatus,
    /// The adapter's name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// The grant.
    #[schema(value_type = String, format = Uuid)]
    pub grant_id: GrantId,
    /// What it may use.
    pub granted_scope: ExecutionScopeView,
}

/// A decision, as the adapter that asked sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00",
    "status": "pending", "state": "pending", "reason": "policy_requires_approval", "required_role": "release_manager",
    "expires_at": "2026-11-20T11:08:24.000Z", "decision_token": null, "decision_token_used_at": null,
    "granted_scope": null, "resolution": null
}))]
pub struct OwnDecisionView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// The adapter's name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// Where it stands.
    pub status: DecisionStatusName,
    /// Where the execution stands.
    pub state: String,
    /// Why: a stable code.
    pub reason: String,
    /// The least role that may vote now.
    #[schema(required, example = "release_manager")]
    pub required_role: Option<String>,
    /// When it expires, or its grant ends.
    #[schema(required)]
    pub expires_at: Option<WireTime>,
    /// Claims the grant, once, with `POST /api/decisions/{decision_id}/consume` (a JWT of type `decision_token`). Null while there
    /// is no grant to claim, and when its ten minutes are over: the request sent again still claims the grant.
    #[schema(required)]
    pub decision_token: Option<String>,
    /// When the grant was claimed; null while it was not.
    #[schema(required)]
    pub decision_token_used_at: Option<WireTime>,
    /// What may be used; null while nothing is granted.
    #[schema(required)]
    pub granted_scope: Option<ExecutionScopeView>,
    /// How it was resolved.
    #[schema(required)]
    pub resolution: Option<ResolutionView>,
}
