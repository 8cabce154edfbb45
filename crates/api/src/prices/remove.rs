//! `DELETE /prices/{provider}/{model}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::DeletedReply;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::prices::view::PricePath;

/// Take the tenant's price of a model back
///
/// The server's table counts again; a model that is not in it is refused. Audited. Needs the permission `budget:modify`.
#[utoipa::path(
    delete,
    path = "/prices/{provider}/{model}",
    tag = "budget",
    params(
        TenantQuery,
        ("provider" = String, Path, description = "The provider", example = "openai"),
        ("model" = String, Path, description = "The model", example = "gpt-4o"),
    ),
    responses(
        (status = 200, description = "It does not count any more.", body = DeletedReply),
        (status = 404, description = "The tenant has no price of its own for the model.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn remove_price(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(path): ApiPath<PricePath>,
) -> Result<Json<DeletedReply>, Problem> {
    state.prices.remove(&caller, &path.name()).await?;
    Ok(Json(DeletedReply {
        status: "deleted".to_owned(),
    }))
}
