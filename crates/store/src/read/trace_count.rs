//! How many traces a list has: whole days and hours from what is counted with every trace, parts of hours trace by trace.

use clasper_core::TenantScope;
use clasper_entity::{trace, trace_count};
use clasper_tracing::{DAY_MICROS, DayCover, StatsRange, TOTAL_MICROS, TraceFilter};
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
};

use crate::read::trace::wanted;
use crate::row;

pub(crate) async fn count<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    filter: &TraceFilter,
) -> Result<u64, DbErr> {
    let selects = if filter.label.is_some() || filter.entity.is_some() || filter.source.is_some() {
        vec![of_traces(scope, filter, None)]
    } else {
        let range = StatsRange {
            from: filter.started_from,
            to: filter.started_to,
        };
        let cover = range.cover();
        let whole = cover.totals.map(DayCover::of);
        let days = whole.iter().filter_map(|cover| cover.days);
        let days = days.map(|days| of_counts(scope, filter, DAY_MICROS, days));
        let hours = whole.iter().flat_map(|cover| &cover.hours);
        let hours = hours.map(|hours| of_counts(scope, filter, TOTAL_MICROS, *hours));
        let edges = cover.edges.iter();
        let edges = edges.map(|edge| of_traces(scope, filter, Some(*edge)));
        days.chain(hours).chain(edges).collect()
    };
    let mut count = 0;
    for select in selects {
        if let Some(found) = connection.query_one(&select).await? {
            let sum: Option<i64> = found.try_get_by_index(0)?;
            count += u64::try_from(sum.unwrap_or(0))
                .map_err(|_| row::corrupt("trace_counts", "traces"))?;
        }
    }
    Ok(count)
}

fn of_counts(
    scope: &TenantScope,
    filter: &TraceFilter,
    span: i64,
    (from, to): (i64, i64),
) -> SelectStatement {
    use trace_count::Column as C;
    let mut counts = trace_count::Entity::find()
        .select_only()
        .column_as(Expr::col(C::Traces).sum().cast_as("BIGINT"), "traces")
        .filter(C::TenantId.eq(scope.tenant().as_str()))
        .filter(C::Span.eq(span))
        .filter(C::StartsAt.gte(from))
        .filter(C::StartsAt.lt(to));
    if let Some(workspace) = &filter.workspace {
        counts = counts.filter(C::WorkspaceId.eq(workspace.as_str()));
    }
    if let Some(role) = &filter.agent_role {
        counts = counts.filter(C::AgentRole.eq(role.as_str()));
    }
    if let Some(status) = filter.status {
        counts = counts.filter(C::Status.eq(status.name()));
    }
    counts.into_query()
}

fn of_traces(
    scope: &TenantScope,
    filter: &TraceFilter,
    edge: Option<(i64, i64)>,
) -> SelectStatement {
    use trace::Column as T;
    let mut traces = trace::Entity::find()
        .select_only()
        .column_as(T::StartedAt.count(), "traces")
        .filter(wanted(scope, filter));
    if let Some((from, to)) = edge {
        traces = traces
            .filter(T::StartedAt.gte(from))
            .filter(T::StartedAt.lt(to));
    }
    traces.into_query()
}
