//! An API key as it is stored: everything about it except the secret.

use clasper_core::{ApiKeyId, Role, Sha256Digest, TenantId, Timestamp};

/// A tenant's API key. The secret itself is shown once, when the key is created, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, as audit entries name it.
    pub id: ApiKeyId,
    /// The tenant whose data it opens.
    pub tenant: TenantId,
    /// Its name for people.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The first characters of the secret, so that people can tell keys apart.
    pub prefix: String,
    /// SHA-256 of the secret. Secrets carry 256 random bits, so a plain digest cannot be searched backwards.
    pub secret_hash: Sha256Digest,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// What came of storing a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCreation {
    /// It is stored.
    Created,
    /// The tenant does not exist; nothing was written.
    NoSuchTenant,
}

/// What came of revoking a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRevocation {
    /// It is revoked from now on.
    Revoked(ApiKey),
    /// It had been revoked before and keeps its first time of revocation; nothing was written.
    AlreadyRevoked(ApiKey),
    /// The tenant has no such key; nothing was written.
    NoSuchKey,
}
