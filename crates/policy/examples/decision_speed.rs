//! Measures one decision in process: `cargo run --release -p clasper-policy --example decision_speed`.

use std::sync::Arc;
use std::time::Instant;

use clasper_core::TenantId;
use clasper_policy::{
    ActionKind, BundleSource, CompiledBundle, Effect, EffectivePolicy, PolicyContext, PolicySource,
    Principal, PrincipalKind,
};
use serde_json::{Value, json};

const ROUNDS: usize = 20_000;

fn rule(number: usize, subject: &str, conditions: &Value) -> PolicySource {
    let id = format!("rule-{number}");
    let decision = ["allow", "deny", "require_approval"][number % 3];
    PolicySource::Rule {
        rule: json!({
            "policy_id": id, "subject": { "type": "tool", "name": subject }, "conditions": conditions,
            "effect": { "decision": decision }, "precedence": number % 7,
        }),
        policy_id: id,
        version: 1,
    }
}

fn cedar(number: usize) -> PolicySource {
    let id = format!("cedar-{number}");
    PolicySource::Cedar {
        text: format!(
            "permit(principal, action == Action::\"tool_call\", resource) when {{ context has exec_argv0 && context.exec_argv0 == \"program{number}\" && context has tool_group && context.tool_group == \"runtime\" }};"
        ),
        policy_id: id,
        version: 1,
    }
}

/// Name, the policy of a number, and whether exactly the policy of the request's number matches.
type Distribution = (&'static str, fn(usize) -> PolicySource);

fn distributions() -> Vec<Distribution> {
    vec![
        ("all different tools", |n| {
            rule(n, &format!("tool{n}"), &json!({}))
        }),
        ("one tool, different argv0", |n| {
            rule(
                n,
                "exec",
                &json!({ "context.exec.argv0": format!("program{n}") }),
            )
        }),
        ("one tool, path prefixes", |n| {
            let roots = [format!("/work/area{n}"), format!("/srv/area{n}")];
            rule(
                n,
                "exec",
                &json!({ "context.targets.paths": { "all_under": roots } }),
            )
        }),
        ("one tool, templated paths", |n| {
            let root = format!("{{{{workspace.root}}}}/area{n}");
            rule(
                n,
                "exec",
                &json!({ "context.targets.paths": { "all_under": root } }),
            )
        }),
        ("one tool, cost bounds only", |n| {
            rule(n, "exec", &json!({ "max_cost": format!("0.{:04}", n + 1) }))
        }),
        ("one tool, all match", |n| {
            rule(n, "exec", &json!({ "tool_group": "runtime" }))
        }),
        ("Cedar, different argv0", cedar),
    ]
}

fn request(number: usize) -> PolicyContext {
    let tenant = TenantId::new("acme").expect("a name");
    let principal = Principal {
        kind: PrincipalKind::Adapter,
        id: "adapter-1".to_owned(),
    };
    let mut context = PolicyContext::new(ActionKind::ToolCall, tenant, principal);
    context.server.values.workspace_root = Some("/work".to_owned());
    context.server.estimated_cost = "0.05".parse().ok();
    let claims = &mut context.request;
    claims.tool_group = Some("runtime".to_owned());
    claims.context.exec.argv0 = Some(format!("program{number}"));
    claims.context.exec.cwd = Some("/work".to_owned());
    claims.context.targets.paths = vec![
        format!("/work/area{number}/src/main.rs"),
        format!("/work/area{number}/src/lib.rs"),
    ];
    context
}

fn measure(name: &str, count: usize, source: fn(usize) -> PolicySource) {
    let bundle = BundleSource {
        name: name.to_owned(),
        members: (0..count).map(source).collect(),
        ..BundleSource::default()
    };
    let started = Instant::now();
    let compiled = CompiledBundle::compile(&bundle).expect("compiles");
    let compile_ms = started.elapsed().as_millis();
    let policy = EffectivePolicy::new(vec![Arc::new(compiled)]);
    let contexts: Vec<_> = (0..count)
        .map(|number| {
            let mut context = request(number);
            let tool = if name.starts_with("all different") {
                format!("tool{number}")
            } else {
                "exec".to_owned()
            };
            context.request.tool = Some(tool);
            context
        })
        .collect();
    let mut nanos = Vec::with_capacity(ROUNDS);
    let mut allowed = 0;
    let mut matched = 0;
    for round in 0..ROUNDS {
        let context = &contexts[round * 7919 % count];
        let started = Instant::now();
        let evaluation = policy.evaluate(context);
        nanos.push(started.elapsed().as_nanos());
        allowed += usize::from(evaluation.effect == Effect::Allow);
        matched += evaluation.matched.len();
    }
    nanos.sort_unstable();
    let at = |percent: usize| nanos[ROUNDS * percent / 100] / 10;
    println!(
        "{count:>5} {name:<28} p50 {:>7}.{:02} µs  p99 {:>7}.{:02} µs  allowed {allowed:>5}  matches/request {}  compile {compile_ms} ms",
        at(50) / 100,
        at(50) % 100,
        at(99) / 100,
        at(99) % 100,
        matched / ROUNDS
    );
}

fn main() {
    for count in [32, 1000] {
        for (name, source) in distributions() {
            measure(name, count, source);
        }
    }
}
