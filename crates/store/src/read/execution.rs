//! Executions, adapters, and money that is held.

use clasper_core::{
    AdapterId, Cursor, DecisionId, ExecutionId, ExecutionKey, Page, TenantScope, Timestamp,
};
use clasper_delegated::adapter::Adapter;
use clasper_delegated::execution::{DueExecution, Execution, ExecutionFilter, Hold};
use clasper_entity::execution::{Column, Entity, Model};
use clasper_entity::{adapter, open_run};
use clasper_governance::BudgetScope;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::execution_row;
use crate::read::policy;
use crate::row;

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    decision: DecisionId,
) -> Result<Option<Execution>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), decision.as_uuid());
    let row = Entity::find_by_id(key).one(connection).await?;
    row.map(execution_row::execution).transpose()
}

pub(crate) async fn find_by_key<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    adapter: &AdapterId,
    key: &ExecutionKey,
) -> Result<Option<Execution>, DbErr> {
    let row = Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .filter(Column::AdapterId.eq(adapter.as_str()))
        .filter(Column::ExecutionKey.eq(key.as_str()))
        .one(connection)
        .await?;
    row.map(execution_row::execution).transpose()
}

/// The newest first: decision ids ascend with time (UUID v7).
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    filter: &ExecutionFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Execution>, DbErr> {
    let mut query = Entity::find().filter(Column::TenantId.eq(scope.tenant().as_str()));
    if !filter.statuses.is_empty() {
        let names = filter.statuses.iter().map(|status| status.name());
        query = query.filter(Column::Status.is_in(names));
    }
    if let Some(adapter) = &filter.adapter {
        query = query.filter(Column::AdapterId.eq(adapter.as_str()));
    }
    if let Some(workspace) = &filter.workspace {
        query = query.filter(Column::WorkspaceId.eq(workspace.as_str()));
    }
    if let Some(tool) = &filter.tool {
        query = query.filter(Column::Tool.eq(tool.as_str()));
    }
    if let Some(since) = filter.since {
        query = query.filter(Column::RequestedAt.gte(since.timestamp_micros()));
    }
    if let Some(last) = after.map(position) {
        query = query.filter(Column::DecisionId.lt(last));
    }
    let rows = query
        .order_by_desc(Column::DecisionId)
        .limit(u64::from(limit) + 1)
        .all(connection)
        .await?;
    let (rows, next) = page(rows, limit, |row: &Model| Cursor {
        key: row.requested_at,
        id: row.decision_id.to_string(),
    });
    let items = rows.into_iter().map(execution_row::execution);
    Ok(Page {
        items: items.collect::<Result<_, _>>()?,
        next,
    })
}

/// Where a page goes on. A cursor of another list leads nowhere, as the nil id is before every other.
pub(crate) fn position(cursor: &Cursor) -> Uuid {
    cursor.id.parse().unwrap_or(Uuid::nil())
}

pub(crate) fn page<R>(
    mut rows: Vec<R>,
    limit: u32,
    cursor: impl Fn(&R) -> Cursor,
) -> (Vec<R>, Option<Cursor>) {
    let limit = limit as usize;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !is_last).map(cursor);
    (rows, next)
}

pub(crate) async fn due<C: ConnectionTrait>(
    connection: &C,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueExecution>, DbErr> {
    let rows: Vec<(String, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::TenantId, Column::DecisionId])
        .filter(Column::DueAt.lte(now.timestamp_micros()))
        .order_by_asc(Column::DueAt)
        .limit(u64::from(limit))
        .into_tuple()
        .all(connection)
        .await?;
    let due = rows.into_iter().map(|(tenant, decision)| {
        Ok(DueExecution {
            scope: TenantScope::system(row::tenant_id(&tenant, "executions")?),
            decision: DecisionId::from_uuid(decision),
        })
    });
    due.collect()
}

/// Holds of agent runs and of executions together, by execution id: those ascend with time (UUID v7).
pub(crate) async fn holds<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Hold>, DbErr> {
    let tenant = scope.tenant().as_str();
    let from = after.map_or(Uuid::nil(), position);
    let most = u64::from(limit) + 1;
    let runs = open_run::Entity::find()
        .filter(open_run::Column::TenantId.eq(tenant))
        .filter(open_run::Column::HoldNanos.gt(0))
        .filter(open_run::Column::ExecutionId.gt(from))
        .order_by_asc(open_run::Column::ExecutionId)
        .limit(most)
        .all(connection)
        .await?;
    let executions = Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::DueAt.is_not_null())
        .filter(Column::HoldNanos.gt(0))
        .filter(Column::ExecutionId.gt(from))
        .order_by_asc(Column::ExecutionId)
        .limit(most)
        .all(connection)
        .await?;
    let runs = runs.into_iter().map(|row| run_hold(&row));
    let executions = executions.into_iter().map(|row| execution_hold(&row));
    let mut holds = runs.chain(executions).collect::<Result<Vec<_>, _>>()?;
    holds.sort_by_key(|hold| hold.execution.as_uuid());
    let (items, next) = page(holds, limit, |hold: &Hold| Cursor {
        key: hold.since.timestamp_micros(),
        id: hold.execution.to_string(),
    });
    Ok(Page { items, next })
}

fn run_hold(row: &open_run::Model) -> Result<Hold, DbErr> {
    const TABLE: &str = "open_runs";
    Ok(Hold {
        execution: ExecutionId::from_uuid(row.execution_id),
        kind: "agent_run",
        holder: format!("instance:{}", row.instance_id),
        amount: row::usd(row.hold_nanos, TABLE, "hold_nanos")?,
        scopes: scopes(&row.hold_scopes, TABLE)?,
        since: row::time(row.opened_at),
        until: None,
    })
}

fn execution_hold(row: &Model) -> Result<Hold, DbErr> {
    const TABLE: &str = "executions";
    Ok(Hold {
        execution: ExecutionId::from_uuid(row.execution_id),
        kind: "adapter_execution",
        holder: format!("adapter:{}", row.adapter_id),
        amount: row::usd(row.hold_nanos, TABLE, "hold_nanos")?,
        scopes: scopes(&row.hold_scopes, TABLE)?,
        since: row::time(row.updated_at),
        until: row.due_at.map(row::time),
    })
}

fn scopes(text: &str, table: &'static str) -> Result<Vec<BudgetScope>, DbErr> {
    serde_json::from_str(text).map_err(|_| row::corrupt(table, "hold_scopes"))
}

pub(crate) async fn adapter<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: &AdapterId,
) -> Result<(i64, Option<Adapter>), DbErr> {
    let tenant = scope.tenant().as_str();
    loop {
        let revision = policy::revision(connection, scope).await?;
        let key = (tenant.to_owned(), id.as_str().to_owned());
        let row = adapter::Entity::find_by_id(key).one(connection).await?;
        // The two must be of one moment; a change in between is rare, and reading again is cheap.
        if policy::revision(connection, scope).await? == revision {
            return Ok((revision, row.map(execution_row::adapter).transpose()?));
        }
    }
}

pub(crate) async fn adapters<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Vec<Adapter>, DbErr> {
    let rows = adapter::Entity::find()
        .filter(adapter::Column::TenantId.eq(scope.tenant().as_str()))
        .order_by_asc(adapter::Column::AdapterId)
        .all(connection)
        .await?;
    rows.into_iter().map(execution_row::adapter).collect()
}
