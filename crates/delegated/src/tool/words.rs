//! What the audit log says about a decision on a call.

use clasper_core::{AuditEntry, AuditEvent, Sha256Digest, canonical_json};
use clasper_governance::{Decision, Effect, Grant};
use serde::Serialize;

use crate::execution::{Execution, IssuedToken};
use crate::tool::opening::ToolOpening;

/// What the audit entry says.
#[derive(Serialize)]
struct Said<'a> {
    authorization_id: String,
    decision_id: String,
    execution_decision_id: String,
    execution_id: String,
    execution_key: &'a str,
    grant_id: Option<String>,
    adapter_id: &'a str,
    tool: &'a str,
    tool_group: Option<&'a str>,
    effect: Effect,
    reason: &'a str,
    intent_hash: String,
    scope_hash: Sha256Digest,
    risk_score: u8,
    risk_level: &'static str,
    policy_bundle_hash: Sha256Digest,
    matched_policies: &'a [String],
    decision_hash: Sha256Digest,
    inputs_hash: Sha256Digest,
    governance_revision: i64,
    token_expires_at: Option<i64>,
}

impl ToolOpening {
    pub(super) fn entry(
        &self,
        execution: &Execution,
        decision: &Decision,
        grant: Option<&Grant>,
        token: Option<&IssuedToken>,
    ) -> Result<AuditEntry, serde_json::Error> {
        let judgement = &self.judgement;
        Ok(AuditEntry {
            id: self.ids.entry,
            tenant: execution.tenant.clone(),
            workspace: Some(execution.workspace.clone()),
            trace: Some(execution.trace),
            user: self.actor.user.clone(),
            actor: self.actor.name.clone(),
            event: match decision.effect {
                Effect::Allow => AuditEvent::ToolAuthorizationGranted,
                _ => AuditEvent::ToolAuthorizationDenied,
            },
            target: Some(format!("tool_authorization:{}", self.ids.authorization)),
            detail: canonical_json(&Said {
                authorization_id: self.ids.authorization.to_string(),
                decision_id: decision.id.to_string(),
                execution_decision_id: execution.decision.to_string(),
                execution_id: execution.execution.to_string(),
                execution_key: execution.key.as_str(),
                grant_id: grant.map(|grant| grant.id.to_string()),
                adapter_id: execution.adapter.as_str(),
                tool: &self.tool,
                tool_group: self.tool_group.as_deref(),
                effect: decision.effect,
                reason: decision.reason.code(),
                intent_hash: decision.intent.hash.to_string(),
                scope_hash: self.wanted.hash(),
                risk_score: judgement.risk.score,
                risk_level: judgement.risk.level.name(),
                policy_bundle_hash: judgement.bundle_hash,
                matched_policies: &judgement.matched,
                decision_hash: decision.hash(grant)?,
                inputs_hash: decision.inputs.digest(),
                governance_revision: judgement.governance_revision,
                token_expires_at: token.map(|token| token.expires_at.timestamp()),
            })?,
            occurred_at: self.now,
        })
    }
}
