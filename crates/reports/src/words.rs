//! What the audit log says of reports.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, CanonicalJson, ExecutionId, Sha256Digest, Usd,
    canonical_json, wire_time,
};
use clasper_governance::BudgetScope;
use clasper_tracing::{HashStatus, Trace};
use serde::Serialize;
use serde_json::Value;

use crate::judgement::{Found, Standing};
use crate::report::{Body, Report};
use crate::store::ReportBatch;

/// What every entry about a report says.
#[derive(Serialize)]
struct Detail<'a, T> {
    adapter_id: &'a str,
    execution_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_id: Option<String>,
    /// The event's mark, by which it is recognised when it comes again.
    event_key: &'a str,
    content_hash: Sha256Digest,
    signed_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_version: Option<&'a str>,
    #[serde(flatten)]
    more: &'a T,
}

/// What a cost did to the money.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The execution, as the ledger names it.
    pub execution: ExecutionId,
    /// What was held for it and is free again.
    pub hold: Usd,
    /// The budgets within the tenant's that were charged.
    pub budget_scopes: Vec<BudgetScope>,
    /// Whether this is the outcome of its decision.
    pub closes: bool,
}

#[derive(Serialize)]
struct CostSaid<'a> {
    cost_usd: Usd,
    hold_usd: Usd,
    input_tokens: u64,
    output_tokens: u64,
    model: Option<&'a str>,
    provider: Option<&'a str>,
    recorded_at: String,
    budget_scopes: &'a [BudgetScope],
    closes: &'static str,
    outcome: &'static str,
}

#[derive(Serialize)]
struct TraceSaid {
    trace_hash: Sha256Digest,
    steps: usize,
    hashes: HashStatus,
    violations: Vec<String>,
}

#[derive(Serialize)]
struct AuditSaid<'a> {
    event_type: &'a str,
    message: Option<&'a str>,
    event_data: Option<&'a Value>,
    occurred_at: Option<String>,
}

#[derive(Serialize)]
struct MetricsSaid {
    step_count: u64,
    duration_ms: u64,
    recorded_at: String,
}

#[derive(Serialize)]
struct ViolationSaid<'a> {
    report: &'static str,
    violation: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<String>,
}

/// The execution as the ledger names it when nobody decided about it: the same for the same name, and never one of ours.
#[must_use]
pub(crate) fn undecided(batch: &ReportBatch, report: &Report) -> ExecutionId {
    let names = [
        batch.scope.tenant().as_str(),
        batch.adapter.as_str(),
        report.execution.as_str(),
    ];
    let digest = Sha256Digest::of(names.join("\n").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    // UUID version 8: made by a rule of our own (RFC 9562, section 5.8).
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    ExecutionId::from_bytes(bytes)
}

impl Report {
    /// The execution, as the ledger and the traces name it.
    #[must_use]
    pub fn execution_id(&self, batch: &ReportBatch, standing: Option<&Standing>) -> ExecutionId {
        standing.map_or_else(|| undecided(batch, self), |standing| standing.execution)
    }

    /// The trace to store, when this is one.
    #[must_use]
    pub fn stored_trace(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
        found: &[Found],
    ) -> Option<Trace> {
        let Body::Trace(trace) = &self.body else {
            return None;
        };
        let execution = self.execution_id(batch, standing);
        Some(trace.trace(batch, self, standing, found, execution))
    }

    /// The entry of a trace whose stored text has this hash.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn trace_entry(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
        trace: &Trace,
        hash: Sha256Digest,
    ) -> Result<AuditEntry, serde_json::Error> {
        let said = TraceSaid {
            trace_hash: hash,
            steps: trace.steps.len(),
            hashes: trace
                .reported
                .as_ref()
                .map_or(HashStatus::NoSteps, |reported| reported.hashes),
            violations: trace.violations.iter().map(|v| v.kind.clone()).collect(),
        };
        let detail = self.detail(batch, standing, &said)?;
        Ok(self.entry(batch, standing, AuditEvent::AdapterTraceIngested, detail))
    }

    /// The entry of a cost.
    ///
    /// # Errors
    /// As [`Report::trace_entry`].
    pub fn cost_entry(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
        settled: &Settled,
    ) -> Result<Option<AuditEntry>, serde_json::Error> {
        let Body::Cost(cost) = &self.body else {
            return Ok(None);
        };
        let said = CostSaid {
            cost_usd: cost.cost,
            hold_usd: settled.hold,
            input_tokens: cost.input_tokens,
            output_tokens: cost.output_tokens,
            model: cost.model.as_deref(),
            provider: cost.provider.as_deref(),
            recorded_at: wire_time(cost.recorded_at),
            budget_scopes: &settled.budget_scopes,
            closes: if settled.closes { "yes" } else { "no" },
            outcome: "settled",
        };
        let detail = self.detail(batch, standing, &said)?;
        let event = AuditEvent::AdapterCostIngested;
        Ok(Some(self.entry(batch, standing, event, detail)))
    }

    /// The entry of an event, of metrics or of a violation that the adapter reports.
    ///
    /// # Errors
    /// As [`Report::trace_entry`].
    pub fn plain_entry(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
    ) -> Result<Option<AuditEntry>, serde_json::Error> {
        let (event, detail) = match &self.body {
            Body::Trace(_) | Body::Cost(_) => return Ok(None),
            Body::Audit(audit) => {
                let said = AuditSaid {
                    event_type: &audit.event_type,
                    message: audit.message.as_deref(),
                    event_data: audit.data.as_ref(),
                    occurred_at: audit.occurred_at.map(wire_time),
                };
                let detail = self.detail(batch, standing, &said)?;
                (AuditEvent::AdapterAuditEvent, detail)
            }
            Body::Metrics(metrics) => {
                let said = MetricsSaid {
                    step_count: metrics.step_count,
                    duration_ms: metrics.duration_ms,
                    recorded_at: wire_time(metrics.recorded_at),
                };
                let detail = self.detail(batch, standing, &said)?;
                (AuditEvent::AdapterMetricsIngested, detail)
            }
            Body::Violation(violation) => {
                let said = ViolationSaid {
                    report: "violations",
                    violation: &violation.violation_type,
                    message: &violation.message,
                    data: violation.data.as_ref(),
                    occurred_at: Some(wire_time(violation.occurred_at)),
                };
                let detail = self.detail(batch, standing, &said)?;
                (AuditEvent::AdapterViolationReported, detail)
            }
        };
        Ok(Some(self.entry(batch, standing, event, detail)))
    }

    /// The entry of what was found beyond the grant, the `place`th of this report.
    ///
    /// # Errors
    /// As [`Report::trace_entry`].
    pub fn violation_entry(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
        found: &Found,
        place: usize,
    ) -> Result<AuditEntry, serde_json::Error> {
        let said = ViolationSaid {
            report: self.body.kind().name(),
            violation: found.kind,
            message: &found.message,
            data: None,
            occurred_at: None,
        };
        let detail = self.detail(batch, standing, &said)?;
        let entry = self.entry(batch, standing, AuditEvent::GrantViolated, detail);
        Ok(AuditEntry {
            id: self.entry.derived(&format!("violation/{place}")),
            ..entry
        })
    }

    fn detail<T: Serialize>(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
        more: &T,
    ) -> Result<CanonicalJson, serde_json::Error> {
        let moves_money = matches!(self.body, Body::Cost(_));
        let known = standing.is_some() || moves_money;
        let by = self.signed_by.as_ref();
        canonical_json(&Detail {
            adapter_id: batch.adapter.as_str(),
            execution_key: self.execution.as_str(),
            execution_id: known.then(|| self.execution_id(batch, standing).to_string()),
            decision_id: standing.map(|standing| standing.decision.to_string()),
            event_key: &self.key,
            content_hash: self.content,
            signed_by: by.map(|by| by.key_id.as_str()),
            adapter_version: by.map(|by| by.adapter_version.as_str()),
            more,
        })
    }

    fn entry(
        &self,
        batch: &ReportBatch,
        standing: Option<&Standing>,
        event: AuditEvent,
        detail: CanonicalJson,
    ) -> AuditEntry {
        let target = standing.map_or_else(
            || format!("execution:{}", self.execution),
            |standing| format!("decision:{}", standing.decision),
        );
        AuditEntry {
            id: self.entry,
            tenant: batch.scope.tenant().clone(),
            workspace: Some(batch.workspace.clone()),
            trace: Some(self.trace),
            user: None,
            actor: batch.actor.clone(),
            event,
            target: Some(target),
            detail,
            occurred_at: batch.now,
        }
    }
}

/// An entry that is about reports but stores none.
pub(crate) fn note(
    batch: &ReportBatch,
    id: AuditEntryId,
    event: AuditEvent,
    trace: clasper_core::TraceId,
    detail: &Value,
) -> Result<AuditEntry, serde_json::Error> {
    Ok(AuditEntry {
        id,
        tenant: batch.scope.tenant().clone(),
        workspace: Some(batch.workspace.clone()),
        trace: Some(trace),
        user: None,
        actor: batch.actor.clone(),
        event,
        target: Some(format!("adapter:{}", batch.adapter)),
        detail: canonical_json(detail)?,
        occurred_at: batch.now,
    })
}
