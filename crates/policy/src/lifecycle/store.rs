//! The port that keeps policies.

use async_trait::async_trait;
use clasper_core::{AuditEntry, BundleId, Sha256Digest, StoreError, TenantScope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bundle::{BundleScope, BundleSource};

/// The place that an active bundle takes: one bundle for each scope and name is in force at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// Only in this workspace.
    pub workspace: Option<String>,
    /// Only in this environment.
    pub environment: Option<String>,
    /// The bundle's name.
    pub name: String,
}

impl Slot {
    /// The slot that a bundle of this scope and name takes.
    #[must_use]
    pub fn of(scope: &BundleScope, name: &str) -> Self {
        Self {
            workspace: scope.workspace.clone(),
            environment: scope.environment.clone(),
            name: name.to_owned(),
        }
    }

    /// The stored form: a JSON list.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::json!([self.workspace, self.environment, self.name]).to_string()
    }
}

/// A bundle to be saved. Members that equal a stored version of their policy take that version's number; others become
/// the next version of theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct BundleDraft {
    /// Its id.
    pub id: BundleId,
    /// Its policies; the store sets their versions.
    pub source: BundleSource,
    /// Hash over the full text of all members.
    pub hash: Sha256Digest,
    /// Who saves it.
    pub created_by: String,
    /// Now.
    pub created_at: Timestamp,
}

/// A bundle as it was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct BundleRecord {
    /// Its id.
    pub id: BundleId,
    /// Its policies.
    pub source: BundleSource,
    /// Hash over the full text of all members.
    pub hash: Sha256Digest,
    /// Who saved it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

/// A bundle in force.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveBundle {
    /// The bundle.
    pub bundle: BundleRecord,
    /// Since when it is in force.
    pub activated_at: Timestamp,
    /// Who activated it.
    pub activated_by: String,
}

/// Everything in force in a tenant, as of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TenantPolicies {
    /// The tenant's governance revision; 0 before anything was changed.
    pub revision: i64,
    /// The bundles.
    pub bundles: Vec<ActiveBundle>,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyWrite {
    /// Written. The tenant's governance revision now.
    Written {
        /// The revision.
        revision: i64,
    },
    /// Policies or registries have changed since `expected`. Nothing was written.
    Stale,
    /// There is no such bundle. Nothing was written.
    NoSuchBundle,
}

/// Keeps policies, bundles and what is in force. Each write commits with its audit entry or not at all; whatever changes
/// what is in force raises the tenant's governance revision in the same commit.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// What is in force.
    async fn policies_in_force(&self, scope: &TenantScope) -> Result<TenantPolicies, StoreError>;

    /// The governance revision alone: a look at one row.
    async fn governance_revision(&self, scope: &TenantScope) -> Result<i64, StoreError>;

    /// Saves a bundle; with `activate`, it takes its slot in the same commit. `expected` is the governance revision that
    /// the bundle was made from; `None` when it does not build on what is in force.
    async fn save_bundle(
        &self,
        scope: &TenantScope,
        draft: BundleDraft,
        activate: bool,
        expected: Option<i64>,
        entries: Vec<AuditEntry>,
    ) -> Result<PolicyWrite, StoreError>;

    /// Puts a saved bundle into its slot.
    async fn activate_bundle(
        &self,
        scope: &TenantScope,
        bundle: BundleId,
        by: String,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError>;

    /// Empties a slot.
    async fn deactivate_slot(
        &self,
        scope: &TenantScope,
        slot: &Slot,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError>;

    /// A saved bundle.
    async fn find_bundle(
        &self,
        scope: &TenantScope,
        bundle: BundleId,
    ) -> Result<Option<BundleRecord>, StoreError>;

    /// The newest bundles, at most `limit`, without their members' texts being read twice.
    async fn list_bundles(
        &self,
        scope: &TenantScope,
        limit: u32,
    ) -> Result<Vec<BundleRecord>, StoreError>;
}
