//! Policies as they are sent.

use clasper_api_types::PolicyRecordView;
use clasper_core::{TenantId, Timestamp};
use clasper_policy::{ActiveBundle, BundleRecord, PolicySource};
use serde_json::Value;

/// Every policy of a bundle in force.
pub(crate) fn policies<'a>(
    tenant: &'a TenantId,
    active: &'a ActiveBundle,
) -> impl Iterator<Item = PolicyRecordView> + 'a {
    let members = active.bundle.source.members.iter();
    members.map(|policy| record(tenant, &active.bundle, active.activated_at, policy))
}

/// The policy of this id in a bundle that was just put in force.
pub(super) fn of_id(
    tenant: &TenantId,
    bundle: &BundleRecord,
    policy_id: &str,
) -> Option<PolicyRecordView> {
    let mut members = bundle.source.members.iter();
    let policy = members.find(|policy| policy.policy_id() == policy_id)?;
    Some(record(tenant, bundle, bundle.created_at, policy))
}

fn record(
    tenant: &TenantId,
    bundle: &BundleRecord,
    since: Timestamp,
    policy: &PolicySource,
) -> PolicyRecordView {
    let source = &bundle.source;
    let mut view = PolicyRecordView {
        policy_id: policy.policy_id().to_owned(),
        kind: "cedar".to_owned(),
        version: 0,
        tenant_id: tenant.clone(),
        workspace_id: source.scope.workspace.clone(),
        environment: source.scope.environment.clone(),
        bundle: source.name.clone(),
        bundle_id: bundle.id,
        enabled: true,
        precedence: 0,
        subject: None,
        conditions: None,
        effect: None,
        explanation: None,
        cedar: None,
        created_at: bundle.created_at.into(),
        updated_at: since.into(),
    };
    match policy {
        PolicySource::Cedar { version, text, .. } => {
            view.version = *version;
            view.cedar = Some(text.clone());
        }
        PolicySource::Rule { version, rule, .. } => {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let scope = |name: &str| rule.get("scope").and_then(|s| s.get(name)).and_then(text);
            "rule".clone_into(&mut view.kind);
            view.version = *version;
            view.workspace_id = scope("workspace_id").or(view.workspace_id);
            view.environment = scope("environment").or(view.environment);
            view.enabled = rule.get("enabled") != Some(&Value::Bool(false));
            let precedence = rule.get("precedence").and_then(Value::as_i64);
            view.precedence = precedence.unwrap_or(0);
            view.subject = rule.get("subject").cloned();
            view.conditions = rule.get("conditions").cloned();
            view.effect = rule.get("effect").cloned();
            view.explanation = rule.get("explanation").and_then(text);
        }
    }
    view
}
