//! What spans make of a trace.

use std::collections::BTreeMap;

use clasper_core::{DecisionId, ExecutionId, TenantId, WorkspaceId};
use clasper_tracing::{
    GrantedScope, RunStatus, SpanStep, StepData, Trace, TraceCost, TraceSource, UsedScope,
};
use serde_json::Value;

use crate::genai::{GenAi, Operation};
use crate::intake::KeptSpan;
use crate::span::Span;

/// The longest input or output that is shown of a trace, in characters; its spans have the whole.
const LONGEST_TEXT: usize = 4_000;

/// A trace as its spans come in.
#[derive(Debug, Clone)]
pub struct Assembly(Trace);

impl Assembly {
    /// The trace that `span` is the first of.
    #[must_use]
    pub fn begin(tenant: TenantId, workspace: WorkspaceId, span: &Span) -> Self {
        let trace = Trace {
            id: span.trace,
            tenant,
            workspace,
            // Nobody here executed or decided it.
            execution: ExecutionId::from_uuid(span.trace.as_uuid()),
            decision: DecisionId::from_bytes([0; 16]),
            source: TraceSource::Otlp,
            reported: None,
            reduced: None,
            user: None,
            agent_role: String::new(),
            status: RunStatus::Completed,
            started_at: span.started_at(),
            completed_at: span.ended_at(),
            duration_ms: 0,
            workspace_hash: String::new(),
            skill_versions: BTreeMap::new(),
            model: String::new(),
            provider: String::new(),
            scripted: false,
            input_message: String::new(),
            input_history: 0,
            output_message: None,
            steps: Vec::new(),
            usage: TraceCost {
                // No price was agreed on.
                estimated: true,
                ..TraceCost::default()
            },
            granted_scope: GrantedScope::default(),
            used_scope: UsedScope::default(),
            violations: Vec::new(),
            error: None,
            redactions: BTreeMap::new(),
            labels: BTreeMap::new(),
            task_id: None,
            document_id: None,
            message_id: None,
        };
        Self(trace)
    }

    /// A trace that was assembled before.
    #[must_use]
    pub const fn resume(trace: Trace) -> Self {
        Self(trace)
    }

    /// The trace as far as it is known.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        self.0
    }

    /// Adds a span. The order in which spans come does not matter for what is counted.
    pub fn add(&mut self, span: &Span) {
        let trace = &mut self.0;
        trace.started_at = trace.started_at.min(span.started_at());
        trace.completed_at = trace.completed_at.max(span.ended_at());
        let duration = trace.completed_at - trace.started_at;
        trace.duration_ms = u64::try_from(duration.num_milliseconds()).unwrap_or(0);
        trace.used_scope.step_count = trace.used_scope.step_count.saturating_add(1);
        let is_root = span.parent.is_none();
        if is_root && let Some(failure) = &span.failure {
            trace.status = RunStatus::Failed;
            trace.error = Some(failure.clone());
        }
        for (kind, n) in &span.redactions {
            let sum = trace.redactions.entry(kind.clone()).or_default();
            *sum = sum.saturating_add(*n);
        }
        self.take(&span.genai, is_root);
        if self.0.agent_role.is_empty() && is_root {
            self.0.agent_role.clone_from(&span.name);
        }
    }

    fn take(&mut self, said: &GenAi, is_root: bool) {
        let trace = &mut self.0;
        let set = |kept: &mut String, found: &Option<String>, goes_first: bool| {
            if let Some(found) = found
                && (kept.is_empty() || goes_first)
            {
                *kept = found.chars().take(LONGEST_TEXT).collect();
            }
        };
        let by_agent = said.operation == Operation::Agent;
        set(&mut trace.agent_role, &said.agent, by_agent && is_root);
        set(&mut trace.model, &said.model, false);
        set(&mut trace.provider, &said.provider, false);
        if said.operation != Operation::Tool {
            set(&mut trace.input_message, &said.input, is_root);
            let mut output = trace.output_message.take().unwrap_or_default();
            set(&mut output, &said.output, is_root);
            trace.output_message = Some(output).filter(|output| !output.is_empty());
        }
        let ability = match said.operation {
            Operation::Model => {
                // Agents repeat the sums of their calls, so only the calls count.
                let usage = &mut trace.usage;
                let more =
                    |sum: &mut u64, n: Option<u64>| *sum = sum.saturating_add(n.unwrap_or(0));
                more(&mut usage.input_tokens, said.input_tokens);
                more(&mut usage.output_tokens, said.output_tokens);
                Some("llm".to_owned())
            }
            Operation::Tool => said.tool.as_ref().map(|tool| format!("tool:{tool}")),
            Operation::Agent | Operation::Other => None,
        };
        let known = &mut trace.used_scope.capabilities;
        if let Some(ability) = ability
            && known.len() < 100
            && !known.contains(&ability)
        {
            known.push(ability);
        }
    }
}

/// A kept span as a step.
#[must_use]
pub fn step(kept: &KeptSpan) -> StepData {
    let span: Value = serde_json::from_str(&kept.document).unwrap_or_default();
    let source: Value = serde_json::from_str(&kept.source).unwrap_or_default();
    let said = GenAi::of(&span);
    let text = |name: &str| {
        span.get(name)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
    };
    let operation = match said.operation {
        Operation::Model => "model",
        Operation::Tool => "tool",
        Operation::Agent => "agent",
        Operation::Other => "other",
    };
    let failed = span
        .pointer("/status/code")
        .is_some_and(|code| code.as_i64() == Some(2) || code.as_str() == Some("STATUS_CODE_ERROR"));
    StepData::Span(Box::new(SpanStep {
        span_id: text("spanId").unwrap_or_default().to_ascii_lowercase(),
        parent_span_id: text("parentSpanId").filter(|id| !id.is_empty()),
        name: text("name").unwrap_or_default(),
        operation: operation.to_owned(),
        failed,
        model: said.model,
        provider: said.provider,
        tool_name: said.tool,
        agent_name: said.agent,
        input_tokens: said.input_tokens,
        output_tokens: said.output_tokens,
        span,
        source,
    }))
}
