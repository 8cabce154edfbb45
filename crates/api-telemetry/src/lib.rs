#![doc = include_str!("../README.md")]

mod ingest;
mod keys;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of reports, with its description.
#[must_use]
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(ingest::routes())
        .merge(keys::routes())
}
