//! `POST /api/ingest/trace`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{IngestReply, IngestTraceBody};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};
use clasper_reports::ReportKind;
use serde_json::value::RawValue;

use crate::ingest::one;

/// Report a trace
///
/// What was done, step by step. It is compared with the grant of its execution, and what is beyond that is stored as a violation.
/// Traces are written once: the id of another trace is refused. Texts are redacted before they are stored; hashes of steps
/// are checked over what was sent.
/// A signed envelope (`SignedEnvelopeBody`) with such a payload is taken, too.
#[utoipa::path(
    post,
    path = "/api/ingest/trace",
    tag = "reports",
    request_body = IngestTraceBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It is stored, or was stored before.", body = IngestReply),
        (status = 409, description = "There is another trace with this id, or the event was reported with other content.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn ingest_trace(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(raw): ApiJson<Box<RawValue>>,
) -> Result<Json<IngestReply>, Problem> {
    one(&state, adapter, ReportKind::Trace, &raw)
        .await
        .map(Json)
}
