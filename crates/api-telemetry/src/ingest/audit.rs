//! `POST /api/ingest/audit`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{IngestAuditBody, IngestReply};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};
use clasper_reports::ReportKind;
use serde_json::value::RawValue;

use crate::ingest::one;

/// Report an event
///
/// Something that happened. It becomes an entry of the audit log, redacted. Without an `event_id`, the same event again is
/// recognised by its content.
/// A signed envelope (`SignedEnvelopeBody`) with such a payload is taken, too.
#[utoipa::path(
    post,
    path = "/api/ingest/audit",
    tag = "reports",
    request_body = IngestAuditBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It is stored, or was stored before.", body = IngestReply),
        (status = 409, description = "The event was reported before with other content.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn ingest_audit(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(raw): ApiJson<Box<RawValue>>,
) -> Result<Json<IngestReply>, Problem> {
    one(&state, adapter, ReportKind::Audit, &raw)
        .await
        .map(Json)
}
