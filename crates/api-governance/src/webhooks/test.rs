//! `POST /ops/api/webhooks/{webhook_id}/test`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::QueuedMessageReply;
use clasper_core::EndpointId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

/// Try an endpoint of webhooks out
///
/// Sends it `webhook.test`, signed and retried like any other message; look at the deliveries for what came of it. Needs the
/// permission `webhook:manage`.
#[utoipa::path(
    post,
    path = "/ops/api/webhooks/{webhook_id}/test",
    tag = "webhooks",
    params(("webhook_id" = String, Path, format = Uuid, description = "The endpoint's id"), TenantQuery),
    responses(
        (status = 202, description = "The message is about to be sent.", body = QueuedMessageReply),
        (status = 404, description = "There is no such endpoint.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The endpoint is disabled.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn test_webhook(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<EndpointId>,
) -> Result<(StatusCode, Json<QueuedMessageReply>), Problem> {
    let message_id = state.webhooks.test(&caller, id).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(QueuedMessageReply { message_id }),
    ))
}
