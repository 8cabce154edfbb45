//! Index, sieve and Cedar agree, and what rules are compiled to is valid Cedar.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::{Policy, PolicySet, Request, Schema, ValidationMode, Validator};
use clasper_core::TenantId;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::context::{ActionKind, PolicyContext, Principal, PrincipalKind};
use crate::effective::EffectivePolicy;
use crate::request::Engine;
use crate::schema::schema;
use crate::view::View;
use crate::{BundleSource, CompiledBundle, PolicySource};

fn condition() -> impl Strategy<Value = (String, Value)> {
    let word = || prop::sample::select(vec!["exec", "shell_run", "a", "ab", "é*\"\\\n", "main"]);
    let root = || {
        prop::sample::select(vec![
            "/",
            "/a",
            "/a/b",
            "{{workspace.root}}",
            "{{workspace.root}}/b/",
            "{{workspace.root}}/../a",
        ])
    };
    let field = prop::sample::select(vec![
        "tool",
        "tool_group",
        "context.exec.argv0",
        "resource",
        "agent_role",
        "workspace_id",
    ]);
    let list = prop::sample::select(vec![
        "context.targets.hosts",
        "context.exec.argv",
        "capability",
    ]);
    let paths = prop::sample::select(vec!["context.targets.paths", "context.exec.cwd"]);
    let textual = prop_oneof![field, list];
    prop_oneof![
        (textual.clone(), word()).prop_map(|(f, w)| (f.to_owned(), json!(w))),
        (textual.clone(), word(), word())
            .prop_map(|(f, a, b)| (f.to_owned(), json!({"in": [a, b]}))),
        (textual.clone(), word()).prop_map(|(f, w)| (f.to_owned(), json!({"prefix": w}))),
        textual.prop_map(|f| (f.to_owned(), json!({"exists": true}))),
        (paths.clone(), root(), root())
            .prop_map(|(f, a, b)| (f.to_owned(), json!({"all_under": [a, b]}))),
        (paths, root()).prop_map(|(f, a)| (f.to_owned(), json!({"any_under": a}))),
        any::<bool>().prop_map(|flag| ("context.writes_files".to_owned(), json!(flag))),
        (0..3_u8).prop_map(|cents| ("max_cost".to_owned(), json!(format!("0.0{cents}")))),
        (0..3_u8).prop_map(|score| ("risk_score".to_owned(), json!({"in": [score, 7]}))),
    ]
}

fn rule(number: usize) -> impl Strategy<Value = PolicySource> {
    let effect = prop::sample::select(vec!["allow", "deny", "require_approval"]);
    let conditions = prop::collection::vec(condition(), 0..3);
    (effect, conditions, -1..2_i64).prop_map(move |(effect, conditions, precedence)| {
        let policy_id = format!("p{number}");
        let conditions: serde_json::Map<_, _> = conditions.into_iter().collect();
        PolicySource::Rule {
            rule: json!({
                "policy_id": policy_id, "subject": { "type": "agent" }, "conditions": conditions,
                "effect": { "decision": effect }, "precedence": precedence,
            }),
            policy_id,
            version: 1,
        }
    })
}

const CEDAR: [&str; 7] = [
    "permit(principal, action == Action::\"tool_call\", resource == Tool::\"exec\");",
    "forbid(principal is User, action, resource) when { context has exec_argv0 && context.exec_argv0 == \"a\" };",
    "permit(principal == Adapter::\"x\", action in [Action::\"model_call\", Action::\"tool_call\"], resource) unless { context.two_layer_permission };",
    "@require_approval(\"admin\") permit(principal, action, resource) when { context has tool_group && \"ab\" == context.tool_group && context has risk_score && context.risk_score * 4611686018427387904 > 0 };",
    "permit(principal, action, resource) when { context has risk_score && context.risk_score * 4611686018427387904 > 0 } when { context has tool_group && context.tool_group == \"ab\" };",
    "permit(principal, action, resource is Tool) when { context has target_paths_under && context.target_paths_under.contains(\"/a\") };",
    "forbid(principal, action, resource) when { context has target_paths_touch && context.target_paths_touch.contains(\"/a/b\") };",
];

fn cedar() -> impl Strategy<Value = Vec<PolicySource>> {
    prop::sample::subsequence((0..CEDAR.len()).collect::<Vec<_>>(), 0..4).prop_map(|chosen| {
        let source = |number: usize| PolicySource::Cedar {
            policy_id: format!("c{number}"),
            version: 1,
            text: CEDAR[number].to_owned(),
        };
        chosen.into_iter().map(source).collect()
    })
}

fn context() -> impl Strategy<Value = PolicyContext> {
    let words = vec![
        "exec",
        "shell.run",
        "a",
        "ab",
        "abc",
        "é*\"\\\nx",
        "main",
        "",
    ];
    let word =
        move || prop::option::of(prop::sample::select(words.clone()).prop_map(str::to_owned));
    let list = |items: Vec<&'static str>| {
        prop::collection::vec(prop::sample::select(items).prop_map(str::to_owned), 0..3)
    };
    let paths = list(vec!["/a", "/a/b/c", "/ab", "b", "../x", "~", "/"]);
    let flags = (
        prop::option::of(any::<bool>()),
        any::<bool>(),
        prop::option::of(0..4_u8),
    );
    let kinds = (
        prop::sample::select(ActionKind::ALL.to_vec()),
        prop::sample::select(PrincipalKind::ALL.to_vec()),
    );
    let words = (word(), word(), word(), word(), word(), word());
    (kinds, words, paths, list(vec!["a", "ab", "exec"]), flags).prop_map(
        |(
            (action, kind),
            (tool, group, argv0, resource, role, cwd),
            paths,
            hosts,
            (writes, both, score),
        )| {
            let tenant = TenantId::new("acme").expect("a name");
            let principal = Principal {
                kind,
                id: "x".to_owned(),
            };
            let mut context = PolicyContext::new(action, tenant, principal);
            context.server.two_layer_permission = both;
            context.server.risk_score = score;
            context.server.permissions = BTreeSet::from(["agent:run".to_owned()]);
            context.server.estimated_cost =
                score.and_then(|cents| format!("0.0{cents}").parse().ok());
            context.server.values.workspace_root = Some(if both { "/a/" } else { "/" }.to_owned());
            let request = &mut context.request;
            (
                request.tool,
                request.tool_group,
                request.resource,
                request.agent_role,
            ) = (tool, group, resource, role);
            request.requested_capabilities.clone_from(&hosts);
            request.context.exec.argv0 = argv0;
            request.context.exec.cwd = cwd.map(|cwd| format!("/{cwd}"));
            request.context.writes_files = writes;
            request.context.targets.paths = paths;
            request.context.targets.hosts = hosts;
            context
        },
    )
}

fn policy(members: Vec<PolicySource>) -> EffectivePolicy {
    let source = BundleSource {
        members,
        ..BundleSource::default()
    };
    EffectivePolicy::new(vec![Arc::new(
        CompiledBundle::compile(&source).expect("compiles"),
    )])
}

fn rules() -> impl Strategy<Value = Vec<PolicySource>> {
    (0..8_usize).prop_flat_map(|count| (0..count).map(rule).collect::<Vec<_>>())
}

proptest! {
    // Each case compiles many policies; the differential test outside has the volume.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_the_index_finds_is_what_cedar_finds_in_all_policies(
        rules in rules(), cedar in cedar(), contexts in prop::collection::vec(context(), 1..12)
    ) {
        let policy = policy(rules.into_iter().chain(cedar).collect());
        for context in contexts {
            let found = policy.evaluate(&context);
            let all = policy.evaluate_by_cedar_alone(&context);
            // Several policies may fail; which one is named is not part of the decision.
            prop_assert_eq!((found.effect, found.reason, &found.winner, &found.approval, &found.matched), (all.effect, all.reason, &all.winner, &all.approval, &all.matched));
        }
    }

    #[test]
    fn rules_become_valid_cedar(rules in rules()) {
        let (schema, _) = Schema::from_cedarschema_str(&schema(true)).expect("the schema parses");
        let validator = Validator::new(schema);
        for (_, text) in policy(rules).bundles()[0].cedar_texts() {
            let policy = Policy::parse(None, text).expect("parses");
            let set = PolicySet::from_policies([policy]).expect("a set");
            let result = validator.validate(&set, ValidationMode::Strict);
            prop_assert!(result.validation_passed(), "{}\n{}", text, result);
        }
    }

    #[test]
    fn every_request_fits_the_schema(context in context()) {
        let (schema, _) = Schema::from_cedarschema_str(&schema(true)).expect("the schema parses");
        let view = View::new(&context);
        let request = Engine::new().request(&view, u64::MAX, ["x"].into_iter()).expect("a request");
        let checked = Request::new(
            request.principal().expect("known").clone(),
            request.action().expect("known").clone(),
            request.resource().expect("known").clone(),
            request.context().expect("known").clone(),
            Some(&schema),
        );
        prop_assert!(checked.is_ok(), "{:?}", checked.err());
    }
}
