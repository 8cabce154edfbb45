//! `POST /tenants/{tenant_id}/keys`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{CreateKeyBody, CreatedKeyReply};
use clasper_core::TenantId;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};
use clasper_identity::NewKey;
use secrecy::ExposeSecret;

use crate::keys::view;

/// Issue an API key
///
/// The secret is in this answer and can never be shown again. A key may hold at most what its maker holds, except from the
/// daemon key. Needs the permission `key:manage`.
#[utoipa::path(
    post,
    path = "/tenants/{tenant_id}/keys",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "The tenant", example = "acme")),
    request_body = CreateKeyBody,
    responses((status = 201, description = "The key and its secret.", body = CreatedKeyReply), WriteProblems)
)]
pub(super) async fn create_key(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(tenant): ApiPath<TenantId>,
    ApiJson(body): ApiJson<CreateKeyBody>,
) -> Result<(StatusCode, Json<CreatedKeyReply>), Problem> {
    let caller = authenticated.caller(Some(&tenant))?;
    let new = NewKey {
        name: body.name,
        role: view::role(body.role),
    };
    let (key, secret) = state
        .identity
        .create_key(&caller, &caller.scope(), new)
        .await?;
    let reply = CreatedKeyReply {
        key: view::key(key)?,
        secret: secret.expose_secret().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(reply)))
}
