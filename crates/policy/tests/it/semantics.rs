//! What rules mean, case by case.

use clasper_core::{Role, WorkspaceId};
use clasper_policy::{Effect, EffectivePolicy, PostureStatus, Reason, condition_fields, posture};
use serde_json::{Value, json};

use crate::world::{compile, deny_overrides, exec, rules, tool_call, with_packs};

#[expect(
    clippy::needless_pass_by_value,
    reason = "every call makes its conditions in place"
)]
fn rule(id: &str, decision: &str, conditions: Value) -> Value {
    json!({
        "policy_id": id, "subject": { "type": "tool", "name": "exec" }, "conditions": conditions,
        "effect": { "decision": decision },
    })
}

fn with(mut rule: Value, key: &str, value: Value) -> Value {
    rule[key] = value;
    rule
}

#[test]
fn precedence_then_specificity_then_strictness_decide() {
    let workspace = json!({ "workspace_id": "main" });
    let environment = json!({ "environment": "prod" });
    let both = json!({ "workspace_id": "main", "environment": "prod" });
    let mut call = tool_call("exec");
    call.server.environment = Some("prod".to_owned());
    let check = |first: Value, second: Value| {
        let evaluation = rules([second, first]).evaluate(&call);
        assert_eq!(evaluation.winner.as_deref(), Some("first"));
        assert_eq!(evaluation.matched[0].policy_id, "first");
        assert_eq!(evaluation.matched.len(), 2);
    };
    let allow = || rule("first", "allow", json!({}));
    let deny = || rule("second", "deny", json!({}));
    check(with(allow(), "precedence", json!(1)), deny());
    check(with(allow(), "scope", workspace.clone()), deny());
    check(
        with(allow(), "scope", workspace.clone()),
        with(deny(), "scope", environment.clone()),
    );
    check(with(allow(), "scope", environment), deny());
    check(
        with(allow(), "scope", both),
        with(deny(), "scope", workspace),
    );
    check(
        rule("first", "deny", json!({})),
        rule("second", "require_approval", json!({})),
    );
    check(
        rule("first", "require_approval", json!({})),
        rule("second", "allow", json!({})),
    );
}

#[test]
fn deny_overrides_ignores_precedence_and_is_a_floor_for_other_bundles() {
    let allow = || with(rule("a", "allow", json!({})), "precedence", json!(9));
    let floor = compile(&deny_overrides([allow(), rule("d", "deny", json!({}))]));
    let alone = EffectivePolicy::new(vec![floor.clone()]).evaluate(&tool_call("exec"));
    assert_eq!(
        (alone.effect, alone.winner.as_deref()),
        (Effect::Deny, Some("d"))
    );
    let ordered = compile(&crate::world::bundle(vec![crate::world::rule_source(
        with(allow(), "policy_id", json!("top")),
    )]));
    let evaluation = EffectivePolicy::new(vec![ordered, floor]).evaluate(&tool_call("exec"));
    assert_eq!(
        (evaluation.effect, evaluation.winner.as_deref()),
        (Effect::Deny, Some("d"))
    );
    assert_eq!(evaluation.matched.len(), 3);
}

#[test]
fn a_bundle_is_in_force_in_its_scope_only() {
    let mut source = crate::world::bundle(vec![crate::world::rule_source(rule(
        "a",
        "allow",
        json!({}),
    ))]);
    source.members.push(crate::world::cedar_source(
        "c",
        "permit(principal, action, resource);",
    ));
    source.scope.workspace = Some("main".to_owned());
    let policy = EffectivePolicy::new(vec![compile(&source)]);
    let mut call = tool_call("exec");
    assert_eq!(policy.evaluate(&call).matched.len(), 2);
    call.server.workspace = WorkspaceId::new("other").ok();
    assert_eq!(policy.evaluate(&call).reason, Reason::NoMatch);
    call.server.workspace = None;
    assert_eq!(policy.evaluate(&call).reason, Reason::NoMatch);
}

#[test]
fn nothing_matching_denies() {
    let evaluation = EffectivePolicy::new(Vec::new()).evaluate(&tool_call("exec"));
    assert_eq!(
        (evaluation.effect, evaluation.reason, evaluation.winner),
        (Effect::Deny, Reason::NoMatch, None)
    );
}

#[test]
fn tools_are_compared_in_one_normal_form() {
    for (written, called) in [
        ("shell_exec", "shell.exec"),
        ("shell.exec", "shell-exec"),
        ("shell-exec", "shell_exec"),
    ] {
        let subject = json!({ "type": "tool", "name": written });
        let by_subject = rules([with(rule("p", "allow", json!({})), "subject", subject)]);
        let any = with(
            rule("p", "allow", json!({ "tool": { "in": [written] } })),
            "subject",
            json!({ "type": "tool" }),
        );
        for policy in [by_subject, rules([any])] {
            assert_eq!(policy.evaluate(&tool_call(called)).effect, Effect::Allow);
            let found = posture(&policy, &tool_call(called), &[called]);
            assert_eq!(
                (found.status, found.covered_tools),
                (PostureStatus::Enforced, vec!["shell.exec".to_owned()])
            );
        }
    }
}

#[test]
fn a_list_must_pass_whole_to_allow_and_in_part_to_restrict() {
    let hosts = json!({ "context.targets.hosts": { "in": ["a", "b"] } });
    let mut call = tool_call("exec");
    let mut check = |hosts_called: &[&str], allowed: bool, denied: bool| {
        call.request.context.targets.hosts = hosts_called.iter().map(ToString::to_string).collect();
        let matches = |decision| {
            !rules([rule("p", decision, hosts.clone())])
                .evaluate(&call)
                .matched
                .is_empty()
        };
        assert_eq!(
            (matches("allow"), matches("deny")),
            (allowed, denied),
            "{hosts_called:?}"
        );
    };
    check(&["a"], true, true);
    check(&["a", "b"], true, true);
    check(&["a", "c"], false, true);
    check(&["c"], false, false);
    check(&[], false, false);
}

#[test]
fn a_path_that_cannot_be_known_restricts_and_never_allows() {
    let under = json!({ "context.targets.paths": { "any_under": "/etc" } });
    let matches = |decision, path| {
        !rules([rule("p", decision, under.clone())])
            .evaluate(&exec("cat", &[path]))
            .matched
            .is_empty()
    };
    for (path, allowed, denied) in [
        ("/etc/x", true, true),
        ("~/x", false, true),
        ("/work/x", false, false),
        ("../etc/x", true, true),
    ] {
        assert_eq!(
            (matches("allow", path), matches("deny", path)),
            (allowed, denied),
            "{path}"
        );
    }
}

#[test]
fn an_absent_value_never_makes_an_allow_match() {
    for (name, _) in condition_fields() {
        let always = [
            "action_kind",
            "tenant_id",
            "two_layer_permission",
            "workspace_id",
            "tool",
            "action",
        ];
        if always.contains(&name) {
            continue;
        }
        let policy = rules([rule("p", "allow", json!({ name: { "exists": true } }))]);
        assert_eq!(
            policy.evaluate(&tool_call("exec")).effect,
            Effect::Deny,
            "{name}"
        );
    }
    for bound in [json!({ "max_cost": 5 }), json!({ "min_cost": 0 })] {
        assert_eq!(
            rules([rule("p", "allow", bound)])
                .evaluate(&tool_call("exec"))
                .effect,
            Effect::Deny
        );
    }
    for kind in ["adapter", "agent", "skill", "environment", "risk"] {
        let nameless = |decision| {
            with(
                rule("p", decision, json!({})),
                "subject",
                json!({ "type": kind }),
            )
        };
        assert!(
            rules([nameless("allow")])
                .evaluate(&tool_call("exec"))
                .matched
                .is_empty(),
            "{kind}"
        );
        assert_eq!(
            rules([nameless("deny")])
                .evaluate(&tool_call("exec"))
                .matched
                .len(),
            1,
            "{kind}"
        );
    }
}

#[test]
fn action_resource_and_actor_are_evaluated() {
    let policy = rules([
        rule(
            "prod",
            "deny",
            json!({ "resource": { "prefix": "prod_" }, "actor": "bob", "action": "db.drop" }),
        ),
        with(rule("rest", "allow", json!({})), "precedence", json!(-1)),
    ]);
    let mut call = tool_call("exec");
    call.request.resource = Some("prod_users".to_owned());
    call.request.actor = Some("bob".to_owned());
    call.request.action = Some("db_drop".to_owned());
    assert_eq!(policy.evaluate(&call).winner.as_deref(), Some("prod"));
    call.request.resource = Some("test_users".to_owned());
    assert_eq!(policy.evaluate(&call).winner.as_deref(), Some("rest"));
}

#[test]
fn every_condition_and_the_combining_are_in_the_hash() {
    let base = rule(
        "p",
        "allow",
        json!({ "intent": "a", "context": { "exec": { "cwd": "/a" } } }),
    );
    let hash = |rule: Value| rules([rule]).bundle_hash();
    let dotted = rule(
        "p",
        "allow",
        json!({ "context.exec.cwd": { "eq": "/a" }, "intent": { "eq": "a" } }),
    );
    assert_eq!(hash(base.clone()), hash(dotted));
    for changed in [
        rule(
            "p",
            "allow",
            json!({ "intent": "b", "context.exec.cwd": "/a" }),
        ),
        rule(
            "p",
            "allow",
            json!({ "intent": "a", "context.exec.cwd": { "prefix": "/a" } }),
        ),
        rule("p", "allow", json!({ "intent": "a" })),
        with(base.clone(), "explanation", json!("x")),
        with(base.clone(), "enabled", json!(false)),
        with(base.clone(), "precedence", json!(1)),
        with(base.clone(), "scope", json!({ "environment": "prod" })),
    ] {
        assert_ne!(hash(base.clone()), hash(changed.clone()), "{changed}");
    }
    let strict = compile(&deny_overrides([base.clone()]));
    assert_ne!(hash(base), strict.bundle_hash());
}

#[test]
fn approval_terms_come_from_the_rule_or_are_the_defaults() {
    let terms = |effect: Value| {
        let evaluation = rules([with(rule("p", "allow", json!({})), "effect", effect)])
            .evaluate(&tool_call("exec"));
        evaluation.approval.expect("approval")
    };
    let plain = terms(json!({ "decision": "require_approval" }));
    assert_eq!(
        (plain.role, plain.quorum, plain.expires_in_secs),
        (Role::ReleaseManager, 1, 3600)
    );
    let named = terms(
        json!({ "decision": "require_approval", "approval": { "role": "admin", "quorum": 2, "expires_in": "2h", "escalate_after": "30m", "reason": "money" } }),
    );
    assert_eq!(
        (
            named.role,
            named.quorum,
            named.expires_in_secs,
            named.escalate_after_secs
        ),
        (Role::Admin, 2, 7200, Some(1800))
    );
}

#[test]
fn explain_names_what_would_have_to_change() {
    let policy = with_packs(&["openclaw-default"]);
    let explanation = policy.explain(&exec("ls", &["/etc/passwd"]));
    assert_eq!(explanation.evaluation.effect, Effect::RequireApproval);
    let nearest = explanation.nearest_allow.expect("a rule that allows");
    assert_eq!(
        (nearest.policy_id.as_str(), nearest.outweighed_by),
        ("openclaw-allow-exec-listing", None)
    );
    let failing = serde_json::to_value(&nearest.failing).expect("JSON");
    assert_eq!(
        failing,
        json!([{
            "field": "context.targets.paths", "operator": "all_under", "expected": ["{{workspace.root}}"],
            "actual": ["/etc/passwd"], "result": false,
        }])
    );
    let denied = with_packs(&["openclaw-default"]).explain(&tool_call("delete"));
    assert_eq!(
        denied.evaluation.matched[0].policy_id,
        "openclaw-deny-delete"
    );
    let trace = serde_json::to_value(&denied.decision_trace).expect("JSON");
    let entry = trace
        .as_array()
        .expect("a list")
        .iter()
        .find(|entry| entry["policy_id"] == "openclaw-deny-delete");
    assert_eq!(
        entry.expect("an entry"),
        &json!({
            "policy_id": "openclaw-deny-delete", "result": "matched", "decision": "deny",
            "explanation": "Deleting is switched off.",
            "condition_details": [{ "field": "subject.tool", "operator": "eq", "expected": "delete", "actual": "delete", "result": true }],
        })
    );
}

/// Flaw A20 of the reference: a fallback that did not match counted as one.
#[test]
fn posture_is_what_evaluation_says() {
    let picky = with(
        rule("p", "deny", json!({ "intent": "x" })),
        "subject",
        json!({ "type": "tool" }),
    );
    let found = posture(&rules([picky]), &tool_call(""), &["exec", "read_file"]);
    assert_eq!(
        (found.status, found.fallback_present),
        (PostureStatus::Degraded, false)
    );
    assert_eq!(found.uncovered_tools, ["exec", "read.file"]);
    let found = posture(
        &with_packs(&["openclaw-default"]),
        &tool_call(""),
        &["exec", "unheard_of"],
    );
    assert_eq!(
        (found.status, found.fallback_present),
        (PostureStatus::Enforced, true)
    );
    let found = posture(&EffectivePolicy::new(Vec::new()), &tool_call(""), &["exec"]);
    assert_eq!(found.status, PostureStatus::Disabled);
}
