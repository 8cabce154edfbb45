#![doc = include_str!("../README.md")]

mod events;
mod spans;
mod traces;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of traces, with its description.
#[must_use]
pub fn routes() -> OpenApiRouter<ApiState> {
    traces::routes()
        .merge(events::routes())
        .merge(spans::routes())
}
