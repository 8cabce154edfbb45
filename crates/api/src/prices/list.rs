//! `GET /prices`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::PriceList;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::prices::view;

/// List the tenant's own prices
///
/// By name. Other models cost what the server's table says. Needs the permission `budget:view`.
#[utoipa::path(
    get,
    path = "/prices",
    tag = "budget",
    params(TenantQuery),
    responses(
        (status = 200, description = "The prices.", body = PriceList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_prices(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<PriceList>, Problem> {
    let prices = state.prices.list(&caller).await?;
    let items = prices.into_iter().map(view::price);
    Ok(Json(PriceList {
        items: items.collect::<Result<_, _>>()?,
    }))
}
