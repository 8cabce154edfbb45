//! Totals over traces: whole hours from the totals kept with every trace, parts of hours trace by trace.

use clasper_core::{TenantScope, Usd};
use clasper_entity::{trace, trace_total};
use clasper_tracing::{StatsRange, TraceStats};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IdenStatic, QueryFilter, QuerySelect,
    QueryTrait,
};

use crate::row;

pub(crate) async fn stats<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    range: StatsRange,
) -> Result<TraceStats, DbErr> {
    let tenant = scope.tenant().as_str();
    let cover = range.cover();
    let totals = cover.totals.map(|bounds| of_totals(tenant, bounds));
    let edges = cover.edges.iter().map(|bounds| of_traces(tenant, *bounds));
    let mut stats = TraceStats::default();
    for select in totals.into_iter().chain(edges) {
        if let Some(sums) = connection.query_one(&select).await? {
            let column = |place: usize| -> Result<u64, DbErr> {
                let sum: Option<i64> = sums.try_get_by_index(place)?;
                u64::try_from(sum.unwrap_or(0)).map_err(|_| row::corrupt("trace_totals", "sums"))
            };
            stats.traces += column(0)?;
            stats.failed += column(1)?;
            stats.input_tokens += column(2)?;
            stats.output_tokens += column(3)?;
            stats.duration_ms += column(4)?;
            let nanos: Option<i64> = sums.try_get_by_index(5)?;
            let cost = row::usd(nanos.unwrap_or(0), "trace_totals", "cost_nanos")?;
            stats.cost = Usd::from_nanos(row::sum(stats.cost.nanos(), cost)?)
                .map_err(|_| row::corrupt("trace_totals", "cost_nanos"))?;
        }
    }
    Ok(stats)
}

/// The sum of an expression, as an integer of 64 bits on both databases.
fn sum(of: impl Into<Expr>) -> Expr {
    of.into().sum().cast_as("BIGINT")
}

fn of_totals(tenant: &str, (from, to): (i64, i64)) -> SelectStatement {
    use trace_total::Column as C;
    let columns = [
        C::Traces,
        C::Failed,
        C::InputTokens,
        C::OutputTokens,
        C::DurationMs,
        C::CostNanos,
    ];
    let mut select = trace_total::Entity::find()
        .select_only()
        .filter(C::TenantId.eq(tenant))
        .filter(C::StartsAt.gte(from))
        .filter(C::StartsAt.lt(to));
    for column in columns {
        select = select.column_as(sum(Expr::col(column)), column.as_str());
    }
    select.into_query()
}

fn of_traces(tenant: &str, (from, to): (i64, i64)) -> SelectStatement {
    use trace::Column as C;
    let failed = CaseStatement::new().case(C::Failed.eq(true), 1).finally(0);
    trace::Entity::find()
        .select_only()
        .filter(C::TenantId.eq(tenant))
        .filter(C::StartedAt.gte(from))
        .filter(C::StartedAt.lt(to))
        .column_as(C::StartedAt.count(), "traces")
        .column_as(sum(failed), "failed")
        .column_as(sum(Expr::col(C::InputTokens)), "input_tokens")
        .column_as(sum(Expr::col(C::OutputTokens)), "output_tokens")
        .column_as(sum(Expr::col(C::DurationMs)), "duration_ms")
        .column_as(sum(Expr::col(C::CostNanos)), "cost_nanos")
        .into_query()
}
