//! `POST /traces/diff`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{DiffTracesBody, DiffTracesReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};
use clasper_tracing::diff::summary_text;

use crate::traces::diff_view;

/// Compare two traces
///
/// Aligns their steps by what they do, names the first place where they part, and says what of the differences matters. Nothing
/// is written. Needs the permission `trace:view`.
#[utoipa::path(
    post,
    path = "/traces/diff",
    tag = "traces",
    request_body = DiffTracesBody,
    responses(
        (status = 200, description = "The comparison.", body = DiffTracesReply),
        (status = 404, description = "One of the traces does not exist in this tenant; `detail` says which.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "Retention has dropped the trace (`trace_dropped`).", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn diff_traces(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<DiffTracesBody>,
) -> Result<Json<DiffTracesReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let (base, compare) = (body.base_trace_id, body.compare_trace_id);
    let diff = state.trace_notes.diff(&caller, base, compare).await?;
    let in_words = body.include_summary.unwrap_or(true);
    Ok(Json(DiffTracesReply {
        summary_text: in_words.then(|| summary_text(&diff)),
        diff: diff_view::diff(diff),
    }))
}
