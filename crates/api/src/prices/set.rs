//! `PUT /prices/{provider}/{model}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{PriceView, SetPriceBody};
use clasper_core::Permission;
use clasper_governance::Tariff;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};

use crate::prices::view::{self, PricePath};

/// Set the tenant's price of a model
///
/// It counts before the server's table, from the next run on; on other replicas a second later. A slash in the model's name is
/// written `%2F`. Audited. Needs the permission `budget:modify`.
#[utoipa::path(
    put,
    path = "/prices/{provider}/{model}",
    tag = "budget",
    params(
        ("provider" = String, Path, description = "The provider", example = "openai"),
        ("model" = String, Path, description = "The model", example = "gpt-4o"),
    ),
    request_body = SetPriceBody,
    responses(
        (status = 200, description = "The price as it counts now.", body = PriceView),
        (status = 409, description = "The tenant has as many prices as it may have.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn set_price(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(path): ApiPath<PricePath>,
    ApiJson(body): ApiJson<SetPriceBody>,
) -> Result<Json<PriceView>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    // The service refuses a caller without the permission; until then it must not bring a tenant into being.
    if caller.may(Permission::BudgetModify) {
        state.identity.ensure_tenant(&caller).await?;
    }
    let cached = body.cached_input_usd_per_million;
    let tariff = Tariff {
        input_usd_per_million: body.input_usd_per_million.0.to_decimal(),
        output_usd_per_million: body.output_usd_per_million.0.to_decimal(),
        cached_input_usd_per_million: cached.map(|price| price.0.to_decimal()),
    };
    let set = state.prices.set(&caller, &path.name(), tariff).await?;
    Ok(Json(view::price(set)?))
}
