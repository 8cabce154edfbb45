//! Tenants and API keys.

use clasper_core::{ApiKeyId, Sha256Digest, TenantScope};
use clasper_entity::{api_key, tenant};
use clasper_identity::{ApiKey, Tenant};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::row;

pub(crate) fn tenant_value(row: &tenant::Model) -> Result<Tenant, DbErr> {
    Ok(Tenant {
        id: row::tenant_id(&row.tenant_id, "tenants")?,
        name: row.name.clone(),
        time_zone: row
            .time_zone
            .parse()
            .map_err(|_| row::corrupt("tenants", "time_zone"))?,
        created_at: row::time(row.created_at),
    })
}

pub(crate) fn api_key_value(row: &api_key::Model) -> Result<ApiKey, DbErr> {
    const TABLE: &str = "api_keys";
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(row.api_key_id),
        tenant: row::tenant_id(&row.tenant_id, TABLE)?,
        name: row.name.clone(),
        role: row.role.parse().map_err(|_| row::corrupt(TABLE, "role"))?,
        prefix: row.prefix.clone(),
        secret_hash: row::digest(&row.secret_hash, TABLE, "secret_hash")?,
        created_at: row::time(row.created_at),
        revoked_at: row.revoked_at.map(row::time),
    })
}

pub(crate) async fn find_tenant<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Option<Tenant>, DbErr> {
    let row = tenant::Entity::find_by_id(scope.tenant().as_str())
        .one(connection)
        .await?;
    row.as_ref().map(tenant_value).transpose()
}

pub(crate) async fn find_api_key<C: ConnectionTrait>(
    connection: &C,
    secret_hash: Sha256Digest,
) -> Result<Option<ApiKey>, DbErr> {
    let hash = api_key::Column::SecretHash.eq(secret_hash.as_bytes().to_vec());
    let row = api_key::Entity::find().filter(hash).one(connection).await?;
    row.as_ref().map(api_key_value).transpose()
}

pub(crate) async fn list_api_keys<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Vec<ApiKey>, DbErr> {
    let rows = api_key::Entity::find()
        .filter(api_key::Column::TenantId.eq(scope.tenant().as_str()))
        .order_by_asc(api_key::Column::CreatedAt)
        .order_by_asc(api_key::Column::ApiKeyId)
        .all(connection)
        .await?;
    rows.iter().map(api_key_value).collect()
}
