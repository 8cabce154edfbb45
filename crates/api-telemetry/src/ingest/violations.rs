//! `POST /api/ingest/violations`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{IngestReply, IngestViolationBody};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};
use clasper_reports::ReportKind;
use serde_json::value::RawValue;

use crate::ingest::one;

/// Report a violation
///
/// Something that went against the rules. It stands on the trace that it names once that is reported, and endpoints of webhooks
/// are told (`execution.violation`).
/// A signed envelope (`SignedEnvelopeBody`) with such a payload is taken, too.
#[utoipa::path(
    post,
    path = "/api/ingest/violations",
    tag = "reports",
    request_body = IngestViolationBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It is stored, or was stored before.", body = IngestReply),
        (status = 409, description = "The event was reported before with other content.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn ingest_violation(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(raw): ApiJson<Box<RawValue>>,
) -> Result<Json<IngestReply>, Problem> {
    one(&state, adapter, ReportKind::Violations, &raw)
        .await
        .map(Json)
}
