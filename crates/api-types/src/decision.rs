//! Decisions, as operators see and resolve them.

use clasper_core::{AdapterId, DecisionId, ExecutionKey, GrantId, TenantId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{EditedClaimsBody, ExecutionScopeView, WireTime};

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionStatusName {
    /// People have to agree.
    Pending,
    /// People agreed, or an operator let it pass.
    Approved,
    /// People refused.
    Denied,
    /// Nobody answered in time, or the grant was not used in time.
    Expired,
    /// It was allowed without asking anybody, or has ended.
    Allow,
    /// It was refused without asking anybody.
    Deny,
}

/// Which decisions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DecisionQuery {
    /// With this status only.
    #[serde(default)]
    #[param(inline, example = "pending")]
    pub status: Option<DecisionStatusName>,
    /// Asked by this adapter only.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "openclaw-local")]
    pub adapter_id: Option<AdapterId>,
    /// About this tool only.
    #[serde(default)]
    #[param(example = "exec")]
    pub tool: Option<String>,
    /// In this workspace only.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "main")]
    pub workspace_id: Option<WorkspaceId>,
}

/// One vote on a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VoteView {
    /// Who: the kind of credential and, where there is one, the key or user.
    pub actor: String,
    /// With which role.
    #[schema(example = "release_manager")]
    pub role: String,
    /// `approve` or `deny`.
    #[schema(example = "approve")]
    pub verdict: String,
    /// Why, in their words.
    #[schema(required)]
    pub note: Option<String>,
    /// When.
    pub at: WireTime,
}

/// How a decision was resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResolutionView {
    /// Always `local`: people of this server decide.
    #[schema(example = "local")]
    pub approval_type: String,
    /// `approve`, `deny`, `cancel`, `expire` or `override`.
    #[schema(example = "approve")]
    pub action: String,
    /// Who resolved it; empty when time did.
    pub resolved_by: Vec<String>,
    /// Who edited the arguments, if somebody did.
    #[schema(required)]
    pub edited_by: Option<String>,
    /// When; null for an override, which the audit log times.
    #[schema(required)]
    pub resolved_at: Option<WireTime>,
}

/// A decision with everything that people need to resolve it. Personal data and secrets are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme", "workspace_id": "main", "environment": null,
    "execution_id": "667e24d1-c197-49eb-abea-8d71cdc1eb00", "adapter_id": "openclaw-local", "agent_id": null, "tool": "exec",
    "status": "pending", "state": "pending", "reason": "policy_requires_approval", "required_role": "release_manager",
    "quorum": 1, "votes": [], "expires_at": "2026-11-20T11:08:24.000Z", "escalate_at": null,
    "request_snapshot": {"request": {"adapter": "openclaw-local"}, "verdict": {"matched_policies": ["ask"]}},
    "granted_scope": null, "grant_id": null, "resolution": null, "risk_score": 32, "risk_level": "medium",
    "intent_hash": "sha256:af94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a1",
    "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13", "revision": 1,
    "created_at": "2026-11-20T10:08:24.000Z", "updated_at": "2026-11-20T10:08:24.000Z"
}))]
pub struct DecisionView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// Whose.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The workspace.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The environment.
    #[schema(required)]
    pub environment: Option<String>,
    /// The adapter's name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// Who asked.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The agent.
    #[schema(required)]
    pub agent_id: Option<String>,
    /// The tool.
    #[schema(required)]
    pub tool: Option<String>,
    /// Where it stands.
    pub status: DecisionStatusName,
    /// Where the execution stands: allowed, denied, pending, approved, claimed, rejected, expired, lapsed or settled.
    #[schema(example = "pending")]
    pub state: String,
    /// Why: a stable code.
    pub reason: String,
    /// The least role that may vote now; null when nobody had to be asked.
    #[schema(required, example = "release_manager")]
    pub required_role: Option<String>,
    /// How many different people have to approve; null when nobody had to be asked.
    #[schema(required)]
    pub quorum: Option<u32>,
    /// Votes so far, the oldest first.
    pub votes: Vec<VoteView>,
    /// When it expires, or its grant ends.
    #[schema(required)]
    pub expires_at: Option<WireTime>,
    /// From when on a higher role is needed.
    #[schema(required)]
    pub escalate_at: Option<WireTime>,
    /// What was asked, and what policies and risk said to it.
    #[schema(value_type = Object)]
    pub request_snapshot: Value,
    /// What may be used; null while nothing is granted.
    #[schema(required)]
    pub granted_scope: Option<ExecutionScopeView>,
    /// The grant; null while there is none.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    pub grant_id: Option<GrantId>,
    /// How it was resolved; null while it is pending or when nobody was asked.
    #[schema(required)]
    pub resolution: Option<ResolutionView>,
    /// 0 to 100.
    #[schema(maximum = 100)]
    pub risk_score: u8,
    /// The score in words.
    #[schema(example = "medium")]
    pub risk_level: String,
    /// Hash over everything that was asked: what executes is this and nothing else.
    pub intent_hash: String,
    /// The trace it belongs to.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// Raised by every change: the `ETag`.
    pub revision: i64,
    /// When it was asked.
    pub created_at: WireTime,
    /// When it last changed.
    pub updated_at: WireTime,
}

/// A page of decisions, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionList {
    /// The decisions.
    pub decisions: Vec<DecisionView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many there are at most on a page.
    pub limit: u32,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionReply {
    /// The decision as it stands.
    pub decision: DecisionView,
}

/// What people say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolveStatus {
    /// It may be done.
    Approved,
    /// It may not be done.
    Denied,
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolveAction {
    /// It may be done.
    Approve,
    /// It may not be done.
    Deny,
    /// It is withdrawn.
    Cancel,
    /// It passes against policy: the same as `POST /ops/api/decisions/{id}/override`.
    ApproveWithOverride,
}

/// Why policy is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverrideReasonName {
    /// An incident is being dealt with.
    IncidentResponse,
    /// A fix cannot wait.
    Hotfix,
    /// A deadline of the business.
    BusinessDeadline,
    /// Data has to be put right.
    DataCorrection,
    /// Something else, which the justification says.
    Other,
}

/// What an operator does about a pending decision: either `status` or `action`, and a `note` or `justification`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "approved", "note": "checked with the team"}))]
pub struct ResolveDecisionBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// What they say.
    pub status: Option<ResolveStatus>,
    /// What they do.
    pub action: Option<ResolveAction>,
    /// Why, in their words.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// The same as `note`; needed for an override.
    #[schema(max_length = 2000)]
    pub justification: Option<String>,
    /// What is approved in place of what was asked, whole. Votes for what was asked no longer count.
    pub edited: Option<EditedClaimsBody>,
    /// Why policy is set aside; needed for an override and for nothing else.
    pub override_reason_code: Option<OverrideReasonName>,
    /// Minutes of life of an override; 15 when absent.
    #[schema(minimum = 1, maximum = 15)]
    pub minutes: Option<u32>,
}

/// An override of policy for one execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "reason_code": "incident_response", "justification": "restarting the broken gateway", "minutes": 10
}))]
pub struct OverrideDecisionBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Why policy is set aside.
    pub reason_code: OverrideReasonName,
    /// Why, in words: 10 to 2000 characters.
    #[schema(min_length = 10, max_length = 2000)]
    pub justification: String,
    /// Minutes until it lapses.
    #[schema(minimum = 1, maximum = 15)]
    pub minutes: u32,
}

/// What an operator says of one of several decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchResolveItem {
    /// The decision.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// What they say.
    pub status: ResolveStatus,
    /// Why, in their words.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// The revision that they have read; another one is refused.
    pub revision: Option<i64>,
}

/// Several decisions, resolved one by one: one that is refused does not stop the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "decisions": [{"decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "status": "denied", "note": "not today", "revision": 1}]
}))]
pub struct BatchResolveBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// What to resolve, in this order.
    #[schema(min_items = 1, max_items = 100)]
    pub decisions: Vec<BatchResolveItem>,
}

/// What became of one of several decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchResolveResult {
    /// The decision.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// The HTTP status it would have had alone.
    #[schema(example = 200)]
    pub http_status: u16,
    /// The decision as it now stands, when it was resolved or voted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
    /// The stable code, when it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "revision_conflict")]
    pub code: Option<String>,
    /// What to do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of each decision, in the order of the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchResolveReply {
    /// The results.
    pub results: Vec<BatchResolveResult>,
}
