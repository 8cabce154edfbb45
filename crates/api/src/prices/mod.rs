//! Prices of a tenant's own.

mod list;
mod remove;
mod set;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_prices))
        .routes(routes!(set::set_price, remove::remove_price))
}
