//! The port to the registry.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, StoreError, TenantScope, Timestamp};
use clasper_identity::AdapterKey;

use crate::adapter::Adapter;

/// What became of a write to the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterWrite {
    /// Written; the tenant's governance revision was raised.
    Written,
    /// Somebody else changed the record first. Nothing was written.
    Stale,
    /// There is no such tenant. Nothing was written.
    NoSuchTenant,
}

/// A key to issue.
#[derive(Debug, Clone)]
pub struct KeyIssue {
    /// The key.
    pub key: AdapterKey,
    /// When the adapter's other keys end, at the latest.
    pub others_end: Timestamp,
    /// Its audit entry.
    pub entry: AuditEntry,
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

    /// Stores `adapter`, and with it the `key` that it is given, if the tenant's governance revision is still `revision`.
    async fn put_adapter(
        &self,
        scope: &TenantScope,
        revision: i64,
        adapter: Adapter,
        entry: AuditEntry,
        key: Option<KeyIssue>,
    ) -> Result<AdapterWrite, StoreError>;
}
