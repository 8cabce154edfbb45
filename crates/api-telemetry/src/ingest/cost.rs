//! `POST /api/ingest/cost`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{IngestCostBody, IngestReply};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};
use clasper_reports::ReportKind;
use serde_json::value::RawValue;

use crate::ingest::one;

/// Report a cost
///
/// It is charged to the budgets that held money for the execution, and the hold ends. Costs beyond the grant, after it, or
/// without one are charged all the same, and stored as violations. There is one cost per execution; further ones need an
/// `event_id` each.
/// A signed envelope (`SignedEnvelopeBody`) with such a payload is taken, too.
#[utoipa::path(
    post,
    path = "/api/ingest/cost",
    tag = "reports",
    request_body = IngestCostBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It is stored, or was stored before.", body = IngestReply),
        (status = 409, description = "The event was reported before with other content.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn ingest_cost(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(raw): ApiJson<Box<RawValue>>,
) -> Result<Json<IngestReply>, Problem> {
    one(&state, adapter, ReportKind::Cost, &raw).await.map(Json)
}
