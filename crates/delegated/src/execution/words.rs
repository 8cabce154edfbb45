//! What the audit log says about executions.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Sha256Digest, Timestamp, Usd, UserId, canonical_json,
};
use serde::Serialize;

use crate::execution::record::Execution;

/// What every entry about an execution says.
#[derive(Serialize)]
struct Detail<'a, T> {
    execution_id: String,
    execution_key: &'a str,
    decision_id: String,
    grant_id: Option<String>,
    adapter_id: &'a str,
    agent_id: Option<&'a str>,
    tool: Option<&'a str>,
    status: &'static str,
    reason: &'a str,
    intent_hash: String,
    risk_score: u8,
    risk_level: &'static str,
    hold_usd: Usd,
    /// The stored record of what was asked and said is under the log's hash by this.
    record_hash: Sha256Digest,
    #[serde(flatten)]
    more: &'a T,
}

/// Who takes a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name in audit entries.
    pub name: String,
    /// The user, when the credential names one.
    pub user: Option<UserId>,
}

impl Actor {
    /// Clasper itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            name: "system".to_owned(),
            user: None,
        }
    }
}

/// The entry for what `execution` has become.
pub(super) fn entry<T: Serialize>(
    id: AuditEntryId,
    event: AuditEvent,
    actor: &Actor,
    execution: &Execution,
    hold: Usd,
    more: &T,
    now: Timestamp,
) -> Result<AuditEntry, serde_json::Error> {
    Ok(AuditEntry {
        id,
        tenant: execution.tenant.clone(),
        workspace: Some(execution.workspace.clone()),
        trace: Some(execution.trace),
        user: actor.user.clone(),
        actor: actor.name.clone(),
        event,
        target: Some(format!("decision:{}", execution.decision)),
        detail: canonical_json(&Detail {
            execution_id: execution.execution.to_string(),
            execution_key: execution.key.as_str(),
            decision_id: execution.decision.to_string(),
            grant_id: execution
                .grant
                .as_ref()
                .map(|live| live.grant().id.to_string()),
            adapter_id: execution.adapter.as_str(),
            agent_id: execution.agent.as_deref(),
            tool: execution.tool.as_deref(),
            status: execution.status.name(),
            reason: &execution.reason,
            intent_hash: execution.intent_hash.to_string(),
            risk_score: execution.risk_score,
            risk_level: execution.risk_level.name(),
            hold_usd: hold,
            record_hash: Sha256Digest::of(execution.record.as_str().as_bytes()),
            more,
        })?,
        occurred_at: now,
    })
}
