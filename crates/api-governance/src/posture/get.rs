//! `GET /api/adapter/posture` and `GET /api/adapter/policy-posture`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::PostureView;
use clasper_http::{AuthenticatedAdapter, Problem, ReadProblems};

use crate::executions::adapter_caller;
use crate::posture::view;

/// Read how the adapter is governed
///
/// `ENFORCED` rests on evidence, not on registration: within the window the adapter has asked to execute `__clasper_probe__`
/// (`POST /api/execution/request` with that tool and that capability alone), which must be denied, and was denied by the policies
/// that are in force now. The request is recorded like every other.
#[utoipa::path(
    get,
    path = "/api/adapter/posture",
    tag = "adapters",
    security(("adapter_token" = [])),
    responses((status = 200, description = "How it is governed.", body = PostureView), ReadProblems)
)]
pub(super) async fn get_adapter_posture(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
) -> Result<Json<PostureView>, Problem> {
    let caller = adapter_caller(adapter);
    let found = state.executions.posture(&caller).await?;
    let adapter = caller.principal.adapter;
    Ok(Json(view::posture(adapter, found, &state.info.version)))
}

/// Read how the adapter is governed, by its other name
///
/// The same as `GET /api/adapter/posture`.
#[utoipa::path(
    get,
    path = "/api/adapter/policy-posture",
    tag = "adapters",
    security(("adapter_token" = [])),
    responses((status = 200, description = "How it is governed.", body = PostureView), ReadProblems)
)]
pub(super) async fn get_adapter_policy_posture(
    state: State<ApiState>,
    adapter: AuthenticatedAdapter,
) -> Result<Json<PostureView>, Problem> {
    get_adapter_posture(state, adapter).await
}
