//! `GET /ops/api/decisions/{decision_id}`

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use clasper_api_state::ApiState;
use clasper_api_types::DecisionReply;
use clasper_core::DecisionId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::decisions::precondition::etag;
use crate::decisions::view;

/// Read a decision
///
/// With everything that people need to resolve it. `ETag` names its revision: send it as `If-Match` to resolve exactly what
/// was read. Needs the permission `decision:view`.
#[utoipa::path(
    get,
    path = "/ops/api/decisions/{decision_id}",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id"), TenantQuery),
    responses(
        (status = 200, description = "The decision.", body = DecisionReply, headers(("ETag" = String, description = "Its revision"))),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_decision(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(decision): ApiPath<DecisionId>,
) -> Result<impl IntoResponse, Problem> {
    let execution = state.executions.decision(&caller, decision).await?;
    let decision = view::decision(&execution, state.clock.now())?;
    Ok((etag(execution.revision), Json(DecisionReply { decision })))
}
