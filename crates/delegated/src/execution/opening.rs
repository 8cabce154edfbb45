//! Opening an execution: what it asks for, and the decision on the budgets as they are then.

use chrono::TimeDelta;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, DecisionId, ExecutionId, ExecutionKey, GrantId,
    Sha256Digest, TenantScope, Timestamp, TraceId, Usd, canonical_json,
};
use clasper_governance::approval::{Approval, Requester, TermsError};
use clasper_governance::risk::RiskAssessment;
use clasper_governance::{
    Decision, Effect, Grant, GrantLimits, GrantState, HoldAsk, Intent, LiveGrant, NestedAdmission,
    NestedBudgets, Reason, Refusal, ScopedSnapshot,
};
use clasper_policy::{ApprovalTerms, ServerFacts};
use serde::Serialize;
use serde_json::Value;

use crate::execution::ask::ExecutionAsk;
use crate::execution::claim::ExecutionClaim;
use crate::execution::judgement::Judgement;
use crate::execution::record::{Execution, ExecutionStatus};
use crate::execution::step::Closing;
use crate::execution::words::{Actor, entry};

/// Everything that opening an execution needs.
#[derive(Debug, Clone)]
pub struct ExecutionOpening {
    /// The tenant.
    pub scope: TenantScope,
    /// Who asks.
    pub actor: Actor,
    /// The adapter's name for it.
    pub key: ExecutionKey,
    /// What is asked.
    pub ask: ExecutionAsk,
    /// Its intent.
    pub intent: Intent,
    /// What is asked, redacted, for people.
    pub shown: Value,
    /// What is asked, sealed.
    pub sealed_ask: Vec<u8>,
    /// What policies and risk say.
    pub judgement: Judgement,
    /// Where to report a resolution, sealed.
    pub callback: Option<Vec<u8>>,
    /// How long a grant lives.
    pub grant_life: TimeDelta,
    /// Most steps when the ask names none.
    pub default_max_steps: u32,
    /// Whether there is no more time to wait for held money.
    pub last_try: bool,
    /// Ids that the result will carry.
    pub ids: OpeningIds,
    /// Now.
    pub now: Timestamp,
}

/// Ids that an opening may need.
#[derive(Debug, Clone, Copy)]
pub struct OpeningIds {
    /// The decision.
    pub decision: DecisionId,
    /// The execution.
    pub execution: ExecutionId,
    /// The trace.
    pub trace: TraceId,
    /// The grant.
    pub grant: GrantId,
    /// The audit entry.
    pub entry: AuditEntryId,
}

/// What was decided, before it is written.
#[derive(Debug, Clone)]
pub struct ExecutionVerdict {
    /// The decision, which never changes.
    pub decision: Decision,
    /// The grant that the request itself consumed, when allowed.
    pub grant: Option<Grant>,
    /// The execution.
    pub execution: Execution,
    /// The audit entry.
    pub entry: AuditEntry,
    /// The outcome, when it is refused.
    pub closing: Option<Closing>,
}

/// What became of an opening.
#[derive(Debug, Clone)]
pub enum Opened {
    /// Decided now.
    Decided(Box<Execution>),
    /// Decided before; nothing was written.
    Known(Box<Execution>),
    /// Approved before and claimed now.
    Claimed(Box<Execution>),
    /// Approved before, but it may not be claimed now.
    ClaimRefused(crate::execution::ClaimRefusal, Box<Execution>),
    /// The adapter asked for something else under this key before. Nothing was written.
    KeyReused(Box<Execution>),
    /// The money is held for others. Nothing was written.
    Wait,
    /// Policies or registries have changed since the judgement. Nothing was written.
    Stale,
}

/// Every number and name that the decision is computed from.
#[derive(Serialize)]
struct Inputs<'a> {
    governance_revision: i64,
    /// With the sealed ask of the execution, everything that was evaluated.
    server: &'a ServerFacts,
    risk: &'a RiskAssessment,
    ask: HoldAsk,
    budgets: Vec<ScopedSnapshot>,
    hold_usd: Usd,
    policy_effect: Effect,
    policy_reason: &'static str,
    last_try: bool,
}

impl ExecutionOpening {
    /// A member of the ask, as it may be stored.
    fn shown_text(&self, pointer: &str) -> Option<String> {
        let shown = self.shown.pointer(pointer)?.as_str()?;
        Some(shown.to_owned())
    }

    fn shown_only_capability(&self) -> Option<String> {
        let asked = self.shown.pointer("/claims/requested_capabilities")?;
        match asked.as_array()?.as_slice() {
            [only] => only.as_str().map(str::to_owned),
            _ => None,
        }
    }

    /// Decides on the budgets as they are now. `None` means: wait until held money comes back, and ask again.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn decide(
        &self,
        budgets: &NestedBudgets,
    ) -> Result<Option<ExecutionVerdict>, serde_json::Error> {
        let ask = self.hold_ask();
        let (mut effect, mut reason, mut terms) = self.judgement.conclusion();
        let mut held = Usd::ZERO;
        // A refusal by policy needs no money; an approval is looked at by the budgets again when it is claimed.
        if effect != Effect::Deny {
            match budgets.admit(ask, self.last_try || effect == Effect::RequireApproval) {
                NestedAdmission::Held { hold, .. } => held = hold,
                NestedAdmission::Wait { .. } => return Ok(None),
                NestedAdmission::Refused { refusal, .. } => {
                    (effect, terms) = (Effect::Deny, None);
                    reason = match refusal {
                        Refusal::BudgetExceeded => Reason::BudgetExceeded,
                        Refusal::BudgetHeld => Reason::BudgetHeld,
                    };
                }
            }
        }
        if effect != Effect::Allow {
            held = Usd::ZERO;
        }
        self.verdict(budgets, ask, effect, reason, terms.as_ref(), held)
            .map(Some)
    }

    /// The claim that a repeated request makes on the grant of an approval.
    #[must_use]
    pub fn claim(&self, execution: &Execution) -> ExecutionClaim {
        ExecutionClaim {
            scope: self.scope.clone(),
            decision: execution.decision,
            actor: self.actor.clone(),
            intent: self.intent,
            ask: self.hold_ask(),
            budget_scopes: self.ask.budget_scopes(),
            judgement: self.judgement.clone(),
            last_try: self.last_try,
            entry: self.ids.entry,
            now: self.now,
        }
    }

    fn hold_ask(&self) -> HoldAsk {
        let cost = self.ask.cost();
        HoldAsk {
            full: cost,
            floor: cost,
        }
    }

    fn verdict(
        &self,
        budgets: &NestedBudgets,
        ask: HoldAsk,
        effect: Effect,
        reason: Reason,
        terms: Option<&ApprovalTerms>,
        hold: Usd,
    ) -> Result<ExecutionVerdict, serde_json::Error> {
        let judgement = &self.judgement;
        let inputs = canonical_json(&Inputs {
            governance_revision: judgement.governance_revision,
            server: &judgement.server,
            risk: &judgement.risk,
            ask,
            budgets: budgets.snapshot(),
            hold_usd: hold,
            policy_effect: judgement.effect,
            policy_reason: judgement.reason.code(),
            last_try: self.last_try,
        })?;
        let decision = Decision {
            id: self.ids.decision,
            execution: self.ids.execution,
            intent: self.intent,
            effect,
            reason,
            matched_policies: judgement.matched.clone(),
            policy_bundle_hash: judgement.bundle_hash,
            inputs,
            decided_at: self.now,
        };
        let limits = self.limits(budgets, hold);
        let execution = self.execution(&decision, limits, terms, hold)?;
        let grant = execution.grant.as_ref().map(|live| live.grant().clone());
        let event = match effect {
            Effect::Allow => AuditEvent::ExecutionAllowed,
            Effect::Deny => AuditEvent::ExecutionDenied,
            Effect::RequireApproval => AuditEvent::PolicyDecisionPending,
        };
        let more = Said {
            decision_hash: decision.hash(grant.as_ref())?,
            effect,
            policy_bundle_hash: judgement.bundle_hash,
            matched_policies: &judgement.matched,
            inputs_hash: Sha256Digest::of(decision.inputs.as_str().as_bytes()),
            governance_revision: judgement.governance_revision,
        };
        let entry = entry(
            self.ids.entry,
            event,
            &self.actor,
            &execution,
            hold,
            &more,
            self.now,
        )?;
        Ok(ExecutionVerdict {
            closing: (effect == Effect::Deny).then(|| Closing {
                result: "denied",
                reason: reason.code().to_owned(),
            }),
            decision,
            grant,
            execution,
            entry,
        })
    }

    fn limits(&self, budgets: &NestedBudgets, hold: Usd) -> GrantLimits {
        let is_limited = budgets.budgets().iter().any(|b| b.budget.hard_limit)
            || self.ask.max_cost_usd.is_some();
        GrantLimits {
            capabilities: self.ask.claims.requested_capabilities.clone(),
            max_steps: self.ask.max_steps.unwrap_or(self.default_max_steps),
            max_cost_usd: is_limited.then_some(hold),
            max_seconds: self.grant_life.num_seconds().unsigned_abs(),
        }
    }

    fn execution(
        &self,
        decision: &Decision,
        limits: GrantLimits,
        terms: Option<&ApprovalTerms>,
        hold: Usd,
    ) -> Result<Execution, serde_json::Error> {
        let judgement = &self.judgement;
        let status = match decision.effect {
            Effect::Allow => ExecutionStatus::Allowed,
            Effect::Deny => ExecutionStatus::Denied,
            Effect::RequireApproval => ExecutionStatus::Pending,
        };
        let reason = match decision.reason {
            Reason::RiskRequiresApproval => {
                format!("risk_requires_approval:{}", judgement.risk.level.name())
            }
            reason => reason.code().to_owned(),
        };
        // The request that is allowed is itself the claim of the effect.
        let grant = (decision.effect == Effect::Allow).then(|| {
            let grant = Grant {
                id: self.ids.grant,
                decision: decision.id,
                intent_hash: self.intent.hash,
                limits,
                expires_at: self.now + self.grant_life,
            };
            LiveGrant::from_stored(grant, GrantState::Consumed { at: self.now })
        });
        let approval = terms
            .map(|terms| self.approval(terms))
            .transpose()
            .map_err(serde::ser::Error::custom)?;
        let mut execution = Execution {
            tenant: self.scope.tenant().clone(),
            decision: decision.id,
            adapter: self.ask.adapter.clone(),
            key: self.key.clone(),
            execution: decision.execution,
            trace: self.ids.trace,
            workspace: self.ask.workspace.clone(),
            environment: self.ask.environment.as_ref().map(ToString::to_string),
            agent: self.shown_text("/claims/agent_id"),
            tool: self
                .shown_text("/claims/tool")
                .or_else(|| self.shown_only_capability()),
            status,
            reason,
            intent_hash: self.intent.hash,
            risk_score: judgement.risk.score,
            risk_level: judgement.risk.level,
            record: canonical_json(&judgement.record(&self.shown))?,
            sealed_ask: self.sealed_ask.clone(),
            approval,
            grant,
            token: None,
            hold,
            hold_scopes: self.ask.budget_scopes(),
            callback: self.callback.clone(),
            due_at: None,
            revision: 1,
            requested_at: self.now,
            updated_at: self.now,
        };
        execution.due_at = execution.next_due();
        Ok(execution)
    }

    fn approval(&self, terms: &ApprovalTerms) -> Result<Approval, TermsError> {
        let requester = Requester {
            actor: self.actor.name.clone(),
            user: self.actor.user.clone(),
            adapter: Some(self.ask.adapter.clone()),
        };
        let terms = absolute(terms, self.now);
        Approval::open(
            self.ids.decision,
            self.intent.hash,
            requester,
            terms,
            self.now,
        )
    }
}

/// The terms of a policy from `now` on.
pub(super) fn absolute(
    terms: &ApprovalTerms,
    now: Timestamp,
) -> clasper_governance::approval::ApprovalTerms {
    let after = |secs: u64| {
        let secs = i64::try_from(secs).unwrap_or(i64::MAX);
        TimeDelta::try_seconds(secs)
            .and_then(|time| now.checked_add_signed(time))
            .unwrap_or(Timestamp::MAX_UTC)
    };
    clasper_governance::approval::ApprovalTerms {
        required_role: terms.role,
        quorum: u32::from(terms.quorum),
        expires_at: after(terms.expires_in_secs),
        escalate_at: terms.escalate_after_secs.map(after),
    }
}

/// What the audit entry of a decision says besides.
#[derive(Serialize)]
struct Said<'a> {
    decision_hash: Sha256Digest,
    effect: Effect,
    policy_bundle_hash: Sha256Digest,
    matched_policies: &'a [String],
    inputs_hash: Sha256Digest,
    governance_revision: i64,
}
