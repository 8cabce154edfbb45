//! The registry of adapters.

mod change;
mod keys;
mod list;
mod register;
mod rotate;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(register::register_adapter))
        .routes(routes!(list::list_adapters))
        .routes(routes!(change::change_adapter))
        .routes(routes!(rotate::rotate_adapter_key))
        .routes(routes!(
            keys::list::list_adapter_keys,
            keys::issue::issue_adapter_key,
            keys::revoke::revoke_adapter_keys
        ))
}
