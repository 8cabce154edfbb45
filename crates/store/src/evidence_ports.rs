//! The store as the port to trees, checkpoints and keys.

use async_trait::async_trait;
use clasper_core::{AuditEntryId, LoggedEntry, StoreError, TenantId, TenantScope};
use clasper_db::store_error;
use clasper_evidence::{
    AdoptedKey, Extended, Extension, KeyAdoption, LeafLink, LogStore, StoredCheckpoint, StoredKey,
    Tile, TileHashes,
};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl LogStore for Store {
    async fn list_unsigned(
        &self,
        after: Option<&TenantId>,
        limit: u32,
    ) -> Result<Vec<TenantId>, StoreError> {
        read::evidence::unsigned(&self.reader, after, limit)
            .await
            .map_err(store_error)
    }

    async fn find_checkpoint(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<StoredCheckpoint>, StoreError> {
        read::evidence::newest(&self.reader, scope.tenant().as_str())
            .await
            .map_err(store_error)
    }

    async fn read_tiles(
        &self,
        scope: &TenantScope,
        tiles: &[Tile],
    ) -> Result<Vec<TileHashes>, StoreError> {
        read::evidence::tiles(&self.reader, scope, tiles)
            .await
            .map_err(store_error)
    }

    async fn read_links(
        &self,
        scope: &TenantScope,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LeafLink>, StoreError> {
        read::evidence::links(&self.reader, scope, after, limit)
            .await
            .map_err(store_error)
    }

    async fn extend(&self, extension: Extension) -> Result<Extended, StoreError> {
        self.write(write::ExtendLog(extension)).await
    }

    async fn find_entry(
        &self,
        scope: &TenantScope,
        id: AuditEntryId,
    ) -> Result<Option<LoggedEntry>, StoreError> {
        read::evidence::entry(&self.reader, scope, id)
            .await
            .map_err(store_error)
    }

    async fn list_log_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        read::evidence::keys(&self.reader)
            .await
            .map_err(store_error)
    }

    async fn adopt_log_key(&self, adoption: KeyAdoption) -> Result<AdoptedKey, StoreError> {
        self.write(write::AdoptLogKey(adoption)).await
    }
}
