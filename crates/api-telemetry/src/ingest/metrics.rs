//! `POST /api/ingest/metrics`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{IngestMetricsBody, IngestReply};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};
use clasper_reports::ReportKind;
use serde_json::value::RawValue;

use crate::ingest::one;

/// Report metrics
///
/// Steps and time of an execution. More steps than were granted are stored as a violation.
/// A signed envelope (`SignedEnvelopeBody`) with such a payload is taken, too.
#[utoipa::path(
    post,
    path = "/api/ingest/metrics",
    tag = "reports",
    request_body = IngestMetricsBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It is stored, or was stored before.", body = IngestReply),
        (status = 409, description = "The event was reported before with other content.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn ingest_metrics(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(raw): ApiJson<Box<RawValue>>,
) -> Result<Json<IngestReply>, Problem> {
    one(&state, adapter, ReportKind::Metrics, &raw)
        .await
        .map(Json)
}
