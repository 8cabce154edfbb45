//! `GET /traces/{id}/annotations`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AnnotationList, AnnotationView};
use clasper_core::{Cursor, TraceId};
use clasper_http::{
    ApiPath, ApiQuery, CursorQuery, Problem, ReadProblems, TenantCaller, TenantQuery,
};
use clasper_tracing::Annotation;

use crate::traces::FOUND;

/// List the annotations of a trace
///
/// Oldest first; 100 on a page, at most 500. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces/{id}/annotations",
    tag = "traces",
    params(("id" = String, Path, format = Uuid, description = "The trace's id"), TenantQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of annotations.", body = AnnotationList),
        (status = 404, description = "There is no such trace in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "Retention has dropped the trace (`trace_dropped`).", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_annotations(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<TraceId>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<AnnotationList>, Problem> {
    let (limit, cursor) = page.checked(FOUND)?;
    let notes = &state.trace_notes;
    let page = notes
        .annotations(&caller, id, cursor.as_ref(), limit)
        .await?;
    Ok(Json(AnnotationList {
        trace_id: id,
        annotations: page.items.into_iter().map(view).collect(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
    }))
}

pub(super) fn view(annotation: Annotation) -> AnnotationView {
    AnnotationView {
        id: annotation.id,
        trace_id: annotation.trace,
        key: annotation.key,
        value: annotation.value,
        created_at: annotation.created_at.into(),
        created_by: annotation.created_by,
        actor: annotation.actor,
    }
}
