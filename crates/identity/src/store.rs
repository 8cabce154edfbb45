//! The port to where tenants and API keys are kept.

use async_trait::async_trait;

use clasper_core::{ApiKeyId, AuditEntry, Sha256Digest, StoreError, TenantScope, Timestamp};

use crate::{ApiKey, KeyCreation, KeyRevocation, Tenant, TenantCreation};

/// Keeps tenants and API keys. Each write commits together with the audit entry that justifies it, or not at all.
#[async_trait]
pub trait IdentityStore: Send + Sync {
    /// Creates `tenant` unless a tenant of its id exists.
    async fn create_tenant(
        &self,
        tenant: Tenant,
        entry: AuditEntry,
    ) -> Result<TenantCreation, StoreError>;

    /// The tenant of the scope.
    async fn find_tenant(&self, scope: &TenantScope) -> Result<Option<Tenant>, StoreError>;

    /// Stores `key` if its tenant exists.
    async fn create_api_key(
        &self,
        scope: &TenantScope,
        key: ApiKey,
        entry: AuditEntry,
    ) -> Result<KeyCreation, StoreError>;

    /// Looked up by the digest of the presented secret, across tenants: the key itself names its tenant.
    /// Revoked keys are found too; the caller decides by `revoked_at`.
    async fn find_api_key(&self, secret_hash: Sha256Digest) -> Result<Option<ApiKey>, StoreError>;

    /// Every key of the tenant, oldest first, revoked ones included.
    async fn list_api_keys(&self, scope: &TenantScope) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes the tenant's key `id` as of `at`, unless it is revoked already.
    async fn revoke_api_key(
        &self,
        scope: &TenantScope,
        id: ApiKeyId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<KeyRevocation, StoreError>;
}
