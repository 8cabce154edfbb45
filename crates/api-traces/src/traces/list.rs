//! `GET /traces`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{DateOrTime, TraceList, TraceQuery};
use clasper_core::{Cursor, Permission};
use clasper_http::{
    ApiQuery, PageLimits, PageQuery, Problem, ReadProblems, Slice, TenantCaller, TenantQuery,
    require,
};
use clasper_tracing::TraceFilter;

use crate::traces::view;

const LIMITS: PageLimits = PageLimits {
    default: 50,
    max: 100,
};

/// List traces
///
/// Newest started first, without their steps; 50 on a page, at most 100. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces",
    tag = "traces",
    params(TenantQuery, TraceQuery, PageQuery),
    responses(
        (status = 200, description = "A page of traces.", body = TraceList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_traces(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<TraceQuery>,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> Result<Json<TraceList>, Problem> {
    require(&caller, Permission::TraceView)?;
    let slice = Slice::from(page.checked(LIMITS)?);
    let filter = TraceFilter {
        workspace: query.workspace_id,
        agent_role: query.agent_role,
        status: query.status.map(view::run_status),
        source: query.source.map(view::source),
        started_from: query.start_date.map(DateOrTime::first),
        started_to: query.end_date.map(DateOrTime::last),
        limit: slice.limit,
        cursor: slice.cursor,
        offset: slice.offset,
        ..TraceFilter::default()
    };
    let scope = caller.scope();
    let page = state.traces.list_traces(&scope, &filter).await?;
    let total = state.traces.count_traces(&scope, &filter).await?;
    Ok(Json(TraceList {
        traces: page.items.into_iter().map(view::summary).collect(),
        has_more: page.next.is_some(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        total,
        limit: filter.limit,
        offset: filter.offset,
    }))
}
