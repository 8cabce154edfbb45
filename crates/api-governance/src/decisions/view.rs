//! Decisions as they are sent.

use clasper_api_types::{
    AdapterDecisionView, DecisionView, OwnDecisionView, ResolutionView, VoteView,
};
use clasper_core::Timestamp;
use clasper_delegated::execution::{Execution, ExecutionStatus};
use clasper_governance::approval::{self, Approval, ApprovalState, Vote};
use clasper_governance::{GrantState, LiveGrant};
use clasper_http::Problem;
use secrecy::{ExposeSecret, SecretString};

use crate::executions::{Standing, Verdict, snapshot};

/// Everything, for operators.
pub(super) fn decision(execution: &Execution, now: Timestamp) -> Result<DecisionView, Problem> {
    let standing = Standing::of(execution, now);
    let approval = execution.approval.as_ref();
    Ok(DecisionView {
        decision_id: execution.decision,
        tenant_id: execution.tenant.clone(),
        workspace_id: execution.workspace.clone(),
        environment: execution.environment.clone(),
        execution_id: execution.key.clone(),
        adapter_id: execution.adapter.clone(),
        agent_id: execution.agent.clone(),
        tool: execution.tool.clone(),
        status: standing.decision(),
        state: standing.status().name().to_owned(),
        reason: standing.reason().to_owned(),
        required_role: standing.required_role(),
        quorum: approval.map(|approval| approval.terms().quorum),
        votes: approval
            .map(|approval| approval.votes().iter().map(vote).collect())
            .unwrap_or_default(),
        expires_at: standing.expires_at(),
        escalate_at: approval
            .and_then(|approval| approval.terms().escalate_at)
            .map(Into::into),
        request_snapshot: snapshot(execution)?,
        granted_scope: standing.scope(),
        grant_id: execution.grant.as_ref().map(|live| live.grant().id),
        resolution: resolution(execution, standing),
        risk_score: execution.risk_score,
        risk_level: execution.risk_level.name().to_owned(),
        intent_hash: execution.intent_hash.to_string(),
        trace_id: execution.trace,
        revision: execution.revision,
        created_at: execution.requested_at.into(),
        updated_at: execution.updated_at.into(),
    })
}

/// What the adapter that asked may know.
pub(super) fn own(
    execution: &Execution,
    token: Option<SecretString>,
    now: Timestamp,
) -> OwnDecisionView {
    let standing = Standing::of(execution, now);
    let used_at = match execution.grant.as_ref().map(LiveGrant::state) {
        Some(GrantState::Consumed { at }) => Some((*at).into()),
        _ => None,
    };
    OwnDecisionView {
        decision_id: execution.decision,
        execution_id: execution.key.clone(),
        status: standing.decision(),
        state: standing.status().name().to_owned(),
        reason: standing.reason().to_owned(),
        required_role: standing.required_role(),
        expires_at: standing.expires_at(),
        decision_token: token.map(|token| token.expose_secret().to_owned()),
        decision_token_used_at: used_at,
        granted_scope: standing.scope(),
        resolution: resolution(execution, standing),
    }
}

/// One row of an adapter's list.
pub(super) fn row(execution: &Execution, now: Timestamp) -> Result<AdapterDecisionView, Problem> {
    let standing = Standing::of(execution, now);
    let matched = Verdict::of(execution)?.matched_policies;
    Ok(AdapterDecisionView {
        decision_id: execution.decision,
        timestamp: execution.requested_at.into(),
        tool: execution.tool.clone(),
        policy: matched.into_iter().next(),
        decision: decided(execution).to_owned(),
        status: standing.decision(),
        trace_id: execution.trace,
        state: standing.status().name().to_owned(),
        execution_id: execution.key.clone(),
    })
}

/// What was decided when it was asked, before anybody was.
pub(super) fn decided(execution: &Execution) -> &'static str {
    if execution.approval.is_some() {
        return "require_approval";
    }
    if execution.is_override() || execution.status == ExecutionStatus::Denied {
        return "deny";
    }
    "allow"
}

fn vote(vote: &Vote) -> VoteView {
    VoteView {
        actor: vote.actor.clone(),
        role: vote.role.name().to_owned(),
        verdict: match vote.verdict {
            approval::Verdict::Approve => "approve",
            approval::Verdict::Deny => "deny",
        }
        .to_owned(),
        note: vote.note.clone(),
        at: vote.at.into(),
    }
}

fn resolution(execution: &Execution, standing: Standing<'_>) -> Option<ResolutionView> {
    let approval = execution.approval.as_ref();
    let (action, by, at) = match approval.map(Approval::state) {
        _ if execution.is_override() => ("override", Vec::new(), None),
        None | Some(ApprovalState::Pending) if standing.status() != ExecutionStatus::Expired => {
            return None;
        }
        None => return None,
        Some(ApprovalState::Approved { at }) => {
            let votes = approval.into_iter().flat_map(Approval::votes);
            let by = votes.map(|vote| vote.actor.clone()).collect();
            ("approve", by, Some(*at))
        }
        Some(ApprovalState::Denied { at, by }) => ("deny", vec![by.clone()], Some(*at)),
        Some(ApprovalState::Cancelled { at, by }) => ("cancel", vec![by.clone()], Some(*at)),
        Some(ApprovalState::Expired { at }) => ("expire", Vec::new(), Some(*at)),
        Some(ApprovalState::Pending) => {
            let at = approval.map(|approval| approval.terms().expires_at);
            ("expire", Vec::new(), at)
        }
    };
    Some(ResolutionView {
        approval_type: "local".to_owned(),
        action: action.to_owned(),
        resolved_by: by,
        edited_by: approval.and_then(Approval::edited_by).map(str::to_owned),
        resolved_at: at.map(Into::into),
    })
}
