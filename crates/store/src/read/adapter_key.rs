//! Adapters' keys, and how adapters stand.

use clasper_core::{AdapterId, AdapterKeyId, Sha256Digest, TenantId, TenantScope};
use clasper_entity::adapter;
use clasper_entity::adapter_key::{Column, Entity, Model};
use clasper_identity::{AdapterKey, AdapterStanding};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::{execution_row, row};

const TABLE: &str = "adapter_keys";

fn value(row: &Model) -> Result<AdapterKey, DbErr> {
    Ok(AdapterKey {
        id: AdapterKeyId::from_uuid(row.key_id),
        tenant: row::tenant_id(&row.tenant_id, TABLE)?,
        adapter: row
            .adapter_id
            .parse()
            .map_err(|_| row::corrupt(TABLE, "adapter_id"))?,
        workspace: row
            .workspace_id
            .parse()
            .map_err(|_| row::corrupt(TABLE, "workspace_id"))?,
        prefix: row.prefix.clone(),
        secret_hash: row::digest(&row.secret_hash, TABLE, "secret_hash")?,
        created_at: row::time(row.created_at),
        expires_at: row.expires_at.map(row::time),
        revoked_at: row.revoked_at.map(row::time),
    })
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    secret_hash: Sha256Digest,
) -> Result<Option<AdapterKey>, DbErr> {
    let hash = Column::SecretHash.eq(secret_hash.as_bytes().to_vec());
    let row = Entity::find().filter(hash).one(connection).await?;
    row.as_ref().map(value).transpose()
}

pub(crate) async fn standing<C: ConnectionTrait>(
    connection: &C,
    tenant: &TenantId,
    id: &AdapterId,
) -> Result<Option<AdapterStanding>, DbErr> {
    let key = (tenant.as_str().to_owned(), id.as_str().to_owned());
    let row = adapter::Entity::find_by_id(key).one(connection).await?;
    let known = row.map(execution_row::adapter).transpose()?;
    Ok(known.map(|known| AdapterStanding {
        enabled: known.enabled,
        capabilities: known.capabilities,
    }))
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: &AdapterId,
) -> Result<Vec<AdapterKey>, DbErr> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .filter(Column::AdapterId.eq(id.as_str()))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::KeyId)
        .all(connection)
        .await?;
    rows.iter().map(value).collect()
}
