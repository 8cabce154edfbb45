//! What a tenant wants redacted.

mod get;
mod original;
mod preview;
mod put;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get::get_redaction, put::put_redaction))
        .routes(routes!(preview::preview_redaction))
        .routes(routes!(original::get_original))
}
