//! Trees, checkpoints and keys.

use clasper_core::{AuditEntryId, LoggedEntry, TenantId, TenantScope};
use clasper_entity::{audit_entry, log_head, log_key, log_tile, tenant};
use clasper_evidence::{LeafLink, StoredCheckpoint, StoredKey, Tile, TileHashes};
use sea_orm::sea_query::{Expr, ExprTrait, JoinType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::row;

/// Tenants whose head is elsewhere than their newest checkpoint, by name.
pub(crate) async fn unsigned<C: ConnectionTrait>(
    connection: &C,
    after: Option<&TenantId>,
    limit: u32,
) -> Result<Vec<TenantId>, DbErr> {
    use log_head::Column as H;
    use tenant::Column as T;
    let signed = (log_head::Entity, H::Size);
    let unsigned = Condition::any()
        .add(Expr::col(signed).is_null().and(T::HeadSeq.gt(0)))
        .add(Expr::col((tenant::Entity, T::HeadSeq)).ne(Expr::col(signed)));
    let mut query = tenant::Entity::find().select_only().column(T::TenantId);
    QueryTrait::query(&mut query).join(
        JoinType::LeftJoin,
        log_head::Entity,
        Expr::col((log_head::Entity, H::TenantId)).equals((tenant::Entity, T::TenantId)),
    );
    if let Some(after) = after {
        query = query.filter(T::TenantId.gt(after.as_str()));
    }
    let names: Vec<String> = query
        .filter(unsigned)
        .order_by_asc(T::TenantId)
        .limit(u64::from(limit))
        .into_tuple()
        .all(connection)
        .await?;
    names
        .iter()
        .map(|name| row::tenant_id(name, "tenants"))
        .collect()
}

pub(crate) async fn newest<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
) -> Result<Option<StoredCheckpoint>, DbErr> {
    let row = log_head::Entity::find_by_id(tenant).one(connection).await?;
    row.map(|row| {
        Ok(StoredCheckpoint {
            size: u64::try_from(row.size).map_err(|_| row::corrupt("log_heads", "size"))?,
            root: row::digest(&row.root_hash, "log_heads", "root_hash")?,
            note: row.note,
            signed_at: row::time(row.signed_at),
        })
    })
    .transpose()
}

pub(crate) async fn tiles<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    tiles: &[Tile],
) -> Result<Vec<TileHashes>, DbErr> {
    use log_tile::Column as T;
    let key = |tile: &Tile| (i64::from(tile.level()), row::count(tile.index()));
    let any = tiles
        .iter()
        .map(key)
        .fold(Condition::any(), |any, (level, index)| {
            any.add(T::Level.eq(level).and(T::TileIndex.eq(index)))
        });
    let rows = log_tile::Entity::find()
        .filter(T::TenantId.eq(scope.tenant().as_str()))
        .filter(any)
        .all(connection)
        .await?;
    let found = tiles.iter().filter_map(|tile| {
        let mut rows = rows.iter();
        let row = rows.find(|row| (row.level, row.tile_index) == key(tile))?;
        TileHashes::from_bytes(*tile, &row.hashes)
    });
    Ok(found.collect())
}

pub(crate) async fn links<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    after: u64,
    limit: u32,
) -> Result<Vec<LeafLink>, DbErr> {
    use audit_entry::Column as A;
    type Link = (i64, Option<Vec<u8>>, Vec<u8>);
    let rows: Vec<Link> = audit_entry::Entity::find()
        .select_only()
        .columns([A::Seq, A::PrevHash, A::LeafHash])
        .filter(A::TenantId.eq(scope.tenant().as_str()))
        .filter(A::Seq.gt(row::count(after)))
        .order_by_asc(A::Seq)
        .limit(u64::from(limit))
        .into_tuple()
        .all(connection)
        .await?;
    let digest = |bytes: &[u8], column| row::digest(bytes, "audit_entries", column);
    let link = |(seq, prev, leaf): Link| {
        Ok(LeafLink {
            seq,
            prev_hash: prev.map(|prev| digest(&prev, "prev_hash")).transpose()?,
            leaf_hash: digest(&leaf, "leaf_hash")?,
        })
    };
    rows.into_iter().map(link).collect()
}

pub(crate) async fn entry<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: AuditEntryId,
) -> Result<Option<LoggedEntry>, DbErr> {
    let row = audit_entry::Entity::find()
        .filter(audit_entry::Column::TenantId.eq(scope.tenant().as_str()))
        .filter(audit_entry::Column::EntryId.eq(id.as_uuid()))
        .one(connection)
        .await?;
    row.map(row::logged_entry).transpose()
}

pub(crate) async fn keys<C: ConnectionTrait>(connection: &C) -> Result<Vec<StoredKey>, DbErr> {
    let select = log_key::Entity::find().order_by_asc(log_key::Column::Serial);
    let rows = select.all(connection).await?;
    rows.into_iter().map(stored_key).collect()
}

pub(crate) fn stored_key(key: log_key::Model) -> Result<StoredKey, DbErr> {
    let public = key.public_key.try_into();
    Ok(StoredKey {
        public: public.map_err(|_| row::corrupt("log_keys", "public_key"))?,
        sealed_seed: key.sealed_seed,
        valid_from: row::time(key.valid_from),
        valid_until: key.valid_until.map(row::time),
    })
}
