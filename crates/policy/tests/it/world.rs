//! Contexts and bundles for the tests.

use std::sync::Arc;

use clasper_core::{TenantId, WorkspaceId};
use clasper_policy::{
    ActionKind, BundleSource, Combining, CompiledBundle, EffectivePolicy, PolicyContext,
    PolicyFault, PolicySource, Principal, PrincipalKind, pack,
};
use serde_json::Value;

pub fn context(kind: ActionKind) -> PolicyContext {
    let tenant = TenantId::new("acme").expect("a name");
    let principal = Principal {
        kind: PrincipalKind::Adapter,
        id: "adapter-1".to_owned(),
    };
    let mut context = PolicyContext::new(kind, tenant, principal);
    context.server.workspace = Some(WorkspaceId::new("main").expect("a name"));
    context.server.values.workspace_root = Some("/work".to_owned());
    context
}

pub fn tool_call(tool: &str) -> PolicyContext {
    let mut context = context(ActionKind::ToolCall);
    context.request.tool = Some(tool.to_owned());
    context
}

pub fn exec(argv0: &str, paths: &[&str]) -> PolicyContext {
    let mut context = tool_call("exec");
    context.request.tool_group = Some("runtime".to_owned());
    context.request.context.exec.argv0 = Some(argv0.to_owned());
    context.request.context.targets.paths = paths.iter().map(ToString::to_string).collect();
    context
}

pub fn rule_source(rule: Value) -> PolicySource {
    PolicySource::Rule {
        policy_id: rule["policy_id"].as_str().unwrap_or("unnamed").to_owned(),
        version: 1,
        rule,
    }
}

pub fn cedar_source(policy_id: &str, text: &str) -> PolicySource {
    PolicySource::Cedar {
        policy_id: policy_id.to_owned(),
        version: 1,
        text: text.to_owned(),
    }
}

pub fn bundle(members: Vec<PolicySource>) -> BundleSource {
    BundleSource {
        name: "test".to_owned(),
        members,
        ..BundleSource::default()
    }
}

pub fn compile(source: &BundleSource) -> Arc<CompiledBundle> {
    match CompiledBundle::compile(source) {
        Ok(bundle) => Arc::new(bundle),
        Err(faults) => panic!("{faults:#?}"),
    }
}

pub fn faults(members: Vec<PolicySource>) -> Vec<PolicyFault> {
    CompiledBundle::compile(&bundle(members)).expect_err("the bundle was accepted")
}

pub fn policy(members: Vec<PolicySource>) -> EffectivePolicy {
    EffectivePolicy::new(vec![compile(&bundle(members))])
}

pub fn rules(rules: impl IntoIterator<Item = Value>) -> EffectivePolicy {
    policy(rules.into_iter().map(rule_source).collect())
}

pub fn deny_overrides(rules: impl IntoIterator<Item = Value>) -> BundleSource {
    BundleSource {
        combining: Combining::DenyOverrides,
        ..bundle(rules.into_iter().map(rule_source).collect())
    }
}

pub fn with_packs(names: &[&str]) -> EffectivePolicy {
    let bundles = names.iter().map(|name| {
        let pack = pack(name).expect("a shipped pack");
        compile(&pack.to_bundle(clasper_policy::BundleScope::default()))
    });
    EffectivePolicy::new(bundles.collect())
}
