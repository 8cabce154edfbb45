//! Decisions with the inputs that led to them, and the grants they give.

use clasper_core::{
    CanonicalJson, DecisionId, DecisionRecord, ExecutionId, GrantId, Sha256Digest, Timestamp, Usd,
};
use serde::{Deserialize, Serialize};

use crate::intent::Intent;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It may be done, within the grant.
    Allow,
    /// It may not be done.
    Deny,
    /// A person has to agree first.
    RequireApproval,
}

impl Effect {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::RequireApproval => "require_approval",
        }
    }
}

/// Why it was decided so: a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Permission, price and budget all agree.
    Permitted,
    /// The tenant has no budget; nothing limits it.
    NoBudgetSet,
    /// What is left of the budget does not cover it.
    BudgetExceeded,
    /// The budget is held for other runs, and none ended in time.
    BudgetHeld,
    /// No skill of the workspace names this tool.
    NotInSkillManifest,
    /// The tenant's credential does not allow this tool.
    NotInTenantPermissions,
    /// The backend offers no such tool.
    UnknownTool,
    /// The arguments do not fit the tool's schema.
    InvalidArguments,
    /// The run has used up its steps.
    StepLimit,
    /// The execution that it belongs to has no live grant.
    NoLiveGrant,
    /// The grant of the execution that it belongs to does not name this tool.
    NotInGrant,
    /// It wants more than the grant of the execution that it belongs to.
    ScopeExceeded,
    /// A policy refuses it.
    PolicyDenied,
    /// A Cedar `forbid` refuses it; nothing outweighs that, not even an override.
    PolicyForbids,
    /// No policy speaks of it.
    NoPolicyMatched,
    /// A policy could not be evaluated.
    PolicyError,
    /// A policy wants people to agree first.
    PolicyRequiresApproval,
    /// The risk wants people to agree first.
    RiskRequiresApproval,
    /// It could not be redacted, so it was not looked at.
    RedactionFailed,
}

impl Reason {
    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::NoBudgetSet => "no_budget_set",
            Self::BudgetExceeded => "budget_exceeded",
            Self::BudgetHeld => "budget_held",
            Self::NotInSkillManifest => "not_in_skill_manifest",
            Self::NotInTenantPermissions => "not_in_tenant_permissions",
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArguments => "invalid_arguments",
            Self::StepLimit => "step_limit",
            Self::NoLiveGrant => "no_live_grant",
            Self::NotInGrant => "not_in_grant",
            Self::ScopeExceeded => "scope_exceeds_grant",
            Self::PolicyDenied => "policy_denied",
            Self::PolicyForbids => "policy_forbids",
            Self::NoPolicyMatched => "no_policy_matched",
            Self::PolicyError => "policy_error",
            Self::PolicyRequiresApproval => "policy_requires_approval",
            Self::RiskRequiresApproval => "risk_requires_approval",
            Self::RedactionFailed => "redaction_failed",
        }
    }
}

/// A decision about an intent, with everything needed to explain and re-compute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// What was wanted.
    pub intent: Intent,
    /// What was decided.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The rules that matched, the deciding one first.
    pub matched_policies: Vec<String>,
    /// SHA-256 of the full text of the rules in force.
    pub policy_bundle_hash: Sha256Digest,
    /// Every number and name the decision was computed from, as a canonical JSON object.
    pub inputs: CanonicalJson,
    /// When.
    pub decided_at: Timestamp,
}

impl Decision {
    /// The hash of all that is kept of the decision and of the grant that it gives. The entry says it, so that nothing of it can be changed
    /// unseen.
    ///
    /// # Errors
    /// Never: texts and numbers have a JSON form.
    pub fn hash(&self, grant: Option<&Grant>) -> Result<Sha256Digest, serde_json::Error> {
        let limits = grant.map(|grant| serde_json::to_string(&grant.limits));
        let limits = limits.transpose()?;
        let matched_policies = serde_json::to_string(&self.matched_policies)?;
        let record = DecisionRecord {
            action: self.intent.action.name(),
            decided_at_micros: self.decided_at.timestamp_micros(),
            decision_id: self.id.to_string(),
            effect: self.effect.name(),
            execution_id: self.execution.to_string(),
            grant_id: grant.map(|grant| grant.id.to_string()),
            grant_limits: limits.as_deref(),
            inputs: self.inputs.as_str(),
            intent_hash: self.intent.hash,
            matched_policies: &matched_policies,
            policy_bundle_hash: self.policy_bundle_hash,
            reason: self.reason.code(),
        };
        Ok(record.hash())
    }
}

/// The limits of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantLimits {
    /// What may be done: `llm`, or `tool:<name>`.
    pub capabilities: Vec<String>,
    /// Most steps (model calls and tool calls together).
    pub max_steps: u32,
    /// Most money; `None` when the tenant has no budget.
    pub max_cost_usd: Option<Usd>,
    /// Most seconds.
    pub max_seconds: u64,
}

/// A single-use capability, bound to the hash of one intent. It is consumed in the transaction that claims the effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The decision that gave it.
    pub decision: DecisionId,
    /// The hash of the intent it is for, and of nothing else.
    pub intent_hash: Sha256Digest,
    /// Its limits.
    pub limits: GrantLimits,
    /// When it lapses if unused.
    pub expires_at: Timestamp,
}

impl Grant {
    /// Whether the grant covers `intent` at `now`.
    #[must_use]
    pub fn covers(&self, intent: &Intent, now: Timestamp) -> bool {
        self.intent_hash == intent.hash && now < self.expires_at
    }
}
