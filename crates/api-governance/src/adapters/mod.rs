//! The registry of adapters.

mod change;
mod list;
mod register;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(register::register_adapter))
        .routes(routes!(list::list_adapters))
        .routes(routes!(change::change_adapter))
}
