//! `GET /usage`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::UsageView;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

/// Read what the tenant has used
///
/// Totals since the tenant was created. Needs the permission `usage:view`.
#[utoipa::path(
    get,
    path = "/usage",
    tag = "budget",
    params(TenantQuery),
    responses(
        (status = 200, description = "The totals.", body = UsageView),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_usage(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<UsageView>, Problem> {
    let totals = state.budgets.usage(&caller).await?;
    Ok(Json(UsageView {
        request_count: totals.runs,
        total_input_tokens: totals.input_tokens,
        total_output_tokens: totals.output_tokens,
        total_tokens: totals.input_tokens.saturating_add(totals.output_tokens),
        total_cost: totals.cost.into(),
        held_cost: totals.held.into(),
        currency: "USD".to_owned(),
    }))
}
