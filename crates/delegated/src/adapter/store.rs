//! The port to the registry.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, StoreError, TenantScope};

use crate::adapter::Adapter;

/// What became of a write to the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterWrite {
    /// Written; the tenant's governance revision was raised.
    Written,
    /// Somebody else changed the record first. Nothing was written.
    Stale,
}

/// Keeps adapters. A write commits with its audit entry and raises the tenant's governance revision, or does nothing.
#[async_trait]
pub trait AdapterStore: Send + Sync {
    /// The adapter, with the tenant's governance revision as of the same moment.
    async fn find_adapter(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<(i64, Option<Adapter>), StoreError>;

    /// Every adapter of the tenant, by id.
    async fn list_adapters(&self, scope: &TenantScope) -> Result<Vec<Adapter>, StoreError>;

    /// Stores `adapter` if the tenant's governance revision is still `revision`.
    async fn put_adapter(
        &self,
        scope: &TenantScope,
        revision: i64,
        adapter: Adapter,
        entry: AuditEntry,
    ) -> Result<AdapterWrite, StoreError>;
}
