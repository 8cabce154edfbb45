//! Keys by which reports are verified.

mod list;
mod revoke;
mod set;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(set::set_telemetry_key))
        .routes(routes!(revoke::revoke_telemetry_key))
        .routes(routes!(list::list_telemetry_keys))
}
