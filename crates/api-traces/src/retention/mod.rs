//! How traces are kept and forgotten.

mod enforce;
mod get;
mod set;
mod stats;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get::get_retention, set::set_retention))
        .routes(routes!(enforce::enforce_retention))
        .routes(routes!(stats::get_retention_stats))
}
