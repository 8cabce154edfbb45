//! The end of a run: everything that changes with it, in one commit.

use std::collections::BTreeMap;

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, ExecutionId, Sha256Digest, TenantScope, Timestamp, Usd,
    canonical_json,
};
use clasper_governance::BudgetScope;
use clasper_tracing::Trace;
use serde::Serialize;

use crate::model::TokenUsage;
use crate::run::OutboxMessage;

/// How much a run is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// What the provider counted.
    Actual(Usd),
    /// Unknown because the process died in the middle: the tenant's mean run, at most the hold.
    Estimated,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// It has an answer.
    Completed,
    /// It has none.
    Failed,
    /// The caller went away.
    Cancelled,
    /// The process died; recovery closed it.
    Recovered,
}

impl RunEnd {
    /// The audit event of this end.
    #[must_use]
    pub const fn event(self) -> AuditEvent {
        match self {
            Self::Completed => AuditEvent::AgentExecutionCompleted,
            Self::Failed => AuditEvent::AgentExecutionFailed,
            Self::Cancelled => AuditEvent::AgentExecutionCancelled,
            Self::Recovered => AuditEvent::AgentExecutionRecovered,
        }
    }
}

/// The end of a run: everything that changes with it, in one commit.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The tenant.
    pub scope: TenantScope,
    /// The execution.
    pub execution: ExecutionId,
    /// Who ends it.
    pub actor: String,
    /// How it ended.
    pub end: RunEnd,
    /// The reason code when it did not complete.
    pub reason: Option<String>,
    /// What it is charged.
    pub charge: Charge,
    /// Tokens used.
    pub usage: TokenUsage,
    /// The trace.
    pub trace: Box<Trace>,
    /// Messages to deliver.
    pub deliveries: Vec<OutboxMessage>,
    /// The (sealed) answer to keep for the client's idempotency key; `None` frees the key for another try.
    pub answer: Option<Vec<u8>>,
    /// The (sealed) values behind the tokens of the trace, when it has any.
    pub kept_values: Option<Vec<u8>>,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Ids for the entries of a roll-over, a warning and an excess that may come with it.
    pub alert_entries: [AuditEntryId; 3],
    /// Now.
    pub now: Timestamp,
}

impl Settlement {
    /// The audit entry, once the charge is known and the trace is in the form in which it is stored: its hash goes under
    /// the entry's, so that a trace cannot be changed unnoticed. `parts` are the budgets within the tenant's that pay, too.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn audit_entry(
        &self,
        charged: Usd,
        held: Usd,
        parts: &[BudgetScope],
        trace_hash: Sha256Digest,
    ) -> Result<AuditEntry, serde_json::Error> {
        #[derive(Serialize)]
        struct Detail<'a> {
            execution_id: String,
            decision_id: String,
            outcome: RunEnd,
            reason: Option<&'a str>,
            input_tokens: u64,
            output_tokens: u64,
            cost_usd: Usd,
            released_usd: Usd,
            hold_usd: Usd,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            budget_scopes: &'a [BudgetScope],
            model_calls: usize,
            steps: usize,
            violations: usize,
            redactions: &'a BTreeMap<String, u32>,
            trace_hash: Sha256Digest,
        }
        let is_model_call = |s: &&clasper_tracing::Step| {
            matches!(s.data, clasper_tracing::StepData::LlmCall { .. })
        };
        Ok(AuditEntry {
            id: self.entry,
            tenant: self.scope.tenant().clone(),
            workspace: Some(self.trace.workspace.clone()),
            trace: Some(self.trace.id),
            user: self.trace.user.clone(),
            actor: self.actor.clone(),
            event: self.end.event(),
            target: Some(format!("execution:{}", self.execution)),
            detail: canonical_json(&Detail {
                execution_id: self.execution.to_string(),
                decision_id: self.trace.decision.to_string(),
                outcome: self.end,
                reason: self.reason.as_deref(),
                input_tokens: self.usage.input_tokens,
                output_tokens: self.usage.output_tokens,
                cost_usd: charged,
                released_usd: held.saturating_sub(charged),
                hold_usd: held,
                budget_scopes: parts,
                model_calls: self.trace.steps.iter().filter(is_model_call).count(),
                steps: self.trace.steps.len(),
                violations: self.trace.violations.len(),
                redactions: &self.trace.redactions,
                trace_hash,
            })?,
            occurred_at: self.now,
        })
    }
}

/// What became of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Written; this was charged.
    Charged(Usd),
    /// The run was closed before, by recovery. Nothing was written.
    AlreadyClosed,
}
