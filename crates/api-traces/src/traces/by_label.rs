//! `GET /traces/by-label`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{LabelledTraceList, TraceLabelQuery};
use clasper_core::{Cursor, Permission};
use clasper_http::{
    ApiQuery, CursorQuery, Problem, ReadProblems, TenantCaller, TenantQuery, require,
};
use clasper_tracing::TraceFilter;

use crate::traces::{FOUND, view};

/// List traces by label
///
/// Newest started first, without their steps; 100 on a page, at most 500. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces/by-label",
    tag = "traces",
    params(TenantQuery, TraceLabelQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of traces.", body = LabelledTraceList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_traces_by_label(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<TraceLabelQuery>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<LabelledTraceList>, Problem> {
    require(&caller, Permission::TraceView)?;
    let (limit, cursor) = page.checked(FOUND)?;
    let filter = TraceFilter {
        label: Some((query.label_key, query.label_value)),
        limit,
        cursor,
        ..TraceFilter::default()
    };
    let page = state.traces.list_traces(&caller.scope(), &filter).await?;
    Ok(Json(LabelledTraceList {
        count: page.items.len(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        traces: page.items.into_iter().map(view::summary).collect(),
    }))
}
