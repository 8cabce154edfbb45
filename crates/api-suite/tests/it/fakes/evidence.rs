//! The store of trees, checkpoints and keys.

use std::collections::BTreeMap;

use async_trait::async_trait;
use clasper_core::{AuditEntryId, LoggedEntry, Sha256Digest, StoreError, TenantId, TenantScope};
use clasper_evidence::{
    AdoptedKey, Extended, Extension, KeyAdoption, LeafLink, LogStore, StoredCheckpoint, StoredKey,
    Tile, TileHashes,
};

use crate::fakes::Memory;

/// The log of one tenant.
#[derive(Default)]
pub struct Signed {
    pub checkpoint: Option<(TenantId, StoredCheckpoint)>,
    pub tiles: BTreeMap<(u8, u64), Vec<Sha256Digest>>,
    pub keys: Vec<StoredKey>,
}

#[async_trait]
impl LogStore for Memory {
    async fn list_unsigned(
        &self,
        _: Option<&TenantId>,
        _: u32,
    ) -> Result<Vec<TenantId>, StoreError> {
        Ok(Vec::new())
    }

    async fn find_checkpoint(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<StoredCheckpoint>, StoreError> {
        let found = self.state().signed.checkpoint.clone();
        Ok(found
            .filter(|(tenant, _)| tenant == scope.tenant())
            .map(|found| found.1))
    }

    async fn read_tiles(
        &self,
        _: &TenantScope,
        tiles: &[Tile],
    ) -> Result<Vec<TileHashes>, StoreError> {
        let state = self.state();
        let find = |tile: &Tile| {
            let row = state.signed.tiles.get(&(tile.level(), tile.index()))?;
            let hashes = row.get(..usize::from(tile.width()))?.to_vec();
            Some(TileHashes {
                tile: *tile,
                hashes,
            })
        };
        Ok(tiles.iter().filter_map(find).collect())
    }

    async fn read_links(
        &self,
        _: &TenantScope,
        after: u64,
        _: u32,
    ) -> Result<Vec<LeafLink>, StoreError> {
        let state = self.state();
        let rest = state
            .log
            .iter()
            .skip(usize::try_from(after).expect("a small place"));
        let links = rest.map(|entry| LeafLink {
            seq: entry.seq,
            prev_hash: entry.prev_hash,
            leaf_hash: entry.leaf_hash,
        });
        Ok(links.collect())
    }

    async fn extend(&self, extension: Extension) -> Result<Extended, StoreError> {
        let signed = &mut self.state().signed;
        for tile in extension.tiles {
            signed
                .tiles
                .insert((tile.tile.level(), tile.tile.index()), tile.hashes);
        }
        signed.checkpoint = Some((extension.tenant, extension.checkpoint));
        Ok(Extended::Done)
    }

    async fn find_entry(
        &self,
        scope: &TenantScope,
        id: AuditEntryId,
    ) -> Result<Option<LoggedEntry>, StoreError> {
        let state = self.state();
        let own =
            |entry: &&LoggedEntry| entry.entry.id == id && entry.entry.tenant == *scope.tenant();
        Ok(state.log.iter().find(own).cloned())
    }

    async fn list_log_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        Ok(self.state().signed.keys.clone())
    }

    async fn adopt_log_key(&self, adoption: KeyAdoption) -> Result<AdoptedKey, StoreError> {
        self.state().signed.keys.push(StoredKey {
            public: adoption.public,
            sealed_seed: adoption.sealed_seed,
            valid_from: adoption.at,
            valid_until: None,
        });
        Ok(AdoptedKey::InUse)
    }
}
