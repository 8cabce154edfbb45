//! The registry of adapters.

mod change;
mod list;
mod register;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ApiState;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(register::register_adapter))
        .routes(routes!(list::list_adapters))
        .routes(routes!(change::change_adapter))
}
