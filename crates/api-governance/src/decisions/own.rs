//! `GET /api/decisions/{decision_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::OwnDecisionView;
use clasper_core::DecisionId;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};

use crate::decisions::view;
use crate::executions::adapter_caller;

/// Read a decision, as the adapter that asked
///
/// Where it stands, and what it grants. Once people have agreed there is a decision token, which claims the grant with
/// `POST /api/decisions/{decision_id}/consume`; it is kept as a hash and shown to the adapter that asked, to nobody else.
#[utoipa::path(
    get,
    path = "/api/decisions/{decision_id}",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id")),
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "The decision.", body = OwnDecisionView),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_own_decision(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(decision): ApiPath<DecisionId>,
) -> Result<Json<OwnDecisionView>, Problem> {
    let caller = adapter_caller(adapter);
    let execution = state.executions.own_decision(&caller, decision).await?;
    let token = state.executions.decision_token(&execution);
    Ok(Json(view::own(&execution, token, state.clock.now())))
}
