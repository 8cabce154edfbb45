//! `GET /api/adapter/decisions/{decision_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::AdapterDecisionReply;
use clasper_core::DecisionId;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};

use crate::decisions::view;
use crate::executions::adapter_caller;

/// Read one of an adapter's own decisions
///
/// The same row as in the list.
#[utoipa::path(
    get,
    path = "/api/adapter/decisions/{decision_id}",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id")),
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "The decision.", body = AdapterDecisionReply),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_adapter_decision(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(decision): ApiPath<DecisionId>,
) -> Result<Json<AdapterDecisionReply>, Problem> {
    let caller = adapter_caller(adapter);
    let execution = state.executions.own_decision(&caller, decision).await?;
    let decision = view::row(&execution, state.clock.now())?;
    Ok(Json(AdapterDecisionReply { decision }))
}
