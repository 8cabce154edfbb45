//! `PATCH /ops/api/webhooks/{webhook_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ChangeWebhookBody, WebhookView};
use clasper_core::EndpointId;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};
use clasper_webhook::EndpointChange;

use crate::webhooks::view;

/// Change an endpoint of webhooks
///
/// What is absent stays. Switched off, it is told nothing of what happens meanwhile; switched on, it counts as well again.
/// Needs the permission `webhook:manage`.
#[utoipa::path(
    patch,
    path = "/ops/api/webhooks/{webhook_id}",
    tag = "webhooks",
    params(("webhook_id" = String, Path, format = Uuid, description = "The endpoint's id")),
    request_body = ChangeWebhookBody,
    responses(
        (status = 200, description = "The endpoint as it is now.", body = WebhookView),
        (status = 404, description = "There is no such endpoint.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn change_webhook(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(id): ApiPath<EndpointId>,
    ApiJson(body): ApiJson<ChangeWebhookBody>,
) -> Result<Json<WebhookView>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let change = EndpointChange {
        url: body.url,
        events: body.events.as_deref().map(view::events).transpose()?,
        enabled: body.enabled,
    };
    let changed = state.webhooks.change(&caller, id, change).await?;
    Ok(Json(view::webhook(changed)))
}
