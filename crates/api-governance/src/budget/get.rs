//! `GET /budget`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{BudgetQuery, BudgetReply};
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::budget::{scope, view};

/// Read a budget
///
/// The tenant's, or that of a part of it, in its current period, and how spending goes on. Needs the permission `budget:view`.
#[utoipa::path(
    get,
    path = "/budget",
    tag = "budget",
    params(TenantQuery, BudgetQuery),
    responses(
        (status = 200, description = "The budget.", body = BudgetReply),
        (status = 404, description = "The tenant or its part has no budget.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_budget(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<BudgetQuery>,
) -> Result<Json<BudgetReply>, Problem> {
    let scope = scope::one(query.scope.as_deref(), "/query/scope")?;
    let budget = state.budgets.get_scope(&caller, &scope).await?;
    Ok(Json(BudgetReply {
        stats: view::stats(&budget, state.clock.now()),
        budget: view::budget(&scope, budget),
    }))
}
