//! Endpoints of webhooks.

mod change;
mod create;
mod deliveries;
mod list;
mod redeliver;
mod remove;
mod rotate;
mod test;
mod view;

use clasper_api_state::ApiState;
use clasper_core::EndpointId;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create::create_webhook, list::list_webhooks))
        .routes(routes!(change::change_webhook, remove::remove_webhook))
        .routes(routes!(rotate::rotate_webhook_key))
        .routes(routes!(test::test_webhook))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(redeliver::redeliver_message))
}

/// A message to an endpoint, in a path.
#[derive(Deserialize)]
struct DeliveryPath {
    webhook_id: EndpointId,
    message_id: clasper_core::OutboxMessageId,
}
