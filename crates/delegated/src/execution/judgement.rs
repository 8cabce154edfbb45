//! What policies and risk say to an ask.

use clasper_core::Sha256Digest;
use clasper_governance::risk::RiskAssessment;
use clasper_governance::{Effect, Reason};
use clasper_policy::{ApprovalTerms, ServerFacts};
use serde::Serialize;
use serde_json::Value;

/// What policies and risk say to an ask, before the budgets are looked at.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The governance revision of the tenant it was made under.
    pub governance_revision: i64,
    /// The risk, by our registries and the caller's claims.
    pub risk: RiskAssessment,
    /// What the policies say.
    pub effect: Effect,
    /// Why, as a stable code.
    pub reason: Reason,
    /// The policies that matched, the deciding one first.
    pub matched: Vec<String>,
    /// What people have to do first, when the policies ask for it.
    pub approval: Option<ApprovalTerms>,
    /// The deciding policy's words.
    pub explanation: Option<String>,
    /// Hash over the full text of the policies in force.
    pub bundle_hash: Sha256Digest,
    /// What the policies were evaluated on besides the ask.
    pub server: ServerFacts,
}

impl Judgement {
    /// What people see: the ask, redacted, and what was said to it.
    pub(crate) fn record<'a>(&'a self, shown: &'a Value) -> Record<'a> {
        Record {
            request: shown,
            verdict: Verdict {
                matched_policies: &self.matched,
                explanation: self.explanation.as_deref(),
                policy_bundle_hash: self.bundle_hash,
                governance_revision: self.governance_revision,
                risk: &self.risk,
            },
        }
    }

    /// Policies and risk together: what happens if the budgets have room (reference section 9, steps 7 to 9).
    pub(crate) fn conclusion(&self) -> (Effect, Reason, Option<ApprovalTerms>) {
        match self.effect {
            Effect::Deny => (Effect::Deny, self.reason, None),
            Effect::RequireApproval => {
                let terms = self.approval.clone().unwrap_or_default();
                (
                    Effect::RequireApproval,
                    Reason::PolicyRequiresApproval,
                    Some(terms),
                )
            }
            Effect::Allow if self.risk.level.needs_approval() => (
                Effect::RequireApproval,
                Reason::RiskRequiresApproval,
                Some(ApprovalTerms::default()),
            ),
            Effect::Allow => (Effect::Allow, self.reason, None),
        }
    }
}

/// What people see of an execution.
#[derive(Serialize)]
pub(crate) struct Record<'a> {
    request: &'a Value,
    verdict: Verdict<'a>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    matched_policies: &'a [String],
    explanation: Option<&'a str>,
    policy_bundle_hash: Sha256Digest,
    governance_revision: i64,
    risk: &'a RiskAssessment,
}
