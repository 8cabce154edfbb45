//! What cannot be read is refused, with the place and the reason.

use clasper_policy::{CompiledBundle, PackError, parse_pack, rules_from_yaml};
use serde_json::{Value, json};

use crate::world::{bundle, cedar_source, faults, rule_source};

fn rule(change: impl FnOnce(&mut Value)) -> Value {
    let mut rule = json!({
        "policy_id": "p", "subject": { "type": "tool", "name": "exec" }, "conditions": {},
        "effect": { "decision": "allow" },
    });
    change(&mut rule);
    rule
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one table of faults and their places"
)]
fn a_rule_with_anything_unknown_is_refused_at_its_place() {
    let check = |pointer: &str, change: &dyn Fn(&mut Value)| {
        let found = faults(vec![rule_source(rule(change))]);
        assert!(
            found
                .iter()
                .all(|fault| fault.policy_id == "p" && !fault.detail.is_empty())
        );
        let pointers: Vec<_> = found.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer]);
    };
    let condition = |name: &'static str, value: Value| {
        move |rule: &mut Value| rule["conditions"][name] = value.clone()
    };
    check("/toool", &|rule| rule["toool"] = "exec".into());
    check("/scope/tenant", &|rule| {
        rule["scope"] = json!({ "tenant": "x" });
    });
    check("/subject", &|rule| {
        rule.as_object_mut().expect("object").remove("subject");
    });
    check("/subject/type", &|rule| {
        rule["subject"]["type"] = "tol".into();
    });
    check("/subject/names", &|rule| {
        rule["subject"]["names"] = "x".into();
    });
    check("/subject/name", &|rule| {
        rule["subject"]["name"] = "--clasper_probe".into();
    });
    check("/subject/name", &|rule| {
        rule["subject"] = json!({ "type": "cost", "name": "x" });
    });
    check("/effect/decision", &|rule| {
        rule["effect"]["decision"] = "permit".into();
    });
    check("/effect/approval", &|rule| {
        rule["effect"]["approval"] = json!({});
    });
    check("/effect/approval/quorum", &|rule| {
        rule["effect"] = json!({ "decision": "require_approval", "approval": { "quorum": 0 } });
    });
    check("/precedence", &|rule| rule["precedence"] = json!(1.5));
    check("/enabled", &|rule| rule["enabled"] = "yes".into());
    check("/conditions/toool", &condition("toool", json!("exec")));
    check(
        "/conditions/context~1exec",
        &condition("context/exec", json!("x")),
    );
    check(
        "/conditions/context.exec.argv1",
        &condition("context.exec.argv1", json!("x")),
    );
    check(
        "/conditions/context/exec/argv1",
        &condition("context", json!({ "exec": { "argv1": "x" } })),
    );
    check(
        "/conditions/context.__proto__.x",
        &condition("context.__proto__.x", json!(1)),
    );
    check(
        "/conditions/tool_group/equals",
        &condition("tool_group", json!({ "equals": "x" })),
    );
    check(
        "/conditions/tool_group",
        &condition("tool_group", json!({ "eq": "x", "prefix": "x" })),
    );
    check(
        "/conditions/tool_group",
        &condition("tool_group", json!({})),
    );
    check(
        "/conditions/tool_group",
        &condition("tool_group", json!(["x"])),
    );
    check("/conditions/tool_group", &condition("tool_group", json!(1)));
    check(
        "/conditions/tool_group/in",
        &condition("tool_group", json!({ "in": [] })),
    );
    check(
        "/conditions/tool_group/in/1",
        &condition("tool_group", json!({ "in": ["a", 2] })),
    );
    check(
        "/conditions/tool_group/exists",
        &condition("tool_group", json!({ "exists": false })),
    );
    check(
        "/conditions/tool_group/all_under",
        &condition("tool_group", json!({ "all_under": ["/"] })),
    );
    check(
        "/conditions/context.writes_files",
        &condition("context.writes_files", json!("true")),
    );
    check(
        "/conditions/context.writes_files/prefix",
        &condition("context.writes_files", json!({ "prefix": "t" })),
    );
    check(
        "/conditions/context.targets.paths/all_under/0",
        &condition("context.targets.paths", json!({ "all_under": ["work"] })),
    );
    check(
        "/conditions/context.targets.paths/all_under",
        &condition("context.targets.paths", json!({ "all_under": [] })),
    );
    check(
        "/conditions/context.targets.paths/any_under",
        &condition("context.targets.paths", json!({ "any_under": "{{home}}" })),
    );
    check(
        "/conditions/resource",
        &condition("resource", json!("{{tenant.id")),
    );
    check(
        "/conditions/tool/in/0",
        &condition("tool", json!({ "in": ["__clasper_x"] })),
    );
    check("/conditions/max_cost", &condition("max_cost", json!(-1)));
    check(
        "/conditions/estimated_cost",
        &condition("estimated_cost", json!(1)),
    );
    check(
        "/conditions/risk_score",
        &condition("risk_score", json!(1.5)),
    );
}

#[test]
fn one_value_may_not_be_limited_twice() {
    let twice = rule(|rule| {
        rule["conditions"] =
            json!({ "context.exec.argv0": "ls", "context": { "exec": { "argv0": "rm" } } });
    });
    assert_eq!(
        faults(vec![rule_source(twice)])[0].pointer,
        "/conditions/context/exec/argv0"
    );
}

#[test]
fn every_fault_of_a_bundle_is_reported() {
    let first = rule(|rule| rule["toool"] = 1.into());
    let mut second = rule(|rule| rule["enabledd"] = 1.into());
    second["policy_id"] = "q".into();
    let found = faults(vec![
        rule_source(first.clone()),
        rule_source(second),
        rule_source(first),
    ]);
    let ids: Vec<_> = found
        .iter()
        .map(|fault| (fault.policy_id.as_str(), fault.pointer.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            ("p", "/toool"),
            ("q", "/enabledd"),
            ("p", "/policy_id"),
            ("p", "/toool")
        ]
    );
}

#[test]
fn a_rule_for_another_scope_than_its_bundles_is_refused() {
    let mut source = bundle(vec![rule_source(rule(|rule| {
        rule["scope"] = json!({ "workspace_id": "a" });
    }))]);
    source.scope.workspace = Some("b".to_owned());
    let found = CompiledBundle::compile(&source).expect_err("refused");
    assert_eq!(found[0].pointer, "/scope/workspace_id");
}

#[test]
fn a_cedar_policy_that_is_wrong_is_refused_with_its_line() {
    let check = |text: &str, line: Option<usize>, part: &str| {
        let found = faults(vec![cedar_source("p", text)]);
        assert_eq!(
            (found[0].pointer.as_str(), found[0].line),
            ("/cedar", line),
            "{found:?}"
        );
        assert!(found[0].detail.contains(part), "{found:?}");
    };
    check("permit(principal,\n action,\n resource", Some(3), "");
    check(
        "permit(principal, action, resource)\nwhen { context.toool == \"x\" };",
        Some(2),
        "toool",
    );
    check(
        "permit(principal, action, resource)\nwhen { context.tool == \"x\" };",
        Some(2),
        "tool",
    );
    check(
        "permit(principal, action == Action::\"fly\", resource);",
        Some(1),
        "fly",
    );
    check(
        "permit(principal is Robot, action, resource);",
        Some(1),
        "Robot",
    );
    check(
        "permit(principal, action, resource); permit(principal, action, resource);",
        Some(1),
        "",
    );
    check(
        "permit(principal == ?principal, action, resource);",
        Some(1),
        "",
    );
    check(
        "@role(\"x\") permit(principal, action, resource);",
        None,
        "@role",
    );
    check(
        "@id(\"other\") permit(principal, action, resource);",
        None,
        "@id",
    );
    check(
        "@require_approval(\"viewer\") permit(principal, action, resource);",
        None,
        "@require_approval",
    );
    check(
        "@require_approval(\"admin\") @quorum(\"0\") permit(principal, action, resource);",
        None,
        "@quorum",
    );
    check(
        "@require_approval(\"admin\") @expires_in(\"soon\") permit(principal, action, resource);",
        None,
        "@expires_in",
    );
    check(
        "@quorum(\"2\") permit(principal, action, resource);",
        None,
        "@quorum",
    );
    check(
        "@require_approval(\"admin\") forbid(principal, action, resource);",
        None,
        "forbid",
    );
    check(
        "permit(principal, action, resource == Tool::\"shell_exec\");",
        None,
        "shell.exec",
    );
    check(
        "permit(principal, action, resource) when { context has tool && [\"web_search\"].contains(context.tool) };",
        None,
        "web.search",
    );
}

#[test]
fn a_pack_file_that_is_wrong_is_refused() {
    let entry = |text: &str| match parse_pack(text) {
        Err(PackError::Entry { pointer, .. }) => pointer,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        entry("{name: a, description: b, policies: [{cedar: x}]}"),
        "/policies/0"
    );
    assert_eq!(
        entry("{name: a, description: b, policies: [{policy_id: x, cedar: y, enabled: false}]}"),
        "/policies/0"
    );
    assert!(matches!(
        parse_pack("{name: a, description: b, policies: [], extra: 1}"),
        Err(PackError::Yaml(_))
    ));
    assert!(matches!(
        rules_from_yaml("a: 1\na: 2"),
        Err(PackError::Yaml(_))
    ));
}
