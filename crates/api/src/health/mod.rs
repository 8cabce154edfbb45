//! How the server is. These routes are open and show nothing of any tenant.

mod live;
mod metrics;
mod overview;
mod ready;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(overview::get_health))
        .routes(routes!(live::check_liveness))
        .routes(routes!(ready::check_readiness))
        .routes(routes!(metrics::get_metrics))
}
