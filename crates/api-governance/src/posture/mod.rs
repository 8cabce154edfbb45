//! How an adapter is governed.

mod get;
mod policies;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get::get_adapter_posture))
        .routes(routes!(get::get_adapter_policy_posture))
        .routes(routes!(policies::list_adapter_policies))
}
