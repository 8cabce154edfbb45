//! Authorizations of tools as they are sent.

use clasper_api_types::{
    AuthorizeToolReply, ToolAuthorizationView, ToolDecisionName, ToolPolicyView, ToolView,
};
use clasper_delegated::ToolAnswer;
use clasper_delegated::tool::{ToolAuthorization, ToolState, ToolStatistics};
use clasper_governance::{Effect, Reason};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// The answer to a request. Only what was granted whole, with its token, is allowed.
pub(super) fn answer(answer: ToolAnswer) -> AuthorizeToolReply {
    let verdict = answer.verdict;
    let decided = &verdict.decision;
    let token = verdict.token.filter(|_| decided.effect == Effect::Allow);
    let allowed = token.is_some();
    let decision = if allowed {
        ToolDecisionName::Allow
    } else {
        ToolDecisionName::Deny
    };
    let matched = decided.matched_policies.clone();
    let trace = |policy: &String| json!({"policy_id": policy, "result": "matched"});
    AuthorizeToolReply {
        decision,
        authorization_id: verdict.authorization.id,
        expires_at: verdict
            .authorization
            .token
            .filter(|_| allowed)
            .map(|token| token.expires_at.into()),
        granted_scope: allowed.then(|| answer.scope.members().clone()),
        reason: (!allowed).then(|| reason(decided.reason).to_owned()),
        policy_id: matched.first().filter(|_| !allowed).cloned(),
        policy: ToolPolicyView {
            decision,
            decision_trace: matched.iter().map(trace).collect(),
            matched_policies: matched,
            explanation: answer.explanation,
        },
        tool_token: token.map(|token| token.expose_secret().to_owned()),
    }
}

/// The reference tells two reasons apart (section 4.3); the others are of checks that it does not make.
const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::PolicyDenied
        | Reason::PolicyForbids
        | Reason::NoPolicyMatched
        | Reason::PolicyError => "policy_denied",
        Reason::PolicyRequiresApproval | Reason::RiskRequiresApproval => "approval_required",
        other => other.code(),
    }
}

pub(super) fn authorization(authorization: &ToolAuthorization) -> ToolAuthorizationView {
    let scope: Option<Value> = serde_json::from_str(authorization.scope.as_str()).ok();
    ToolAuthorizationView {
        id: authorization.id,
        decision_id: authorization.decision,
        execution_decision_id: authorization.execution,
        execution_id: authorization.key.clone(),
        adapter_id: authorization.adapter.clone(),
        workspace_id: authorization.workspace.clone(),
        tool: authorization.tool.clone(),
        tool_group: authorization.tool_group.clone(),
        decision: match authorization.state {
            ToolState::Denied => ToolDecisionName::Deny,
            ToolState::Granted | ToolState::Used | ToolState::Lapsed => ToolDecisionName::Allow,
        },
        state: authorization.state.name().to_owned(),
        reason: authorization.reason.clone(),
        policy_id: authorization.policy.clone(),
        granted_scope: scope.unwrap_or_default(),
        scope_hash: authorization.scope_hash.to_string(),
        expires_at: authorization.token.map(|token| token.expires_at.into()),
        used_at: authorization.used_at.map(Into::into),
        reported_at: authorization.reported_at.map(Into::into),
        trace_id: authorization.trace,
        created_at: authorization.decided_at.into(),
    }
}

pub(super) fn tool(tool: ToolStatistics) -> ToolView {
    let asked = tool.granted.saturating_add(tool.denied);
    ToolView {
        name: tool.tool,
        tool_group: tool.tool_group,
        auth_count: asked,
        allow_count: tool.granted,
        deny_count: tool.denied,
        allow_rate: share(tool.granted, asked),
        adapters: tool.adapters,
        last_used: tool.last_asked_at.into(),
    }
}

/// A share to three decimals.
fn share(part: u64, whole: u64) -> f64 {
    let thousandths = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    f64::from(u32::try_from(thousandths).unwrap_or(1000)) / 1000.0
}
