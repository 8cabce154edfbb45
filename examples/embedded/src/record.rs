//! The values that the store writes: the opening of a governed execution, and its settlement.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use clasper_core::{
    AuditEntryId, DecisionId, ExecutionId, GrantId, IdSource, InstanceId, TenantScope, Timestamp,
    TraceId, Usd, WorkspaceId,
};
use clasper_governance::{BudgetScope, GrantLimits, HoldAsk, Intent};
use clasper_redaction::Redactor;
use clasper_runtime::model::TokenUsage;
use clasper_runtime::policy::PolicyVerdict;
use clasper_runtime::run::{Charge, IdempotencyClaim, OrphanedRun, RunEnd, RunOpening, Settlement};
use clasper_tracing::{GrantedScope, RunStatus, Trace, TraceCost, TraceSource, UsedScope};

use crate::RefundRequest;

/// What may be done, in grants and traces.
const CAPABILITY: &str = "refund";
/// What stands where an agent's model would.
const EXECUTOR: &str = "refund-desk";
/// The desk's only rule, by name and in words; it is recorded with every decision.
const RULE: (&str, &str) = (
    "refund-desk:clerks",
    "allow a refund when a clerk asks for it and the budget holds it; deny otherwise",
);
/// A grant that is not used within this time lapses.
const GRANT_SECONDS: u64 = 30;

/// Who and where a refund is.
pub(crate) struct Place<'d> {
    pub(crate) scope: &'d TenantScope,
    pub(crate) workspace: &'d WorkspaceId,
    pub(crate) instance: InstanceId,
    pub(crate) ids: &'d dyn IdSource,
    pub(crate) redactor: &'d Redactor,
}

/// The opening of the execution that makes `request`'s refund.
pub(crate) fn opening(
    place: &Place<'_>,
    request: &RefundRequest,
    intent: Intent,
    idempotency: Option<IdempotencyClaim>,
    now: Timestamp,
) -> RunOpening {
    let ids = place.ids;
    let draft = draft(place, request, now);
    let amount = request.amount_usd;
    RunOpening {
        scope: place.scope.clone(),
        workspace: place.workspace.clone(),
        user: request.clerk.clone(),
        actor: format!("clerk:{}", request.clerk),
        execution: draft.execution,
        trace: draft.id,
        decision: draft.decision,
        grant: GrantId::generate(ids),
        intent,
        policy: PolicyVerdict::built_in(RULE.0, RULE.1),
        model: EXECUTOR.to_owned(),
        // A refund cannot be made smaller like an agent's answer: it asks for the whole.
        ask: HoldAsk {
            full: amount,
            floor: amount,
        },
        budget_scopes: vec![BudgetScope::Workspace(place.workspace.clone())],
        limits: GrantLimits {
            capabilities: vec![CAPABILITY.to_owned()],
            max_steps: 1,
            max_cost_usd: None,
            max_seconds: GRANT_SECONDS,
        },
        grant_expires_at: now + TimeDelta::seconds(GRANT_SECONDS.cast_signed()),
        // A clerk is told at once instead of waiting for money that others hold.
        last_try: true,
        instance: place.instance,
        idempotency,
        entry: AuditEntryId::generate(ids),
        rollover_entry: AuditEntryId::generate(ids),
        now,
        draft: Box::new(draft),
    }
}

/// The trace as far as it is known before anything happens. Interrupted is what it is if nothing follows.
fn draft(place: &Place<'_>, request: &RefundRequest, now: Timestamp) -> Trace {
    let ids = place.ids;
    let asked = format!(
        "refund {} USD of order {}: {}",
        request.amount_usd, request.order_id, request.reason
    );
    let redacted = place.redactor.redact(&asked);
    let mut redactions = BTreeMap::new();
    for finding in &redacted.findings {
        *redactions
            .entry(finding.entity.name().to_owned())
            .or_default() += 1;
    }
    Trace {
        id: TraceId::generate(ids),
        tenant: place.scope.tenant().clone(),
        workspace: place.workspace.clone(),
        execution: ExecutionId::generate(ids),
        decision: DecisionId::generate(ids),
        source: TraceSource::Run,
        reported: None,
        user: Some(request.clerk.clone()),
        agent_role: EXECUTOR.to_owned(),
        status: RunStatus::Interrupted,
        started_at: now,
        completed_at: now,
        duration_ms: 0,
        workspace_hash: String::new(),
        skill_versions: BTreeMap::new(),
        model: EXECUTOR.to_owned(),
        provider: "in-process".to_owned(),
        scripted: false,
        input_message: redacted.text.into_owned(),
        input_history: 0,
        output_message: None,
        steps: Vec::new(),
        usage: TraceCost::default(),
        granted_scope: GrantedScope {
            capabilities: vec![CAPABILITY.to_owned()],
            max_steps: 1,
            max_cost_usd: Some(request.amount_usd),
        },
        used_scope: UsedScope::default(),
        violations: Vec::new(),
        error: None,
        redactions,
        labels: BTreeMap::new(),
        task_id: None,
        document_id: None,
        message_id: None,
        reduced: None,
    }
}

/// How an execution ended.
pub(crate) struct End {
    pub(crate) how: RunEnd,
    /// The reason code when nothing was paid.
    pub(crate) reason: Option<&'static str>,
    /// What was paid.
    pub(crate) paid: Usd,
    /// What a repetition of the request is answered with.
    pub(crate) answer: Option<Vec<u8>>,
}

/// The settlement of an execution.
pub(crate) fn settlement(
    ids: &dyn IdSource,
    scope: TenantScope,
    actor: String,
    mut trace: Box<Trace>,
    end: End,
    now: Timestamp,
) -> Settlement {
    let done = end.how == RunEnd::Completed;
    trace.status = match end.how {
        RunEnd::Completed => RunStatus::Completed,
        RunEnd::Failed => RunStatus::Failed,
        RunEnd::Cancelled => RunStatus::Cancelled,
        RunEnd::Recovered => RunStatus::Interrupted,
    };
    trace.completed_at = now;
    let took = (now - trace.started_at).num_milliseconds();
    trace.duration_ms = u64::try_from(took).unwrap_or_default();
    trace.usage.total_cost_usd = end.paid;
    trace.used_scope = UsedScope {
        capabilities: done.then(|| CAPABILITY.to_owned()).into_iter().collect(),
        step_count: u32::from(done),
        actual_cost_usd: end.paid,
    };
    trace.output_message = done.then(|| format!("{} USD paid", end.paid));
    trace.error = end.reason.map(str::to_owned);
    Settlement {
        scope,
        execution: trace.execution,
        actor,
        end: end.how,
        reason: trace.error.clone(),
        charge: Charge::Actual(end.paid),
        usage: TokenUsage::default(),
        trace,
        deliveries: Vec::new(),
        answer: end.answer,
        kept_values: None,
        entry: AuditEntryId::generate(ids),
        alert_entries: std::array::from_fn(|_| AuditEntryId::generate(ids)),
        now,
    }
}

/// Closes an execution of a process that died. Nobody knows whether it had paid, so the books say that it had: they may
/// say too much, never too little.
pub(crate) fn recovery(ids: &dyn IdSource, orphan: OrphanedRun, now: Timestamp) -> Settlement {
    let end = End {
        how: RunEnd::Recovered,
        reason: Some("interrupted"),
        paid: orphan.hold,
        answer: None,
    };
    let mut trace = orphan.draft;
    trace.usage.estimated = true;
    settlement(ids, orphan.scope, "system".to_owned(), trace, end, now)
}
