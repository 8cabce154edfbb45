//! What tenants want redacted, and the values behind tokens.

use clasper_core::{TenantScope, TraceId};
use clasper_entity::redaction_config::{self, Column as C};
use clasper_entity::redaction_value;
use clasper_privacy::{ConfigRecord, KeptValues};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::row;

pub(crate) async fn find<Db: ConnectionTrait>(
    connection: &Db,
    scope: &TenantScope,
) -> Result<Option<ConfigRecord>, DbErr> {
    let row = redaction_config::Entity::find()
        .filter(C::TenantId.eq(scope.tenant().as_str()))
        .order_by_desc(C::Revision)
        .one(connection)
        .await?;
    row.map(|row| {
        let document = serde_json::from_str(&row.document)
            .map_err(|_| row::corrupt("redaction_configs", "document"))?;
        Ok(ConfigRecord {
            revision: row.revision,
            document,
            updated_at: row::time(row.updated_at),
            updated_by: row.updated_by,
        })
    })
    .transpose()
}

pub(crate) async fn values<Db: ConnectionTrait>(
    connection: &Db,
    scope: &TenantScope,
    trace: TraceId,
) -> Result<Option<KeptValues>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), trace.as_uuid());
    let row = redaction_value::Entity::find_by_id(key)
        .one(connection)
        .await?;
    Ok(row.map(|row| KeptValues {
        trace,
        sealed: row.sealed,
    }))
}
