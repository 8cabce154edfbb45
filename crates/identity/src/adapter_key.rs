//! Keys of adapters' own, as they are stored, and the port by which they are looked up.

use async_trait::async_trait;
use clasper_core::{
    AdapterId, AdapterKeyId, Sha256Digest, StoreError, TenantId, Timestamp, WorkspaceId,
};

/// A key that Clasper issued to one adapter. The secret itself is shown once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterKey {
    /// Its id, as audit entries name it.
    pub id: AdapterKeyId,
    /// The tenant.
    pub tenant: TenantId,
    /// The adapter.
    pub adapter: AdapterId,
    /// The workspace that it asks for, the only one.
    pub workspace: WorkspaceId,
    /// The first characters of the secret, so that people can tell keys apart.
    pub prefix: String,
    /// SHA-256 of the secret.
    pub secret_hash: Sha256Digest,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it ends, once another has taken its place.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl AdapterKey {
    /// Whether the key opens anything at `now`.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// What the registry says of an adapter at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterStanding {
    /// Whether an operator lets it ask at all.
    pub enabled: bool,
    /// What it can do.
    pub capabilities: Vec<String>,
}

/// Where the door looks adapters and their keys up.
#[async_trait]
pub trait AdapterDirectory: Send + Sync {
    /// Looked up by the digest of the presented secret, across tenants: the key itself names its tenant. Revoked keys are
    /// found too; the caller decides.
    async fn find_adapter_key(
        &self,
        secret_hash: Sha256Digest,
    ) -> Result<Option<AdapterKey>, StoreError>;

    /// How the adapter stands; `None` when it has not registered.
    async fn adapter_standing(
        &self,
        tenant: &TenantId,
        adapter: &AdapterId,
    ) -> Result<Option<AdapterStanding>, StoreError>;
}
