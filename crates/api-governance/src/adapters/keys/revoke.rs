//! `DELETE /ops/api/adapters/{adapter_id}/keys`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::AdapterView;
use clasper_core::AdapterId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::adapters::view;

/// Revoke every key of an adapter
///
/// And disable it, so that no token signed by the shared secret opens in its name either. Every replica refuses it within
/// five seconds, and decides nothing more for it from now on. Enabled again, it needs new keys. Needs the permission
/// `adapter:manage_keys`.
#[utoipa::path(
    delete,
    path = "/ops/api/adapters/{adapter_id}/keys",
    tag = "adapters",
    params(("adapter_id" = String, Path, description = "The adapter's id", example = "openclaw-local"), TenantQuery),
    responses(
        (status = 200, description = "The adapter as it is known now.", body = AdapterView),
        (status = 404, description = "No such adapter has registered.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(in crate::adapters) async fn revoke_adapter_keys(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(adapter): ApiPath<AdapterId>,
) -> Result<Json<AdapterView>, Problem> {
    let revoked = state.adapter_keys.revoke(&caller, &adapter).await?;
    Ok(Json(view::adapter(revoked)))
}
