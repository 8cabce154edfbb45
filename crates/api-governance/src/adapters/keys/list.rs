//! `GET /ops/api/adapters/{adapter_id}/keys`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::AdapterKeyList;
use clasper_core::AdapterId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::adapters::keys::view;

/// List the keys of an adapter
///
/// The newest first, ended and revoked ones included. Needs the permission `adapter:view`.
#[utoipa::path(
    get,
    path = "/ops/api/adapters/{adapter_id}/keys",
    tag = "adapters",
    params(("adapter_id" = String, Path, description = "The adapter's id", example = "openclaw-local"), TenantQuery),
    responses(
        (status = 200, description = "The keys.", body = AdapterKeyList),
        (status = 404, description = "No such adapter has registered.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(in crate::adapters) async fn list_adapter_keys(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(adapter): ApiPath<AdapterId>,
) -> Result<Json<AdapterKeyList>, Problem> {
    let keys = state.adapter_keys.list(&caller, &adapter).await?;
    let keys = keys.into_iter().map(view::key).collect();
    Ok(Json(AdapterKeyList { keys }))
}
