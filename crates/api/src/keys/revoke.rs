//! `DELETE /tenants/{tenant_id}/keys/{key_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ApiKeyReply;
use clasper_core::{ApiKeyId, TenantId};
use clasper_http::{ApiPath, Authenticated, Problem, ReadProblems};
use serde::Deserialize;

use crate::keys::view;

#[derive(Deserialize)]
pub(super) struct KeyPath {
    tenant_id: TenantId,
    key_id: ApiKeyId,
}

/// Revoke an API key
///
/// Revoking it again changes nothing. Replicas that saw the key moments ago may accept it for a few more. Needs the
/// permission `key:manage`.
#[utoipa::path(
    delete,
    path = "/tenants/{tenant_id}/keys/{key_id}",
    tag = "tenants",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "acme"),
        ("key_id" = String, Path, format = Uuid, description = "The key's id"),
    ),
    responses(
        (status = 200, description = "The key as it now stands.", body = ApiKeyReply),
        (status = 404, description = "The tenant has no such key.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn revoke_key(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(path): ApiPath<KeyPath>,
) -> Result<Json<ApiKeyReply>, Problem> {
    let caller = authenticated.caller(Some(&path.tenant_id))?;
    let revoked = state
        .identity
        .revoke_key(&caller, &caller.scope(), path.key_id)
        .await?;
    Ok(Json(ApiKeyReply {
        key: view::key(revoked)?,
    }))
}
