//! Tool calls with their results, beside each other.

use std::collections::HashMap;

use serde_json::Value;

use crate::diff::MOST_LISTED;
use crate::diff::align::{Keys, Pair, align};
use crate::diff::steps::text;
use crate::step::{Step, StepData};

/// A tool call with its result.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The number of its step.
    pub step: usize,
    /// The tool.
    pub tool_name: String,
    /// The arguments.
    pub arguments: Value,
    /// Whether it was permitted.
    pub permitted: bool,
    /// Whether it worked; `None` without a result.
    pub success: Option<bool>,
    /// What it returned.
    pub result: Option<Value>,
}

/// A call of the same tool that is not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedCall {
    /// In the base.
    pub base: Call,
    /// In the other.
    pub compare: Call,
    /// Whether the arguments differ.
    pub arguments_changed: bool,
    /// Whether the result or the permission does.
    pub result_changed: bool,
}

/// Tool calls on both sides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallsDiff {
    /// How many the base has.
    pub base_count: usize,
    /// How many the other has.
    pub compare_count: usize,
    /// How many are in the other only.
    pub added_count: usize,
    /// How many are in the base only.
    pub removed_count: usize,
    /// How many were changed.
    pub changed_count: usize,
    /// How many are the same.
    pub unchanged_count: usize,
    /// The first of those in the other only.
    pub added: Vec<Call>,
    /// The first of those in the base only.
    pub removed: Vec<Call>,
    /// The first of those that were changed.
    pub changed: Vec<ChangedCall>,
}

/// The calls among `steps`, each with the result under its id.
fn calls(steps: &[Step]) -> Vec<Call> {
    let mut results: HashMap<&str, (bool, Option<&Value>)> = HashMap::new();
    for step in steps {
        if let StepData::ToolResult {
            tool_call_id,
            success,
            result,
            ..
        } = &step.data
        {
            results.insert(tool_call_id, (*success, result.as_ref()));
        }
    }
    let call = |(number, step): (usize, &Step)| match &step.data {
        StepData::ToolCall {
            tool_call_id,
            tool_name,
            arguments,
            permitted,
            ..
        } => {
            let found = results.get(&**tool_call_id);
            Some(Call {
                step: number,
                tool_name: tool_name.clone(),
                arguments: arguments.clone(),
                permitted: *permitted,
                success: found.map(|(success, _)| *success),
                result: found.and_then(|(_, result)| result.cloned()),
            })
        }
        _ => None,
    };
    steps.iter().enumerate().filter_map(call).collect()
}

pub(super) fn diff(base: &[Step], compare: &[Step]) -> CallsDiff {
    let (base, compare) = (calls(base), calls(compare));
    let mut diff = CallsDiff {
        base_count: base.len(),
        compare_count: compare.len(),
        ..CallsDiff::default()
    };
    for pair in align(&keys(&base), &keys(&compare)) {
        match pair {
            Pair::Same(..) => diff.unchanged_count += 1,
            Pair::Removed(a) => {
                diff.removed_count += 1;
                list(&mut diff.removed, || base[a].clone());
            }
            Pair::Added(b) => {
                diff.added_count += 1;
                list(&mut diff.added, || compare[b].clone());
            }
            Pair::Changed(a, b) => {
                diff.changed_count += 1;
                list(&mut diff.changed, || changed(&base[a], &compare[b]));
            }
        }
    }
    diff
}

fn list<T>(listed: &mut Vec<T>, item: impl FnOnce() -> T) {
    if listed.len() < MOST_LISTED {
        listed.push(item());
    }
}

type Exact<'a> = (&'a str, String, bool, Option<bool>, String);

fn keys(calls: &[Call]) -> Vec<Keys<Exact<'_>, &str>> {
    fn of(call: &Call) -> Keys<Exact<'_>, &str> {
        Keys {
            exact: (
                &call.tool_name,
                text(Some(&call.arguments)),
                call.permitted,
                call.success,
                text(call.result.as_ref()),
            ),
            kind: &call.tool_name,
        }
    }
    calls.iter().map(of).collect()
}

fn changed(base: &Call, compare: &Call) -> ChangedCall {
    let outcome = |call: &Call| (call.permitted, call.success, text(call.result.as_ref()));
    ChangedCall {
        arguments_changed: base.arguments != compare.arguments,
        result_changed: outcome(base) != outcome(compare),
        base: base.clone(),
        compare: compare.clone(),
    }
}
