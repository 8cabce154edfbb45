//! Bundles as they are sent.

use clasper_api_types::{BundlePolicyView, BundleView, CombiningName};
use clasper_policy::{BundleRecord, Combining, PolicySource};

/// A bundle without its policies.
pub(super) fn summary(bundle: &BundleRecord, active: bool) -> BundleView {
    let source = &bundle.source;
    BundleView {
        id: bundle.id,
        name: source.name.clone(),
        workspace_id: source.scope.workspace.clone(),
        environment: source.scope.environment.clone(),
        combining: combining(source.combining),
        policy_bundle_hash: bundle.hash.to_string(),
        policy_count: source.members.len(),
        created_by: bundle.created_by.clone(),
        created_at: bundle.created_at.into(),
        active,
        policies: None,
    }
}

/// A bundle with its policies.
pub(super) fn whole(bundle: &BundleRecord, active: bool) -> BundleView {
    let members = bundle.source.members.iter().map(policy);
    BundleView {
        policies: Some(members.collect()),
        ..summary(bundle, active)
    }
}

pub(super) const fn combining(combining: Combining) -> CombiningName {
    match combining {
        Combining::Precedence => CombiningName::Precedence,
        Combining::DenyOverrides => CombiningName::DenyOverrides,
    }
}

fn policy(policy: &PolicySource) -> BundlePolicyView {
    let (version, rule, cedar) = match policy {
        PolicySource::Rule { version, rule, .. } => (*version, Some(rule.clone()), None),
        PolicySource::Cedar { version, text, .. } => (*version, None, Some(text.clone())),
    };
    BundlePolicyView {
        policy_id: policy.policy_id().to_owned(),
        version,
        rule,
        cedar,
    }
}
