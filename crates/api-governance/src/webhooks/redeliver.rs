//! `POST /ops/api/webhooks/{webhook_id}/deliveries/{message_id}/redeliver`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::QueuedMessageReply;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::webhooks::DeliveryPath;

/// Send a message again
///
/// One that was delivered or given up, under the same id. Needs the permission `webhook:manage`.
#[utoipa::path(
    post,
    path = "/ops/api/webhooks/{webhook_id}/deliveries/{message_id}/redeliver",
    tag = "webhooks",
    params(
        ("webhook_id" = String, Path, format = Uuid, description = "The endpoint's id"),
        ("message_id" = String, Path, format = Uuid, description = "The message's id, the receiver's `webhook-id`"),
        TenantQuery,
    ),
    responses(
        (status = 202, description = "The message is about to be sent.", body = QueuedMessageReply),
        (status = 404, description = "There is no such endpoint or message.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The endpoint is disabled, or the message still waits.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn redeliver_message(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(path): ApiPath<DeliveryPath>,
) -> Result<(StatusCode, Json<QueuedMessageReply>), Problem> {
    let message_id = path.message_id;
    let webhooks = &state.webhooks;
    webhooks
        .redeliver(&caller, path.webhook_id, message_id)
        .await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(QueuedMessageReply { message_id }),
    ))
}
