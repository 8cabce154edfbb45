#![doc = include_str!("../README.md")]

mod exports;
mod log;
mod proof;
mod text;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of evidence, with its description.
#[must_use]
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(proof::routes())
        .merge(log::routes())
        .merge(exports::routes())
}
