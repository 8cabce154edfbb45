//! `POST /traces/{id}/label`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{LabelTraceBody, LabelTraceReply, OkStatus};
use clasper_core::TraceId;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};

/// Label a trace
///
/// Sets the labels that are named and takes away those that are null; the others stay. The trace itself is not changed. Audited.
/// Needs the permission `trace:annotate`.
#[utoipa::path(
    post,
    path = "/traces/{id}/label",
    tag = "traces",
    params(("id" = String, Path, format = Uuid, description = "The trace's id")),
    request_body = LabelTraceBody,
    responses(
        (status = 200, description = "All labels of the trace as they are now.", body = LabelTraceReply),
        (status = 404, description = "There is no such trace in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "Retention has dropped the trace (`trace_dropped`).", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The trace would have more labels than it may.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn label_trace(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(id): ApiPath<TraceId>,
    ApiJson(body): ApiJson<LabelTraceBody>,
) -> Result<Json<LabelTraceReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let labels = state.trace_notes.label(&caller, id, body.labels).await?;
    Ok(Json(LabelTraceReply {
        status: OkStatus::Ok,
        trace_id: id,
        labels,
    }))
}
