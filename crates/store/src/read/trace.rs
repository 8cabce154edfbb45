//! Traces.

use clasper_core::{Cursor, Page, TenantScope, TraceId};
use clasper_entity::trace::{Column, Entity, Model};
use clasper_tracing::{Trace, TraceFilter};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::read::report;
use crate::row;

fn value(row: &Model) -> Result<Trace, DbErr> {
    serde_json::from_str(&row.document).map_err(|_| row::corrupt("traces", "document"))
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: TraceId,
) -> Result<Option<Trace>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), id.as_uuid());
    let row = Entity::find_by_id(key).one(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let mut found = [value(&row)?];
    report::add_violations(connection, scope, &mut found).await?;
    let [trace] = found;
    Ok(Some(trace))
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    filter: &TraceFilter,
) -> Result<Page<Trace>, DbErr> {
    let mut query = Entity::find().filter(Column::TenantId.eq(scope.tenant().as_str()));
    if let Some(workspace) = &filter.workspace {
        query = query.filter(Column::WorkspaceId.eq(workspace.as_str()));
    }
    if let Some(role) = &filter.agent_role {
        query = query.filter(Column::AgentRole.eq(role.as_str()));
    }
    if let Some(from) = filter.started_from {
        query = query.filter(Column::StartedAt.gte(from.timestamp_micros()));
    }
    if let Some(to) = filter.started_to {
        query = query.filter(Column::StartedAt.lte(to.timestamp_micros()));
    }
    if let Some(cursor) = &filter.cursor {
        query = query.filter(before(cursor));
    }
    let limit = filter.limit as usize;
    let rows = query
        .order_by_desc(Column::StartedAt)
        .order_by_desc(Column::TraceId)
        .offset((filter.offset > 0).then_some(filter.offset))
        .limit(u64::from(filter.limit) + 1)
        .all(connection)
        .await?;
    let next = (rows.len() > limit)
        .then(|| rows.get(limit.saturating_sub(1)))
        .flatten();
    let next = next.map(|row| Cursor {
        key: row.started_at,
        id: row.trace_id.to_string(),
    });
    let mut items = rows
        .iter()
        .take(limit)
        .map(value)
        .collect::<Result<Vec<_>, _>>()?;
    report::add_violations(connection, scope, &mut items).await?;
    Ok(Page { items, next })
}

fn before(cursor: &Cursor) -> Condition {
    // A cursor with a foreign id finds what lies before its time: harmless, and still within the tenant.
    let id: Uuid = cursor.id.parse().unwrap_or(Uuid::max());
    let same_time = Condition::all()
        .add(Column::StartedAt.eq(cursor.key))
        .add(Column::TraceId.lt(id));
    Condition::any()
        .add(Column::StartedAt.lt(cursor.key))
        .add(same_time)
}
