//! `DELETE /ops/api/webhooks/{webhook_id}`

use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_core::EndpointId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

/// Remove an endpoint of webhooks
///
/// What waits for it is given up. Needs the permission `webhook:manage`.
#[utoipa::path(
    delete,
    path = "/ops/api/webhooks/{webhook_id}",
    tag = "webhooks",
    params(("webhook_id" = String, Path, format = Uuid, description = "The endpoint's id"), TenantQuery),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such endpoint.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn remove_webhook(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<EndpointId>,
) -> Result<StatusCode, Problem> {
    state.webhooks.remove(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
