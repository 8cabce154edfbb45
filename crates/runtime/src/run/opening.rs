//! Opening a run: what it asks for, and the decision on the budgets as they are then.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, DecisionId, ExecutionId, GrantId, InstanceId,
    Sha256Digest, TenantScope, Timestamp, TraceId, Usd, UserId, WorkspaceId, canonical_json,
};
use clasper_governance::{
    BudgetScope, Decision, Effect, Grant, GrantLimits, HoldAsk, Intent, NestedAdmission,
    NestedBudgets, Reason, Refusal, ScopedSnapshot,
};
use clasper_tracing::Trace;
use serde::Serialize;

use crate::policy::PolicyVerdict;

/// A client's `Idempotency-Key`, and the hash of the request it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// The key.
    pub key: String,
    /// Hash of the request: the same key with another request is refused.
    pub request_hash: Sha256Digest,
}

/// Everything that opening a run needs. [`RunOpening::decide`] is called by the store, inside the transaction that
/// writes the decision, with the budgets as they are then.
#[derive(Debug, Clone)]
pub struct RunOpening {
    /// The tenant.
    pub scope: TenantScope,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The user the run is for.
    pub user: UserId,
    /// Who asks ([`clasper_core::Principal::actor`]).
    pub actor: String,
    /// The new execution.
    pub execution: ExecutionId,
    /// Its trace.
    pub trace: TraceId,
    /// The new decision.
    pub decision: DecisionId,
    /// The grant, if it comes to one.
    pub grant: GrantId,
    /// What is wanted.
    pub intent: Intent,
    /// What the policies say to it.
    pub policy: PolicyVerdict,
    /// The model, `provider/model`.
    pub model: String,
    /// What to hold.
    pub ask: HoldAsk,
    /// The parts of the tenant that it runs in: their budgets hold the money together with the tenant's, or none does.
    pub budget_scopes: Vec<BudgetScope>,
    /// The limits of the grant; the money is set by the hold.
    pub limits: GrantLimits,
    /// When an unused grant lapses.
    pub grant_expires_at: Timestamp,
    /// Whether there is no more time to wait for held money.
    pub last_try: bool,
    /// The process that runs it.
    pub instance: InstanceId,
    /// The client's idempotency key.
    pub idempotency: Option<IdempotencyClaim>,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Id of the entry for a budget that rolls over on the way.
    pub rollover_entry: AuditEntryId,
    /// Now.
    pub now: Timestamp,
    /// The trace as far as it is known: what recovery stores if the process dies, and what a refusal stores.
    pub draft: Box<Trace>,
}

/// What was decided, before it is written.
#[derive(Debug, Clone)]
pub struct RunVerdict {
    /// The decision.
    pub decision: Decision,
    /// The money to hold; zero without a budget's admission.
    pub hold: Usd,
    /// The grant, when allowed.
    pub grant: Option<Grant>,
    /// The audit entry.
    pub entry: AuditEntry,
}

/// Every number that the decision about a run is computed from.
#[derive(Serialize)]
struct DecisionInputs<'a> {
    model: &'a str,
    ask: HoldAsk,
    budgets: Vec<ScopedSnapshot>,
    refused_by: Option<&'a BudgetScope>,
    hold_usd: Usd,
    capped: bool,
    last_try: bool,
    limits: &'a GrantLimits,
    governance_revision: i64,
    policy_effect: Effect,
    policy_reason: &'static str,
}

/// What the budgets and the policies come to.
struct Conclusion {
    effect: Effect,
    reason: Reason,
    hold: Usd,
    capped: bool,
    refused_by: Option<BudgetScope>,
}

impl Conclusion {
    const fn refused(reason: Reason, refused_by: Option<BudgetScope>) -> Self {
        Self {
            effect: Effect::Deny,
            reason,
            hold: Usd::ZERO,
            capped: false,
            refused_by,
        }
    }
}

impl RunOpening {
    /// What it comes to; `None` while money is held for others.
    fn conclude(&self, budgets: &NestedBudgets) -> Option<Conclusion> {
        // What policy refuses needs no money, and does not wait for any.
        if self.policy.effect != Effect::Allow {
            return Some(Conclusion::refused(self.policy.reason, None));
        }
        match budgets.admit(self.ask, self.last_try) {
            NestedAdmission::Wait { .. } => None,
            NestedAdmission::Refused { scope, refusal } => {
                let reason = match refusal {
                    Refusal::BudgetExceeded => Reason::BudgetExceeded,
                    Refusal::BudgetHeld => Reason::BudgetHeld,
                };
                Some(Conclusion::refused(reason, Some(scope)))
            }
            NestedAdmission::Held { hold, capped, .. } => Some(Conclusion {
                effect: Effect::Allow,
                reason: if budgets.budgets().is_empty() {
                    Reason::NoBudgetSet
                } else {
                    Reason::Permitted
                },
                hold,
                capped,
                refused_by: None,
            }),
        }
    }

    /// Decides on the budgets as they are now. `None` means: wait until held money comes back, and ask again.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn decide(&self, budgets: &NestedBudgets) -> Result<Option<RunVerdict>, serde_json::Error> {
        let Some(conclusion) = self.conclude(budgets) else {
            return Ok(None);
        };
        let Conclusion {
            effect,
            reason,
            hold,
            capped,
            refused_by,
        } = conclusion;
        let hard = budgets.budgets().iter().any(|b| b.budget.hard_limit);
        let limits = GrantLimits {
            max_cost_usd: hard.then_some(hold),
            ..self.limits.clone()
        };
        let inputs = canonical_json(&DecisionInputs {
            model: &self.model,
            ask: self.ask,
            budgets: budgets.snapshot(),
            refused_by: refused_by.as_ref(),
            hold_usd: hold,
            capped,
            last_try: self.last_try,
            limits: &limits,
            governance_revision: self.policy.governance_revision,
            policy_effect: self.policy.effect,
            policy_reason: self.policy.reason.code(),
        })?;
        let decision = Decision {
            id: self.decision,
            execution: self.execution,
            intent: self.intent,
            effect,
            reason,
            matched_policies: self.policy.matched.clone(),
            policy_bundle_hash: self.policy.bundle_hash,
            inputs,
            decided_at: self.now,
        };
        let grant = (effect == Effect::Allow).then_some(Grant {
            id: self.grant,
            decision: self.decision,
            intent_hash: self.intent.hash,
            limits,
            expires_at: self.grant_expires_at,
        });
        let entry = self.entry(&decision, grant.as_ref(), hold, refused_by.as_ref())?;
        Ok(Some(RunVerdict {
            decision,
            hold,
            grant,
            entry,
        }))
    }

    fn entry(
        &self,
        decision: &Decision,
        grant: Option<&Grant>,
        hold: Usd,
        refused_by: Option<&BudgetScope>,
    ) -> Result<AuditEntry, serde_json::Error> {
        #[derive(Serialize)]
        struct Detail<'a> {
            execution_id: String,
            decision_id: String,
            decision_hash: Sha256Digest,
            grant_id: Option<String>,
            intent_hash: String,
            effect: &'static str,
            reason: &'static str,
            policy_bundle_hash: String,
            model: &'a str,
            hold_usd: Usd,
            agent_role: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            refused_by: Option<&'a BudgetScope>,
        }
        Ok(AuditEntry {
            id: self.entry,
            tenant: self.scope.tenant().clone(),
            workspace: Some(self.workspace.clone()),
            trace: Some(self.trace),
            user: Some(self.user.clone()),
            actor: self.actor.clone(),
            event: if grant.is_some() {
                AuditEvent::AgentExecutionStarted
            } else {
                AuditEvent::AgentExecutionDenied
            },
            target: Some(format!("execution:{}", self.execution)),
            detail: canonical_json(&Detail {
                execution_id: self.execution.to_string(),
                decision_id: decision.id.to_string(),
                decision_hash: decision.hash(grant)?,
                grant_id: grant.map(|g| g.id.to_string()),
                intent_hash: decision.intent.hash.to_string(),
                effect: decision.effect.name(),
                reason: decision.reason.code(),
                policy_bundle_hash: decision.policy_bundle_hash.to_string(),
                model: &self.model,
                hold_usd: hold,
                agent_role: &self.draft.agent_role,
                refused_by,
            })?,
            occurred_at: self.now,
        })
    }
}

/// What became of an opening.
#[derive(Debug, Clone)]
pub enum Opening {
    /// Decided and allowed; the grant is consumed, the money held.
    Admitted {
        /// The decision.
        decision: Box<Decision>,
        /// The grant, consumed.
        grant: Box<Grant>,
        /// The money held.
        hold: Usd,
    },
    /// Decided and refused; the refusal is recorded.
    Denied(Box<Decision>),
    /// The money is held for others. Nothing was written.
    Wait,
    /// The same request was answered before: this was the (sealed) answer.
    Answered(Vec<u8>),
    /// The same request is being worked on.
    InFlight,
    /// The idempotency key came with another request before.
    KeyReused,
    /// The policies have changed since they were asked. Nothing was written.
    Stale,
}
