//! `POST /ops/api/policies/dry-run`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{EvaluateBody, EvaluationReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::evaluation::ask;
use crate::evaluation::view;

/// Ask what an adapter's request would be told, from the console
///
/// The same as `POST /api/policy/dry-run`. Needs the permission `policy:view`.
#[utoipa::path(
    post,
    path = "/ops/api/policies/dry-run",
    tag = "policies",
    request_body = EvaluateBody,
    responses((status = 200, description = "What it would be told.", body = EvaluationReply), WriteProblems)
)]
pub(super) async fn dry_run_policy_ops(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<EvaluateBody>,
) -> Result<Json<EvaluationReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let dry = ask::of_operator(&caller, body)?;
    let budgets = ask::budgets(&state, &caller, &dry.ask.budget_scopes()).await?;
    let told = state.executions.dry_run(&caller, dry, budgets).await?;
    Ok(Json(view::reply(told)?))
}
