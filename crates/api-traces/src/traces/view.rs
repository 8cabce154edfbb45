//! Traces as they are sent.

use clasper_api_types::{
    GrantedScopeView, IntegrityStatus, ReducedTraceView, ReportedView, TraceInputView,
    TraceOutputView, TraceSourceView, TraceStatus, TraceStepView, TraceStorageMode, TraceTrust,
    TraceUsageView, TraceView, UsedScopeView, ViolationView,
};
use clasper_tracing::{
    HashStatus, Integrity, Reduced, ReducedTo, Reported, RunStatus, Step, Trace, TraceSource,
    Trust, Violation, check_steps,
};
use serde_json::Value;

/// The trace with its steps.
pub(super) fn whole(mut trace: Trace) -> TraceView {
    let steps = std::mem::take(&mut trace.steps);
    let integrity = match (&trace.reported, &trace.reduced) {
        (Some(reported), _) => checked(reported.hashes),
        (None, Some(_)) => IntegrityStatus::TextsLeftOut,
        (None, None) if trace.source == TraceSource::Otlp => IntegrityStatus::NoHashes,
        (None, None) => integrity(&steps),
    };
    TraceView {
        integrity_status: Some(integrity),
        steps: Some(steps.into_iter().map(step).collect()),
        ..summary(trace)
    }
}

/// The trace without its steps.
pub(super) fn summary(trace: Trace) -> TraceView {
    let decision_id = trace.known_decision();
    let reported = trace.reported.as_ref().map(|by| reported(by, &trace));
    TraceView {
        id: trace.id,
        tenant_id: trace.tenant,
        workspace_id: trace.workspace,
        execution_id: trace.execution,
        decision_id,
        source: match trace.source {
            TraceSource::Run => TraceSourceView::Run,
            TraceSource::Otlp => TraceSourceView::Otlp,
        },
        reported,
        user_id: trace.user,
        agent_role: trace.agent_role,
        status: status(trace.status),
        started_at: trace.started_at.into(),
        completed_at: trace.completed_at.into(),
        duration_ms: trace.duration_ms,
        workspace_hash: trace.workspace_hash,
        skill_versions: trace.skill_versions,
        model: trace.model,
        provider: trace.provider,
        scripted: trace.scripted,
        input: TraceInputView {
            message: trace.input_message,
            message_history: trace.input_history,
        },
        output: trace
            .output_message
            .map(|message| TraceOutputView { message }),
        cost_usd: trace.usage.total_cost_usd.to_string(),
        usage: TraceUsageView {
            input_tokens: trace.usage.input_tokens,
            output_tokens: trace.usage.output_tokens,
            total_cost: trace.usage.total_cost_usd.into(),
            estimated: trace.usage.estimated,
        },
        granted_scope: GrantedScopeView {
            capabilities: trace.granted_scope.capabilities,
            max_steps: trace.granted_scope.max_steps,
            max_cost: trace.granted_scope.max_cost_usd.map(Into::into),
        },
        used_scope: UsedScopeView {
            capabilities: trace.used_scope.capabilities,
            step_count: trace.used_scope.step_count,
            actual_cost: trace.used_scope.actual_cost_usd.into(),
        },
        violations: trace.violations.into_iter().map(violation).collect(),
        error: trace.error,
        redactions: trace.redactions,
        labels: trace.labels,
        task_id: trace.task_id,
        document_id: trace.document_id,
        message_id: trace.message_id,
        reduced: trace.reduced.as_ref().map(reduced),
        steps: None,
        integrity_status: None,
    }
}

fn reduced(less: &Reduced) -> ReducedTraceView {
    ReducedTraceView {
        storage_mode: match less.to {
            ReducedTo::Summary => TraceStorageMode::Summary,
            ReducedTo::Minimal => TraceStorageMode::Minimal,
        },
        whole_hash: less.whole_hash.to_string(),
        input_hash: less.input_hash.map(|hash| hash.to_string()),
        output_hash: less.output_hash.map(|hash| hash.to_string()),
    }
}

/// The source that a query names.
pub(super) const fn source(source: TraceSourceView) -> TraceSource {
    match source {
        TraceSourceView::Run => TraceSource::Run,
        TraceSourceView::Otlp => TraceSource::Otlp,
    }
}

/// The status that a query names.
pub(super) const fn run_status(status: TraceStatus) -> RunStatus {
    match status {
        TraceStatus::Completed => RunStatus::Completed,
        TraceStatus::Failed => RunStatus::Failed,
        TraceStatus::Denied => RunStatus::Denied,
        TraceStatus::Cancelled => RunStatus::Cancelled,
        TraceStatus::Interrupted => RunStatus::Interrupted,
    }
}

/// Who reported `trace`. Violations are part of what is said of it where there is something to rely on.
fn reported(by: &Reported, trace: &Trace) -> ReportedView {
    let trust = match (by.trust(), trace.violations.is_empty()) {
        (Trust::Compromised, _) => TraceTrust::Compromised,
        (Trust::Unverified, _) => TraceTrust::Unverified,
        (Trust::HashConsistent, true) => TraceTrust::HashConsistent,
        (Trust::HashConsistent, false) => TraceTrust::HashConsistentWithViolations,
        (Trust::Signed, true) => TraceTrust::Signed,
        (Trust::Signed, false) => TraceTrust::SignedWithViolations,
    };
    ReportedView {
        adapter_id: by.adapter.clone(),
        execution_id: by.execution_key.clone(),
        trust_status: trust,
        signed_by: by.signed_by.clone(),
        integrity_failures: by.hash_failures.clone(),
        integrity_checked_at: by.checked_at.into(),
    }
}

/// What was found when the trace came: its hashes are over what was sent, and what is stored is redacted.
const fn checked(hashes: HashStatus) -> IntegrityStatus {
    match hashes {
        HashStatus::NoSteps => IntegrityStatus::NoSteps,
        HashStatus::NoHashes => IntegrityStatus::NoHashes,
        HashStatus::HashConsistent => IntegrityStatus::HashConsistent,
        HashStatus::Compromised => IntegrityStatus::Compromised,
    }
}

const fn status(status: RunStatus) -> TraceStatus {
    match status {
        RunStatus::Completed => TraceStatus::Completed,
        RunStatus::Failed => TraceStatus::Failed,
        RunStatus::Denied => TraceStatus::Denied,
        RunStatus::Cancelled => TraceStatus::Cancelled,
        RunStatus::Interrupted => TraceStatus::Interrupted,
    }
}

fn violation(violation: Violation) -> ViolationView {
    ViolationView {
        r#type: violation.kind,
        message: violation.message,
        timestamp: violation.timestamp.into(),
    }
}

fn integrity(steps: &[Step]) -> IntegrityStatus {
    if steps.is_empty() {
        return IntegrityStatus::NoSteps;
    }
    match check_steps(steps) {
        Integrity::Consistent => IntegrityStatus::HashConsistent,
        Integrity::Broken { .. } => IntegrityStatus::Compromised,
    }
}

fn step(step: Step) -> TraceStepView {
    // A step's own form is `{"type": …, "data": {…}}`; anything else would be a step without a name.
    let mut parts = serde_json::to_value(&step.data).unwrap_or_default();
    let kind = parts["type"].as_str().unwrap_or_default().to_owned();
    let mut data = parts.get_mut("data").map_or(Value::Null, Value::take);
    // Members of reported data that have no place of their own stand beside the others.
    if let (Some(data), Some(Value::Object(more))) = (data.as_object_mut(), step.extra.get("data"))
    {
        for (name, value) in more {
            data.entry(name).or_insert_with(|| value.clone());
        }
    }
    TraceStepView {
        step_id: step.step_id,
        r#type: kind,
        timestamp: step.timestamp.into(),
        duration_ms: step.duration_ms,
        data,
        prev_step_hash: step.prev_step_hash,
        step_hash: step.step_hash,
    }
}
