//! Open runs whose process is gone, and messages that wait.

use clasper_core::{ExecutionId, InstanceId, TenantScope, Timestamp};
use clasper_entity::{instance, open_run, outbox_message};
use clasper_runtime::run::OrphanedRun;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::row;

pub(crate) async fn orphaned<C: ConnectionTrait>(
    connection: &C,
    own: InstanceId,
    silent_since: Timestamp,
    limit: u32,
) -> Result<Vec<OrphanedRun>, DbErr> {
    let alive = instance::Entity::find()
        .select_only()
        .column(instance::Column::InstanceId)
        .filter(instance::Column::BeatAt.gt(silent_since.timestamp_micros()))
        .into_query();
    let rows = open_run::Entity::find()
        .filter(open_run::Column::InstanceId.ne(own.as_uuid()))
        .filter(open_run::Column::InstanceId.not_in_subquery(alive))
        .order_by_asc(open_run::Column::ExecutionId)
        .limit(u64::from(limit))
        .all(connection)
        .await?;
    rows.iter().map(orphan).collect()
}

fn orphan(row: &open_run::Model) -> Result<OrphanedRun, DbErr> {
    const TABLE: &str = "open_runs";
    Ok(OrphanedRun {
        scope: TenantScope::system(row::tenant_id(&row.tenant_id, TABLE)?),
        execution: ExecutionId::from_uuid(row.execution_id),
        instance: InstanceId::from_uuid(row.instance_id),
        hold: row::usd(row.hold_nanos, TABLE, "hold_nanos")?,
        draft: serde_json::from_str(&row.draft).map_err(|_| row::corrupt(TABLE, "draft"))?,
    })
}

pub(crate) async fn waiting<C: ConnectionTrait>(connection: &C) -> Result<u64, DbErr> {
    outbox_message::Entity::find()
        .filter(outbox_message::Column::GivenUp.eq(false))
        .count(connection)
        .await
}
