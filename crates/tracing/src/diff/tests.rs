//! Comparisons of whole traces.

use clasper_core::{DecisionId, ExecutionId, SequentialIds, TenantId, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use super::*;
use crate::step::{StepData, StepRecorder};
use crate::trace::{GrantedScope, RunStatus, TraceCost, TraceSource, UsedScope};

fn trace(ids: &SequentialIds, steps: impl IntoIterator<Item = StepData>) -> Trace {
    let mut recorder = StepRecorder::default();
    for (n, step) in steps.into_iter().enumerate() {
        let offset = chrono::TimeDelta::milliseconds(i64::try_from(n).expect("few"));
        recorder.push(Timestamp::UNIX_EPOCH + offset, 7, step);
    }
    Trace {
        id: TraceId::generate(ids),
        tenant: TenantId::new("acme").expect("a name"),
        workspace: WorkspaceId::new("support").expect("a name"),
        execution: ExecutionId::generate(ids),
        decision: DecisionId::generate(ids),
        source: TraceSource::Run,
        reported: None,
        user: None,
        agent_role: "lead".to_owned(),
        status: RunStatus::Completed,
        started_at: Timestamp::UNIX_EPOCH,
        completed_at: Timestamp::UNIX_EPOCH,
        duration_ms: 100,
        workspace_hash: "sha256:1".to_owned(),
        skill_versions: BTreeMap::new(),
        model: "m".to_owned(),
        provider: "p".to_owned(),
        scripted: true,
        input_message: "hello".to_owned(),
        input_history: 0,
        output_message: Some("done".to_owned()),
        steps: recorder.into_steps(),
        usage: TraceCost::default(),
        granted_scope: GrantedScope::default(),
        used_scope: UsedScope::default(),
        violations: Vec::new(),
        error: None,
        redactions: BTreeMap::new(),
        labels: BTreeMap::new(),
        task_id: None,
        document_id: None,
        message_id: None,
        reduced: None,
    }
}

fn model(output_tokens: u64) -> StepData {
    StepData::LlmCall {
        model: "m".to_owned(),
        provider: "p".to_owned(),
        input_tokens: 10,
        output_tokens,
        cost_usd: "0.01".to_owned(),
        has_tool_calls: true,
        finish_reason: "tool_calls".to_owned(),
        attempt: 1,
    }
}

fn call(id: &str, tool: &str, arguments: Value) -> StepData {
    StepData::ToolCall {
        tool_call_id: id.to_owned(),
        tool_name: tool.to_owned(),
        arguments,
        permitted: true,
        permission_reason: "permitted".to_owned(),
        decision_id: id.to_owned(),
    }
}

fn result(id: &str, tool: &str, result: Value) -> StepData {
    StepData::ToolResult {
        tool_call_id: id.to_owned(),
        tool_name: tool.to_owned(),
        success: true,
        result: Some(result),
        error: None,
    }
}

#[test]
fn two_runs_that_do_the_same_differ_in_nothing_that_matters() {
    let ids = SequentialIds::default();
    let steps = |id: &str| {
        [
            model(5),
            call(id, "search", json!({"q": 1, "n": 2})),
            result(id, "search", json!([1])),
        ]
    };
    let mut other = trace(&ids, steps("b"));
    other.duration_ms = 900;
    let diff = diff(&trace(&ids, steps("a")), &other);
    assert_eq!(diff.first_divergence, None);
    assert_eq!(
        (diff.total_differences(), diff.calls.unchanged_count),
        (0, 1)
    );
    assert!(diff.significant_changes().is_empty());
    let text = summary_text(&diff);
    assert!(text.contains("Every step does the same."), "{text}");
}

#[test]
fn the_first_divergence_is_named_however_much_was_put_in_before() {
    let ids = SequentialIds::default();
    let base = trace(
        &ids,
        [model(5), call("1", "search", json!({"q": 1})), model(6)],
    );
    let compare = trace(
        &ids,
        [model(5), call("9", "search", json!({"q": 2})), model(7)],
    );
    let found = diff(&base, &compare)
        .first_divergence
        .expect("a divergence");
    assert_eq!((found.step.base, found.step.compare), (Some(1), Some(1)));
    assert_eq!(
        found.explanation,
        "the call of the tool search has other arguments"
    );
    let shifted = trace(
        &ids,
        [
            StepData::Error {
                code: "timeout".into(),
                message: "no answer".into(),
                recoverable: true,
            },
            model(5),
            call("1", "search", json!({"q": 1})),
            model(6),
        ],
    );
    let diff = diff(&base, &shifted);
    assert_eq!((diff.steps.same_count, diff.steps.structural_count), (3, 1));
    let found = diff.first_divergence.expect("a divergence");
    assert_eq!((found.step.base, found.step.compare), (None, Some(0)));
    assert_eq!(found.explanation, "the error timeout was added");
}

#[test]
fn calls_are_compared_with_their_results() {
    let ids = SequentialIds::default();
    let base = trace(
        &ids,
        [
            call("1", "search", json!({})),
            result("1", "search", json!("a")),
            call("2", "write", json!({})),
        ],
    );
    let compare = trace(
        &ids,
        [
            call("7", "search", json!({})),
            result("7", "search", json!("b")),
            call("8", "read", json!({})),
        ],
    );
    let calls = diff(&base, &compare).calls;
    assert_eq!(
        (calls.changed_count, calls.added_count, calls.removed_count),
        (1, 1, 1)
    );
    let changed = &calls.changed[0];
    assert!(changed.result_changed && !changed.arguments_changed);
    assert_eq!(
        (&*calls.added[0].tool_name, &*calls.removed[0].tool_name),
        ("read", "write")
    );
}

#[test]
fn what_matters_follows_the_rules() {
    let ids = SequentialIds::default();
    let mut base = trace(&ids, []);
    base.usage.total_cost_usd = "0.10".parse().expect("an amount");
    let check = |edit: fn(&mut Trace), expected: &[&str]| {
        let mut compare = trace(&ids, []);
        compare.usage.total_cost_usd = base.usage.total_cost_usd;
        edit(&mut compare);
        assert_eq!(diff(&base, &compare).significant_changes(), expected);
    };
    check(|_| {}, &[]);
    check(|t| t.duration_ms = 5000, &[]);
    check(
        |t| t.usage.total_cost_usd = "0.12".parse().expect("an amount"),
        &[],
    );
    check(
        |t| t.usage.total_cost_usd = "0.121".parse().expect("an amount"),
        &["the cost changed from $0.1 to $0.121 (+21 %)"],
    );
    check(
        |t| t.usage.total_cost_usd = "0.05".parse().expect("an amount"),
        &["the cost changed from $0.1 to $0.05 (-50 %)"],
    );
    check(
        |t| t.model = "n".into(),
        &["the model changed from p/m to p/n"],
    );
    check(
        |t| t.workspace_hash = "sha256:2".into(),
        &["the workspace's content changed"],
    );
    check(
        |t| t.skill_versions = BTreeMap::from([("a".into(), "1".into())]),
        &["skills changed: 1 added, 0 removed, 0 in another version"],
    );
    check(
        |t| t.error = Some("timeout".into()),
        &["the error changed from none to timeout"],
    );
    check(|t| t.output_message = None, &["the answer differs"]);
}

#[test]
fn long_traces_that_share_nothing_are_counted_whole_and_listed_in_part() {
    let ids = SequentialIds::default();
    let steps = |name: &'static str| {
        (0..2_000).map(move |n| call(&n.to_string(), &format!("{name}{n}"), json!({"n": n})))
    };
    let diff = diff(&trace(&ids, steps("a")), &trace(&ids, steps("b")));
    assert_eq!(diff.steps.structural_count, 4_000);
    assert_eq!(diff.steps.structural.len(), MOST_LISTED);
    assert_eq!(
        (diff.calls.added_count, diff.calls.added.len()),
        (2_000, 100)
    );
}
