//! Steps beside each other.

use serde_json::Value;

use crate::diff::MOST_LISTED;
use crate::diff::align::{Keys, Pair, align};
use crate::step::{Step, StepData};

/// A step that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDifference {
    /// Its number in the base; `None` when it was added.
    pub base: Option<usize>,
    /// Its number in the other; `None` when it was removed.
    pub compare: Option<usize>,
    /// What it is in the base.
    pub base_kind: Option<&'static str>,
    /// What it is in the other.
    pub compare_kind: Option<&'static str>,
}

/// The first place where two runs do different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step.
    pub step: StepDifference,
    /// What differs, as a sentence.
    pub explanation: String,
}

/// Steps on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepsDiff {
    /// How many the base has.
    pub base_count: usize,
    /// How many the other has.
    pub compare_count: usize,
    /// Model calls more than in the base.
    pub llm_call_delta: i64,
    /// Tool calls more.
    pub tool_call_delta: i64,
    /// Errors more.
    pub error_delta: i64,
    /// How many steps do the same.
    pub same_count: usize,
    /// How many steps are of one kind but do different things.
    pub changed_count: usize,
    /// How many steps are on one side only.
    pub structural_count: usize,
    /// The first of those on one side only.
    pub structural: Vec<StepDifference>,
}

/// What a step does, without when, how long, at what price and under which ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Deed<'a> {
    Model(&'a str, &'a str, bool, &'a str),
    Call(&'a str, String, bool, &'a str),
    Result(&'a str, bool, String, &'a str),
    Error(&'a str, &'a str, bool),
    Span(&'a str, &'a str, bool, Option<&'a str>, Option<&'a str>),
}

/// JSON as text that is the same for the same value, however it is ordered.
pub(super) fn text(value: Option<&Value>) -> String {
    value.map_or_else(String::new, |value| {
        let mut sorted = value.clone();
        sorted.sort_all_objects();
        sorted.to_string()
    })
}

fn deed(data: &StepData) -> Deed<'_> {
    match data {
        StepData::LlmCall {
            model,
            provider,
            has_tool_calls,
            finish_reason,
            ..
        } => Deed::Model(provider, model, *has_tool_calls, finish_reason),
        StepData::ToolCall {
            tool_name,
            arguments,
            permitted,
            permission_reason,
            ..
        } => Deed::Call(
            tool_name,
            text(Some(arguments)),
            *permitted,
            permission_reason,
        ),
        StepData::ToolResult {
            tool_name,
            success,
            result,
            error,
            ..
        } => Deed::Result(
            tool_name,
            *success,
            text(result.as_ref()),
            error.as_deref().unwrap_or_default(),
        ),
        StepData::Error {
            code,
            message,
            recoverable,
        } => Deed::Error(code, message, *recoverable),
        StepData::Span(span) => Deed::Span(
            &span.operation,
            &span.name,
            span.failed,
            span.model.as_deref(),
            span.tool_name.as_deref(),
        ),
    }
}

/// What makes two steps the same kind of step: its type, and the tool or code it names.
fn kind(data: &StepData) -> (&'static str, &str) {
    let name = match data {
        StepData::LlmCall { .. } => "",
        StepData::ToolCall { tool_name, .. } | StepData::ToolResult { tool_name, .. } => tool_name,
        StepData::Error { code, .. } => code,
        StepData::Span(span) => &span.name,
    };
    (data.kind(), name)
}

/// The differences, and the first of them.
pub(super) fn diff(base: &[Step], compare: &[Step]) -> (StepsDiff, Option<Divergence>) {
    let pairs = align(&keys(base), &keys(compare));
    let count = |pairs: &[Pair], wanted: fn(&Pair) -> bool| {
        pairs.iter().filter(|pair| wanted(pair)).count()
    };
    let structural = |pair: &Pair| matches!(pair, Pair::Removed(_) | Pair::Added(_));
    let delta = |name: &str| {
        let of = |steps: &[Step]| steps.iter().filter(|s| s.data.kind() == name).count();
        i64::try_from(of(compare)).unwrap_or(i64::MAX) - i64::try_from(of(base)).unwrap_or(0)
    };
    let listed = pairs.iter().filter(|pair| structural(pair));
    let steps = StepsDiff {
        base_count: base.len(),
        compare_count: compare.len(),
        llm_call_delta: delta("llm_call"),
        tool_call_delta: delta("tool_call"),
        error_delta: delta("error"),
        same_count: count(&pairs, |pair| matches!(pair, Pair::Same(..))),
        changed_count: count(&pairs, |pair| matches!(pair, Pair::Changed(..))),
        structural_count: count(&pairs, structural),
        structural: listed
            .take(MOST_LISTED)
            .map(|pair| difference(pair, base, compare))
            .collect(),
    };
    let first = pairs.iter().find(|pair| !matches!(pair, Pair::Same(..)));
    let first = first.map(|pair| Divergence {
        step: difference(pair, base, compare),
        explanation: explain(pair, base, compare),
    });
    (steps, first)
}

fn keys(steps: &[Step]) -> Vec<Keys<Deed<'_>, (&'static str, &str)>> {
    fn of(step: &Step) -> Keys<Deed<'_>, (&'static str, &str)> {
        Keys {
            exact: deed(&step.data),
            kind: kind(&step.data),
        }
    }
    steps.iter().map(of).collect()
}

fn difference(pair: &Pair, base: &[Step], compare: &[Step]) -> StepDifference {
    let (left, right) = match *pair {
        Pair::Same(a, b) | Pair::Changed(a, b) => (Some(a), Some(b)),
        Pair::Removed(a) => (Some(a), None),
        Pair::Added(b) => (None, Some(b)),
    };
    let kind = |steps: &[Step], at: Option<usize>| at.map(|at| steps[at].data.kind());
    StepDifference {
        base: left,
        compare: right,
        base_kind: kind(base, left),
        compare_kind: kind(compare, right),
    }
}

fn explain(pair: &Pair, base: &[Step], compare: &[Step]) -> String {
    match *pair {
        Pair::Removed(a) => format!("{} is missing", named(&base[a].data)),
        Pair::Added(b) => format!("{} was added", named(&compare[b].data)),
        Pair::Same(a, b) | Pair::Changed(a, b) => {
            let (old, new) = (&base[a].data, &compare[b].data);
            format!("{} {}", named(old), what_differs(old, new))
        }
    }
}

fn named(data: &StepData) -> String {
    match data {
        StepData::LlmCall {
            model, provider, ..
        } => format!("the call of the model {provider}/{model}"),
        StepData::ToolCall { tool_name, .. } => format!("the call of the tool {tool_name}"),
        StepData::ToolResult { tool_name, .. } => format!("the result of the tool {tool_name}"),
        StepData::Error { code, .. } => format!("the error {code}"),
        StepData::Span(span) => format!("the span {}", span.name),
    }
}

fn what_differs(old: &StepData, new: &StepData) -> String {
    match (deed(old), deed(new)) {
        (Deed::Model(p, m, ..), Deed::Model(q, n, ..)) if (p, m) != (q, n) => {
            format!("went to {q}/{n}")
        }
        (Deed::Model(_, _, a, _), Deed::Model(_, _, b, _)) if a != b => {
            let wants = if b { "asks" } else { "does not ask" };
            format!("{wants} for tools now")
        }
        (Deed::Model(.., a), Deed::Model(.., b)) => format!("ended with {b} instead of {a}"),
        (Deed::Call(_, a, ..), Deed::Call(_, b, ..)) if a != b => "has other arguments".to_owned(),
        (Deed::Call(.., a, _), Deed::Call(.., b, reason)) if a != b => {
            let verdict = if b { "permitted" } else { "refused" };
            format!("was {verdict} ({reason})")
        }
        (Deed::Call(.., a), Deed::Call(.., b)) => format!("was decided for {b} instead of {a}"),
        (Deed::Result(_, a, ..), Deed::Result(_, b, ..)) if a != b => {
            format!("is a {} now", if b { "success" } else { "failure" })
        }
        (Deed::Result(..), Deed::Result(..)) => "is another".to_owned(),
        (Deed::Span(_, _, a, ..), Deed::Span(_, _, b, ..)) if a != b => {
            if b { "failed" } else { "did not fail" }.to_owned()
        }
        (Deed::Span(..), Deed::Span(..)) => "stands for something else".to_owned(),
        _ => "says something else".to_owned(),
    }
}
