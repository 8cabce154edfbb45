//! Spans that foreign instrumentation sends.

mod export;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(export::export_spans))
}
