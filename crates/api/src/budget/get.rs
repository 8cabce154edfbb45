//! `GET /budget`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::BudgetReply;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::budget::view;

/// Read the tenant's budget
///
/// The budget in its current period, and how spending goes on. Needs the permission `budget:view`.
#[utoipa::path(
    get,
    path = "/budget",
    tag = "budget",
    params(TenantQuery),
    responses(
        (status = 200, description = "The budget.", body = BudgetReply),
        (status = 404, description = "The tenant has no budget.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_budget(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<BudgetReply>, Problem> {
    let budget = state.budgets.get(&caller).await?;
    Ok(Json(BudgetReply {
        stats: view::stats(&budget, state.clock.now()),
        budget: view::budget(budget),
    }))
}
