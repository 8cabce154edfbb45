//! Between rows and policies.

use clasper_core::{BundleId, canonical_json};
use clasper_entity::{policy_bundle, policy_version};
use clasper_policy::{BundleRecord, BundleScope, BundleSource, Combining, PolicySource};
use sea_orm::DbErr;

use crate::row::{self, corrupt, unspeakable};

const VERSIONS: &str = "policy_versions";
const BUNDLES: &str = "policy_bundles";

/// The kind and the stored text of a policy.
pub(crate) fn body(policy: &PolicySource) -> Result<(&'static str, String), DbErr> {
    match policy {
        PolicySource::Rule { rule, .. } => {
            let text = canonical_json(rule).map_err(unspeakable)?;
            Ok(("rule", text.into_string()))
        }
        PolicySource::Cedar { text, .. } => Ok(("cedar", text.clone())),
    }
}

/// A policy as it was saved.
pub(crate) fn policy(row: policy_version::Model) -> Result<PolicySource, DbErr> {
    let version = u32::try_from(row.version).map_err(|_| corrupt(VERSIONS, "version"))?;
    match row.kind.as_str() {
        "rule" => Ok(PolicySource::Rule {
            policy_id: row.policy_id,
            version,
            rule: serde_json::from_str(&row.body).map_err(|_| corrupt(VERSIONS, "body"))?,
        }),
        "cedar" => Ok(PolicySource::Cedar {
            policy_id: row.policy_id,
            version,
            text: row.body,
        }),
        _ => Err(corrupt(VERSIONS, "kind")),
    }
}

pub(crate) fn combining_name(combining: Combining) -> Result<String, DbErr> {
    let value = serde_json::to_value(combining).map_err(unspeakable)?;
    let name = value.as_str().map(str::to_owned);
    name.ok_or_else(|| unspeakable("a combining has no name"))
}

/// The ids and versions of a bundle's members.
pub(crate) fn members(row: &policy_bundle::Model) -> Result<Vec<(String, i64)>, DbErr> {
    serde_json::from_str(&row.members).map_err(|_| corrupt(BUNDLES, "members"))
}

/// A bundle as it was saved, with its policies.
pub(crate) fn bundle(
    row: policy_bundle::Model,
    policies: Vec<PolicySource>,
) -> Result<BundleRecord, DbErr> {
    let combining = serde_json::from_value(row.combining.as_str().into());
    Ok(BundleRecord {
        id: BundleId::from_uuid(row.bundle_id),
        hash: row::digest(&row.bundle_hash, BUNDLES, "bundle_hash")?,
        created_by: row.created_by,
        created_at: row::time(row.created_at),
        source: BundleSource {
            name: row.name,
            scope: BundleScope {
                workspace: row.workspace_id,
                environment: row.environment,
            },
            combining: combining.map_err(|_| corrupt(BUNDLES, "combining"))?,
            members: policies,
        },
    })
}
