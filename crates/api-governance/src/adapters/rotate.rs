//! `POST /adapters/{adapter_id}/rotate`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::IssuedAdapterKeyReply;
use clasper_core::AdapterId;
use clasper_delegated::Error;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};

use crate::adapters::keys::view;
use crate::executions::adapter_caller;

/// Give an adapter another key
///
/// An adapter asks for another key of its own, by the one it has or by a token signed by the shared secret. The secret is in
/// this answer and can never be shown again. Earlier keys stay good for a quarter of an hour.
#[utoipa::path(
    post,
    path = "/adapters/{adapter_id}/rotate",
    tag = "adapters",
    params(("adapter_id" = String, Path, description = "The adapter's own id", example = "openclaw-local")),
    security(("adapter_token" = [])),
    responses((status = 201, description = "The key and its secret.", body = IssuedAdapterKeyReply), ReadProblems)
)]
pub(super) async fn rotate_adapter_key(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(named): ApiPath<AdapterId>,
) -> Result<(StatusCode, Json<IssuedAdapterKeyReply>), Problem> {
    if named != adapter.principal.adapter {
        return Err(Error::ScopeMismatch("adapter").into());
    }
    let caller = adapter_caller(adapter);
    let (key, secret) = state.adapter_keys.rotate_own(&caller).await?;
    Ok((StatusCode::CREATED, Json(view::issued(key, &secret))))
}
