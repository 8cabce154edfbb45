//! `POST /ops/api/webhooks/{webhook_id}/rotate`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{CreatedWebhookReply, RotateWebhookBody};
use clasper_core::EndpointId;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};
use secrecy::ExposeSecret;

use crate::webhooks::view;

/// Give an endpoint of webhooks another key
///
/// For a day the key before signs beside it, so that the receiver can change over; the one before that ends at once. What checks
/// the new signatures is in this answer and can never be shown again. Needs the permission `webhook:manage`.
#[utoipa::path(
    post,
    path = "/ops/api/webhooks/{webhook_id}/rotate",
    tag = "webhooks",
    params(("webhook_id" = String, Path, format = Uuid, description = "The endpoint's id")),
    request_body = RotateWebhookBody,
    responses(
        (status = 200, description = "The endpoint and what checks its signatures.", body = CreatedWebhookReply),
        (status = 404, description = "There is no such endpoint.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn rotate_webhook_key(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(id): ApiPath<EndpointId>,
    ApiJson(body): ApiJson<RotateWebhookBody>,
) -> Result<Json<CreatedWebhookReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let kind = view::key_kind(body.signature);
    let (endpoint, secret) = state.webhooks.rotate(&caller, id, kind).await?;
    Ok(Json(CreatedWebhookReply {
        webhook: view::webhook(endpoint),
        secret: secret.expose_secret().to_owned(),
    }))
}
