//! Cedar policies: forbid wins, annotations ask for approval, errors deny.

use clasper_core::Role;
use clasper_policy::{ActionKind, Effect, PolicySource, Reason, cedar_schema};
use serde_json::json;

use crate::world::{cedar_source, context, exec, policy, rule_source, tool_call};

fn rule(decision: &str) -> PolicySource {
    rule_source(json!({
        "policy_id": "rule", "subject": { "type": "tool" }, "effect": { "decision": decision }, "precedence": 1000,
    }))
}

const PERMIT: &str = "permit(principal, action, resource);";

#[test]
fn a_forbid_wins_over_every_permit_and_rule() {
    let forbid = cedar_source(
        "no",
        "@reason(\"never\") forbid(principal, action, resource == Tool::\"exec\");",
    );
    let policy = policy(vec![rule("allow"), cedar_source("yes", PERMIT), forbid]);
    let evaluation = policy.evaluate(&tool_call("exec"));
    assert_eq!(
        (evaluation.effect, evaluation.reason),
        (Effect::Deny, Reason::CedarForbid)
    );
    assert_eq!(
        (
            evaluation.winner.as_deref(),
            evaluation.explanation.as_str()
        ),
        (Some("no"), "never")
    );
    assert_eq!(evaluation.matched[0].policy_id, "no");
    assert_eq!(policy.evaluate(&tool_call("read")).effect, Effect::Allow);
}

#[test]
fn the_stricter_of_cedar_and_rules_holds() {
    let approval =
        "@require_approval(\"admin\") @quorum(\"2\") permit(principal, action, resource);";
    let check = |decision: &str, text: &str, effect, winner: &str| {
        let evaluation =
            policy(vec![rule(decision), cedar_source("cedar", text)]).evaluate(&tool_call("exec"));
        assert_eq!(
            (evaluation.effect, evaluation.winner.as_deref()),
            (effect, Some(winner)),
            "{decision} {text}"
        );
        assert_eq!(
            evaluation.approval.is_some(),
            effect == Effect::RequireApproval
        );
    };
    check("allow", PERMIT, Effect::Allow, "rule");
    check("allow", approval, Effect::RequireApproval, "cedar");
    check("require_approval", PERMIT, Effect::RequireApproval, "rule");
    check("deny", PERMIT, Effect::Deny, "rule");
    check("deny", approval, Effect::Deny, "rule");
}

#[test]
fn approvals_that_match_together_are_all_satisfied() {
    let admin =
        "@require_approval(\"admin\") @expires_in(\"2h\") permit(principal, action, resource);";
    let two = "@require_approval(\"operator\") @quorum(\"2\") @expires_in(\"30m\") @escalate_after(\"10m\") permit(principal, action, resource);";
    let policy = policy(vec![
        cedar_source("admin", admin),
        cedar_source("two", two),
        cedar_source("free", PERMIT),
    ]);
    let evaluation = policy.evaluate(&tool_call("exec"));
    assert_eq!(evaluation.effect, Effect::RequireApproval);
    let terms = evaluation.approval.expect("terms");
    assert_eq!(
        (
            terms.role,
            terms.quorum,
            terms.expires_in_secs,
            terms.escalate_after_secs
        ),
        (Role::Admin, 2, 1800, Some(600))
    );
}

#[test]
fn a_failed_evaluation_denies_whatever_else_permits() {
    let overflow = "permit(principal, action, resource) when { context has risk_score && context.risk_score * 9223372036854775807 > 0 };";
    let policy = policy(vec![
        rule("allow"),
        cedar_source("yes", PERMIT),
        cedar_source("overflow", overflow),
    ]);
    let mut call = tool_call("exec");
    assert_eq!(policy.evaluate(&call).effect, Effect::Allow);
    call.server.risk_score = Some(2);
    let evaluation = policy.evaluate(&call);
    assert_eq!(
        (evaluation.effect, evaluation.reason, evaluation.winner),
        (Effect::Deny, Reason::EvaluationError, None)
    );
    assert!(evaluation.explanation.contains("overflow"));
}

#[test]
fn cedar_policies_see_paths_by_directory() {
    let text = "permit(principal, action, resource) when { context has target_paths_under && context.target_paths_under.contains(\"/work\") };";
    let policy = policy(vec![cedar_source("p", text)]);
    assert_eq!(
        policy.evaluate(&exec("ls", &["/work/a", "/work/b"])).effect,
        Effect::Allow
    );
    assert_eq!(
        policy
            .evaluate(&exec("ls", &["/work/a", "/work/../etc"]))
            .effect,
        Effect::Deny
    );
    assert_eq!(
        policy.evaluate(&exec("ls", &["/work/a", "~"])).effect,
        Effect::Deny
    );
    assert_eq!(policy.evaluate(&exec("ls", &[])).effect, Effect::Deny);
}

#[test]
fn the_formatting_of_a_cedar_policy_is_not_in_the_hash() {
    let one = policy(vec![cedar_source(
        "p",
        "permit(principal,action,resource) when { context.two_layer_permission };",
    )]);
    let two = policy(vec![cedar_source(
        "p",
        "// note\npermit(\n principal, action, resource)\nwhen { context.two_layer_permission };",
    )]);
    let other = policy(vec![cedar_source(
        "p",
        "permit(principal,action,resource) when { !context.two_layer_permission };",
    )]);
    assert_eq!(one.bundle_hash(), two.bundle_hash());
    assert_ne!(one.bundle_hash(), other.bundle_hash());
}

#[test]
fn principals_resources_and_actions_are_what_the_schema_says() {
    let text = "permit(principal == Adapter::\"adapter-1\", action == Action::\"adapter_execution\", resource == AdapterCapability::\"mail\");";
    let policy = policy(vec![cedar_source("p", text)]);
    let mut call = context(ActionKind::AdapterExecution);
    call.request.requested_capabilities = vec!["mail".to_owned()];
    assert_eq!(policy.evaluate(&call).effect, Effect::Allow);
    call.request.requested_capabilities.push("shell".to_owned());
    assert_eq!(policy.evaluate(&call).effect, Effect::Deny);
    for kind in ActionKind::ALL {
        assert!(cedar_schema().contains(&format!("action {} appliesTo", kind.name())));
    }
    assert!(!cedar_schema().contains("predicates"));
}
