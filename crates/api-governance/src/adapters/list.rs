//! `GET /ops/api/adapters`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AdapterList, AdapterView};
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::adapters::view;

/// List adapters
///
/// Every adapter that has registered in the tenant, by id. Needs the permission `adapter:view`.
#[utoipa::path(
    get,
    path = "/ops/api/adapters",
    tag = "adapters",
    params(TenantQuery),
    responses(
        (status = 200, description = "The adapters.", body = AdapterList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_adapters(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<AdapterList>, Problem> {
    let known = state.adapters.list(&caller).await?;
    let adapters: Vec<AdapterView> = known.into_iter().map(view::adapter).collect();
    Ok(Json(AdapterList {
        total: adapters.len(),
        adapters,
    }))
}
