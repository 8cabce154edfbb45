//! Where an execution stands at a moment, and what is recorded of it.

use clasper_api_types::{DecisionStatusName, ExecutionEffect, ExecutionScopeView, WireTime};
use clasper_core::Timestamp;
use clasper_delegated::execution::{Execution, ExecutionStatus};
use clasper_governance::Effect;
use clasper_governance::approval::ApprovalStatus;
use clasper_http::Problem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Where an execution stands at a moment, whether or not somebody has noticed that its time is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    execution: &'a Execution,
    status: ExecutionStatus,
    now: Timestamp,
}

impl<'a> Standing<'a> {
    pub(crate) fn of(execution: &'a Execution, now: Timestamp) -> Self {
        let has_lapsed = execution
            .grant
            .as_ref()
            .is_some_and(|live| live.grant().expires_at <= now);
        let has_expired = execution
            .approval
            .as_ref()
            .is_some_and(|approval| approval.status(now) == ApprovalStatus::Expired);
        let status = match execution.status {
            ExecutionStatus::Pending if has_expired => ExecutionStatus::Expired,
            ExecutionStatus::Allowed | ExecutionStatus::Approved | ExecutionStatus::Claimed
                if has_lapsed =>
            {
                ExecutionStatus::Lapsed
            }
            status => status,
        };
        Self {
            execution,
            status,
            now,
        }
    }

    pub(crate) const fn status(self) -> ExecutionStatus {
        self.status
    }

    pub(crate) fn effect(self) -> ExecutionEffect {
        match self.status.effect() {
            Effect::Allow => ExecutionEffect::Allow,
            Effect::Deny => ExecutionEffect::Deny,
            Effect::RequireApproval => ExecutionEffect::Pending,
        }
    }

    /// The stable code.
    pub(crate) fn reason(self) -> &'a str {
        match self.status {
            status if status == self.execution.status => &self.execution.reason,
            ExecutionStatus::Expired => "approval_expired",
            _ => "grant_lapsed",
        }
    }

    /// The status that decisions have in public.
    pub(crate) const fn decision(self) -> DecisionStatusName {
        match self.status {
            ExecutionStatus::Pending => DecisionStatusName::Pending,
            ExecutionStatus::Approved | ExecutionStatus::Claimed => DecisionStatusName::Approved,
            ExecutionStatus::Rejected => DecisionStatusName::Denied,
            ExecutionStatus::Expired | ExecutionStatus::Lapsed => DecisionStatusName::Expired,
            ExecutionStatus::Allowed | ExecutionStatus::Settled => DecisionStatusName::Allow,
            ExecutionStatus::Denied => DecisionStatusName::Deny,
        }
    }

    /// When a pending decision expires, or else when the grant ends.
    pub(crate) fn expires_at(self) -> Option<WireTime> {
        let execution = self.execution;
        let approval = execution.approval.as_ref().map(|a| a.terms().expires_at);
        let grant = execution.grant.as_ref().map(|live| live.grant().expires_at);
        match self.status {
            ExecutionStatus::Pending | ExecutionStatus::Expired => approval,
            _ => grant,
        }
        .map(Into::into)
    }

    /// The least role that may vote on it now.
    pub(crate) fn required_role(self) -> Option<String> {
        let approval = self.execution.approval.as_ref()?;
        Some(approval.required_role(self.now).name().to_owned())
    }

    /// What is granted, as long as it is.
    pub(crate) fn scope(self) -> Option<ExecutionScopeView> {
        if self.status.effect() != Effect::Allow {
            return None;
        }
        let grant = self.execution.grant.as_ref()?.grant();
        Some(ExecutionScopeView {
            capabilities: grant.limits.capabilities.clone(),
            max_steps: grant.limits.max_steps,
            max_cost: grant.limits.max_cost_usd.map(Into::into),
            expires_at: grant.expires_at.into(),
        })
    }
}

/// What policies said to what was asked.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) matched_policies: Vec<String>,
    pub(crate) explanation: Option<String>,
    pub(crate) policy_bundle_hash: String,
}

impl Verdict {
    pub(crate) fn of(execution: &Execution) -> Result<Self, Problem> {
        // The request beside it is passed over: every answer to an adapter comes by here.
        #[derive(Deserialize)]
        struct Recorded {
            verdict: Verdict,
        }
        read::<Recorded>(execution).map(|recorded| recorded.verdict)
    }
}

/// What was asked and everything that was said to it, redacted: `{"request": …, "verdict": …}`.
pub(crate) fn snapshot(execution: &Execution) -> Result<Value, Problem> {
    read(execution)
}

fn read<T: DeserializeOwned>(execution: &Execution) -> Result<T, Problem> {
    serde_json::from_str(execution.record.as_str()).map_err(|error| {
        let decision = execution.decision;
        tracing::error!(%decision, %error, "the record of an execution cannot be read");
        Problem::internal()
    })
}
