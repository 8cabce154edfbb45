//! `GET /traces/{id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::TraceReply;
use clasper_core::{Permission, TraceId};
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery, require};
use clasper_tracing::TraceError;

use crate::traces::view;

/// Read a trace
///
/// The whole record of one execution, with its steps. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces/{id}",
    tag = "traces",
    params(("id" = String, Path, format = Uuid, description = "The trace's id"), TenantQuery),
    responses(
        (status = 200, description = "The trace.", body = TraceReply),
        (status = 404, description = "There is no such trace in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "Retention has dropped the trace (`trace_dropped`).", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_trace(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<TraceId>,
) -> Result<Json<TraceReply>, Problem> {
    require(&caller, Permission::TraceView)?;
    let found = state.traces.find_trace(&caller.scope(), id).await?;
    let Some(trace) = found else {
        let dropped = state.traces.was_dropped(&caller.scope(), id).await?;
        return Err(if dropped {
            TraceError::Dropped(id).into()
        } else {
            Problem::not_found()
        });
    };
    Ok(Json(TraceReply {
        trace: view::whole(trace),
    }))
}
