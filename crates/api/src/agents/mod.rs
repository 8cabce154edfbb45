//! Messages to agents.

mod events;
mod idempotency;
mod request;
mod send;
mod stream;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(send::send_message))
        .routes(routes!(stream::stream_message))
}
