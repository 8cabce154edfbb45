//! Claiming the grant of an approval: once, for exactly what was approved, if it is still right.

use clasper_core::{
    AuditEntryId, AuditEvent, DecisionId, Sha256Digest, TenantScope, Timestamp, Usd,
};
use clasper_governance::{
    BudgetScope, Effect, GrantRefusal, GrantUse, HoldAsk, Intent, LiveGrant, NestedAdmission,
    NestedBudgets, Reason, Refusal,
};
use serde::Serialize;

use crate::execution::judgement::Judgement;
use crate::execution::record::{Execution, ExecutionStatus};
use crate::execution::step::{Change, ExecutionStep, HoldMove, StepRefusal, StepResult};
use crate::execution::words::{Actor, entry};

/// Why a grant cannot be claimed. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimRefusal {
    /// It was claimed before.
    #[error("the grant was used before: ask for a new execution")]
    Used,
    /// Its time is over.
    #[error("the grant has lapsed: ask for a new execution")]
    Lapsed,
    /// The decision gave no grant, or not yet.
    #[error("this decision has given no grant")]
    NoGrant,
    /// Something else was approved than what is wanted now.
    #[error(
        "what is wanted is not what was approved: ask for exactly that, or for a new execution"
    )]
    OtherIntent,
    /// The policies have changed and now refuse it.
    #[error("the policies in force now refuse what was approved before")]
    PolicyDenied,
    /// The policies or the risk have changed and now ask for more than was given.
    #[error("what is in force now asks for a further approval: ask for a new execution")]
    NeedsFurtherApproval,
    /// The budget does not cover it any more.
    #[error("the budget does not cover what was approved")]
    BudgetExceeded,
}

impl ClaimRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Used => "grant_used",
            Self::Lapsed => "grant_lapsed",
            Self::NoGrant => "no_grant",
            Self::OtherIntent => "intent_mismatch",
            Self::PolicyDenied => "policy_denied",
            Self::NeedsFurtherApproval => "further_approval_required",
            Self::BudgetExceeded => "budget_exceeded",
        }
    }
}

/// A claim on the grant of an approved execution: policies, risk and budgets are looked at again, money is held and the
/// grant consumed, in the one commit that lets the effect happen.
#[derive(Debug, Clone)]
pub struct ExecutionClaim {
    /// The tenant.
    pub scope: TenantScope,
    /// The decision.
    pub decision: DecisionId,
    /// Who claims.
    pub actor: Actor,
    /// What is about to execute.
    pub intent: Intent,
    /// The money to hold.
    pub ask: HoldAsk,
    /// The budgets within the tenant's that have to hold it.
    pub budget_scopes: Vec<BudgetScope>,
    /// What policies and risk say now.
    pub judgement: Judgement,
    /// Whether there is no more time to wait for held money.
    pub last_try: bool,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Now.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct Claimed {
    policy_bundle_hash: Sha256Digest,
    governance_revision: i64,
}

impl ExecutionClaim {
    /// The grant after the claim.
    fn consume(&self, execution: &Execution) -> Result<LiveGrant, ClaimRefusal> {
        let Some(mut grant) = execution.grant.clone() else {
            return Err(ClaimRefusal::NoGrant);
        };
        let wanted = GrantUse {
            capabilities: grant.grant().limits.capabilities.clone(),
            ..GrantUse::default()
        };
        grant
            .consume(self.intent.hash, &wanted, self.now)
            .map_err(|refusal| match refusal {
                GrantRefusal::Consumed => ClaimRefusal::Used,
                GrantRefusal::OtherIntent => ClaimRefusal::OtherIntent,
                GrantRefusal::Expired => ClaimRefusal::Lapsed,
                _ => ClaimRefusal::NoGrant,
            })?;
        if execution.status != ExecutionStatus::Approved {
            return Err(ClaimRefusal::NoGrant);
        }
        self.changed(execution).map_or(Ok(grant), Err)
    }

    /// What has changed since people agreed.
    fn changed(&self, execution: &Execution) -> Option<ClaimRefusal> {
        let judgement = &self.judgement;
        // An override was given against the policies; only a Cedar `forbid`, which nothing beats, still counts.
        if execution.is_override() {
            return (judgement.reason == Reason::PolicyForbids)
                .then_some(ClaimRefusal::PolicyDenied);
        }
        if judgement.effect == Effect::Deny {
            return Some(ClaimRefusal::PolicyDenied);
        }
        let is_riskier = judgement.risk.level > execution.risk_level;
        let asks_for_more = judgement.approval.as_ref().is_some_and(|now| {
            execution.approval.as_ref().is_none_or(|approval| {
                let given = approval.terms();
                given.required_role < now.role || given.quorum < u32::from(now.quorum)
            })
        });
        (is_riskier || asks_for_more).then_some(ClaimRefusal::NeedsFurtherApproval)
    }
}

impl ExecutionStep for ExecutionClaim {
    fn scope(&self) -> &TenantScope {
        &self.scope
    }

    fn decision(&self) -> DecisionId {
        self.decision
    }

    fn governance_revision(&self) -> Option<i64> {
        Some(self.judgement.governance_revision)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn apply(
        &self,
        execution: &Execution,
        budgets: &NestedBudgets,
    ) -> Result<StepResult, serde_json::Error> {
        let refused = |refusal| Ok(StepResult::Refused(StepRefusal::Claim(refusal)));
        let grant = match self.consume(execution) {
            Ok(grant) => grant,
            Err(refusal) => return refused(refusal),
        };
        let hold = match budgets.admit(self.ask, self.last_try) {
            NestedAdmission::Held { hold, .. } => hold,
            NestedAdmission::Wait { .. } => return Ok(StepResult::Wait),
            NestedAdmission::Refused {
                refusal: Refusal::BudgetExceeded | Refusal::BudgetHeld,
                ..
            } => return refused(ClaimRefusal::BudgetExceeded),
        };
        Ok(StepResult::Change(Box::new(
            self.claimed(execution, grant, hold)?,
        )))
    }
}

impl ExecutionClaim {
    fn claimed(
        &self,
        execution: &Execution,
        grant: LiveGrant,
        hold: Usd,
    ) -> Result<Change, serde_json::Error> {
        let mut next = execution.clone();
        next.status = ExecutionStatus::Claimed;
        next.hold = hold;
        next.hold_scopes.clone_from(&self.budget_scopes);
        next.grant = Some(grant);
        next.touch(self.now);
        let more = Claimed {
            policy_bundle_hash: self.judgement.bundle_hash,
            governance_revision: self.judgement.governance_revision,
        };
        let event = AuditEvent::ApprovalGrantConsumed;
        let said = entry(self.entry, event, &self.actor, &next, hold, &more, self.now)?;
        Ok(Change {
            execution: next,
            entries: vec![said],
            hold: Some(HoldMove::Hold(hold)),
            closing: None,
            notice: None,
        })
    }
}
