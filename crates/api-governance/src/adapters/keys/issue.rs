//! `POST /ops/api/adapters/{adapter_id}/keys`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{IssueAdapterKeyBody, IssuedAdapterKeyReply};
use clasper_core::AdapterId;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};

use crate::adapters::keys::view;

/// Issue a key to an adapter
///
/// For one workspace. The secret is in this answer and can never be shown again. Earlier keys stay good for a quarter of an
/// hour. Needs the permission `adapter:manage_keys`.
#[utoipa::path(
    post,
    path = "/ops/api/adapters/{adapter_id}/keys",
    tag = "adapters",
    params(("adapter_id" = String, Path, description = "The adapter's id", example = "openclaw-local")),
    request_body = IssueAdapterKeyBody,
    responses(
        (status = 201, description = "The key and its secret.", body = IssuedAdapterKeyReply),
        (status = 404, description = "No such adapter has registered.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(in crate::adapters) async fn issue_adapter_key(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(adapter): ApiPath<AdapterId>,
    ApiJson(body): ApiJson<IssueAdapterKeyBody>,
) -> Result<(StatusCode, Json<IssuedAdapterKeyReply>), Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let keys = &state.adapter_keys;
    let (key, secret) = keys.issue_to(&caller, &adapter, body.workspace_id).await?;
    Ok((StatusCode::CREATED, Json(view::issued(key, &secret))))
}
