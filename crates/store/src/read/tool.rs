//! Authorizations of tools.

use clasper_core::{Cursor, Page, TenantScope, Timestamp, ToolAuthorizationId};
use clasper_delegated::tool::{
    LapsedTool, ToolAuthorization, ToolFilter, ToolState, ToolStatistics,
};
use clasper_entity::tool_authorization::{Column, Entity, Model};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::read::execution::{page, position};
use crate::{row, tool_row};

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: ToolAuthorizationId,
) -> Result<Option<ToolAuthorization>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), id.as_uuid());
    let row = Entity::find_by_id(key).one(connection).await?;
    row.map(tool_row::tool_authorization).transpose()
}

/// The newest first: the ids ascend with time (UUID v7).
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    filter: &ToolFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ToolAuthorization>, DbErr> {
    let mut query = Entity::find().filter(Column::TenantId.eq(scope.tenant().as_str()));
    if let Some(adapter) = &filter.adapter {
        query = query.filter(Column::AdapterId.eq(adapter.as_str()));
    }
    if let Some(key) = &filter.key {
        query = query.filter(Column::ExecutionKey.eq(key.as_str()));
    }
    if let Some(tool) = &filter.tool {
        query = query.filter(Column::Tool.eq(tool.as_str()));
    }
    if let Some(last) = after.map(position) {
        query = query.filter(Column::AuthorizationId.lt(last));
    }
    let rows = query
        .order_by_desc(Column::AuthorizationId)
        .limit(u64::from(limit) + 1)
        .all(connection)
        .await?;
    let (rows, next) = page(rows, limit, |row: &Model| Cursor {
        key: row.decided_at,
        id: row.authorization_id.to_string(),
    });
    let items = rows.into_iter().map(tool_row::tool_authorization);
    Ok(Page {
        items: items.collect::<Result<_, _>>()?,
        next,
    })
}

/// What one row of the statement on statistics says: tool, group, requests, refusals, adapters, the last request.
type Counted = (String, Option<String>, i64, i64, i64, i64);

pub(crate) async fn statistics<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Vec<ToolStatistics>, DbErr> {
    let denied = Expr::case(
        Expr::col(Column::State).eq(ToolState::Denied.name()),
        Expr::val(1_i64),
    );
    let counted: Vec<Counted> = Entity::find()
        .select_only()
        .column(Column::Tool)
        .column_as(Column::ToolGroup.max(), "tool_group")
        .column_as(Column::AuthorizationId.count(), "asked")
        .column_as(Expr::expr(denied).count(), "denied")
        .column_as(Column::AdapterId.into_expr().count_distinct(), "adapters")
        .column_as(Column::DecidedAt.max(), "last_asked_at")
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .group_by(Column::Tool)
        .order_by_asc(Column::Tool)
        .into_tuple()
        .all(connection)
        .await?;
    let of = |(tool, tool_group, asked, denied, adapters, last): Counted| ToolStatistics {
        tool,
        tool_group,
        granted: asked.saturating_sub(denied).unsigned_abs(),
        denied: denied.unsigned_abs(),
        adapters: adapters.unsigned_abs(),
        last_asked_at: row::time(last),
    };
    Ok(counted.into_iter().map(of).collect())
}

pub(crate) async fn lapsed<C: ConnectionTrait>(
    connection: &C,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<LapsedTool>, DbErr> {
    let rows: Vec<(String, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::TenantId, Column::AuthorizationId])
        .filter(Column::State.eq(ToolState::Granted.name()))
        .filter(Column::TokenExpiresAt.lte(now.timestamp_micros()))
        .order_by_asc(Column::TokenExpiresAt)
        .limit(u64::from(limit))
        .into_tuple()
        .all(connection)
        .await?;
    let lapsed = rows.into_iter().map(|(tenant, id)| {
        Ok(LapsedTool {
            scope: TenantScope::system(row::tenant_id(&tenant, "tool_authorizations")?),
            authorization: ToolAuthorizationId::from_uuid(id),
        })
    });
    lapsed.collect()
}
