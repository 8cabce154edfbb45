//! `GET /tenants/{tenant_id}/keys`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ApiKeyList;
use clasper_core::TenantId;
use clasper_http::{ApiPath, Authenticated, Problem, ReadProblems};

use crate::keys::view;

/// List the tenant's API keys
///
/// Oldest first, revoked ones included, without their secrets. Needs the permission `key:manage`.
#[utoipa::path(
    get,
    path = "/tenants/{tenant_id}/keys",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "The tenant", example = "acme")),
    responses(
        (status = 200, description = "The keys.", body = ApiKeyList),
        (status = 404, description = "The credential may not read this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_keys(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(tenant): ApiPath<TenantId>,
) -> Result<Json<ApiKeyList>, Problem> {
    let caller = authenticated.caller(Some(&tenant))?;
    let keys = state.identity.list_keys(&caller, &caller.scope()).await?;
    let keys = keys.into_iter().map(view::key).collect::<Result<_, _>>()?;
    Ok(Json(ApiKeyList { keys }))
}
