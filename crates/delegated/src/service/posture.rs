//! Whether an adapter is governed: not because it has registered, but because it asked for what must be denied, lately, and was.

use chrono::TimeDelta;
use clasper_core::{DecisionId, Timestamp};
use clasper_governance::risk::CallerClaims;
use clasper_governance::{Effect, Reason};
use clasper_policy::{RequestClaims, posture};
use serde::Deserialize;

use crate::adapter::PROBE_TOOL;
use crate::execution::{Execution, ExecutionAsk, ExecutionFilter, ExecutionStatus, Judgement};
use crate::service::error::Error;
use crate::service::{AdapterCaller, Executions};

/// What happens to a tool that no policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GovernanceMode {
    /// It is allowed.
    Permissive,
    /// A rule for any tool decides.
    Guarded,
    /// It is denied.
    Strict,
}

/// How well the adapter is governed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnforcementStatus {
    /// What must be denied was asked for within the window, under the policies in force, and denied.
    Enforced,
    /// Nothing says otherwise, and nothing proves it.
    Degraded,
    /// What should be denied is allowed.
    Disabled,
}

/// Why it is not enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostureReason {
    /// The canary has never been asked for.
    NoCanary,
    /// It was, but not within the window.
    CanaryStale,
    /// It was denied, by other policies than are in force now.
    PoliciesChanged,
    /// It was not denied.
    CanaryAllowed,
    /// Policies allow tools that nobody thought of.
    UnknownToolsAllowed,
}

impl PostureReason {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCanary => "no_canary",
            Self::CanaryStale => "canary_stale",
            Self::PoliciesChanged => "policies_changed",
            Self::CanaryAllowed => "canary_allowed",
            Self::UnknownToolsAllowed => "unknown_tools_allowed",
        }
    }
}

/// The last time that the adapter asked for the canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// What was decided: its audit entry is found by this.
    pub decision: DecisionId,
    /// When.
    pub asked_at: Timestamp,
    /// Whether it was denied.
    pub is_denied: bool,
}

/// How an adapter is governed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterPosture {
    /// What happens to a tool that no policy names.
    pub mode: GovernanceMode,
    /// In one word.
    pub status: EnforcementStatus,
    /// Why it is not enforced; empty when it is.
    pub reasons: Vec<PostureReason>,
    /// Whether a rule for any tool is in force.
    pub is_fallback_present: bool,
    /// Policies in force.
    pub policy_count: usize,
    /// Tools of the adapter that a policy decides about.
    pub covered_tools: Vec<String>,
    /// Tools of the adapter that are denied because no policy matches.
    pub uncovered_tools: Vec<String>,
    /// The last canary.
    pub canary: Option<Canary>,
    /// How long a canary counts.
    pub window: TimeDelta,
}

impl Executions {
    /// How the adapter is governed in its workspace.
    ///
    /// # Errors
    /// [`Error::NotRegistered`], [`Error::Disabled`] or [`Error::Store`].
    pub async fn posture(&self, caller: &AdapterCaller) -> Result<AdapterPosture, Error> {
        let scope = caller.scope();
        let principal = &caller.principal;
        let in_force = self.inner.deps.policies.in_force(&scope).await?;
        let adapter = self
            .registered(&scope, &principal.adapter, &in_force)
            .await?;
        let ask = ExecutionAsk {
            adapter: principal.adapter.clone(),
            workspace: principal.workspace.clone(),
            environment: None,
            session: None,
            claims: RequestClaims::default(),
            risk: CallerClaims::default(),
            max_steps: None,
            max_cost_usd: None,
            estimated_cost_usd: None,
        };
        let base = self.inner.context(&scope, &ask, &adapter);
        let policy = in_force.at(Some(principal.workspace.as_str()), None);
        let tools: Vec<&str> = adapter
            .tool_capabilities
            .iter()
            .map(String::as_str)
            .collect();
        let found = posture(&policy, &base, &tools);
        let mode = match found.fallback {
            Some(clasper_policy::Effect::Allow) => GovernanceMode::Permissive,
            Some(_) => GovernanceMode::Guarded,
            None => GovernanceMode::Strict,
        };
        let last = self.last_canary(caller).await?;
        let now = self.inner.deps.clock.now();
        let window = self.inner.config.canary_window;
        let mut reasons = Vec::new();
        if mode == GovernanceMode::Permissive {
            reasons.push(PostureReason::UnknownToolsAllowed);
        }
        match &last {
            None => reasons.push(PostureReason::NoCanary),
            Some(execution) if now - execution.requested_at > window => {
                reasons.push(PostureReason::CanaryStale);
            }
            Some(execution) if !is_denied(execution) => reasons.push(PostureReason::CanaryAllowed),
            Some(execution) if decided_by(execution) != Some(policy.bundle_hash().to_string()) => {
                reasons.push(PostureReason::PoliciesChanged);
            }
            Some(_) => {}
        }
        let is_open = |reason: &PostureReason| {
            matches!(
                reason,
                PostureReason::CanaryAllowed | PostureReason::UnknownToolsAllowed
            )
        };
        Ok(AdapterPosture {
            mode,
            status: match reasons.as_slice() {
                [] => EnforcementStatus::Enforced,
                some if some.iter().any(is_open) => EnforcementStatus::Disabled,
                _ => EnforcementStatus::Degraded,
            },
            reasons,
            is_fallback_present: found.fallback_present,
            policy_count: found.policy_count,
            covered_tools: found.covered_tools,
            uncovered_tools: found.uncovered_tools,
            canary: last.map(|execution| Canary {
                decision: execution.decision,
                asked_at: execution.requested_at,
                is_denied: is_denied(&execution),
            }),
            window,
        })
    }

    async fn last_canary(&self, caller: &AdapterCaller) -> Result<Option<Execution>, Error> {
        let canaries = ExecutionFilter {
            tool: Some(PROBE_TOOL.to_owned()),
            ..ExecutionFilter::default()
        };
        let page = self.own(caller, &canaries, None, 1).await?;
        Ok(page.items.into_iter().next())
    }
}

fn is_denied(canary: &Execution) -> bool {
    canary.status == ExecutionStatus::Denied && canary.grant.is_none()
}

/// The hash of the policies that decided it.
fn decided_by(canary: &Execution) -> Option<String> {
    #[derive(Deserialize)]
    struct Recorded {
        verdict: Verdict,
    }
    #[derive(Deserialize)]
    struct Verdict {
        policy_bundle_hash: String,
    }
    let recorded: Recorded = serde_json::from_str(canary.record.as_str()).ok()?;
    Some(recorded.verdict.policy_bundle_hash)
}

/// Whether it is the canary that is asked for, and nothing else with it.
pub(super) fn is_canary(ask: &ExecutionAsk) -> bool {
    let claims = &ask.claims;
    let only = |name: &String| name == PROBE_TOOL;
    claims.tool.as_deref() == Some(PROBE_TOOL) && claims.requested_capabilities.iter().all(only)
}

/// Nobody is asked about a canary: what would wait for people is denied.
pub(super) fn unattended(mut judgement: Judgement) -> Judgement {
    let (effect, reason, _) = judgement.conclusion();
    if effect == Effect::RequireApproval {
        judgement.effect = Effect::Deny;
        judgement.reason = if judgement.approval.is_some() {
            Reason::PolicyDenied
        } else {
            reason
        };
        judgement.approval = None;
    }
    judgement
}
