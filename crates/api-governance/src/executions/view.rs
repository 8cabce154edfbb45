//! Executions as they are sent.

use clasper_api_types::{ExecutionEffect, ExecutionReply, ExecutionStateView};
use clasper_core::Timestamp;
use clasper_delegated::Answer;
use clasper_delegated::execution::{Execution, ExecutionStatus};
use clasper_http::Problem;
use serde_json::{Value, json};

use crate::executions::standing::{Standing, Verdict, snapshot};

/// The answer to a request. What it does not clearly permit, it refuses.
pub(super) fn reply(answer: &Answer, now: Timestamp) -> Result<ExecutionReply, Problem> {
    let execution = &answer.execution;
    let standing = Standing::of(execution, now);
    let verdict = Verdict::of(execution)?;
    // A grant that nobody has claimed permits nothing yet, and one whose use has ended nothing more.
    let (decision, blocked) = match (standing.status(), answer.refusal) {
        (_, Some(refusal)) => (ExecutionEffect::Deny, Some(refusal.code())),
        (ExecutionStatus::Approved, None) => (ExecutionEffect::Deny, Some("grant_not_claimed")),
        (ExecutionStatus::Settled, None) => (ExecutionEffect::Deny, Some("execution_ended")),
        (ExecutionStatus::Allowed | ExecutionStatus::Claimed, None) => {
            (ExecutionEffect::Allow, None)
        }
        (_, None) => (standing.effect(), Some(standing.reason())),
    };
    let allowed = decision == ExecutionEffect::Allow;
    let is_pending = decision == ExecutionEffect::Pending;
    let grant = execution.grant.as_ref().map(|live| live.grant().id);
    Ok(ExecutionReply {
        allowed,
        execution_id: execution.key.clone(),
        decision,
        decision_id: execution.decision,
        grant_id: grant.filter(|_| allowed),
        granted_scope: standing.scope().filter(|_| allowed),
        blocked_reason: blocked.map(str::to_owned),
        requires_approval: is_pending.then_some(true),
        expires_at: standing.expires_at().filter(|_| is_pending),
        required_role: standing.required_role().filter(|_| is_pending),
        policy_fallback_hit: is_fallback(&verdict),
        decision_trace: matched(&verdict.matched_policies),
        matched_policies: verdict.matched_policies,
        explanation: verdict.explanation,
        approval_mode: "enforce".to_owned(),
        approval_source: approval_source(execution).filter(|_| allowed),
        auto_allowed_in_core: false,
        risk_score: execution.risk_score,
        risk_level: execution.risk_level.name().to_owned(),
        policy_bundle_hash: verdict.policy_bundle_hash,
        intent_hash: execution.intent_hash.to_string(),
        replayed: answer.is_replay,
    })
}

/// The policies that matched, the deciding one first.
fn matched(policies: &[String]) -> Vec<Value> {
    let entry = |policy: &String| json!({"policy_id": policy, "result": "matched"});
    policies.iter().map(entry).collect()
}

/// Reference section 9, step 5: the only policy that matched calls itself a fallback.
fn is_fallback(verdict: &Verdict) -> bool {
    let says_so = |text: &String| text.to_lowercase().contains("fallback");
    verdict.matched_policies.len() == 1 && verdict.explanation.as_ref().is_some_and(says_so)
}

fn approval_source(execution: &Execution) -> Option<String> {
    let source = match &execution.approval {
        _ if execution.is_override() => Some("override"),
        Some(_) => Some("local"),
        None => None,
    };
    source.map(str::to_owned)
}

/// Where it stands, for an adapter that polls.
pub(super) fn state(execution: &Execution, now: Timestamp) -> Result<ExecutionStateView, Problem> {
    let standing = Standing::of(execution, now);
    let is_edited = execution
        .approval
        .as_ref()
        .is_some_and(|approval| approval.edited_by().is_some());
    let edited_request = if is_edited {
        let mut recorded = snapshot(execution)?;
        recorded.pointer_mut("/request/claims").map(Value::take)
    } else {
        None
    };
    Ok(ExecutionStateView {
        execution_id: execution.key.clone(),
        effect: standing.effect(),
        decision_id: execution.decision,
        approval_type: "local".to_owned(),
        status: standing.decision(),
        reason: standing.reason().to_owned(),
        expires_at: standing.expires_at(),
        edited_request,
    })
}
