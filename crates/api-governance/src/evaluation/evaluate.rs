//! `POST /api/policy/evaluate`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{EvaluateBody, EvaluationReply};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};

use crate::evaluation::{ask, budgets, view};
use crate::executions::adapter_caller;

/// Ask what a request to execute would be told
///
/// The same context, policies, risk and budget as `POST /api/execution/request`, and nothing is written: `final_decision` is
/// what it would decide now. `decision` is what the policies say alone. Tenant, workspace and adapter are the token's.
#[utoipa::path(
    post,
    path = "/api/policy/evaluate",
    tag = "policies",
    request_body = EvaluateBody,
    security(("adapter_token" = [])),
    responses((status = 200, description = "What it would be told.", body = EvaluationReply), WriteProblems)
)]
pub(super) async fn evaluate_policy(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(body): ApiJson<EvaluateBody>,
) -> Result<Json<EvaluationReply>, Problem> {
    let request = ask::of_adapter(&adapter.principal, body)?;
    let caller = adapter_caller(adapter);
    check(&caller.principal, &request)?;
    let scopes = request.ask.budget_scopes();
    let budgets = budgets(&state, &caller.caller(), &scopes).await?;
    let told = state.executions.evaluate(&caller, request.ask, budgets);
    Ok(Json(view::reply(told.await?)?))
}

/// What the body names has to be the token's, as with a request.
fn check(
    adapter: &clasper_identity::AdapterPrincipal,
    request: &clasper_delegated::ExecutionRequest,
) -> Result<(), Problem> {
    let other = |what| Problem::from(clasper_delegated::Error::ScopeMismatch(what));
    if request
        .tenant
        .as_ref()
        .is_some_and(|t| *t != adapter.tenant)
    {
        return Err(other("tenant"));
    }
    let named = request.workspace.as_ref();
    if named.is_some_and(|workspace| *workspace != adapter.workspace) {
        return Err(other("workspace"));
    }
    Ok(())
}
