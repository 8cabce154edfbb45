//! `GET /traces/stats`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{DateOrTime, TraceStatsQuery, TraceStatsReply, TraceStatsView};
use clasper_core::Permission;
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery, require};
use clasper_tracing::StatsRange;

/// Read totals over traces
///
/// How many, their tokens, cost, mean duration and share of errors, over all time or the traces that began within a range. They
/// are kept with every trace, so their cost does not grow with the traces. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces/stats",
    tag = "traces",
    params(TenantQuery, TraceStatsQuery),
    responses(
        (status = 200, description = "The totals.", body = TraceStatsReply),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_trace_stats(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<TraceStatsQuery>,
) -> Result<Json<TraceStatsReply>, Problem> {
    require(&caller, Permission::TraceView)?;
    let range = StatsRange {
        from: query.start_date.map(DateOrTime::first),
        to: query.end_date.map(DateOrTime::last),
    };
    let totals = state.traces.trace_stats(&caller.scope(), range).await?;
    Ok(Json(TraceStatsReply {
        stats: TraceStatsView {
            total_traces: totals.traces,
            total_tokens: totals.input_tokens.saturating_add(totals.output_tokens),
            input_tokens: totals.input_tokens,
            output_tokens: totals.output_tokens,
            total_cost: totals.cost.into(),
            avg_duration_ms: totals.mean_duration_ms(),
            error_rate: totals.failure_rate(),
        },
    }))
}
