//! `POST /ops/api/webhooks`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{CreateWebhookBody, CreatedWebhookReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};
use clasper_webhook::EndpointAsk;
use secrecy::ExposeSecret;

use crate::webhooks::view;

/// Set up an endpoint of webhooks
///
/// It is told what happens from now on, each message at least once and always under the same id, those about one thing in
/// their order, signed as Standard Webhooks says. What checks the signatures is in this answer and can never be shown again. Only public
/// addresses are taken, unless the server's operator allows others. Needs the permission `webhook:manage`.
#[utoipa::path(
    post,
    path = "/ops/api/webhooks",
    tag = "webhooks",
    request_body = CreateWebhookBody,
    responses(
        (status = 201, description = "The endpoint and its secret.", body = CreatedWebhookReply),
        (status = 409, description = "The tenant has as many endpoints as it may.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn create_webhook(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<CreateWebhookBody>,
) -> Result<(StatusCode, Json<CreatedWebhookReply>), Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let ask = EndpointAsk {
        events: view::events(&body.events)?,
        url: body.url,
        key: view::key_kind(body.signature),
    };
    let (endpoint, secret) = state.webhooks.create(&caller, ask).await?;
    let reply = CreatedWebhookReply {
        webhook: view::webhook(endpoint),
        secret: secret.expose_secret().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(reply)))
}
