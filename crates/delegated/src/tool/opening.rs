//! The decision about one call of a tool, made on everything as it is in the commit that records it.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    AuditEntry, AuditEntryId, CanonicalJson, DecisionId, Sha256Digest, TenantScope, Timestamp,
    TokenSigner, ToolAuthorizationId, Usd, canonical_json,
};
use clasper_governance::risk::RiskAssessment;
use clasper_governance::{
    Decision, Effect, Grant, HoldAsk, Intent, NestedAdmission, NestedBudgets, Reason, Refusal,
    ScopedSnapshot,
};
use clasper_policy::ServerFacts;
use secrecy::SecretString;
use serde::Serialize;
use serde::ser::Error as _;

use crate::execution::{Actor, Closing, Execution, ExecutionStatus, IssuedToken, Judgement};
use crate::tool::record::{ToolAuthorization, ToolState};
use crate::tool::scope::ToolScope;
use crate::tool::token::{TOOL_TOKEN, ToolClaims};

/// Everything that a decision about a call needs.
#[derive(Clone)]
pub struct ToolOpening {
    /// The tenant.
    pub scope: TenantScope,
    /// Who asks.
    pub actor: Actor,
    /// The decision of the execution that the call is within.
    pub execution: DecisionId,
    /// The tool.
    pub tool: String,
    /// Its group, as the adapter says.
    pub tool_group: Option<String>,
    /// What the call may use.
    pub wanted: ToolScope,
    /// The same as people see it.
    pub shown: CanonicalJson,
    /// The intent of the call.
    pub intent: Intent,
    /// Whether the adapter's token and its registration still cover the tool.
    pub is_registered: bool,
    /// What policies and risk say now.
    pub judgement: Judgement,
    /// How long the token is good for.
    pub life: TimeDelta,
    /// Signs the token.
    pub signer: Arc<dyn TokenSigner>,
    /// Ids that the result will carry.
    pub ids: ToolIds,
    /// Now.
    pub now: Timestamp,
}

impl fmt::Debug for ToolOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolOpening")
            .field("tool", &self.tool)
            .finish_non_exhaustive()
    }
}

/// Ids that a decision about a call needs.
#[derive(Debug, Clone, Copy)]
pub struct ToolIds {
    /// The authorization, which is the token's id, too.
    pub authorization: ToolAuthorizationId,
    /// The decision.
    pub decision: DecisionId,
    /// The grant.
    pub grant: clasper_core::GrantId,
    /// The audit entry.
    pub entry: AuditEntryId,
}

/// What was decided about a call, before it is written.
#[derive(Debug, Clone)]
pub struct ToolVerdict {
    /// What is kept.
    pub authorization: ToolAuthorization,
    /// The decision, which never changes.
    pub decision: Decision,
    /// The grant of the one call, when allowed.
    pub grant: Option<Grant>,
    /// The audit entry.
    pub entry: AuditEntry,
    /// The outcome, when it is refused.
    pub closing: Option<Closing>,
    /// The token itself, which is kept nowhere.
    pub token: Option<SecretString>,
}

/// What became of the question.
#[derive(Debug, Clone)]
pub enum ToolOpened {
    /// It is decided.
    Decided(Box<ToolVerdict>),
    /// Policies or registries have changed since the judgement. Nothing was written.
    Stale,
    /// There is no such execution. Nothing was written.
    NotFound,
}

/// Every number and name that the decision is computed from.
#[derive(Serialize)]
struct Inputs<'a> {
    governance_revision: i64,
    server: &'a ServerFacts,
    risk: &'a RiskAssessment,
    budgets: Vec<ScopedSnapshot>,
    policy_effect: Effect,
    policy_reason: &'static str,
    execution_decision_id: String,
    execution_status: &'static str,
    tool: &'a str,
    is_registered: bool,
    calls_granted_before: u32,
    max_steps: Option<u32>,
    scope_hash: Sha256Digest,
}

impl ToolOpening {
    /// Decides. `granted` calls of the execution were granted before.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn decide(
        &self,
        execution: &Execution,
        granted: u32,
        budgets: &NestedBudgets,
    ) -> Result<ToolVerdict, serde_json::Error> {
        let refusal = self.refusal(execution, granted, budgets);
        let (effect, reason) = match refusal {
            Some(reason) => (Effect::Deny, reason),
            None => (Effect::Allow, Reason::Permitted),
        };
        let judgement = &self.judgement;
        let live = execution.grant.as_ref();
        let inputs = canonical_json(&Inputs {
            governance_revision: judgement.governance_revision,
            server: &judgement.server,
            risk: &judgement.risk,
            budgets: budgets.snapshot(),
            policy_effect: judgement.effect,
            policy_reason: judgement.reason.code(),
            execution_decision_id: execution.decision.to_string(),
            execution_status: execution.status.name(),
            tool: &self.tool,
            is_registered: self.is_registered,
            calls_granted_before: granted,
            max_steps: live.map(|live| live.grant().limits.max_steps),
            scope_hash: self.wanted.hash(),
        })?;
        let decision = Decision {
            id: self.ids.decision,
            execution: execution.execution,
            intent: self.intent,
            effect,
            reason,
            matched_policies: judgement.matched.clone(),
            policy_bundle_hash: judgement.bundle_hash,
            inputs,
            decided_at: self.now,
        };
        let end = self.end(execution).filter(|_| effect == Effect::Allow);
        let token = end.map(|end| self.token(execution, end)).transpose()?;
        let issued = token
            .as_ref()
            .zip(end)
            .map(|(token, expires_at)| IssuedToken {
                hash: Sha256Digest::of(secrecy::ExposeSecret::expose_secret(token).as_bytes()),
                issued_at: self.now,
                expires_at,
            });
        let grant = issued.map(|issued| self.grant(execution, issued.expires_at));
        let entry = self.entry(execution, &decision, grant.as_ref(), issued.as_ref())?;
        Ok(ToolVerdict {
            authorization: self.authorization(execution, effect, reason, issued),
            closing: (effect == Effect::Deny).then(|| Closing {
                result: "denied",
                reason: reason.code().to_owned(),
            }),
            decision,
            grant,
            entry,
            token,
        })
    }

    /// Why the call may not be made, if so.
    fn refusal(
        &self,
        execution: &Execution,
        granted: u32,
        budgets: &NestedBudgets,
    ) -> Option<Reason> {
        let Some(grant) = execution.live_grant(self.now) else {
            return Some(Reason::NoLiveGrant);
        };
        let limits = &grant.limits;
        let is_granted = limits.capabilities.contains(&self.tool)
            || execution.tool.as_deref() == Some(self.tool.as_str());
        if !is_granted || !self.is_registered {
            return Some(Reason::NotInGrant);
        }
        let left = limits.max_steps.saturating_sub(granted);
        if left == 0 {
            return Some(Reason::StepLimit);
        }
        if !self
            .wanted
            .is_within(limits, &self.tool, grant.expires_at, left)
        {
            return Some(Reason::ScopeExceeded);
        }
        if let Some(reason) = self.judged(execution) {
            return Some(reason);
        }
        // The execution's own hold pays for its calls; a budget that is overdrawn since stops them.
        let nothing = HoldAsk {
            full: Usd::ZERO,
            floor: Usd::ZERO,
        };
        match budgets.admit(nothing, true) {
            NestedAdmission::Held { .. } => None,
            NestedAdmission::Wait { .. } => Some(Reason::BudgetHeld),
            NestedAdmission::Refused { refusal, .. } => Some(match refusal {
                Refusal::BudgetExceeded => Reason::BudgetExceeded,
                Refusal::BudgetHeld => Reason::BudgetHeld,
            }),
        }
    }

    /// What policies and risk have against it. An approval covers the tool that it was given for, and no other.
    fn judged(&self, execution: &Execution) -> Option<Reason> {
        let judgement = &self.judgement;
        if execution.is_override() {
            return (judgement.reason == Reason::PolicyForbids).then_some(judgement.reason);
        }
        let (effect, reason, terms) = judgement.conclusion();
        match effect {
            Effect::Allow => None,
            Effect::Deny => Some(reason),
            Effect::RequireApproval => {
                let is_for_it = execution.tool.as_deref() == Some(self.tool.as_str());
                let is_no_riskier = judgement.risk.level <= execution.risk_level;
                let asks_for_no_more = execution.approval.as_ref().is_some_and(|approval| {
                    let given = approval.terms();
                    terms.is_none_or(|terms| {
                        given.required_role >= terms.role && given.quorum >= u32::from(terms.quorum)
                    })
                });
                let is_covered = is_for_it
                    && is_no_riskier
                    && asks_for_no_more
                    && execution.status == ExecutionStatus::Claimed;
                (!is_covered).then_some(reason)
            }
        }
    }

    /// When the token ends: after its life, or with the execution's grant.
    fn end(&self, execution: &Execution) -> Option<Timestamp> {
        let grant = execution.live_grant(self.now)?;
        Some((self.now + self.life).min(grant.expires_at))
    }

    fn token(
        &self,
        execution: &Execution,
        end: Timestamp,
    ) -> Result<SecretString, serde_json::Error> {
        let claims = canonical_json(&ToolClaims {
            typ: TOOL_TOKEN.to_owned(),
            tenant_id: execution.tenant.clone(),
            workspace_id: execution.workspace.clone(),
            adapter_id: execution.adapter.clone(),
            execution_id: execution.key.clone(),
            tool: self.tool.clone(),
            scope: self.wanted.members().clone(),
            scope_hash: self.wanted.hash(),
            iat: self.now.timestamp(),
            exp: end.timestamp(),
            jti: self.ids.authorization,
        })?;
        let token = self.signer.sign(&claims);
        token
            .map(SecretString::from)
            .ok_or_else(|| serde_json::Error::custom("the token could not be signed"))
    }

    fn grant(&self, execution: &Execution, expires_at: Timestamp) -> Grant {
        let limits = execution.grant.as_ref().map(|live| &live.grant().limits);
        Grant {
            id: self.ids.grant,
            decision: self.ids.decision,
            intent_hash: self.intent.hash,
            limits: clasper_governance::GrantLimits {
                capabilities: vec![format!("tool:{}", self.tool)],
                max_steps: 1,
                max_cost_usd: limits.and_then(|limits| limits.max_cost_usd),
                max_seconds: self.life.num_seconds().unsigned_abs(),
            },
            expires_at,
        }
    }

    fn authorization(
        &self,
        execution: &Execution,
        effect: Effect,
        reason: Reason,
        token: Option<IssuedToken>,
    ) -> ToolAuthorization {
        ToolAuthorization {
            tenant: execution.tenant.clone(),
            id: self.ids.authorization,
            decision: self.ids.decision,
            execution: execution.decision,
            key: execution.key.clone(),
            adapter: execution.adapter.clone(),
            workspace: execution.workspace.clone(),
            tool: self.tool.clone(),
            tool_group: self.tool_group.clone(),
            state: match effect {
                Effect::Allow => ToolState::Granted,
                Effect::Deny | Effect::RequireApproval => ToolState::Denied,
            },
            reason: reason.code().to_owned(),
            policy: self.judgement.matched.first().cloned(),
            scope: self.shown.clone(),
            scope_hash: self.wanted.hash(),
            token,
            used_at: None,
            reported_at: None,
            trace: execution.trace,
            decided_at: self.now,
        }
    }
}
