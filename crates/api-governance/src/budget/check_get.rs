//! `GET /budget/check`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{BudgetCheckQuery, BudgetCheckView};
use clasper_core::Usd;
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::budget::{scope, view};

/// Check whether a cost would fit the budget
///
/// Asks the tenant's budget and those of the parts that are named. Holds nothing: the answer may be out of date at once. Needs the permission `budget:view`.
#[utoipa::path(
    get,
    path = "/budget/check",
    tag = "budget",
    params(TenantQuery, BudgetCheckQuery),
    responses(
        (status = 200, description = "Whether it would.", body = BudgetCheckView),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn check_budget(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<BudgetCheckQuery>,
) -> Result<Json<BudgetCheckView>, Problem> {
    let estimate = query.estimated_cost.map_or(Usd::ZERO, |amount| amount.0);
    let names = query.scopes.iter().flat_map(|names| names.split(','));
    let scopes = scope::all(names, "/query/scopes")?;
    let check = state.budgets.check(&caller, &scopes, estimate).await?;
    Ok(Json(view::check(check)))
}
