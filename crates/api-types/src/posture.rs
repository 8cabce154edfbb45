//! How an adapter is governed, and by which policies.

use clasper_core::{AdapterId, DecisionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WireTime;

/// What happens to a tool that no policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GovernanceModeName {
    /// It is allowed.
    Permissive,
    /// A rule for any tool decides.
    Guarded,
    /// It is denied.
    Strict,
}

/// How well an adapter is governed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EnforcementStatusName {
    /// It has asked for what must be denied, lately and under the policies in force, and was denied.
    Enforced,
    /// Nothing says otherwise, and nothing proves it.
    Degraded,
    /// What should be denied is allowed.
    Disabled,
}

/// The last time that the adapter asked for `__clasper_probe__`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CanaryView {
    /// What was decided: its audit entry is found by this.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// When.
    pub asked_at: WireTime,
    /// Whether it was denied.
    pub denied: bool,
}

/// How an adapter is governed in its workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "adapter": "openclaw-local", "mode": "strict", "status": "ENFORCED", "reasons": [], "engine_version": "0.1.0",
    "fallback_present": false, "fallback_enabled": false, "policy_count": 5, "covered_tools": ["exec"],
    "uncovered_tools": ["canvas.render"],
    "canary": {
        "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "asked_at": "2026-11-20T10:08:24.000Z", "denied": true
    },
    "canary_window_secs": 600
}))]
pub struct PostureView {
    /// The adapter.
    #[schema(value_type = String)]
    pub adapter: AdapterId,
    /// What happens to a tool that no policy names.
    pub mode: GovernanceModeName,
    /// In one word. `ENFORCED` needs a canary: an execution request for the tool and capability `__clasper_probe__` that was
    /// denied within the window, by the policies that are in force.
    pub status: EnforcementStatusName,
    /// Why it is not `ENFORCED`: `no_canary`, `canary_stale`, `policies_changed`, `canary_allowed`, `unknown_tools_allowed`.
    pub reasons: Vec<String>,
    /// The server's version.
    pub engine_version: String,
    /// Whether a rule for any tool is in force.
    pub fallback_present: bool,
    /// The same: rules that are switched off are not in force.
    pub fallback_enabled: bool,
    /// Policies in force.
    pub policy_count: usize,
    /// Tools of the adapter's registration that a policy decides about, in normal form.
    pub covered_tools: Vec<String>,
    /// Tools of the adapter's registration that are denied because no policy matches.
    pub uncovered_tools: Vec<String>,
    /// The last canary.
    #[schema(required)]
    pub canary: Option<CanaryView>,
    /// How long a canary counts, in seconds.
    pub canary_window_secs: i64,
}

/// A policy in force, as adapters see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "policy_id": "ask-before-exec", "decision": "require_approval", "precedence": 10, "enabled": true, "subject_type": "tool",
    "tool": "exec", "updated_at": "2026-11-20T10:08:24.000Z"
}))]
pub struct AdapterPolicyView {
    /// Its id.
    pub policy_id: String,
    /// What it decides; null for a Cedar policy.
    #[schema(required)]
    pub decision: Option<String>,
    /// Its weight among the rules; 0 for a Cedar policy.
    pub precedence: i64,
    /// Always true: others are not listed.
    pub enabled: bool,
    /// What it is about; null for a Cedar policy.
    #[schema(required)]
    pub subject_type: Option<String>,
    /// The tool it names.
    #[schema(required)]
    pub tool: Option<String>,
    /// Since when it is in force.
    pub updated_at: WireTime,
}

/// A page of the policies in force where the adapter's token belongs, by precedence, then by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdapterPolicyList {
    /// The policies.
    pub policies: Vec<AdapterPolicyView>,
    /// How many there are in all.
    pub total: usize,
    /// How many there are at most on a page.
    pub limit: u32,
    /// How many came before this page.
    pub offset: u64,
}
