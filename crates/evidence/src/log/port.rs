//! The port to what is stored of the logs beside their entries.

use async_trait::async_trait;
use clasper_core::{
    AuditEntryId, LoggedEntry, Sha256Digest, StoreError, TenantId, TenantScope, Timestamp,
};

use crate::tiles::{Tile, TileHashes};

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// How many entries it covers.
    pub size: u64,
    /// The root of the tree they make.
    pub root: Sha256Digest,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// What links an entry to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafLink {
    /// Its place, from 1.
    pub seq: i64,
    /// The leaf hash of the entry before it.
    pub prev_hash: Option<Sha256Digest>,
    /// Its own leaf hash.
    pub leaf_hash: Sha256Digest,
}

/// A longer tree of a tenant's log, to be stored with its checkpoint or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Whose log.
    pub tenant: TenantId,
    /// The size of the tree that it continues.
    pub from: u64,
    /// The checkpoint.
    pub checkpoint: StoredCheckpoint,
    /// The public key that signed it.
    pub signed_by: [u8; 32],
    /// The tiles that came to be or grew.
    pub tiles: Vec<TileHashes>,
}

/// What became of an [`Extension`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// It is stored.
    Done,
    /// Another process was first: the newest checkpoint has another size than the one it continues.
    Stale,
    /// The key was retired in the meantime.
    KeyRetired,
    /// The account's head says that the log is shorter.
    Beyond,
}

/// A key of this installation. It signs the log of every tenant, under the log's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The Ed25519 public key.
    pub public: [u8; 32],
    /// The sealed seed of a key that was generated here; `None` for one that is configured.
    pub sealed_seed: Option<Vec<u8>>,
    /// First moment of its use.
    pub valid_from: Timestamp,
    /// First moment after its use; `None` while it is in use.
    pub valid_until: Option<Timestamp>,
}

/// A key that is to sign from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAdoption {
    /// The Ed25519 public key.
    pub public: [u8; 32],
    /// The sealed seed, when it was generated here.
    pub sealed_seed: Option<Vec<u8>>,
    /// Whether it takes the place of another key; else another key that is in use stays.
    pub replaces: bool,
    /// Now.
    pub at: Timestamp,
}

/// What became of a [`KeyAdoption`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdoptedKey {
    /// The key is in use, and no other.
    InUse,
    /// This one is in use and stays.
    Another(StoredKey),
}

/// Stores trees, checkpoints and keys; reads entries as leaves.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Tenants whose log is longer or shorter than its newest checkpoint says, by name, after `after`.
    async fn list_unsigned(
        &self,
        after: Option<&TenantId>,
        limit: u32,
    ) -> Result<Vec<TenantId>, StoreError>;

    /// The newest checkpoint.
    async fn find_checkpoint(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// Those of the tiles that are stored and wide enough, cut to the width asked for.
    async fn read_tiles(
        &self,
        scope: &TenantScope,
        tiles: &[Tile],
    ) -> Result<Vec<TileHashes>, StoreError>;

    /// Up to `limit` links of entries after place `after`, in order.
    async fn read_links(
        &self,
        scope: &TenantScope,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LeafLink>, StoreError>;

    /// Stores a longer tree with its checkpoint, unless another process was first.
    async fn extend(&self, extension: Extension) -> Result<Extended, StoreError>;

    /// An entry by its id.
    async fn find_entry(
        &self,
        scope: &TenantScope,
        id: AuditEntryId,
    ) -> Result<Option<LoggedEntry>, StoreError>;

    /// Every key, the oldest first.
    async fn list_log_keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// Puts a key in use and retires the others, or leaves the one that is in use.
    async fn adopt_log_key(&self, adoption: KeyAdoption) -> Result<AdoptedKey, StoreError>;
}
