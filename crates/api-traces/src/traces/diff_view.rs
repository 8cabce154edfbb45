//! Comparisons as they are sent.

use clasper_api_types::{
    CallsDiffView, ChangedCallView, DiffCallView, DiffContextView, DiffSummaryView, DivergenceView,
    NumberDiffView, OutputDiffView, SkillsDiffView, StepDifferenceView, StepsDiffView,
    TextDiffView, TraceDiffView, UsageDiffView,
};
use clasper_tracing::diff::{
    Both, Call, CallsDiff, ChangedCall, NumberDiff, SkillsDiff, StepDifference, StepsDiff,
    TraceDiff,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

pub(super) fn diff(diff: TraceDiff) -> TraceDiffView {
    let summary = DiffSummaryView {
        total_differences: diff.total_differences(),
        significant_changes: diff.significant_changes(),
    };
    let length = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
    TraceDiffView {
        base_trace_id: diff.traces.base,
        compare_trace_id: diff.traces.compare,
        context: DiffContextView {
            same_workspace: diff.same_workspace,
            same_agent: diff.same_agent,
        },
        timing: number(diff.duration),
        model: text(some(diff.model)),
        workspace: text(some(diff.workspace_hash)),
        skills: skills(diff.skills),
        usage: UsageDiffView {
            input_tokens: number(diff.input_tokens),
            output_tokens: number(diff.output_tokens),
        },
        cost: number(diff.cost),
        tool_calls: calls(diff.calls),
        steps: steps(&diff.steps),
        output: OutputDiffView {
            messages_equal: !diff.outputs.differs(),
            base_length: length(&diff.outputs.base),
            compare_length: length(&diff.outputs.compare),
        },
        errors: text(diff.errors),
        first_divergence: diff.first_divergence.map(|found| DivergenceView {
            step: step(&found.step),
            explanation: found.explanation,
        }),
        summary,
    }
}

fn shown(number: Decimal) -> f64 {
    number.to_f64().unwrap_or_default()
}

fn number(number: NumberDiff) -> NumberDiffView {
    NumberDiffView {
        base: shown(number.base),
        compare: shown(number.compare),
        delta: shown(number.delta()),
        percent_change: number.percent().map(shown),
    }
}

fn some(both: Both<String>) -> Both<Option<String>> {
    Both {
        base: Some(both.base),
        compare: Some(both.compare),
    }
}

fn text(both: Both<Option<String>>) -> TextDiffView {
    TextDiffView {
        changed: both.differs(),
        base: both.base,
        compare: both.compare,
    }
}

fn skills(skills: SkillsDiff) -> SkillsDiffView {
    let changed = skills.changed.into_iter();
    SkillsDiffView {
        added: skills.added,
        removed: skills.removed,
        changed: changed
            .map(|(name, versions)| (name, text(some(versions))))
            .collect(),
        unchanged: skills.unchanged,
    }
}

fn calls(calls: CallsDiff) -> CallsDiffView {
    let views = |calls: Vec<Call>| calls.into_iter().map(call).collect();
    CallsDiffView {
        base_count: calls.base_count,
        compare_count: calls.compare_count,
        added_count: calls.added_count,
        removed_count: calls.removed_count,
        changed_count: calls.changed_count,
        unchanged_count: calls.unchanged_count,
        added: views(calls.added),
        removed: views(calls.removed),
        changed: calls.changed.into_iter().map(changed_call).collect(),
    }
}

fn changed_call(changed: ChangedCall) -> ChangedCallView {
    ChangedCallView {
        base: call(changed.base),
        compare: call(changed.compare),
        arguments_changed: changed.arguments_changed,
        result_changed: changed.result_changed,
    }
}

fn call(call: Call) -> DiffCallView {
    DiffCallView {
        step: call.step,
        tool_name: call.tool_name,
        arguments: call.arguments,
        permitted: call.permitted,
        success: call.success,
        result: call.result.unwrap_or_default(),
    }
}

fn steps(steps: &StepsDiff) -> StepsDiffView {
    StepsDiffView {
        base_count: steps.base_count,
        compare_count: steps.compare_count,
        llm_call_delta: steps.llm_call_delta,
        tool_call_delta: steps.tool_call_delta,
        error_delta: steps.error_delta,
        same_count: steps.same_count,
        changed_count: steps.changed_count,
        structural_count: steps.structural_count,
        structural_differences: steps.structural.iter().map(step).collect(),
    }
}

fn step(step: &StepDifference) -> StepDifferenceView {
    StepDifferenceView {
        base_step: step.base,
        compare_step: step.compare,
        base_type: step.base_kind.map(ToOwned::to_owned),
        compare_type: step.compare_kind.map(ToOwned::to_owned),
    }
}
