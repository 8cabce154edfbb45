//! Trees, checkpoints and keys. They say nothing new about a tenant, so no audit entry goes with them: each would ask for the
//! next checkpoint.

use async_trait::async_trait;
use clasper_db::WriteTransaction;
use clasper_entity::{log_checkpoint, log_head, log_key, log_tile};
use clasper_evidence::{AdoptedKey, Extended, Extension, KeyAdoption};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::read::evidence::stored_key;
use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

/// Stores a longer tree. The account is locked, so replicas extend a log one after the other.
pub(crate) struct ExtendLog(pub(crate) Extension);

#[async_trait]
impl WriteOp for ExtendLog {
    type Answer = Extended;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.0.tenant);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Extended, DbErr> {
        let Extension {
            tenant,
            from,
            checkpoint,
            signed_by,
            tiles,
        } = &self.0;
        let (from, size) = (row::count(*from), row::count(checkpoint.size));
        if batch.tenant(tenant).is_none_or(|row| row.head_seq < size) {
            return Ok(Extended::Beyond);
        }
        let head = log_head::Entity::find_by_id(tenant.as_str());
        let head = transaction.one(head).await?.map_or(0, |head| head.size);
        if head != from || size <= from {
            return Ok(Extended::Stale);
        }
        let key = log_key::Entity::find()
            .filter(log_key::Column::PublicKey.eq(signed_by.to_vec()))
            .filter(log_key::Column::ValidUntil.is_null());
        if transaction.one(key).await?.is_none() {
            return Ok(Extended::KeyRetired);
        }
        let tenant_id = tenant.as_str().to_owned();
        let tiles = tiles.iter().map(|tile| log_tile::Model {
            tenant_id: tenant_id.clone(),
            level: i64::from(tile.tile.level()),
            tile_index: row::count(tile.tile.index()),
            hashes: tile.to_bytes(),
        });
        transaction.upsert(tiles.collect::<Vec<_>>()).await?;
        let (root_hash, note) = (checkpoint.root.as_bytes().to_vec(), checkpoint.note.clone());
        let signed_at = checkpoint.signed_at.timestamp_micros();
        let signed = log_checkpoint::Model {
            tenant_id: tenant_id.clone(),
            size,
            root_hash: root_hash.clone(),
            note: note.clone(),
            signed_at,
        };
        // Inserted, never replaced: a second tree of the same size fails here.
        transaction.insert([signed]).await?;
        let newest = log_head::Model {
            tenant_id,
            size,
            root_hash,
            note,
            signed_at,
        };
        transaction.upsert([newest]).await?;
        Ok(Extended::Done)
    }
}

/// Puts a key in use. Two processes that do it at once are told apart by the key's number: one fails and is tried again.
pub(crate) struct AdoptLogKey(pub(crate) KeyAdoption);

#[async_trait]
impl WriteOp for AdoptLogKey {
    type Answer = AdoptedKey;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(
        &self,
        _: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<AdoptedKey, DbErr> {
        let wanted = &self.0;
        let select = log_key::Entity::find().order_by_asc(log_key::Column::Serial);
        let keys = transaction.all(select).await?;
        let is_ours = |key: &log_key::Model| key.public_key == wanted.public;
        let in_use = |key: &&log_key::Model| key.valid_until.is_none();
        if let Some(other) = keys.iter().filter(in_use).find(|key| !is_ours(key))
            && !wanted.replaces
        {
            return Ok(AdoptedKey::Another(stored_key(other.clone())?));
        }
        let at = wanted.at.timestamp_micros();
        let ours = keys.iter().find(|key| is_ours(key)).cloned();
        let ours = ours.unwrap_or_else(|| log_key::Model {
            serial: keys.iter().map(|key| key.serial).max().unwrap_or(0) + 1,
            public_key: wanted.public.to_vec(),
            sealed_seed: None,
            valid_from: at,
            valid_until: None,
        });
        let is_new = !keys.iter().any(is_ours);
        let retired = keys
            .into_iter()
            .filter(|key| !is_ours(key) && key.valid_until.is_none())
            .map(|key| log_key::Model {
                valid_until: Some(at.max(key.valid_from)),
                ..key
            });
        transaction.upsert(retired.collect::<Vec<_>>()).await?;
        let ours = log_key::Model {
            sealed_seed: wanted.sealed_seed.clone(),
            valid_until: None,
            ..ours
        };
        if is_new {
            transaction.insert([ours]).await?;
        } else {
            transaction.upsert([ours]).await?;
        }
        Ok(AdoptedKey::InUse)
    }
}
