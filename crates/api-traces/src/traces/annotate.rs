//! `POST /traces/{id}/annotate`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{AnnotateTraceBody, AnnotateTraceReply, OkStatus};
use clasper_core::TraceId;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};
use clasper_tracing::NewAnnotation;

use crate::traces::annotations::view;

/// Annotate a trace
///
/// Adds a remark, which is never changed or taken back. Audited: the log keeps its key and the hash of its text. Needs the
/// permission `trace:annotate`.
#[utoipa::path(
    post,
    path = "/traces/{id}/annotate",
    tag = "traces",
    params(("id" = String, Path, format = Uuid, description = "The trace's id")),
    request_body = AnnotateTraceBody,
    responses(
        (status = 201, description = "The annotation.", body = AnnotateTraceReply),
        (status = 404, description = "There is no such trace in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "Retention has dropped the trace (`trace_dropped`).", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn annotate_trace(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(id): ApiPath<TraceId>,
    ApiJson(body): ApiJson<AnnotateTraceBody>,
) -> Result<(StatusCode, Json<AnnotateTraceReply>), Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let said = NewAnnotation {
        key: body.key,
        value: body.value,
        created_by: body.created_by,
    };
    let annotation = state.trace_notes.annotate(&caller, id, said).await?;
    let reply = AnnotateTraceReply {
        status: OkStatus::Ok,
        annotation: view(annotation),
    };
    Ok((StatusCode::CREATED, Json(reply)))
}
