//! What the audit entries of bundles say.

use clasper_core::BundleId;
use serde::Serialize;

use crate::bundle::{BundleSource, Combining, CompiledBundle};

#[derive(Serialize)]
pub(super) struct Detail<'a> {
    bundle_id: String,
    name: &'a str,
    workspace_id: Option<&'a str>,
    environment: Option<&'a str>,
    combining: Combining,
    policies: usize,
    policy_bundle_hash: String,
    activated: bool,
    edit: Option<&'a str>,
    policy_id: Option<&'a str>,
}

/// How a bundle comes to be saved.
pub(super) struct Change<'a> {
    /// The revision it was made on.
    pub(super) expected: Option<i64>,
    /// Whether it takes its slot at once.
    pub(super) activate: bool,
    /// What was done to one policy.
    pub(super) edit: Option<&'a str>,
    /// Which one.
    pub(super) policy_id: Option<&'a str>,
}

pub(super) fn detail<'a>(
    id: BundleId,
    source: &'a BundleSource,
    compiled: &CompiledBundle,
    activated: bool,
    edit: Option<&'a str>,
    policy_id: Option<&'a str>,
) -> Detail<'a> {
    Detail {
        bundle_id: id.to_string(),
        name: &source.name,
        workspace_id: source.scope.workspace.as_deref(),
        environment: source.scope.environment.as_deref(),
        combining: source.combining,
        policies: source.members.len(),
        policy_bundle_hash: compiled.bundle_hash().to_string(),
        activated,
        edit,
        policy_id,
    }
}
