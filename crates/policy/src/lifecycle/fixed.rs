//! Policies that never change: for services that ship their own, and for tests.

use async_trait::async_trait;
use clasper_core::{AuditEntry, BundleId, StoreError, TenantScope};

use crate::lifecycle::store::{
    BundleDraft, BundleRecord, PolicyStore, PolicyWrite, Slot, TenantPolicies,
};

/// The same policies for every tenant. Nothing can be saved: every write is refused.
#[derive(Debug, Clone, Default)]
pub struct FixedPolicies(pub TenantPolicies);

fn refused<T>() -> Result<T, StoreError> {
    Err(StoreError::Refused(
        "these policies are built into the program and cannot be changed".into(),
    ))
}

#[async_trait]
impl PolicyStore for FixedPolicies {
    async fn policies_in_force(&self, _: &TenantScope) -> Result<TenantPolicies, StoreError> {
        Ok(self.0.clone())
    }

    async fn governance_revision(&self, _: &TenantScope) -> Result<i64, StoreError> {
        Ok(self.0.revision)
    }

    async fn save_bundle(
        &self,
        _: &TenantScope,
        _: BundleDraft,
        _: bool,
        _: Option<i64>,
        _: Vec<AuditEntry>,
    ) -> Result<PolicyWrite, StoreError> {
        refused()
    }

    async fn activate_bundle(
        &self,
        _: &TenantScope,
        _: BundleId,
        _: String,
        _: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        refused()
    }

    async fn deactivate_slot(
        &self,
        _: &TenantScope,
        _: &Slot,
        _: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        refused()
    }

    async fn find_bundle(
        &self,
        _: &TenantScope,
        bundle: BundleId,
    ) -> Result<Option<BundleRecord>, StoreError> {
        let active = self.0.bundles.iter();
        let mut records = active.map(|active| &active.bundle);
        Ok(records.find(|record| record.id == bundle).cloned())
    }

    async fn list_bundles(
        &self,
        _: &TenantScope,
        limit: u32,
    ) -> Result<Vec<BundleRecord>, StoreError> {
        let records = self.0.bundles.iter().map(|active| active.bundle.clone());
        Ok(records.take(limit as usize).collect())
    }
}
