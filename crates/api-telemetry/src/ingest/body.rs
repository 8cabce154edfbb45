//! From bodies to reports.

use axum::http::StatusCode;
use chrono::TimeDelta;
use clasper_api_types::{
    IngestAuditBody, IngestCostBody, IngestMetricsBody, IngestTraceBody, IngestViolationBody,
};
use clasper_core::Sha256Digest;
use clasper_http::Problem;
use clasper_reports::{
    AuditReport, Body, ClaimedViolation, CostReport, MetricsReport, Refusal, ReportedTrace,
    Submission, ViolationReport,
};

/// The longest duration that is believed, in milliseconds: a hundred years.
const LONGEST_MS: f64 = 3.2e12;

macro_rules! submission {
    ($body:ident, $what:expr) => {
        Submission {
            tenant: $body.tenant_id,
            workspace: $body.workspace_id,
            adapter: $body.adapter_id,
            execution: $body.execution_id,
            trace: $body.trace_id,
            event_id: $body.event_id,
            // The reader fills these in: they are of the text, not of what it means.
            content: Sha256Digest::from_bytes([0; 32]),
            signed: None,
            body: $what,
        }
    };
}

pub(super) fn audit(body: IngestAuditBody) -> Submission {
    let audit = AuditReport {
        event_type: body.event_type,
        message: body.message,
        data: body.event_data,
        occurred_at: body.occurred_at.map(|time| time.0),
    };
    submission!(body, Body::Audit(audit))
}

pub(super) fn cost(body: IngestCostBody) -> Submission {
    let cost = CostReport {
        cost: body.cost_usd.0,
        input_tokens: body.input_tokens.unwrap_or(0),
        output_tokens: body.output_tokens.unwrap_or(0),
        model: body.model,
        provider: body.provider,
        recorded_at: body.recorded_at.0,
    };
    submission!(body, Body::Cost(cost))
}

pub(super) fn metrics(body: IngestMetricsBody, at: &str) -> Result<Submission, Problem> {
    let metrics = MetricsReport {
        step_count: body.step_count,
        duration_ms: milliseconds(body.duration_ms, || format!("{at}/duration_ms"))?,
        recorded_at: body.recorded_at.0,
    };
    Ok(submission!(body, Body::Metrics(metrics)))
}

pub(super) fn violation(body: IngestViolationBody) -> Submission {
    let violation = ViolationReport {
        violation_type: body.violation_type,
        message: body.message,
        data: body.data,
        occurred_at: body.occurred_at.0,
    };
    submission!(body, Body::Violation(violation))
}

pub(super) fn trace(mut body: IngestTraceBody, at: &str) -> Result<Submission, Problem> {
    check_names(&body, at)?;
    let trace = &mut body.trace;
    let pointer = || format!("{at}/trace/durationMs");
    let duration = trace.duration_ms.map(|ms| milliseconds(ms, pointer));
    let duration = duration.transpose()?;
    let started_at = trace.started_at.0;
    let ended = || {
        let lasted = i64::try_from(duration.unwrap_or(0)).ok()?;
        started_at.checked_add_signed(TimeDelta::try_milliseconds(lasted)?)
    };
    let completed_at = match trace.completed_at {
        Some(time) => time.0,
        None => ended().unwrap_or(started_at),
    };
    let lasted = completed_at.signed_duration_since(started_at);
    let (used_capabilities, used_steps) =
        trace.used_scope.take().map_or((Vec::new(), None), |used| {
            (used.capabilities, used.step_count)
        });
    let usage = trace.usage.take();
    let reported = ReportedTrace {
        agent_role: trace.agent_role.take(),
        started_at,
        completed_at,
        duration_ms: duration
            .unwrap_or_else(|| u64::try_from(lasted.num_milliseconds()).unwrap_or(0)),
        workspace_hash: trace.workspace_hash.take(),
        skill_versions: trace.skill_versions.take().unwrap_or_default(),
        model: std::mem::take(&mut trace.model),
        provider: std::mem::take(&mut trace.provider),
        input_message: std::mem::take(&mut trace.input.message),
        input_history: trace.input.message_history,
        output_message: trace
            .output
            .take()
            .map(|output| output.message)
            .filter(|message| !message.is_empty()),
        input_tokens: usage.as_ref().map_or(0, |usage| usage.input_tokens),
        output_tokens: usage.as_ref().map_or(0, |usage| usage.output_tokens),
        cost: usage.map(|usage| usage.total_cost.0).unwrap_or_default(),
        error: trace.error.take().filter(|error| !error.is_empty()),
        labels: trace.labels.take().unwrap_or_default(),
        task_id: trace.task_id.take(),
        document_id: trace.document_id.take(),
        message_id: trace.message_id.take(),
        used_steps,
        used_capabilities,
        violations: claimed(trace.violations.take().unwrap_or_default()),
        raw_steps: std::mem::take(&mut trace.steps),
        checked: clasper_reports::CheckedSteps::default(),
    };
    Ok(submission!(body, Body::Trace(Box::new(reported))))
}

fn claimed(violations: Vec<clasper_api_types::ViolationView>) -> Vec<ClaimedViolation> {
    let claimed = violations.into_iter().map(|violation| ClaimedViolation {
        kind: violation.r#type,
        message: violation.message,
        timestamp: violation.timestamp.0,
    });
    claimed.collect()
}

/// A trace names itself and its owner once more: both have to say the same.
fn check_names(body: &IngestTraceBody, at: &str) -> Result<(), Problem> {
    let trace = &body.trace;
    let owners = [
        ("/trace/tenantId", trace.tenant_id == body.tenant_id),
        (
            "/trace/workspaceId",
            trace.workspace_id == body.workspace_id,
        ),
        (
            "/trace/adapter_id",
            trace
                .adapter_id
                .as_ref()
                .is_none_or(|own| *own == body.adapter_id),
        ),
    ];
    for (pointer, same) in owners {
        if !same {
            return Err(Problem::from(Refusal::ScopeMismatch { pointer }).under(at));
        }
    }
    if trace.id != body.trace_id {
        let detail = "must be the trace_id of the report";
        let code = "trace_identity_mismatch";
        let problem = Problem::new(StatusCode::BAD_REQUEST, code, detail);
        return Err(problem.at(format!("{at}/trace/id"), detail));
    }
    Ok(())
}

/// Whole milliseconds of a number that is not negative.
fn milliseconds(number: f64, pointer: impl Fn() -> String) -> Result<u64, Problem> {
    if !(0.0..LONGEST_MS).contains(&number) {
        let detail = "must be a number of milliseconds that is not negative";
        return Err(Problem::invalid(pointer(), detail));
    }
    // Within the range, so that the text of the whole part is a number of 64 bits.
    Ok(format!("{:.0}", number.trunc()).parse().unwrap_or(0))
}
