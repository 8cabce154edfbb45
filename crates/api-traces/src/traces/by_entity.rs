//! `GET /traces/by-entity`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{LinkedTraceList, TraceEntityQuery};
use clasper_core::{Cursor, Permission};
use clasper_http::{
    ApiQuery, CursorQuery, Problem, ReadProblems, TenantCaller, TenantQuery, require,
};
use clasper_tracing::{EntityKind, TraceFilter};

use crate::traces::{FOUND, view};

/// List traces by what they are linked to
///
/// A task, document or message of the tenant's own product; newest started first, without their steps; 100 on a page, at most
/// 500. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces/by-entity",
    tag = "traces",
    params(TenantQuery, TraceEntityQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of traces.", body = LinkedTraceList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_traces_by_entity(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<TraceEntityQuery>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<LinkedTraceList>, Problem> {
    require(&caller, Permission::TraceView)?;
    let (kind, id) = entity(query)?;
    let (limit, cursor) = page.checked(FOUND)?;
    let filter = TraceFilter {
        entity: Some((kind, id.clone())),
        limit,
        cursor,
        ..TraceFilter::default()
    };
    let page = state.traces.list_traces(&caller.scope(), &filter).await?;
    Ok(Json(LinkedTraceList {
        entity_type: kind.name().to_owned(),
        entity_id: id,
        count: page.items.len(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        traces: page.items.into_iter().map(view::summary).collect(),
    }))
}

/// What the query names, in the order of the reference.
fn entity(query: TraceEntityQuery) -> Result<(EntityKind, String), Problem> {
    let named = [
        (EntityKind::Task, query.task_id),
        (EntityKind::Document, query.document_id),
        (EntityKind::Message, query.message_id),
    ];
    let mut named = named
        .into_iter()
        .filter_map(|(kind, id)| id.map(|id| (kind, id)));
    named.next().ok_or_else(|| {
        Problem::invalid(
            "/query/task_id",
            "name one of `task_id`, `document_id` and `message_id`",
        )
    })
}
