//! `POST /budget/check`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{BudgetCheckBody, BudgetCheckView};
use clasper_core::Usd;
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::budget::{scope, view};

/// Check whether a cost would fit the budget, by body
///
/// The same as `GET /budget/check`. Needs the permission `budget:view`.
#[utoipa::path(
    post,
    path = "/budget/check",
    tag = "budget",
    request_body = BudgetCheckBody,
    responses((status = 200, description = "Whether it would.", body = BudgetCheckView), WriteProblems)
)]
pub(super) async fn post_budget_check(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<BudgetCheckBody>,
) -> Result<Json<BudgetCheckView>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let estimate = body.estimated_cost.map_or(Usd::ZERO, |amount| amount.0);
    let scopes = scope::all(body.scopes.iter().map(String::as_str), "/scopes")?;
    let check = state.budgets.check(&caller, &scopes, estimate).await?;
    Ok(Json(view::check(check)))
}
