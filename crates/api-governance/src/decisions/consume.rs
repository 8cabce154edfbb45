//! `POST /api/decisions/{decision_id}/consume`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ConsumeReply, OkStatus};
use clasper_core::DecisionId;
use clasper_delegated::Error;
use clasper_delegated::execution::ClaimRefusal;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};

use crate::executions::{Standing, adapter_caller};

/// Claim the grant of an approval
///
/// Once, for exactly what was approved: policies, risk and budgets are looked at again. Asking again to execute, under the
/// same `execution_id`, does the same.
#[utoipa::path(
    post,
    path = "/api/decisions/{decision_id}/consume",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id")),
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It may be done now, once.", body = ConsumeReply),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "`grant_used`, `grant_lapsed`, `no_grant`, `intent_mismatch`, `policy_denied`, `further_approval_required` or `budget_exceeded`."
        ),
        ReadProblems,
    )
)]
pub(super) async fn consume_decision(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(decision): ApiPath<DecisionId>,
) -> Result<Json<ConsumeReply>, Problem> {
    let caller = adapter_caller(adapter);
    let execution = state.executions.consume(&caller, decision).await?;
    let scope = Standing::of(&execution, state.clock.now()).scope();
    let (Some(live), Some(granted_scope)) = (&execution.grant, scope) else {
        // Its time ended between the claim and this line.
        return Err(Error::Claim(ClaimRefusal::Lapsed).into());
    };
    Ok(Json(ConsumeReply {
        status: OkStatus::Ok,
        execution_id: execution.key.clone(),
        grant_id: live.grant().id,
        granted_scope,
    }))
}
