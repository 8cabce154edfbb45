//! The audit log.

use clasper_core::{ChainHead, Cursor, LoggedEntry, Page, TenantScope};
use clasper_entity::audit_entry::{Column, Entity, Model};
use clasper_entity::tenant;
use clasper_evidence::AuditFilter;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::row;

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    filter: &AuditFilter,
) -> Result<Page<LoggedEntry>, DbErr> {
    let mut query = Entity::find().filter(Column::TenantId.eq(scope.tenant().as_str()));
    if let Some(workspace) = &filter.workspace {
        query = query.filter(Column::WorkspaceId.eq(workspace.as_str()));
    }
    if let Some(trace) = filter.trace {
        query = query.filter(Column::TraceId.eq(trace.as_uuid()));
    }
    if let Some(event) = filter.event {
        query = query.filter(Column::EventType.eq(event.name()));
    }
    query = query.filter(said(filter));
    if let Some(from) = filter.from {
        query = query.filter(Column::OccurredAt.gte(from.timestamp_micros()));
    }
    if let Some(to) = filter.to {
        query = query.filter(Column::OccurredAt.lte(to.timestamp_micros()));
    }
    if let Some(cursor) = &filter.cursor {
        query = query.filter(Column::Seq.lt(cursor.key));
    }
    let limit = filter.limit as usize;
    let rows = query
        .order_by_desc(Column::Seq)
        .offset((filter.offset > 0).then_some(filter.offset))
        .limit(u64::from(filter.limit) + 1)
        .all(connection)
        .await?;
    let more = rows.len() > limit;
    let items = rows
        .into_iter()
        .take(limit)
        .map(row::logged_entry)
        .collect::<Result<Vec<_>, _>>()?;
    let last = items.last().filter(|_| more);
    let next = last.map(|entry| Cursor {
        key: entry.seq,
        id: String::new(),
    });
    Ok(Page { items, next })
}

/// Who, what and the words of it.
fn said(filter: &AuditFilter) -> Condition {
    let mut all = Condition::all();
    if let Some(actor) = &filter.actor {
        all = all.add(Column::Actor.eq(actor.as_str()));
    }
    if let Some(target) = &filter.target {
        all = all.add(if target.ends_with(':') {
            Column::Target.like(pattern("", target, "%"))
        } else {
            Column::Target.eq(target.as_str())
        });
    }
    if let Some(level) = &filter.risk_level {
        // Canonical JSON has no spaces, and within a text its quotes would be escaped.
        let member = format!("\"risk_level\":\"{level}\"");
        all = all.add(Column::Detail.like(pattern("%", &member, "%")));
    }
    if let Some(text) = &filter.text {
        let lower = text.to_ascii_lowercase();
        let columns = [Column::Actor, Column::Target, Column::Detail];
        let any = columns.into_iter().fold(Condition::any(), |any, column| {
            let lowered = Func::lower(Expr::col(column));
            any.add(Expr::expr(lowered).like(pattern("%", &lower, "%")))
                .add(column.like(pattern("%", text, "%")))
        });
        all = all.add(any);
    }
    all
}

/// A pattern that matches `text` and nothing that only looks like it.
fn pattern(before: &str, text: &str, after: &str) -> LikeExpr {
    let mut escaped = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    LikeExpr::new(format!("{before}{escaped}{after}")).escape('\\')
}

pub(crate) async fn read_log<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<LoggedEntry>, DbErr> {
    let rows = log_rows(connection, tenant, after, limit).await?;
    rows.into_iter().map(row::logged_entry).collect()
}

/// Entries as they are stored, for verification, which says of each alone whether it can be read.
///
/// # Errors
/// When the database refuses.
pub async fn log_rows<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(u64::from(limit))
        .all(connection)
        .await
}

pub(crate) async fn head<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<ChainHead, DbErr> {
    let row = tenant::Entity::find_by_id(scope.tenant().as_str())
        .one(connection)
        .await?;
    row.map_or(Ok(ChainHead::EMPTY), |row| row::chain_head(&row))
}
